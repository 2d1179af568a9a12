"""The numbers behind each verdict, in words. Every number is read from a table."""

import pandas as pd

from lossbench.tables.rows import Tables, rows_of
from lossbench.theory.solving import NEAR
from lossbench.words.numbers import count, join, number, percent, small, within

STUCK = 1e-6
"""A run whose gradient is shorter than this has stopped."""


def constant(tables: Tables, name: str) -> float:
    """The computed value of the constant called `name`."""
    return float(rows_of(tables, "theory_constants", name=name)["value"].iloc[0])


def slow_neuron(tables: Tables) -> str:
    """C1: how small σ′ is, and the epochs of both losses from each start at either rates."""
    saturated = percent(constant(tables, "saturated_share"), 0)
    top = number(constant(tables, "sigmoid_slope_max"))
    return (
        f"σ′ is at most {top}, and below a tenth of that over {saturated} of −10 ≤ z ≤ 10. "
        f"Epochs until the output is at most {number(first_output(tables), 1)}, squared loss "
        f"against cross-entropy: at one rate {join(neuron_epochs(tables, 'shared'))}. At rates "
        f"with equal largest steps: {join(neuron_epochs(tables, 'equal steps'))}."
    )


def first_output(tables: Tables) -> float:
    """The largest of the outputs whose first epoch is reported."""
    return float(tables["neuron_times"]["output"].max())


def neuron_epochs(tables: Tables, rates: str) -> list[str]:
    """For each start, the epochs of both losses to the first output at these rates of the table.

    Such as `36 against 8 from weight 0.6, bias 0.9`.
    """
    return [
        f"{epochs} from weight {weight:g}, bias {bias:g}"
        for (weight, bias), epochs in epochs_by_start(tables, rates).items()
    ]


def epochs_by_start(tables: Tables, rates: str) -> dict[tuple[float, float], str]:
    """Weight and bias of a start → such as `36 against 8`."""
    first = rows_of(tables, "neuron_times", output=first_output(tables), rates=rates)
    return {
        start: f"{_epochs(rows, 'mse_sigmoid')} against {_epochs(rows, 'bce_sigmoid')}"
        for start, rows in first.groupby(["start_weight", "start_bias"])
    }


def _epochs(rows: pd.DataFrame, loss: str) -> str:
    row = rows[rows["loss"] == loss].iloc[0]
    return number(row["epochs"], 0) if row["reached"] else f"over {number(row['epochs'], 0)}"


def vanishing(tables: Tables) -> str:
    """C2: gradients right and wrong, for one output and for a softmax."""
    rows = tables["output_gradients"]
    wrong = rows[rows["error"] == rows["error"].max()].groupby("loss")["gradient"]
    largest = wrong.apply(lambda values: values.abs().max())
    peak = number(constant(tables, "mse_slope_max"), 3)
    surest = surest_and_wrong(tables, 10)
    return (
        f"Totally wrong, the squared loss has the gradient {number(largest['mse_sigmoid'])}, as "
        f"when exactly right (its largest, {peak}, lies at output "
        f"{number(constant(tables, 'mse_slope_max_output'))} for target 0); cross-entropy has "
        f"{number(largest['bce_sigmoid'])}. Softmax of 10 classes, sure and wrong: "
        f"{small(surest['mse_softmax'])} against {number(surest['cross_entropy'])}."
    )


def surest_and_wrong(tables: Tables, classes: int) -> dict[str, float]:
    """Length of each loss's logit gradient at the smallest doubt in a wrong class."""
    rows = rows_of(tables, "softmax_gradients", classes=classes, case="wrong")
    surest = rows[rows["doubt"] == rows["doubt"].min()]
    return dict(zip(surest["loss"], surest["gradient_norm"], strict=True))


def proportional(tables: Tables) -> str:
    """C3: agreement of a − y with differentiation, and the first gradients of the neuron."""
    row = rows_of(tables, "gradient_checks", loss="bce_sigmoid").iloc[0]
    first = rows_of(tables, "neuron_trajectories", epoch=0, loss="bce_sigmoid")
    first = first.sort_values("output")
    updates = [
        f"{number(gradient)} at output {number(output)}"
        for gradient, output in first[["gradient", "output"]].to_numpy()
    ]
    return (
        f"a − y agrees with complex-step differentiation within "
        f"{within(row['largest_difference'])} over {count(row['draws'], 'random draw')}. "
        "The neuron's first gradients are "
        f"{join(updates)}, with target 0."
    )


