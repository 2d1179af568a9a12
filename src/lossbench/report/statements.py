"""What the chapter found, in words and formulas: one or two sentences next to each figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from lossbench.claims import theory_numbers
from lossbench.report.mathml import fraction, index, math, power, row, upright
from lossbench.words.numbers import count, join, number, percent

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Statement:
    """Words about one figure."""

    figure: str
    """Name of the figure that shows it."""
    heading: str
    """What it is about, plain text."""
    html: str
    """Sentences with formulas as MathML: well-formed, to be inserted unescaped."""


def statements(tables: Tables) -> list[Statement]:
    """All statements, in the figures' order; their numbers are read from the tables."""
    return [Statement(figure, heading, words(tables)) for figure, heading, words in STATEMENTS]


LN = upright("ln")
HALF = fraction("1", "2")
SLOPE = fraction("d C", "d z")
SIGMA_PRIME = power("σ", "′")
P_MINUS_T = row("p − t")


def neuron(tables: Tables) -> str:
    """Both gradients, and the epochs from each start."""
    squared = math(SLOPE, "= ( a − y )", SIGMA_PRIME, "( z )")
    entropy = math(SLOPE, "= a − y")
    return (
        f"Under the squared loss {math('C =', HALF, power('( a − y )', '2'))} the gradient is "
        f"{squared}; under binary cross-entropy σ′ cancels and {entropy} remains. "
        f"Epochs until the output is at most {number(theory_numbers.first_output(tables), 1)}, "
        f"squared loss against cross-entropy: {join(theory_numbers.neuron_epochs(tables))}."
    )


def slowdown(tables: Tables) -> str:
    """The closed forms of both times, and how near the simulation comes."""
    frame = tables["neuron_slowdown"]
    done = frame[frame["reached"]]
    gap = ((done["epochs"] - done["flow_epochs"]).abs() / done["flow_epochs"]).max()
    squared = row(
        "3 z +", power("e", "z"), "− 3", power("e", "− z"), "−", HALF, power("e", "− 2 z")
    )
    entropy = row("z −", power("e", "− z"))
    return (
        f"In gradient flow, with target 0, {math(fraction('d z', 'd t'), '= − 2 η', SLOPE)}, the "
        f"epochs from one z to another are the difference of {math(fraction(squared, '2 η'))} "
        f"under the squared loss and of {math(fraction(entropy, '2 η'))} under cross-entropy: "
        f"exponential in the start against linear. Simulated descent stays within "
        f"{percent(gap, 1)} of them."
    )


def gradient_against_output(tables: Tables) -> str:
    """The bounds on the sigmoid's slope and on the squared loss's."""
    top = number(theory_numbers.constant(tables, "sigmoid_slope_max"))
    peak = number(theory_numbers.constant(tables, "mse_slope_max"), 3)
    place = number(theory_numbers.constant(tables, "mse_slope_max_output"))
    bound = math(SIGMA_PRIME, "= σ ( 1 − σ ) ≤", fraction("1", "4"))
    steepest = math(power("a", "2"), "( 1 − a ) ≤", fraction("4", "27"))
    return (
        f"{bound} (found: {top}), and for target 0 the squared loss's gradient is {steepest} "
        f"(found: {peak}, at output {place}). It is zero at output 0 and at output 1: a small "
        "gradient does not tell nearly right from totally wrong. Cross-entropy's gradient is the "
        "error itself."
    )


def softmax_gradient(tables: Tables) -> str:
    """Both gradients in the logits, and their ratio at equal logits."""
    entropy = math("∇ ( − Σ", index("t", "k"), LN, index("p", "k"), ") =", P_MINUS_T)
    jacobian = row("(", upright("diag"), "( p ) − p", power("p", "T"), ")")
    error = row("(", index("p", "k"), "−", index("t", "k"), ")")
    mean = row(fraction("1", "K"), "Σ", power(error, "2"))
    squared = math("∇", mean, "=", fraction("2", "K"), jacobian, "(", P_MINUS_T, ")")
    share = percent(theory_numbers.constant(tables, "softmax_initial_ratio"), 0)
    wrong = theory_numbers.surest_and_wrong(tables, 10)
    return (
        f"For a softmax {entropy}, as for one sigmoid, whereas {squared} carries the softmax's "
        f"Jacobian. At equal logits the second is {math(fraction('2', power('K', '2')))} of the "
        f"first, {share} for K = 10; when the softmax is sure and wrong it is "
        f"{theory_numbers.small(wrong['mse_softmax'])} against {number(wrong['cross_entropy'])}."
    )


