"""Paired contrasts: each loss against cross-entropy, seed by seed.

Differences have Student t intervals; times to target are compared by ratio, on the log scale. A
censored time enters as its budget: min(time, budget) is known for every run, so the geometric
mean ratio of these *restricted* times, its interval and its tests need no assumption. What
changes is what it says. With censored pairs it is the ratio within the budget, and bounds the
ratio of the full times from below where the loss alone is censored, from above where the reference
is. `censored_pairs` counts them and `method` says so. Where no run of either loss gets to the
target there is nothing to compare and the contrast is absent.

A pair in which a value is missing, such as the likelihood of a run that diverged, makes the whole
contrast absent: a mean over the survivors would favour the loss that fails more.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.cards.loss import REFERENCE
from lossbench.cards.metric import METRICS
from lossbench.errors import TableError
from lossbench.stats import intervals, permutation
from lossbench.stats.intervals import MIN_PAIRS
from lossbench.stats.multiplicity import family, holm, is_primary
from lossbench.stats.observations import TIME
from lossbench.stats.pairs import Pairs, by_loss, pair, why_undefined
from lossbench.stats.verdicts import decide
from lossbench.study.config import Study
from lossbench.study.settings import Statistics
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import CONTRASTS

Floats = NDArray[np.float64]
Row = dict[str, Any]

GROUP = [*COMPARISON, "rates", "metric"]
ERRORS = ("error", "validation_error")
"""The metrics that the data set's equivalence margin is for."""


def contrasts(observed: pd.DataFrame, study: Study, image_counts: dict[str, int]) -> pd.DataFrame:
    """The CONTRASTS rows of all observations (columns of `observations.COLUMNS`).

    Each comparison has a row for every loss of it, also for one without runs.

    Raises TableError: two runs of one seed claim the same place.
    """
    key = [*GROUP, "loss", "seed"]
    if (repeated := observed.duplicated(key)).any():
        twice = observed.loc[repeated, key].iloc[0].to_dict()
        raise TableError(f"contrasts: several runs for {twice}; allowed: one a seed")
    rows = list(_rows(observed, study, image_counts))
    return _judged(pd.DataFrame(rows), study) if rows else empty(CONTRASTS)


def _rows(observed: pd.DataFrame, study: Study, image_counts: dict[str, int]) -> Iterator[Row]:
    compared = {
        (each.dataset, each.model, each.recipe, each.epochs): [grid.loss for grid in each.losses]
        for each in study.comparisons
    }
    for names, group in observed.groupby(GROUP):
        *comparison, rates, metric = names
        found = by_loss(group)
        for loss in compared.get(tuple(comparison), []):
            if loss != REFERENCE:
                identity = {**dict(zip(GROUP, names, strict=True)), "loss": loss}
                pairs = pair(found.get(loss, {}), found.get(REFERENCE, {}))
                row = _contrast(pairs, identity, study)
                images = image_counts.get(names[0], np.nan) if metric == "error" else np.nan
                label = "primary" if is_primary(rates, metric, loss) else "exploratory"
                yield {**identity, **row, "test_images": row["value"] * images, "family": label}


def _contrast(pairs: Pairs, identity: Row, study: Study) -> Row:
    """One contrast without its verdict; `equivalence_*` and `margin` for errors alone."""
    metric, statistics = identity["metric"], study.statistics
    is_error, is_ratio = metric in ERRORS, metric.startswith(TIME)
    margin = study.dataset(identity["dataset"]).equivalence_margin if is_error else np.nan
    row: Row = {
        "reference": REFERENCE,
        "scale": "ratio" if is_ratio else "difference",
        "level": statistics.level,
        "margin": margin,
        "pairs": len(pairs.seeds),
        "censored_pairs": int(pairs.failed.any(axis=1).sum()) if is_ratio else 0,
        **dict.fromkeys(NUMBERS, np.nan),
    }
    if reason := why_undefined(pairs, metric):
        return {**row, "method": reason}
    differences = pairs.differences(is_ratio=is_ratio)
    found = _estimates(differences, pairs.rounding, statistics, rng=_generator(identity))
    if np.isnan(margin):
        found |= {"equivalence_low": np.nan, "equivalence_high": np.nan}
    shown: Callable[[float], float] = np.exp if is_ratio else float
    found |= {name: float(shown(found[name])) for name in SCALED}
    row |= {**found, "improvement": _improvement(differences, metric)}
    return {**row, "method": _method(row, identity["rates"], statistics)}