def softmax(tables: Tables) -> str:
    """C4: agreement of p − t with differentiation over all K, and the start of training."""
    rows = rows_of(tables, "gradient_checks", loss="cross_entropy")
    return (
        f"p − t agrees with complex-step differentiation within "
        f"{within(rows['largest_difference'].max())} for K from {rows['classes'].min()} to "
        f"{number(rows['classes'].max(), 0)}. At equal logits and K = 10 the gradient of MSE on "
        f"softmax is {percent(constant(tables, 'softmax_initial_ratio'), 0)} of cross-entropy's."
    )


def linear(tables: Tables) -> str:
    """C7: eigenvalues, agreement of descent with the closed form, and what deficient rank means."""
    rows = tables["linear_solutions"]
    full, deficient = (rows[rows["problem"] == name] for name in ("full rank", "rank deficient"))
    return (
        f"Smallest Hessian eigenvalue {number(full['smallest_eigenvalue'].min())}: descent from "
        f"{count((full['method'] == 'gradient descent').sum(), 'start')} meets the normal "
        f"equations within {within(full['parameter_difference'].max())}. With a repeated feature "
        f"the eigenvalue is {number(deficient['smallest_eigenvalue'].min())}: the predictions "
        f"still agree within {within(deficient['prediction_difference'].max())}, but the "
        f"parameters differ by up to {number(deficient['parameter_difference'].max(), 1)}; the "
        "pseudo-inverse gives the shortest."
    )


def not_convex(tables: Tables) -> str:
    """C8: negative curvature, two minima, and the share of runs that miss the best value."""
    found = rows_of(tables, "local_minima", loss="mse_sigmoid")
    certified = found[found["certified"]]["value"]
    examples = count(len(tables["local_minima_examples"]), "example")
    runs = rows_of(tables, "solver_runs", loss="mse_sigmoid")
    return (
        f"Negative curvature at {indefinite(tables, 'mse_sigmoid')} random points. "
        f"Certified separate minima on {examples}: {len(certified)}, with mean losses "
        f"{join([number(value, 3) for value in certified])}. On the digits a run that ends "
        f"more than {percent(NEAR, 1)} above the best value misses it. {missed(runs)} Of these, "
        f"{stuck(runs)} stopped where the gradient vanishes; the others were still on their way."
    )


def indefinite(tables: Tables, loss: str) -> str:
    """At how many random points the loss's Hessian has a negative eigenvalue: `165 of 200`."""
    eigenvalues = rows_of(tables, "hessians", loss=loss)["smallest_eigenvalue"]
    return f"{number((eigenvalues < 0).sum(), 0)} of {number(len(eigenvalues), 0)}"


def missed(runs: pd.DataFrame) -> str:
    """How many runs of each solver miss the best value, by the scale of their starts.

    Such as: From starts of scale 0.1 every run finds it. From starts of scale 10 it is missed in 4
    of 20 runs by L-BFGS.
    """
    told: dict[str, list[str]] = {}
    for scale, group in runs.groupby("start_scale"):
        misses = (~group["reached"]).groupby(group["solver"]).agg(["sum", "size"])
        some = misses[misses["sum"] > 0].itertuples()
        counts = [f"in {missing} of {total} runs by {solver}" for solver, missing, total in some]
        said = f"it is missed {join(counts)}" if counts else "every run finds it"
        told.setdefault(said, []).append(f"{scale:g}")
    return " ".join(f"From starts of scale {join(scales)} {said}." for said, scales in told.items())


def stuck(runs: pd.DataFrame) -> int:
    """How many runs ended away from the best value with hardly any gradient left."""
    return int((~runs["reached"] & (runs["gradient_norm"] < STUCK)).sum())


def convex(tables: Tables) -> str:
    """C9: the smallest eigenvalue, the spread of what runs reach, agreement, separable data."""
    points = rows_of(tables, "hessians", loss="bce_sigmoid")
    runs = rows_of(tables, "solver_runs", loss="bce_sigmoid")
    spread = runs["value"].max() - runs["value"].min()
    descent = tables["separable_descent"]
    norms = descent[descent["separable"]].sort_values("step")["parameter_norm"]
    return (
        f"Smallest eigenvalue at {count(len(points), 'random point')}: "
        f"{small(points['smallest_eigenvalue'].min())}. {count(len(runs), 'run')} end within "
        f"{within(spread)} of one value, and the parameters agree with scikit-learn's within "
        f"{within(disagreement(tables))}. On separable data there is no minimum to reach: the "
        f"parameters still grow, to length {number(norms.iloc[-1], 1)} after "
        f"{number(descent['step'].max(), 0)} steps."
    )


def disagreement(tables: Tables) -> float:
    """Largest difference of a solver's parameter from scikit-learn's."""
    wide = tables["logistic_solutions"].pivot(
        index=["problem", "parameter"], columns="method", values="value"
    )
    return float(wide.sub(wide["scikit-learn"], axis=0).abs().max().max())