def loss_surfaces(tables: Tables) -> str:
    """How far descent brings each loss on the digits."""
    paths = tables["descent_paths"]
    last = paths[paths["step"] == paths["step"].max()].groupby("loss")["value"]
    low, high = last.min(), last.max()
    return (
        "Logistic regression tells handwritten 3 from 8 by one weight and one bias. After "
        f"{count(int(paths['step'].max()), 'step')} from the same starts, cross-entropy lies at "
        f"{_between(low['bce_sigmoid'], high['bce_sigmoid'])}, the squared loss at "
        f"{_between(low['mse_sigmoid'], high['mse_sigmoid'])}."
    )


def _between(low: float, high: float) -> str:
    ends = number(low, 4), number(high, 4)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def curvature(tables: Tables) -> str:
    """The squared loss's concave region, and the Hessians at random points."""
    second = math(
        fraction(row(power("d", "2"), "C"), row("d", power("z", "2"))),
        "=", power("a", "2"), "( 1 − a ) ( 2 − 3 a )",
    )  # fmt: skip
    entropy = math("H =", fraction("1", "N"), power("X", "T"), upright("diag"), "( a ( 1 − a ) ) X")
    above, below = (
        number(theory_numbers.constant(tables, f"concave_{side}"), 4) for side in ("above", "below")
    )
    points = tables["hessians"]
    negative = (points["smallest_eigenvalue"] < 0).groupby(points["loss"]).mean()
    return (
        f"For target 0 the squared loss has {second}: concave exactly where the output exceeds "
        f"{math(fraction('2', '3'))} (found: {above}), for target 1 below "
        f"{math(fraction('1', '3'))} (found: {below}). Cross-entropy's Hessian {entropy} "
        f"has no negative eigenvalue anywhere. At random points of the digits problem a negative "
        f"one was found in {percent(negative['mse_sigmoid'], 0)} of cases for the squared loss and "
        f"{percent(negative['bce_sigmoid'], 0)} for cross-entropy."
    )


def local_minima(tables: Tables) -> str:
    """The certified pair, its certificate, and cross-entropy's one minimum."""
    found = tables["local_minima"]
    squared, entropy = (found[found["loss"] == f"{name}_sigmoid"] for name in ("mse", "bce"))
    certified = squared[squared["certified"]]
    values = join([number(value, 4) for value in certified["value"]])
    bounds = join([number(value, 4) for value in certified["circle_bound"]])
    return (
        f"On {count(len(tables['local_minima_examples']), 'example')} the squared loss has "
        f"{len(certified)} certified separate minima, with mean losses {values}: on the circles "
        f"round them no value is below {bounds}. These bounds hold between the points evaluated, "
        f"since no slope in z exceeds {math(fraction('4', '27'))}. Cross-entropy ends in "
        f"{count(len(entropy), 'minimum', 'minima')} from all "
        f"{count(int(entropy['starts'].sum()), 'start')}."
    )


