"""What the chapter's tables say on each part of a claim: it holds, it does not, or no telling."""

import pandas as pd

from lossbench.tables.rows import Tables, rows_of
from lossbench.theory.sigmoid import OUTPUT_LOSSES

Evidence = bool | None
"""Whether a part of a claim holds; None where the tables cannot tell."""

TOLERANCE = 1e-8
"""Relative difference below which a formula agrees with an independent computation."""
VANISHED = 0.01
"""A gradient has vanished below this share of its largest value."""
SETTLED = 0.01
"""Descent has settled when doubling its steps moves the parameters by less than this share."""


def formula_holds(tables: Tables, loss: str) -> Evidence:
    """Whether the loss's gradient formula agrees with the complex step for every K tried."""
    found = rows_of(tables, "gradient_checks", loss=loss)["largest_difference"]
    return bool((found <= TOLERANCE).all()) if len(found) else None


def softmax_formula_holds(tables: Tables) -> dict[str, Evidence]:
    """The same for softmax with cross-entropy, one case for each K."""
    found = rows_of(tables, "gradient_checks", loss="cross_entropy")
    agrees = (found["largest_difference"] <= TOLERANCE).tolist()
    return {
        f"for K = {classes}": holds
        for classes, holds in zip(found["classes"].tolist(), agrees, strict=True)
    }


def mostly_saturated(tables: Tables) -> Evidence:
    """Whether σ′ is below a tenth of its largest value over more than half of the z drawn."""
    slope = tables["sigmoid"]["slope"]
    return bool((slope < slope.max() / 10).mean() > 0.5) if len(slope) else None


def squared_loss_slower(tables: Tables) -> dict[str, Evidence]:
    """For each start and rates: does the squared loss take longer to every output?

    A run that misses an output takes longer than one that reaches it; no telling where both miss,
    or where the start is there already.
    """
    at = {"shared": "at one rate", "equal steps": "at rates with equal largest steps"}
    tried = tables["neuron_times"].groupby(["start_weight", "start_bias", "rates"])
    return {
        f"from weight {weight:g} and bias {bias:g} {at[rates]}": _slower(rows)
        for (weight, bias, rates), rows in tried
    }


def _slower(rows: pd.DataFrame) -> Evidence:
    squared, entropy = (rows[rows["loss"] == loss].set_index("output") for loss in OUTPUT_LOSSES)
    told = (squared["reached"] | entropy["reached"]) & (
        (squared["epochs"] > 0) | (entropy["epochs"] > 0)
    )
    later = squared["epochs"].where(squared["reached"], float("inf")) > entropy["epochs"]
    return bool((later & entropy["reached"])[told].all()) if told.any() else None


def vanishes_when_wrong(tables: Tables) -> Evidence:
    """Whether the squared loss's gradient vanishes at error 0 and error 1, for both targets."""
    rows = rows_of(tables, "output_gradients", loss="mse_sigmoid")
    ends = rows[rows["error"].isin((0.0, 1.0))]
    if len(ends) < 4:
        return None
    return bool((ends["gradient"].abs() <= VANISHED * rows["gradient"].abs().max()).all())


def entropy_keeps_slope(tables: Tables) -> Evidence:
    """Whether cross-entropy's gradient is at its largest where the output is totally wrong."""
    rows = rows_of(tables, "output_gradients", loss="bce_sigmoid")
    wrong = rows[rows["error"] == 1]["gradient"].abs()
    return bool((wrong >= rows["gradient"].abs().max()).all()) if len(wrong) else None


def softmax_vanishes_when_wrong(tables: Tables) -> dict[str, Evidence]:
    """For each K: has MSE on softmax no gradient left where it is surest and wrong?"""
    rows = rows_of(tables, "softmax_gradients", loss="mse_softmax")
    return {
        f"for K = {classes}": _vanishes(group[group["case"] == "wrong"])
        for classes, group in rows.groupby("classes")
    }


def softmax_keeps_gradient(tables: Tables) -> Evidence:
    """Whether cross-entropy's gradient, surest and wrong, is its largest, for every K."""
    rows = rows_of(tables, "softmax_gradients", loss="cross_entropy", case="wrong")
    if rows.empty:
        return None
    return all(
        group.sort_values("doubt")["gradient_norm"].is_monotonic_decreasing
        for _, group in rows.groupby("classes")
    )


