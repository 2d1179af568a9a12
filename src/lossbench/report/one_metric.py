"""One metric of a finished study as the terminal shows it: means, and contrasts with intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.cards.metric import METRICS
from lossbench.tables.rows import Record, Tables, in_order, records, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.words import numbers
from lossbench.words.findings import select
from lossbench.words.names import in_sentence, loss_name, metric_name
from lossbench.words.places import Place, places_in


class Writing(NamedTuple):
    """How values of a metric, and contrasts with the reference, read."""

    value: Callable[[float], str]
    contrast: numbers.Writer


FRACTION = Writing(numbers.percent, numbers.points)
PLAIN = Writing(partial(numbers.number, digits=4), partial(numbers.signed, digits=4))
STEPS = Writing(numbers.ratio, numbers.ratio)


@dataclass(frozen=True)
class MetricRow:
    """What a study says of one loss in one comparison."""

    metric: str
    place: str
    loss: str
    mean: str
    """Over the replicates; empty of what is only compared."""
    contrast: str = ""
    """Against the reference, for which it is empty."""
    interval: str = ""
    level: float = 0.95
    verdict: str = ""
    replicates: int = 0

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of a table."""
        shown = self.mean, self.contrast, self.interval
        return self.place, loss_name(self.loss), *shown, self.verdict, str(self.replicates or "")

    @property
    def sentence(self) -> str:
        """As one line: `Classification error of Focal loss, Digits · MLP: 3.21%; …`."""
        parts = [self.mean] if self.mean else []
        if self.contrast:
            interval = f" ({self.level:.0%} interval {self.interval})" if self.interval else ""
            parts.append(f"{self.contrast} against {in_sentence(REFERENCE)}{interval}")
            parts.append(self.verdict)
        parts.append(numbers.count(self.replicates, "replicate"))
        subject = f"{metric_name(self.metric)} of {loss_name(self.loss)}, {self.place}"
        return f"{subject}: {'; '.join(filter(None, parts))}"


COLUMNS = ("Where", "Loss", "Mean", "Contrast", "Interval", "Verdict", "Replicates")
NUMERIC = ("Mean", "Contrast", "Interval", "Replicates")


def metric_rows(tables: Tables, metric: str) -> list[MetricRow]:
    """Every loss in every comparison, in the study's order; the reference has no contrast."""
    found = {(Place.of(row)[:-1], row.loss): row for row in records(select(tables, metric))}
    means = _means(tables, metric)
    compared = rows_of(tables, "metrics", stage="evaluation")[[*COMPARISON, "loss"]]
    rows = []
    told = {place[:-1]: place.heading for place in places_in(compared)}
    for *key, loss in in_order(compared.drop_duplicates()).itertuples(index=False, name=None):
        place = tuple(key)
        mean, contrast = means.get((*place, loss)), found.get((place, loss))
        if mean or contrast:
            rows.append(_row(metric, told[place], loss, mean, contrast))
    return rows


def _row(
    metric: str, place: str, loss: str, measured: tuple[float, int] | None, contrast: Record | None
) -> MetricRow:
    is_ratio = contrast is not None and contrast.scale == "ratio"
    is_fraction = metric in METRICS and METRICS[metric].unit == "fraction"
    write = STEPS if is_ratio else FRACTION if is_fraction else PLAIN
    value, count = measured or (float("nan"), 0)
    mean = write.value(value) if measured else ""
    if contrast is None:
        return MetricRow(metric, place, loss, mean, replicates=count)
    ends = (contrast.ci_low, contrast.ci_high)
    return MetricRow(
        metric,
        place,
        loss,
        mean,
        numbers.bounded(contrast.value, contrast.bound, write.contrast),
        "" if pd.isna(ends[0]) else numbers.span(ends, write.contrast),
        contrast.level,
        contrast.verdict,
        contrast.pairs,
    )


def _means(tables: Tables, metric: str) -> dict[tuple[object, ...], tuple[float, int]]:
    """The mean over replicates and their number, by comparison and loss."""
    split, name = ("validation", "error") if metric == "validation_error" else ("test", metric)
    rows = rows_of(tables, "metrics", stage="evaluation", split=split, metric=name)
    grouped = rows.groupby([*COMPARISON, "loss"])["value"].agg(["mean", "count"])
    return {key: (float(row["mean"]), int(row["count"])) for key, row in grouped.iterrows()}
