"""Two studies compared: what changed from one to the other, beyond noise or not."""

from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from lossbench.stats.intervals import MIN_PAIRS
from lossbench.stats.multiplicity import holm
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON

Floats = NDArray[np.float64]

IDENTITY = [*COMPARISON, "loss", "metric"]
LEVEL = 0.95
ERROR = "validation_error"
MEASURED = ("error", "nll", "brier", "ece")
"""The metrics on the test set that are compared, besides the steps to the levels of error."""


def changes(tables_a: Tables, tables_b: Tables) -> pd.DataFrame:
    """One row a comparison, loss and metric that either study has.

    Columns: the identity; `mean_a`, `mean_b`, `seeds_a`, `seeds_b`; `difference` (B − A) with its
    95 % interval `ci_low`, `ci_high`; `p_value`, and `p_adjusted` after Holm's correction over
    all rows; `method`; `change`: beyond noise, within noise, identical, too few seeds, only in A,
    only in B. Runs are paired where at least three seeds stand in both; otherwise Welch's test.
    Steps, the geometric mean over the levels of error, are compared only where both studies have
    the same levels.
    """
    sides = [_values(tables_a), _values(tables_b)]
    keys = sorted(set(sides[0]) | set(sides[1]))
    nothing = pd.Series(dtype=float)
    rows = [
        dict(zip(IDENTITY, key, strict=True))
        | _change(sides[0].get(key, nothing), sides[1].get(key, nothing))
        for key in keys
    ]
    names = [*IDENTITY, *_change(nothing, nothing)]
    frame = pd.DataFrame(rows, columns=names)
    frame["p_adjusted"] = holm(frame["p_value"].to_numpy(float))
    tested = frame["change"] == ""
    beyond = frame["p_adjusted"] <= 1 - LEVEL
    frame.loc[tested, "change"] = np.where(beyond[tested], "beyond noise", "within noise")
    return frame


def _values(tables: Tables) -> dict[tuple[str, ...], "pd.Series[float]"]:
    """Each identity's values by seed."""
    metrics = rows_of(tables, "metrics", stage="evaluation", split="test")
    metrics = metrics[metrics["metric"].isin(MEASURED)]
    wanted = [*IDENTITY, "seed", "value"]
    frame = pd.concat([metrics.reindex(columns=wanted), _steps(tables).reindex(columns=wanted)])
    frame = frame.dropna(subset=["value"]).astype({"value": float})
    return {
        tuple(map(str, key)): group.set_index("seed")["value"]
        for key, group in frame.groupby(IDENTITY)
    }


def _steps(tables: Tables) -> pd.DataFrame:
    """The geometric mean of every run's steps, its levels named in `metric`."""
    steps = rows_of(tables, "steps_to_level", stage="evaluation")
    runs = steps.assign(log=np.log(steps["steps"])).groupby([*IDENTITY[:-1], "seed"])
    found = runs.agg(log=("log", "mean"), easy=(ERROR, "max"), hard=(ERROR, "min"))
    ends = zip(found["easy"], found["hard"], strict=True)
    named = [f"steps to errors of {easy:.6g} to {hard:.6g}" for easy, hard in ends]
    return found.assign(metric=named, value=np.exp(found["log"])).reset_index()


def _change(a: "pd.Series[float]", b: "pd.Series[float]") -> dict[str, Any]:
    row: dict[str, Any] = {
        "mean_a": a.mean(),
        "mean_b": b.mean(),
        "seeds_a": len(a),
        "seeds_b": len(b),
        **dict.fromkeys(("difference", "ci_low", "ci_high", "p_value", "p_adjusted"), np.nan),
        "method": "",
        "change": "",
    }
    if a.empty or b.empty:
        return row | {"change": "only in A" if b.empty else "only in B"}
    row["difference"] = row["mean_b"] - row["mean_a"]
    if a.sort_index().equals(b.sort_index()):
        return row | {"difference": 0.0, "change": "identical"}
    shared = a.index.intersection(b.index)
    if len(shared) >= MIN_PAIRS:
        return row | _paired(_floats(b[shared] - a[shared]))
    if min(len(a), len(b)) < MIN_PAIRS:
        return row | {"change": "too few seeds"}
    return row | _welch(_floats(a), _floats(b))


def _floats(values: "pd.Series[float]") -> Floats:
    return np.asarray(values, dtype=np.float64)


def _paired(differences: Floats) -> dict[str, Any]:
    found: dict[str, Any] = {
        "difference": float(differences.mean()),
        "method": f"paired by seed, {len(differences)} pairs",
    }
    if np.ptp(differences) == 0:
        return found | _without_spread(found["difference"])
    return found | _tested(scipy.stats.ttest_1samp(differences, 0.0))


def _welch(a: Floats, b: Floats) -> dict[str, Any]:
    found: dict[str, Any] = {"method": "Welch's t test, unpaired"}
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return found | _without_spread(float(b.mean() - a.mean()))
    return found | _tested(scipy.stats.ttest_ind(b, a, equal_var=False))


def _tested(result: Any) -> dict[str, Any]:
    interval = result.confidence_interval(LEVEL)
    return {
        "ci_low": float(interval.low),
        "ci_high": float(interval.high),
        "p_value": float(result.pvalue),
    }


def _without_spread(difference: float) -> dict[str, Any]:
    """No seed differs from another: there is no noise, so any difference is beyond it."""
    ends = {"ci_low": difference, "ci_high": difference}
    return ends | {"change": "beyond noise" if difference else "identical"}