def likelihood(tables: Tables) -> str:
    """Cross-entropy derived from maximum likelihood, and how well it can be solved."""
    one = row(power("a", "y"), power("( 1 − a )", "1 − y"))
    total = row(index("∏", "n"), index("P", "n"))
    loss = row("− Σ [ y", LN, "a + ( 1 − y )", LN, "( 1 − a ) ]")
    runs = tables["solver_runs"]
    reached = runs.groupby("loss")["reached"]
    hits, tries = reached.sum(), reached.size()
    return (
        f"A model that gives class 1 the probability a gives the label y the probability "
        f"{math(index('P', 'n'), '=', one)}. Independent examples multiply: {math(total)}. The "
        f"parameters that make the labels most likely minimise {math('−', LN, total, '=', loss)}, "
        "which is cross-entropy; with K classes the same steps give "
        f"{math('− Σ', index('t', 'k'), LN, index('p', 'k'))}. "
        f"From random starts {hits['bce_sigmoid']} of {count(tries['bce_sigmoid'], 'run')} reach "
        f"its minimum, and {hits['mse_sigmoid']} of {tries['mse_sigmoid']} that of the squared "
        "loss; scikit-learn's logistic regression without penalty agrees on cross-entropy's "
        f"parameters within {theory_numbers.small(theory_numbers.disagreement(tables))}."
    )


def separable_data(tables: Tables) -> str:
    """Why separable data has no minimiser, and how far descent has gone."""
    rows = tables["separable_descent"]
    last = rows[rows["separable"]].sort_values("step").iloc[-1]
    return (
        f"Where some w satisfies {math('( 2 y − 1 )', power('w', 'T'), 'x > 0')} for every "
        f"example, {math('C ( c w ) → 0')} as {math('c → ∞')}: cross-entropy stays convex but has "
        f"no minimum. After {count(int(last['step']), 'step')} the loss is "
        f"{number(last['value'], 4)} and the parameters, of length "
        f"{number(last['parameter_norm'], 1)}, still grow."
    )


def linear_regression(tables: Tables) -> str:
    """Hessian and normal equations, and what descent finds with and without full rank."""
    rows = tables["linear_solutions"]
    deficient = rows[rows["rank"] < rows["parameters"]]
    gap = theory_numbers.small(rows["prediction_difference"].max())
    return (
        f"{math('C =', fraction('1', '2 N'), power('‖ X w − y ‖', '2'))} has the constant Hessian "
        f"{math(fraction('1', 'N'), power('X', 'T'), 'X')}, which has no negative eigenvalue, and "
        f"its minima solve {math(power('X', 'T'), 'X w =', power('X', 'T'), 'y')}. Descent "
        f"predicts as they do within {gap} from every start; with a repeated feature they have "
        f"many solutions, up to {number(deficient['parameter_difference'].max(), 1)} from the "
        "shortest, which the pseudo-inverse picks."
    )


def misclassification_cost(tables: Tables) -> str:
    """What both losses charge as the true class's probability falls."""
    rows = tables["misclassification_cost"]
    wide = rows.pivot(index="probability", columns="loss", values="cost")
    charged = wide[wide.index.isin((0.5, 0.1, 0.01))].sort_index(ascending=False)
    parts = [
        f"{number(entropy)} against {number(squared)} at p = {probability:g}"
        for probability, entropy, squared in charged[["cross_entropy", "mse_softmax"]]
        .reset_index()
        .to_numpy()
    ]
    return (
        f"Cross-entropy charges {math('−', LN, 'p')} for a true class given probability p, the "
        f"squared loss of two classes {math(power('( 1 − p )', '2'))}: {join(parts)}. The first "
        "grows without bound as p falls, the second ends at 1."
    )


STATEMENTS: tuple[tuple[str, str, Callable[[Tables], str]], ...] = (
    ("neuron", "One neuron", neuron),
    ("slowdown", "How the start sets the time", slowdown),
    ("gradient-against-output", "Gradient against output", gradient_against_output),
    ("softmax-gradient", "The same for softmax", softmax_gradient),
    ("loss-surfaces", "Loss surfaces", loss_surfaces),
    ("curvature", "Convexity", curvature),
    ("local-minima", "Separate minima", local_minima),
    ("solving", "Maximum likelihood, and solving it", likelihood),
    ("separable-data", "Separable data", separable_data),
    ("linear-regression", "Linear regression", linear_regression),
    ("misclassification-cost", "What a misclassification costs", misclassification_cost),
)
"""Figure, heading and words, in the page's order."""
