"""What the theory's statements show: the numbers in the words next to each of its figures."""

from collections.abc import Callable
from dataclasses import dataclass

from lossbench.claims import theory_numbers
from lossbench.claims.theory_numbers import constant
from lossbench.report.blocks import Values
from lossbench.tables.rows import Tables
from lossbench.theory.sigmoid import OUTPUT_LOSSES


@dataclass(frozen=True)
class Statement:
    """The words next to one figure: their template, the tables that they need, their values."""

    template: str
    needs: tuple[str, ...]
    values: Callable[[Tables], Values]


def neuron(tables: Tables) -> Values:
    """The epochs of both losses from each start to the first output, at either rates."""
    return {
        "output": theory_numbers.first_output(tables),
        "at_one_rate": theory_numbers.neuron_epochs(tables, "shared"),
        "at_equal_steps": theory_numbers.neuron_epochs(tables, "equal steps"),
    }


def slowdown(tables: Tables) -> Values:
    """How near the simulation comes to the closed forms."""
    frame = tables["neuron_slowdown"]
    done = frame[frame["reached"]]
    gap = ((done["epochs"] - done["flow_epochs"]).abs() / done["flow_epochs"]).max()
    return {"gap": gap}


def gradient_against_output(tables: Tables) -> Values:
    """The largest slope of the sigmoid, and of the squared loss."""
    return {
        "slope": constant(tables, "sigmoid_slope_max"),
        "peak": constant(tables, "mse_slope_max"),
        "peak_output": constant(tables, "mse_slope_max_output"),
    }


def softmax_gradient(tables: Tables) -> Values:
    """The ratio of both gradients at equal logits, and both where the softmax is sure and wrong."""
    return {
        "ratio": constant(tables, "softmax_initial_ratio"),
        "wrong": theory_numbers.surest_and_wrong(tables, 10),
    }


def loss_surfaces(tables: Tables) -> Values:
    """How far descent brings each loss on the digits."""
    paths = tables["descent_paths"]
    steps = int(paths["step"].max())
    ends = paths[paths["step"] == steps].groupby("loss")["value"].agg(["min", "max"])
    return {"steps": steps, "ends": ends.to_dict("index")}


def curvature(tables: Tables) -> Values:
    """The bounds of the squared loss's concave region, and the Hessians at random points."""
    return {
        "above": constant(tables, "concave_above"),
        "below": constant(tables, "concave_below"),
        "squared": theory_numbers.indefinite(tables, "mse_sigmoid"),
        "entropy": theory_numbers.indefinite(tables, "bce_sigmoid"),
    }


def local_minima(tables: Tables) -> Values:
    """The certified pair, its certificate, and cross-entropy's one minimum."""
    found = tables["local_minima"]
    squared, entropy = (found[found["loss"] == loss] for loss in OUTPUT_LOSSES)
    certified = squared[squared["certified"]]
    return {
        "examples": len(tables["local_minima_examples"]),
        "values": list(certified["value"]),
        "bounds": list(certified["circle_bound"]),
        "minima": len(entropy),
        "starts": int(entropy["starts"].sum()),
    }


def solving(tables: Tables) -> Values:
    """How many runs reach the minimum of each loss, and whether scikit-learn agrees."""
    reached = tables["solver_runs"].groupby("loss")["reached"]
    return {
        "hits": reached.sum(),
        "tries": reached.size(),
        "disagreement": theory_numbers.disagreement(tables),
    }


def separable_data(tables: Tables) -> Values:
    """How far descent has gone."""
    rows = tables["separable_descent"]
    last = rows[rows["separable"]].sort_values("step").iloc[-1]
    return {
        "steps": int(last["step"]),
        "value": last["value"],
        "norm": last["parameter_norm"],
    }


def linear_regression(tables: Tables) -> Values:
    """What descent finds with and without full rank."""
    rows = tables["linear_solutions"]
    deficient = rows[rows["rank"] < rows["parameters"]]
    return {
        "gap": rows["prediction_difference"].max(),
        "distance": deficient["parameter_difference"].max(),
    }


def misclassification_cost(tables: Tables) -> Values:
    """What both losses charge as the true class's probability falls."""
    costs = tables["misclassification_cost"].pivot(
        index="probability", columns="loss", values="cost"
    )
    charged = costs[costs.index.isin((0.5, 0.1, 0.01))].sort_index(ascending=False)
    return {"charged": charged.reset_index().to_dict("records")}


STATEMENTS = {
    "neuron": Statement("theory/neuron.html.j2", ("neuron_times",), neuron),
    "slowdown": Statement("theory/slowdown.html.j2", ("neuron_slowdown",), slowdown),
    "gradient-against-output": Statement(
        "theory/gradient-against-output.html.j2", ("theory_constants",), gradient_against_output
    ),
    "softmax-gradient": Statement(
        "theory/softmax-gradient.html.j2",
        ("theory_constants", "softmax_gradients"),
        softmax_gradient,
    ),
    "loss-surfaces": Statement("theory/loss-surfaces.html.j2", ("descent_paths",), loss_surfaces),
    "curvature": Statement("theory/curvature.html.j2", ("theory_constants", "hessians"), curvature),
    "local-minima": Statement(
        "theory/local-minima.html.j2", ("local_minima", "local_minima_examples"), local_minima
    ),
    "solving": Statement("theory/solving.html.j2", ("solver_runs", "logistic_solutions"), solving),
    "separable-data": Statement(
        "theory/separable-data.html.j2", ("separable_descent",), separable_data
    ),
    "linear-regression": Statement(
        "theory/linear-regression.html.j2", ("linear_solutions",), linear_regression
    ),
    "misclassification-cost": Statement(
        "theory/misclassification-cost.html.j2", ("misclassification_cost",), misclassification_cost
    ),
}
"""By figure."""
