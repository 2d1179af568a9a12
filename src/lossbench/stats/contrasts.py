"""Paired contrasts: each loss against cross-entropy, seed by seed.

What is judged is a mean over pairs with its standard error: a difference, or for speed the
logarithm of a ratio of steps (`stats.speed`). The final error is judged over seeds and test images
together. Where one side misses more than half of the levels there is no ratio to tell: the losses
are judged by the share of levels that they reach, and the row has no value.

A pair in which a value is missing, such as the likelihood of a run that diverged, makes the whole
contrast absent: a mean over the survivors would favour the loss that fails more.
"""

import zlib
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.cards.loss import REFERENCE
from lossbench.cards.metric import METRICS
from lossbench.errors import TableError
from lossbench.stats import intervals, permutation
from lossbench.stats.intervals import (
    MIN_PAIRS,
    Estimate,
    MeanSquares,
    over_both,
    over_replicates,
    together,
)
from lossbench.stats.judged import judged
from lossbench.stats.levels import compared
from lossbench.stats.multiplicity import SPEED, is_main, label, main_places
from lossbench.stats.pairs import NO_RUNS, by_loss, pair, why_undefined
from lossbench.stats.speed import Comparison
from lossbench.study.config import Study
from lossbench.study.settings import Statistics
from lossbench.tables.parquet import empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import CONTRASTS

Floats = NDArray[np.float64]
Row = dict[str, Any]

PLACE = list(COMPARISON)
GROUP = [*PLACE, "rates", "metric"]
ERRORS = ("error", "validation_error")
"""The metrics that the data set's equivalence margin is for."""
CONFOUNDED = "confounded: a shared rate favours the loss that it suits"


@dataclass(frozen=True)
class Sample:
    """What is known of one loss on one metric in one place."""

    differences: Floats
    """(n,): loss minus reference, of each pair, on the scale on which they are judged."""
    estimate: Estimate
    why: str = ""
    """Why there is nothing to compare."""
    units: str = "replicates"
    """What the estimate covers."""
    extra: Row = field(default_factory=dict)
    """Further columns of the row."""


def contrasts(
    observed: pd.DataFrame,
    steps: pd.DataFrame,
    spreads: pd.DataFrame,
    study: Study,
    image_counts: Mapping[str, int],
) -> pd.DataFrame:
    """The CONTRASTS rows of all observations (columns of `observations.COLUMNS`).

    `steps`: STEPS_TO_LEVEL rows with the column `rates`; `spreads`: MEAN_SQUARES rows, of a loss
    one for each study that the runs are of. Each place has a row for every loss that the study
    compares there, also for one without runs. Raises TableError: two runs of one seed claim the
    same place.
    """
    key = [*GROUP, "loss", "seed"]
    if (repeated := observed.duplicated(key)).any():
        twice = observed.loc[repeated, key].iloc[0].to_dict()
        raise TableError(f"contrasts: several runs for {twice}; allowed: one a seed")
    rows: list[Row] = []
    main = main_places(study)
    for identity, sample in (*_of_values(observed, spreads, study), *_of_speed(steps, study)):
        answers = is_main(identity, main)
        row = _row(identity, sample, study)
        row |= {"main": answers, "family": label(identity, main=answers)}
        images = image_counts.get(identity["dataset"], np.nan)
        is_error = identity["metric"] == "error"
        rows.append(row | {"test_images": row["value"] * images if is_error else np.nan})
    return judged(pd.DataFrame(rows), study.statistics) if rows else empty(CONTRASTS)


def _of_values(
    observed: pd.DataFrame, spreads: pd.DataFrame, study: Study
) -> Iterator[tuple[Row, Sample]]:
    """Everything but speed."""
    over_images: dict[Hashable, list[MeanSquares]] = defaultdict(list)
    for row in spreads.to_dict("records"):
        found = MeanSquares(*(row[name] for name in MeanSquares.__dataclass_fields__))
        over_images[tuple(row[name] for name in (*PLACE, "loss"))].append(found)
    for names, group in observed.groupby(GROUP):
        identity = dict(zip(GROUP, names, strict=True))
        values = by_loss(group)
        for loss in _losses(study, identity):
            pairs = pair(values.get(loss, {}), values.get(REFERENCE, {}))
            why = why_undefined(pairs, identity["metric"])
            sample = Sample(pairs.differences, over_replicates(pairs.differences), why)
            spread = over_images.get((*names[:-2], loss))
            if identity["metric"] == "error" and spread and not why:
                both = over_both(sample.estimate.mean, together(spread, pairs.differences))
                sample = replace(sample, estimate=both, units="replicates and test images")
            yield identity | {"loss": loss}, sample


def _of_speed(steps: pd.DataFrame, study: Study) -> Iterator[tuple[Row, Sample]]:
    for names, group in steps.groupby([*PLACE, "rates"]):
        identity = dict(zip(GROUP, (*names, SPEED), strict=True))
        found = dict(compared(group))
        for loss in _losses(study, identity):
            sample = _speed(found[loss]) if loss in found else ABSENT
            yield identity | {"loss": loss}, sample


