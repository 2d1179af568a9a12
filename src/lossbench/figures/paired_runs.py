"""Which ends lower: every run of the pair that titles speak of, paired by replicate."""

import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.axes import tell
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.hover import say
from lossbench.figures.panels import heading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.rows import rows_of
from lossbench.tables.runs import COMPARISON
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
    for panel, row in zip(axes, shown, strict=True):
        place = Place.of(row)
        mine = place.rows(pairs)
        lost = _lost(tables, mine)
        _runs(panel, mine[list(lost)], lost, named=panel is axes[0])
        heading(panel, place.heading)
        change = _change(relative.get(place._replace(told="")), int(lost.to_numpy().sum()))
        agreed = f"{headline.wins(mine, finding.loss)} of {numbers.count(len(mine), 'pair')}"
        _say(panel, [_difference(row), *change, agreed])
    axes[-1].set_xlabel("test error, mean of each loss")
    return figure


def words(tables: Tables, _study: Study) -> Words:
    """Who ends lower, and in how many of the pairs."""
    finding = find(tables, ERROR)
    pairs = headline.compared_pairs(tables, finding)
    return {
        "title": phrases.title(finding),
        "loss": names.in_sentence(finding.loss),
        "won": headline.wins(pairs, finding.loss),
        "pairs": len(pairs),
        "diverged": bool(_lost(tables, pairs).to_numpy().any()),
        "places": numbers.join([Place.of(row).heading for row in finding.rows]),
    }


def _lost(tables: Tables, pairs: pd.DataFrame) -> pd.DataFrame:
    """Of each pair and of each of its two losses, whether the run diverged."""
    key = [*COMPARISON, "seed"]
    diverged = rows_of(tables, "runs", stage="evaluation", diverged=True)
    here = pairs.set_index(key)
    runs = {loss: diverged[diverged["loss"] == loss].set_index(key).index for loss in here}
    found = {loss: here.index.isin(gone) for loss, gone in runs.items()}
    return pd.DataFrame(found, index=pairs.index)


def _runs(axes: Axes, pairs: pd.DataFrame, lost: pd.DataFrame, *, named: bool) -> None:
    """Reference above, loss below; a grey line joins a replicate's two runs."""
    for pair in pairs.to_numpy():
        axes.plot(pair, [1, 0], color=palette.MUTED.light, linewidth=0.5, alpha=0.6, zorder=1)
    low, high = float(pairs.to_numpy().min()), float(pairs.to_numpy().max())
    for height, loss in zip((1, 0), pairs, strict=True):
        _marks(axes, pairs[loss], lost[loss], height)
        if named:
            _name(axes, loss, (low, height))
    reach = max(high - low, 1e-6)
    # Words stand on both sides of the runs: the losses' names, and what the contrast says.
    axes.set(xlim=(low - 0.9 * reach, high + 1.5 * reach), ylim=(-0.8, 1.5), yticks=[])
    _name_means(axes, pairs.mean().sort_values(kind="stable"), CLOSE * reach)
    tell(axes.xaxis, numbers.percent)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(low - 0.1 * reach, high + 0.1 * reach)  # clear of the names
    axes.grid(visible=False)


def _marks(axes: Axes, errors: pd.Series, lost: pd.Series, height: int) -> None:
    """The runs of one loss; those that diverged are crosses, for their errors are no results."""
    look = theme.mark_style(errors.name, 4)
    axes.plot(errors[~lost], [height] * int((~lost).sum()), **look)
    if lost.any():
        look |= {"marker": "x", "markersize": 5, "markeredgewidth": 1.2}
        (crosses,) = axes.plot(errors[lost], [height] * int(lost.sum()), **look, clip_on=False)
        say(crosses, "diverged, counted at chance")


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


def _name_means(axes: Axes, means: pd.Series, close: float) -> None:
    """Write both means, lower first, under the axis, each in its loss's colour.

    Means that read alike are written once, in no colour; close ones stand on either side.
    """
    lower, higher = map(numbers.percent, means)
    if lower == higher:
        axes.set_xticks([float(means.mean())], [f"both {lower}"])
        return
    is_close = means.iloc[1] - means.iloc[0] < close
    space = numbers.NO_BREAK if is_close else ""
    axes.set_xticks(list(means), [lower + space, space + higher])
    left, right = axes.get_xticklabels()
    if is_close:
        left.set_horizontalalignment("right")
        right.set_horizontalalignment("left")
    for label, loss in zip((left, right), means.index, strict=True):
        label.set_color(theme.colors()[loss])


def _difference(row: Any) -> str:
    """The contrast's value, and its verdict where this is open."""
    value = numbers.points(row.value) if pd.notna(row.value) else "no value"
    return value + (f", {row.verdict}" if row.verdict in phrases.OPEN else "")


def _change(share: float | None, diverged: int) -> list[str]:
    """By what share there are more errors; chance errors of diverged runs are none to count."""
    if diverged:
        return [f"{numbers.count(diverged, 'run')} diverged"]
    if share is None:
        return []
    return [f"{numbers.percent(abs(share), 0)} {'more' if share > 0 else 'fewer'} errors"]


def _say(axes: Axes, lines: Sequence[str]) -> None:
    """Words beside the runs; they may reach down to the labels of the means, left of them."""
    words = axes.text(1, 1, "\n".join(lines), transform=axes.transAxes, ha="right", va="top")
    words.set_in_layout(False)