def _vanishes(rows: pd.DataFrame) -> Evidence:
    if rows.empty:
        return None
    norms = rows.sort_values("doubt")["gradient_norm"]
    return bool(norms.iloc[0] <= VANISHED * norms.max())


def grows_with_error(tables: Tables) -> Evidence:
    """Whether cross-entropy's gradient grows strictly with the error, for both targets."""
    rows = rows_of(tables, "output_gradients", loss="bce_sigmoid")
    if rows["target"].nunique() < 2:
        return None
    return all(
        bool((group.sort_values("error")["gradient"].abs().diff().dropna() > 0).all())
        for _, group in rows.groupby("target")
    )


def update_follows_error(tables: Tables) -> dict[str, Evidence]:
    """For each start: is cross-entropy's gradient the error itself, all along the trajectory?"""
    rows = rows_of(tables, "neuron_trajectories", loss="bce_sigmoid")
    return {
        f"from weight {weight:g} and bias {bias:g}": _is_the_error(group)
        for (weight, bias), group in rows.groupby(["start_weight", "start_bias"])
    }


def _is_the_error(rows: pd.DataFrame) -> Evidence:
    # The target is 0, so the error is the output.
    return bool(((rows["gradient"] - rows["output"]).abs() <= TOLERANCE).all())


def linear_convex(tables: Tables) -> Evidence:
    """Whether no Hessian of linear regression has a negative eigenvalue, up to rounding."""
    return _semidefinite(tables["linear_solutions"])


def descent_meets_normal_equations(tables: Tables) -> dict[str, Evidence]:
    """For each problem: does descent from every start predict as the normal equations do?"""
    return {
        f"with {problem} features": bool((group["prediction_difference"] <= 1e-6).all())
        if {"normal equations", "gradient descent"} <= set(group["method"])
        else None
        for problem, group in tables["linear_solutions"].groupby("problem")
    }


def squared_loss_not_convex(tables: Tables) -> Evidence:
    """Whether the squared loss has a clearly negative eigenvalue at some point."""
    convex = _semidefinite(rows_of(tables, "hessians", loss="mse_sigmoid"))
    return None if convex is None else not convex


def entropy_convex(tables: Tables) -> Evidence:
    """Whether cross-entropy has no negative eigenvalue at any point, up to rounding."""
    return _semidefinite(rows_of(tables, "hessians", loss="bce_sigmoid"))


def _semidefinite(rows: pd.DataFrame) -> Evidence:
    if rows.empty:
        return None
    return bool((rows["smallest_eigenvalue"] >= -1e-12 * rows["largest_eigenvalue"].abs()).all())


def two_minima(tables: Tables) -> Evidence:
    """Whether two separate minima of the squared loss are certified; finding none tells nothing."""
    found = rows_of(tables, "local_minima", loss="mse_sigmoid")["certified"]
    return True if found.sum() >= 2 else None


def one_minimum(tables: Tables) -> Evidence:
    """Whether cross-entropy's runs on the same examples all ended in one minimum."""
    found = rows_of(tables, "local_minima", loss="bce_sigmoid")
    return len(found) == 1 if len(found) else None


def squared_loss_stuck(tables: Tables) -> dict[str, Evidence]:
    """For each scale of the starts: does some run miss the squared loss's best value?"""
    rows = rows_of(tables, "solver_runs", loss="mse_sigmoid")
    return {
        f"from starts of scale {scale:g}": not group["reached"].all()
        for scale, group in rows.groupby("start_scale")
    }


def entropy_solved(tables: Tables) -> dict[str, Evidence]:
    """Does every run reach cross-entropy's best value, for each solver; and settle, on any data?"""
    rows = rows_of(tables, "solver_runs", loss="bce_sigmoid")
    solved: dict[str, Evidence] = {
        f"for {solver}": bool(group["reached"].all()) for solver, group in rows.groupby("solver")
    }
    descent = tables["separable_descent"].groupby("problem")
    return solved | {f"on {name} data": _settles(group) for name, group in descent}


def _settles(rows: pd.DataFrame) -> Evidence:
    norms = rows.sort_values("step")["parameter_norm"].to_numpy()
    return bool(norms[-1] <= (1 + SETTLED) * norms[-2]) if len(norms) > 1 else None