def _speed(pairs: Comparison) -> Sample:
    """The log ratio of steps, or the share of levels that the loss misses and the reference not."""
    ours, theirs = pairs.reach
    reach = {"reach": ours, "reference_reach": theirs}
    if not any(pairs.reach):
        why = "undefined: no run of either loss reached a level"
        return replace(ABSENT, why=why, extra=reach)
    if not pairs.is_ratio:
        missed = pairs.theirs.reached.mean(axis=1) - pairs.ours.reached.mean(axis=1)
        return Sample(missed, over_replicates(missed), extra=reach | {"scale": "reach"})
    logs = pairs.by_pair[~np.isnan(pairs.by_pair)]
    extra = reach | {"scale": "ratio", "bound": pairs.bound}
    return Sample(logs, over_replicates(logs), extra=extra)


def _losses(study: Study, identity: Row) -> list[str]:
    """The losses but the reference that the study compares in one place."""
    place = [identity[name] for name in PLACE]
    return [
        grid.loss
        for each in study.comparisons
        if [getattr(each, name) for name in PLACE] == place
        for grid in each.losses
        if grid.loss != REFERENCE
    ]


def _row(identity: Row, sample: Sample, study: Study) -> Row:
    """One contrast before Holm's correction and without its verdict."""
    statistics, estimate = study.statistics, sample.estimate
    row: Row = {
        **identity,
        **dict.fromkeys(NUMBERS, np.nan),
        "reference": REFERENCE,
        "scale": "difference",
        "bound": "",
        "level": statistics.level,
        "margin": _margin(identity, study),
        "pairs": len(sample.differences),
        **sample.extra,
    }
    if sample.why:
        return {**row, "method": sample.why}
    row |= _estimates(sample, statistics, rng=_generator(identity))
    row["improvement"] = _improvement(sample.differences, identity["metric"])
    if np.isnan(row["margin"]):
        row |= {"equivalence_low": np.nan, "equivalence_high": np.nan}
    if row["scale"] == "ratio":
        row |= {name: float(np.exp(row[name])) for name in SCALED}
    if row["scale"] == "reach":
        row |= dict.fromkeys(SCALED, np.nan)
    row |= {"standard_error": estimate.standard_error, "df": estimate.df}
    return {**row, "method": _method(row, sample, statistics)}


def _margin(identity: Row, study: Study) -> float:
    if identity["metric"] == SPEED:
        return study.statistics.speed_margin
    is_error = identity["metric"] in ERRORS
    return float(study.dataset(identity["dataset"]).equivalence_margin) if is_error else np.nan


def _estimates(sample: Sample, statistics: Statistics, *, rng: np.random.Generator) -> Row:
    differences, level = sample.differences, statistics.level
    alone = over_replicates(differences).interval(level)
    # Two one-sided tests at 1 − level each: at level 95 % the 90 % interval.
    inner = sample.estimate.interval(2 * level - 1)
    whole = sample.estimate.interval(level)
    bca = intervals.bca(differences, level, statistics.resamples, rng=rng)
    ends = (*whole, *alone, *bca, *inner)
    return {
        **dict(zip(SCALED, (sample.estimate.mean, *ends), strict=True)),
        "mean": sample.estimate.mean,
        "p_value": permutation.sign_flip(differences, statistics.resamples, rng=rng),
        "t_p_value": sample.estimate.p_value,
    }


def _improvement(differences: Floats, metric: str) -> float:
    """Share of pairs that the loss wins, ties half; NaN where neither direction is better."""
    direction = METRICS[metric].direction
    if direction == "none":
        return np.nan
    wins = differences < 0 if direction == "lower" else differences > 0
    return float(wins.mean() + (differences == 0).mean() / 2)


def _method(row: Row, sample: Sample, statistics: Statistics) -> str:
    if row["pairs"] < MIN_PAIRS:
        parts = [f"fewer than {MIN_PAIRS} replicates: no interval and no test"]
    else:
        is_ratio = row["scale"] == "ratio"
        what = "log ratios of steps, mean over the levels" if is_ratio else "differences"
        exact = permutation.is_exact(row["pairs"], statistics.resamples)
        parts = [
            f"Student t over {sample.units} on {what}"
            if sample.estimate.is_measurable
            else "no interval: all pairs differ by the same amount",
            f"{'exact' if exact else 'Monte Carlo'} sign-flip p",
        ]
    if row["scale"] == "reach":
        parts.append("more than half of the levels are missed: judged by the share reached")
    if row["bound"]:
        parts.append("a missed level counts with the budget")
    if row["rates"] == "same_rate":
        parts.append(CONFOUNDED)
    return "; ".join(parts)


def _generator(identity: Row) -> np.random.Generator:
    """The contrast's own random numbers: the same whatever else stands in the table."""
    return np.random.default_rng(zlib.crc32("|".join(map(str, identity.values())).encode()))


ABSENT = Sample(np.zeros(0), over_replicates(np.zeros(0)), NO_RUNS)
INTERVALS = ("ci", "replicates", "bca", "equivalence")
SCALED = ("value", *(f"{kind}_{end}" for kind in INTERVALS for end in ("low", "high")))
"""Computed on the log scale for a ratio, and turned back."""
NUMBERS = (*(column.name for column in CONTRASTS.columns if column.optional), "mean")
"""What is absent where a contrast is undefined."""
