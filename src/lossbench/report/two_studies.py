"""Two studies side by side: what changed from one to the other, beyond noise or not."""

from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from lossbench.report import columns, evidence
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.evidence import Tables
from lossbench.report.summary import table
from lossbench.stats.multiplicity import holm
from lossbench.tables.study import TABLES
from lossbench.words import numbers
from lossbench.words.names import loss_name, metric_name, with_network

Floats = NDArray[np.float64]

IDENTITY = ["dataset", "model", "loss", "metric"]
FEWEST = 3
"""Fewer seeds than this on either side tell nothing of noise."""
LEVEL = 0.95
COMPARED = ("error", "nll", "brier", "ece")
"""The metrics on the test set that are compared, besides the steps to the last target."""
READ = ("metrics", "times_to_target", "targets", "choices", "contrasts", "claims")
"""The tables that a comparison reads."""
OPPOSITE = {"better": "worse", "worse": "better"}


def compare(tables_a: Tables, tables_b: Tables) -> pd.DataFrame:
    """One row a data set, network, loss and metric that either study has.

    Columns: the identity; `mean_a`, `mean_b`, `seeds_a`, `seeds_b`; `difference` (B − A) with its
    95 % interval `ci_low`, `ci_high`; `p_value`, and `p_adjusted` after Holm's correction over
    all rows; `method`; `change`: beyond noise, within noise, identical, too few seeds, only in A,
    only in B. Runs are paired where at least three seeds stand in both; otherwise Welch's test.
    Steps are compared only where both studies have the same target, censored at the budget.
    """
    sides = [_values(tables_a), _values(tables_b)]
    keys = sorted(set(sides[0]) | set(sides[1]))
    nothing = pd.Series(dtype=float)
    rows = [
        dict(zip(IDENTITY, key, strict=True))
        | _compared(sides[0].get(key, nothing), sides[1].get(key, nothing))
        for key in keys
    ]
    names = [*IDENTITY, *_compared(nothing, nothing)]
    frame = pd.DataFrame(rows, columns=names)
    frame["p_adjusted"] = holm(frame["p_value"].to_numpy(float))
    tested = frame["change"] == ""
    beyond = frame["p_adjusted"] <= 1 - LEVEL
    frame.loc[tested, "change"] = np.where(beyond[tested], "beyond noise", "within noise")
    return frame


def markdown(tables_a: Tables, tables_b: Tables, name_a: str, name_b: str) -> str:
    """The comparison as Markdown: which verdicts and how many values changed, then the table."""
    compared = compare(tables_a, tables_b)
    changes = compared["change"].value_counts()
    counts = numbers.join([f"{number} {change}" for change, number in changes.items()])
    found = (
        _claims(_side_by_side(tables_a, tables_b, "claims")),
        _contrasts(_side_by_side(tables_a, tables_b, "contrasts")),
        _choices(_side_by_side(tables_a, tables_b, "choices")),
        f"{numbers.count(len(compared), 'value')}: {counts}",
    )
    listed = "\n".join(f"* {words}" for words in found)
    columns = table(_table(compared, name_a, name_b))
    return f"# {name_a} against {name_b}\n\n{listed}\n\n{columns}\n"


def _claims(both: pd.DataFrame) -> str:
    """How many claims have one verdict in both studies, and what the others turned into."""
    other = both[both["verdict_a"] != both["verdict_b"]]
    turned = [f"; {row.claim} {row.verdict_a}, now {row.verdict_b}" for row in other.itertuples()]
    same = len(both) - len(other)
    return f"{numbers.count(len(both), 'claim')}: {same} with the same verdict{''.join(turned)}"


def _contrasts(both: pd.DataFrame) -> str:
    """How many contrasts have one verdict in both studies, and how many have opposite ones."""
    same = (both["verdict_a"] == both["verdict_b"]).sum()
    opposite = (both["verdict_a"].map(OPPOSITE) == both["verdict_b"]).sum()
    return (
        f"{numbers.count(len(both), 'contrast')}: {same} with the same verdict, {opposite} with the"
        " opposite one"
    )


def _choices(both: pd.DataFrame) -> str:
    """How many losses tuning gave the same rate and margin in both studies; the others by name."""
    was, now = (
        [f"{rate:g} {margin}".strip() for rate, margin in both[[rates, margins]].to_numpy()]
        for rates, margins in (("learning_rate_a", "setting_a"), ("learning_rate_b", "setting_b"))
    )
    both = both.assign(was=was, now=now)
    other = both[both["was"] != both["now"]]
    turned = [
        f"; {loss_name(row.loss)} on {with_network(row.dataset, row.model)} {row.was}, "
        f"now {row.now}"
        for row in evidence.records(other)
    ]
    same = len(both) - len(other)
    return f"{numbers.count(len(both), 'choice')} of tuning: {same} the same{''.join(turned)}"


def _side_by_side(tables_a: Tables, tables_b: Tables, name: str) -> pd.DataFrame:
    """The rows of the table `name` that stand in both studies, with what either says."""
    one, other = evidence.rows(tables_a, name), evidence.rows(tables_b, name)
    return one.merge(other, on=list(TABLES[name].key), suffixes=("_a", "_b"))


def _values(tables: Tables) -> dict[tuple[str, ...], "pd.Series[float]"]:
    """Each identity's values by seed."""
    metrics = evidence.rows(tables, "metrics", stage="evaluation", split="test")
    metrics = metrics[metrics["metric"].isin(COMPARED)]
    times = evidence.rows(tables, "times_to_target", stage="evaluation")
    times = times[times["target"] == evidence.last_target(tables)]
    names = [f"steps to validation error {error:.6g}" for error in times["validation_error"]]
    times = times.assign(metric=names, value=times["steps"])
    wanted = [*IDENTITY, "seed", "value"]
    frame = pd.concat([metrics.reindex(columns=wanted), times.reindex(columns=wanted)])
    frame = frame.dropna(subset=["value"]).astype({"value": float})
    return {
        tuple(map(str, key)): group.set_index("seed")["value"]
        for key, group in frame.groupby(IDENTITY)
    }


def _compared(a: "pd.Series[float]", b: "pd.Series[float]") -> dict[str, Any]:
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
    if len(shared) >= FEWEST:
        return row | _paired(_floats(b[shared] - a[shared]))
    if min(len(a), len(b)) < FEWEST:
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


def _table(compared: pd.DataFrame, name_a: str, name_b: str) -> DataTable:
    return data_table(
        compared,
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            Shown("metric", "Metric", metric_name),
            columns.quantity("mean_a", name_a),
            columns.quantity("mean_b", name_b),
            columns.quantity("difference", "Difference"),
            columns.quantity("ci_low", "from"),
            columns.quantity("ci_high", "to"),
            columns.p_value("p_adjusted", "p, Holm"),
            Shown("change", "Change"),
            Shown("method", "Method"),
        ),
        name="comparison",
        caption="Means over seeds; difference: second minus first",
    )
