"""Times to target with censoring: when each run gets there, and what share has by when.

A run that never reaches a target is censored at its budget, never dropped. A diverged run never
reaches one: it is censored at the budget that it was given, not where it broke off, since a
censored time says "would have gone on" and that run would not have.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from lossbench.analysis.outcomes import KEY
from lossbench.cards.loss import REFERENCE
from lossbench.stats.intervals import MIN_PAIRS
from lossbench.stats.multiplicity import holm
from lossbench.tables import study
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

PLACE = list(COMPARISON)
CURVE = [*PLACE, "loss", "target"]
ROUNDING = 1e-9
"""An error this little above a target is at it: the target is an average of errors."""


def times_to_target(
    history: pd.DataFrame, runs: pd.DataFrame, targets: pd.DataFrame
) -> pd.DataFrame:
    """The TIMES_TO_TARGET rows of all runs, of both stages, and every target of their comparison.

    A run reaches a target at its first measurement with a validation error at or below it. The
    budget is what the longest run of the same comparison and stage took: all losses are
    given the same.
    """
    goals = _goals(runs[[*KEY, "diverged"]], targets)
    points = history[[*KEY, "step", "epoch", "validation_error"]]
    points = goals.merge(points, on=KEY, suffixes=("", "_measured"))
    is_at = points["validation_error_measured"] <= points["validation_error"] + ROUNDING
    first = points[is_at & ~points["diverged"]].sort_values("step")
    first = first.drop_duplicates([*KEY, "target"])[[*KEY, "target", "step", "epoch"]]
    times = goals.merge(first, on=[*KEY, "target"], how="left")
    times = times.merge(_budgets(history, runs), on=[*PLACE, "stage"])
    times["reached"] = times["step"].notna()
    times["steps"] = times["step"].fillna(times["budget_steps"])
    times["passes"] = times["epoch"].fillna(times["budget_epochs"])
    return check(times[study.TIMES_TO_TARGET.names], study.TIMES_TO_TARGET)


def _goals(runs: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Every run with the targets of its comparison; a tuning run with the first it was made for."""
    tuned = targets.assign(epochs=targets["tuning_epochs"]).drop_duplicates([*PLACE, "target"])
    parts = []
    for stage, goals in (("evaluation", targets), ("tuning", tuned)):
        mine = runs[runs["stage"] == stage]
        parts.append(mine.merge(goals.drop(columns="tuning_epochs"), on=PLACE))
    return pd.concat(parts, ignore_index=True)


def resolutions(times: pd.DataFrame, history: pd.DataFrame) -> pd.Series:
    """For each row of `times`, log(step / the measurement before): how finely it is known.

    Zero where the run is censored: that its restricted time is the budget is known exactly.
    """
    points = history[[*KEY, "step"]].sort_values([*KEY, "step"])
    points["before"] = points.groupby(KEY)["step"].shift(fill_value=0).clip(lower=1)
    found = times.merge(points.rename(columns={"step": "steps"}), on=[*KEY, "steps"], how="left")
    widths = np.log(found["steps"].clip(lower=1) / found["before"])
    return pd.Series(np.where(found["reached"], widths, 0.0), index=times.index)


def kaplan_meier(
    times: pd.DataFrame, history: pd.DataFrame, runs: pd.DataFrame, level: float
) -> pd.DataFrame:
    """The KAPLAN_MEIER rows of the evaluation runs, with intervals at `level`.

    Intervals are Greenwood's on the log-log scale; absent where the curve is 0 or 1, and with
    fewer than three runs.
    """
    curves = [
        _curve(group, level).merge(group[CURVE].drop_duplicates(), how="cross")
        for _, group in _evaluated(times, history, runs).groupby(CURVE)
    ]
    if not curves:
        return empty(study.KAPLAN_MEIER)
    return check(pd.concat(curves, ignore_index=True), study.KAPLAN_MEIER)


