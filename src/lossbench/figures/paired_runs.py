"""Which ends lower: every run of the pair that titles speak of, paired by replicate."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import palette, theme
from lossbench.figures.axes import tell
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import heading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words import headline, names, numbers, phrases
from lossbench.words.findings import find
from lossbench.words.places import Place
from lossbench.words.questions import ERROR

TEMPLATE = "paired_runs.j2"
ROW = 0.72
"""Height of a comparison in inches."""
NAME_WIDTH = 16
"""Characters of a loss's name that have room beside the runs."""
CLOSE = 0.5
"""Means closer than this share of the runs' range have their labels on either side."""


def available(tables: Tables) -> bool:
    """Whether runs of the pair can be shown side by side."""
    if not filled("metrics", "contrasts")(tables):
        return False
    return len(headline.pairs(tables, find(tables, ERROR).loss)) > 0


def draw(tables: Tables, _study: Study) -> Figure:
    """A line for each comparison that answers for its network, each on its own axis of error."""
    finding = find(tables, ERROR)
    pairs = headline.pairs(tables, finding.loss)
    relative = headline.relative_errors(tables, finding.loss)
    shown = [row for row in finding.rows if len(Place.of(row).rows(pairs))]
    figure = Figure(figsize=(theme.HALF, 0.3 + ROW * len(shown)), layout="constrained")
    axes = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for place, (panel, row) in enumerate(zip(axes, shown, strict=True)):
        _runs(panel, Place.of(row).rows(pairs), finding.loss, named=place == 0)
        _said(panel, row, relative)
    axes[-1].set_xlabel("test error, mean of each loss")
    return figure


def words(tables: Tables, _study: Study) -> Words:
    """Who ends lower, and in how many of the pairs."""
    finding = find(tables, ERROR)
    won, pairs = headline.wins(tables, finding)
    return {
        "title": phrases.title(finding),
        "loss": names.in_sentence(finding.loss),
        "won": won,
        "pairs": pairs,
        "places": numbers.join([Place.of(row).heading for row in finding.rows]),
    }


def _runs(axes: Axes, pairs: pd.DataFrame, loss: str, *, named: bool) -> None:
    """Reference above, loss below; a grey line joins a replicate's two runs."""
    for pair in pairs[[REFERENCE, loss]].to_numpy():
        axes.plot(pair, [1, 0], color=palette.MUTED.light, linewidth=0.5, alpha=0.6, zorder=1)
    means = pairs[[REFERENCE, loss]].mean()
    low, high = pairs[[REFERENCE, loss]].min().min(), pairs[[REFERENCE, loss]].max().max()
    for height, each in ((1, REFERENCE), (0, loss)):
        axes.plot(pairs[each], [height] * len(pairs), **theme.mark_style(each, 4))
        if named:
            _name(axes, each, (low, height))
    reach = max(high - low, 1e-6)
    # Words stand on both sides of the runs: the losses' names, and what the contrast says.
    axes.set(xlim=(low - 0.9 * reach, high + 1.5 * reach), ylim=(-0.8, 1.5), yticks=[])
    _name_means(axes, sorted(means), CLOSE * reach)
    tell(axes.xaxis, numbers.percent)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(low - 0.1 * reach, high + 0.1 * reach)  # clear of the names
    axes.grid(visible=False)


def _name(axes: Axes, loss: LossName, place: tuple[float, float]) -> None:
    """Write the loss's name left of `place`: the first line beside it, others below."""
    name = names.in_sentence(loss).replace("_", "_ ")
    lines = textwrap.fill(name, NAME_WIDTH).replace("_ ", "_")
    axes.annotate(
        lines,
        place,
        xytext=(-7, 5),
        textcoords="offset points",
        ha="right",
        va="top",
        linespacing=1,
        color=theme.colors()[loss],
    )


def _name_means(axes: Axes, ordered: Sequence[float], close: float) -> None:
    """Write both means under the axis, those that read alike once, close ones on either side."""
    lower, higher = map(numbers.percent, ordered)
    if lower == higher:
        axes.set_xticks([float(np.mean(ordered))], [f"both {lower}"])
    elif ordered[1] - ordered[0] < close:
        axes.set_xticks(ordered, [lower + numbers.NO_BREAK, numbers.NO_BREAK + higher])
        left, right = axes.get_xticklabels()
        left.set_horizontalalignment("right")
        right.set_horizontalalignment("left")
    else:
        axes.set_xticks(ordered, [lower, higher])


def _said(axes: Axes, row: Any, relative: dict[Place, float]) -> None:
    """The comparison's name, and beside its runs what its contrast says."""
    place = Place.of(row)
    heading(axes, place.heading)
    share = relative.get(place._replace(told=""))
    lines = [numbers.points(row.value) if pd.notna(row.value) else "no value"]
    if share is not None:
        word = "more" if share > 0 else "fewer"
        lines.append(f"{numbers.percent(abs(share), 0)} {word} errors")
    if row.verdict in phrases.OPEN:
        lines[0] += f", {row.verdict}"
    axes.text(1, 0.5, "\n".join(lines), transform=axes.transAxes, ha="right", va="center")
