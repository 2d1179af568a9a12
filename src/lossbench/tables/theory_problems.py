"""The theory chapter's tables of surfaces, curvature, minima and solvers."""

from lossbench.tables.contract import Column, Schema

LOSS = Column("loss", "text", "", "loss")

DIGITS = Schema(
    "theory_digits",
    (
        Column("problem", "text", "", "overlapping (3 against 8) or separable (0 against 1)"),
        Column("example", "int32", "", "index in the digits data"),
        Column("left_ink", "float64", "", "standardised mean ink of the left half"),
        Column("centre_ink", "float64", "", "standardised mean ink of the four central pixels"),
        Column("direction", "float64", "", "standardised position between the class means"),
        Column("label", "int8", "", "0 or 1: the smaller or the larger digit"),
    ),
    ("problem", "example"),
)

LOSS_SURFACES = Schema(
    "loss_surfaces",
    (
        LOSS,
        Column("weight", "float64", "", "weight of the position between the class means"),
        Column("bias", "float64", "", "bias"),
        Column("value", "float64", "", "mean loss on the overlapping digits"),
    ),
    ("loss", "weight", "bias"),
)

DESCENT_PATHS = Schema(
    "descent_paths",
    (
        LOSS,
        Column("start", "int32", "", "number of the start"),
        Column("step", "int32", "steps", "gradient steps taken"),
        Column("weight", "float64", "", "weight"),
        Column("bias", "float64", "", "bias"),
        Column("value", "float64", "", "mean loss"),
        Column("gradient_norm", "float64", "", "length of the gradient"),
    ),
    ("loss", "start", "step"),
)

CURVATURE = Schema(
    "curvature",
    (
        LOSS,
        Column("target", "int8", "", "0 or 1"),
        Column("z", "float64", "", "the neuron's weighted input"),
        Column("output", "float64", "", "σ(z)"),
        Column("value", "float64", "", "the loss"),
        Column("slope", "float64", "", "d loss / dz"),
        Column("curvature", "float64", "", "d² loss / dz²"),
    ),
    ("loss", "target", "z"),
)

HESSIANS = Schema(
    "hessians",
    (
        LOSS,
        Column("point", "int32", "", "number of the random point"),
        Column("scale", "float64", "", "standard deviation of its parameters"),
        Column("smallest_eigenvalue", "float64", "", "of the Hessian on the overlapping digits"),
        Column("largest_eigenvalue", "float64", "", "of the same Hessian"),
        Column("difference", "float64", "", "closed form against finite differences, largest"),
    ),
    ("loss", "point"),
)

LOCAL_MINIMA = Schema(
    "local_minima",
    (
        LOSS,
        Column("minimum", "int32", "", "number of the minimum, the best first"),
        Column("weight", "float64", "", "where it lies"),
        Column("bias", "float64", "", "where it lies"),
        Column("value", "float64", "", "mean loss there"),
        Column("gradient_norm", "float64", "", "length of the gradient there"),
        Column("smallest_eigenvalue", "float64", "", "of the Hessian there"),
        Column("starts", "int32", "", "starts whose L-BFGS run ended there"),
        Column("radius", "float64", "", "of the circle round it that carries the certificate"),
        Column("circle_bound", "float64", "", "no point of the circle has a smaller mean loss"),
        Column("certified", "bool", "", "value below circle_bound, and the circles are apart"),
    ),
    ("loss", "minimum"),
)

LOCAL_MINIMA_SURFACES = Schema(
    "local_minima_surfaces",
    (
        LOSS,
        Column("weight", "float64", "", "weight"),
        Column("bias", "float64", "", "bias"),
        Column("value", "float64", "", "mean loss on the example with two minima"),
    ),
    ("loss", "weight", "bias"),
)

LOCAL_MINIMA_EXAMPLES = Schema(
    "local_minima_examples",
    (
        Column("example", "int32", "", "number of the example"),
        Column("x", "float64", "", "its one feature"),
        Column("label", "int8", "", "0 or 1"),
    ),
    ("example",),
)