def survival(times: pd.DataFrame, history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The SURVIVAL rows of the evaluation runs: reach rate, median, restricted mean, log-rank p.

    The median is the first step by which at least half of the runs are there, infinite where
    fewer ever are; the restricted mean is the area under the curve of runs not yet there, up to
    the budget. The log-rank test takes the runs as independent samples, which ignores the pairing
    by seed; it is exploratory, Holm-corrected over the losses and targets of a place.
    """
    evaluated = _evaluated(times, history, runs)
    if evaluated.empty:
        return empty(study.SURVIVAL)
    groups = dict(iter(evaluated.groupby(CURVE)))
    rows = [
        {**dict(zip(CURVE, names, strict=True)), **_summary(group, groups.get(_reference(names)))}
        for names, group in groups.items()
    ]
    table = pd.DataFrame(rows)
    adjusted = table.groupby(PLACE)["log_rank_p"].transform(lambda p: holm(p.to_numpy()))
    return check(table.assign(log_rank_p_adjusted=adjusted), study.SURVIVAL)


def log_rank(
    steps: Integers, reached: Flags, other_steps: Integers, other_reached: Flags
) -> tuple[float, str]:
    """Two-sided log-rank p of two groups' times, and how it was computed or why it is NaN."""
    if min(len(steps), len(other_steps)) < MIN_PAIRS:
        return np.nan, f"no log-rank test: fewer than {MIN_PAIRS} seeds"
    if not (reached.any() or other_reached.any()):
        return np.nan, "no log-rank test: no run of either loss reached the target"
    if reached.all() and other_reached.all() and len({*steps, *other_steps}) == 1:
        return np.nan, "no log-rank test: all runs reached the target at the same step"
    with np.errstate(invalid="ignore"):
        p = scipy.stats.logrank(
            _censored(steps, reached), _censored(other_steps, other_reached)
        ).pvalue
    return float(p), "log-rank test, unpaired"


def _summary(group: pd.DataFrame, reference: pd.DataFrame | None) -> dict[str, object]:
    steps, reached = group["steps"].to_numpy(), group["reached"].to_numpy()
    mean = _restricted_mean(group)
    other = np.nan if reference is None else _restricted_mean(reference)
    p, method = np.nan, "the reference"
    if reference is None:
        method = f"no log-rank test: {REFERENCE} has no runs here"
    elif reference is not group:
        others = reference["steps"].to_numpy(), reference["reached"].to_numpy()
        p, method = log_rank(steps, reached, *others)
    return {
        "validation_error": group["validation_error"].iloc[0],
        "runs": len(group),
        "reached_runs": int(reached.sum()),
        "reach_rate": reached.mean(),
        "budget_steps": group["budget_steps"].iloc[0],
        "median_steps": _median(steps, reached),
        "restricted_mean_steps": mean,
        "restricted_mean_ratio": mean / other if other else np.nan,
        "log_rank_p": p,
        "method": method,
    }


def _curve(group: pd.DataFrame, level: float) -> pd.DataFrame:
    """The Kaplan–Meier estimate of one loss and target, from step 0 to the budget."""
    steps = group["steps"].to_numpy()
    waiting = scipy.stats.ecdf(_censored(steps, group["reached"].to_numpy())).sf
    low, high = _bounds(waiting, level, len(steps))
    numbers = {"reached": 1 - waiting.probabilities, "ci_low": 1 - high, "ci_high": 1 - low}
    curve = pd.DataFrame(numbers, index=waiting.quantiles.astype(np.int64))
    budget, epochs = group[["budget_steps", "budget_epochs"]].iloc[0]
    # Between its steps the curve is level; before the first one nobody is there.
    curve = curve.reindex(curve.index.union(sorted({0, int(budget)})), method="ffill")
    curve["reached"] = curve["reached"].fillna(0.0)
    at_risk = [int((steps >= step).sum()) for step in curve.index]
    # No run took a step where all diverged at the start: the budget is 0.
    curve = curve.assign(passes=curve.index * (epochs / max(budget, 1)), at_risk=at_risk)
    return curve.rename_axis("steps").reset_index()


def _bounds(
    waiting: Any, level: float, runs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pointwise interval of the share not yet there; NaN where it is undefined."""
    if runs < MIN_PAIRS:
        absent = np.full(len(waiting.quantiles), np.nan)
        return absent, absent
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        found = waiting.confidence_interval(level, method="log-log")
    return found.low.probabilities, found.high.probabilities


def _median(steps: Integers, reached: Flags) -> float:
    waiting = scipy.stats.ecdf(_censored(steps, reached)).sf
    passed = waiting.quantiles[waiting.probabilities <= 0.5 + ROUNDING]
    return float(passed[0]) if len(passed) else np.inf


def _restricted_mean(group: pd.DataFrame) -> float:
    waiting = scipy.stats.ecdf(_censored(group["steps"].to_numpy(), group["reached"].to_numpy())).sf
    edges = np.concatenate([[0.0], waiting.quantiles, [group["budget_steps"].iloc[0]]])
    heights = np.concatenate([[1.0], waiting.probabilities])
    return float(np.sum(heights * np.diff(edges)))


def _censored(steps: Integers, reached: Flags) -> "scipy.stats.CensoredData":
    return scipy.stats.CensoredData(uncensored=steps[reached], right=steps[~reached])


def _evaluated(times: pd.DataFrame, history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The evaluation rows of `times`, with `budget_steps` and `budget_epochs`."""
    evaluated = times[times["stage"] == "evaluation"]
    return evaluated.merge(_budgets(history, runs), on=[*PLACE, "stage"])


def _budgets(history: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Steps and epochs given to each comparison and stage; 0 epochs if none was measured."""
    budgets = runs.groupby([*PLACE, "stage"])["steps"].max().rename("budget_steps").reset_index()
    taken = history[history["step"] > 0]
    pace = (taken["epoch"] / taken["step"]).groupby([taken[name] for name in PLACE]).max()
    budgets = budgets.merge(pace.rename("pace").reset_index(), on=PLACE, how="left")
    epochs = budgets["budget_steps"] * budgets["pace"].fillna(0)
    return budgets.assign(budget_epochs=epochs).drop(columns="pace")


def _reference(names: tuple[object, ...]) -> tuple[object, ...]:
    *comparison, _, target = names
    return *comparison, REFERENCE, target