def _estimates(
    differences: Floats, rounding: float, statistics: Statistics, *, rng: np.random.Generator
) -> dict[str, float]:
    n, mean = len(differences), float(differences.mean())
    found = {"value": mean}
    if n < MIN_PAIRS:
        return {**dict.fromkeys(NUMBERS, np.nan), **found}
    level, resamples = statistics.level, statistics.resamples
    deviation = intervals.spread(differences, rounding)
    found["ci_low"], found["ci_high"] = intervals.student_t(mean, deviation, n, level)
    # Two one-sided tests at 1 − level each: at level 95 % the 90 % interval.
    inner = intervals.student_t(mean, deviation, n, 2 * level - 1)
    found["equivalence_low"], found["equivalence_high"] = inner
    found["bca_low"], found["bca_high"] = intervals.bca(differences, level, resamples, rng=rng)
    found["p_value"] = permutation.sign_flip(differences, resamples, rng=rng)
    found["t_p_value"] = intervals.student_t_p(mean, deviation, n)
    return found


def _judged(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """`table` with p values adjusted in their families, and verdicts."""
    alpha = 1 - study.statistics.level
    # Without spread there is no t test; the sign-flip test stands in.
    carrying = table["t_p_value"].fillna(table["p_value"])
    families = pd.Series([family(row) for _, row in table.iterrows()])
    table["p_adjusted"] = carrying.groupby(families).transform(lambda p: holm(p.to_numpy()))
    table["verdict"] = [
        decide(
            np.log(row["value"]) if row["scale"] == "ratio" else row["value"],
            row["p_adjusted"],
            (row["equivalence_low"], row["equivalence_high"]),
            direction=METRICS[row["metric"]].direction,
            alpha=alpha,
            margin=row["margin"],
        )
        for _, row in table.iterrows()
    ]
    return check(table, CONTRASTS)


def _improvement(differences: Floats, metric: str) -> float:
    """Share of pairs that the loss wins, ties half; NaN where neither direction is better."""
    direction = METRICS[metric].direction
    if direction == "none":
        return np.nan
    wins = differences < 0 if direction == "lower" else differences > 0
    return float(wins.mean() + (differences == 0).mean() / 2)


def _method(row: Row, rates: str, statistics: Statistics) -> str:
    if row["pairs"] < MIN_PAIRS:
        parts = [f"fewer than {MIN_PAIRS} seeds: no interval and no test"]
    else:
        scale = "log ratios" if row["scale"] == "ratio" else "differences"
        no_spread = "no interval: all pairs differ by the same amount; the sign-flip p decides"
        exact = permutation.is_exact(row["pairs"], statistics.resamples)
        parts = [
            no_spread if np.isnan(row["t_p_value"]) else f"Student t on {scale}",
            f"{'exact' if exact else 'Monte Carlo'} sign-flip p",
        ]
    if row["censored_pairs"]:
        parts.append("censored times count as the budget: the ratio holds within it")
    if rates == "same_rate":
        parts.append("confounded: a shared rate favours the loss that it suits")
    return "; ".join(parts)


def _generator(identity: Row) -> np.random.Generator:
    """The contrast's own random numbers: the same whatever else stands in the table."""
    return np.random.default_rng(zlib.crc32("|".join(map(str, identity.values())).encode()))


SCALED = (
    "value",
    "ci_low",
    "ci_high",
    "bca_low",
    "bca_high",
    "equivalence_low",
    "equivalence_high",
)
"""Computed on the log scale for a ratio, and turned back."""
NUMBERS = (*SCALED, "p_value", "t_p_value", "improvement")
"""What is absent where a contrast is undefined."""