SOLVER_RUNS = Schema(
    "solver_runs",
    (
        LOSS,
        Column("solver", "text", "", "gradient descent or L-BFGS"),
        Column("start_scale", "float64", "", "standard deviation of the starts' parameters"),
        Column("start", "int32", "", "number of the start"),
        Column("value", "float64", "", "mean loss reached"),
        Column("excess", "float64", "", "value minus the loss's best value"),
        Column("reached", "bool", "", "whether the excess is at most a thousandth of the best"),
        Column("iterations", "int64", "steps", "first iteration that reached, or all that ran"),
        Column("gradient_norm", "float64", "", "length of the gradient at the end"),
        Column("error", "float64", "fraction", "classification error at the end"),
    ),
    ("loss", "solver", "start_scale", "start"),
)

LOGISTIC_SOLUTIONS = Schema(
    "logistic_solutions",
    (
        Column("problem", "text", "", "overlapping or separable digits"),
        Column("method", "text", "", "gradient descent, L-BFGS or scikit-learn"),
        Column("parameter", "text", "", "left_ink, centre_ink or bias"),
        Column("value", "float64", "", "its value under cross-entropy"),
    ),
    ("problem", "method", "parameter"),
)

SEPARABLE_DESCENT = Schema(
    "separable_descent",
    (
        Column("problem", "text", "", "overlapping or separable digits"),
        Column("step", "int64", "steps", "gradient steps on cross-entropy"),
        Column("value", "float64", "", "mean loss"),
        Column("parameter_norm", "float64", "", "length of weights and bias"),
        Column("error", "float64", "fraction", "classification error"),
        Column("separable", "bool", "", "whether a linear programme finds a dividing line"),
    ),
    ("problem", "step"),
)

LINEAR_SOLUTIONS = Schema(
    "linear_solutions",
    (
        Column("problem", "text", "", "full rank, or rank deficient: one feature in two units"),
        Column("method", "text", "", "normal equations, or gradient descent"),
        Column("start", "int32", "", "number of the start; 0 starts from zeros"),
        Column("rank", "int32", "", "rank of the features and the constant"),
        Column("parameters", "int32", "", "number of parameters"),
        Column("smallest_eigenvalue", "float64", "", "of the Hessian"),
        Column("largest_eigenvalue", "float64", "", "of the Hessian"),
        Column("value", "float64", "", "half the mean squared error reached"),
        Column("steps", "int64", "steps", "gradient steps; 0 for the normal equations"),
        Column("parameter_norm", "float64", "", "length of the parameters"),
        Column("parameter_difference", "float64", "", "distance to the least-norm solution"),
        Column("prediction_difference", "float64", "", "largest, to the least-norm solution's"),
    ),
    ("problem", "method", "start"),
)

REGRESSION_ERRORS = Schema(
    "regression_errors",
    (
        Column("target", "text", "", "what is predicted, from real data of scikit-learn"),
        Column("fold", "int32", "", "part that is tested, 0 to 9"),
        Column("loss", "text", "", "squared error, or cross-entropy over bins of the target"),
        Column("train", "int32", "", "examples of the other parts"),
        Column("test", "int32", "", "examples of this part"),
        Column("squared_error", "float64", "", "mean, over the training targets' variance"),
    ),
    ("target", "fold", "loss"),
)

PROBLEM_TABLES = (
    DIGITS,
    LOSS_SURFACES,
    DESCENT_PATHS,
    CURVATURE,
    HESSIANS,
    LOCAL_MINIMA,
    LOCAL_MINIMA_SURFACES,
    LOCAL_MINIMA_EXAMPLES,
    SOLVER_RUNS,
    LOGISTIC_SOLUTIONS,
    SEPARABLE_DESCENT,
    LINEAR_SOLUTIONS,
    REGRESSION_ERRORS,
)
