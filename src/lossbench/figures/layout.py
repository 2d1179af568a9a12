"""What the study's figures share: which panels and losses there are, axes, labels, legends."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from lossbench.cards.loss import LOSSES
from lossbench.figures import palette, theme
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words import names
from lossbench.words.numbers import MINUS
from lossbench.words.places import Place


def places(frame: pd.DataFrame, study: Study) -> list[Place]:
    """The study's comparisons on which `frame` has rows, in the study's order."""
    found = set(zip(frame["dataset"], frame["model"], strict=True))
    asked = [Place.of(comparison) for comparison in study.comparisons]
    return [place for place in asked if tuple(place) in found]


def losses(frame: pd.DataFrame) -> list[LossName]:
    """The losses in `frame`, in the order in which every figure lists them."""
    found = set(frame["loss"])
    return [loss for loss in LOSSES if loss in found]


def focus(frame: pd.DataFrame) -> LossName | None:
    """The loss that titles speak of: the primary one, else the first other, else none."""
    return names.focus(losses(frame))


def panels_of(
    shown: Sequence[Place], *, panel_height: float, **options: Any
) -> tuple[Figure, dict[Place, Axes], list[Axes]]:
    """A figure with a headed panel for each place, two in a row, and its lowest panels."""
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = theme.panels(rows, columns, panel_height=panel_height, **options)
    used = dict(zip(shown, axes.ravel(), strict=False))
    for place, panel in used.items():
        theme.heading(panel, place.heading)
    for panel in axes.ravel()[len(shown) :]:
        panel.set_axis_off()
    return figure, used, list(used.values())[-columns:]


def by_loss(frame: pd.DataFrame) -> Iterator[tuple[LossName, pd.DataFrame]]:
    """Each loss with its rows, in the figures' order."""
    for loss in losses(frame):
        yield loss, frame[frame["loss"] == loss]


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples."""
    yield from frame.itertuples(index=False)


def in_first_column(axes: Axes) -> bool:
    """Whether the panel stands at the left of its figure."""
    spec = axes.get_subplotspec()
    return spec is not None and spec.is_first_col()


def evaluation(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of evaluation runs."""
    return frame[frame["stage"] == "evaluation"]


def positive(values: pd.Series) -> pd.Series:
    """The values, with zeros at half the smallest positive one, for a log axis."""
    above = values[values > 0]
    return values.clip(lower=above.min() / 2 if len(above) else 1e-6)


def joined(curves: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Several curves as one broken line: x and y with a gap after each."""
    gap = np.array([np.nan])
    x = [part for curve in curves for part in (curve[0], gap)]
    y = [part for curve in curves for part in (curve[1], gap)]
    return np.concatenate(x), np.concatenate(y)


def percent_axis(axis: Axis, *, log: bool) -> None:
    """Label an axis of fractions in percent. Call when its limits are final."""
    _ticks(axis, log=log, scale=100, unit="%")


def plain_axis(axis: Axis, *, log: bool, scale: float = 1.0, unit: str = "") -> None:
    """Label an axis in plain numbers, on a log axis at 1, 2 and 5. Call when limits are final."""
    _ticks(axis, log=log, scale=scale, unit=unit)


def label_ends(figure: Figure, ends: Mapping[Axes, Mapping[LossName, float]]) -> None:
    """Name each loss right of its axes at the height that `ends` gives it, none over another.

    Call when all limits are final.
    """
    labels = {
        axes: {loss: _label(axes, loss, y) for loss, y in heights.items() if np.isfinite(y)}
        for axes, heights in ends.items()
    }
    theme.settle(figure)
    for axes, mine in labels.items():
        texts = sorted(mine.values(), key=lambda text: text.xy[1])
        height = axes.get_window_extent().height / figure.dpi * 72
        gap = 10.0 / max(height, 1.0)
        for text, y in zip(texts, spread_apart([t.xy[1] for t in texts], gap), strict=True):
            text.xy = (1, y)


def _label(axes: Axes, loss: LossName, y: float) -> Annotation:
    fraction = axes.transAxes.inverted().transform(axes.transData.transform((1, y)))[1]
    artist = axes.annotate(
        names.loss_name(loss),
        (1, float(fraction)),
        xycoords="axes fraction",
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=palette.LOSS_STYLES[loss].color,
    )
    theme.tag(artist, loss)
    return artist


def spread_apart(positions: Sequence[float], gap: float) -> list[float]:
    """Sorted positions in [0, 1], moved as little as needed to lie `gap` apart.

    They stay in [0, 1] as long as they fit there.
    """
    groups = [[position] for position in positions]
    index = 0
    while index < len(groups) - 1:
        if min(_places(groups[index + 1], gap)) - max(_places(groups[index], gap)) >= gap - 1e-12:
            index += 1
        else:
            groups[index] += groups.pop(index + 1)
            index = max(0, index - 1)
    return [place for group in groups for place in _places(group, gap)]


def _places(group: Sequence[float], gap: float) -> list[float]:
    """A group's positions, `gap` apart around their mean, inside [0, 1] where they fit."""
    half = gap * (len(group) - 1) / 2
    center = float(np.mean(group))
    center = min(max(center, half), 1 - half) if half <= 0.5 else 0.5
    return [center - half + gap * number for number in range(len(group))]


def legend(figure: Figure, shown: Sequence[LossName], *, lines: bool = True) -> None:
    """A row of the losses above the panels, where labels at the lines would collide."""
    handles = []
    for loss in shown:
        style = palette.LOSS_STYLES[loss]
        dash: Any = style.dash if lines else "none"
        marker = "none" if lines else style.marker
        handles.append(Line2D([], [], color=style.color, linestyle=dash, marker=marker))
    columns = len(shown) if len(shown) <= 5 else (len(shown) + 1) // 2
    made = figure.legend(
        handles,
        [names.loss_name(loss) for loss in shown],
        loc="outside upper left",
        ncols=columns,
        handlelength=2.2 if lines else 1.0,
        columnspacing=1.4,
    )
    for loss, handle, text in zip(shown, made.legend_handles, made.get_texts(), strict=True):
        theme.tag([artist for artist in (handle, text) if artist], loss)


def _ticks(axis: Axis, *, log: bool, scale: float, unit: str) -> None:
    low, high = sorted(axis.get_view_interval())
    if log:
        axis.set_major_locator(FixedLocator(list(log_ticks(low * scale, high * scale) / scale)))
        axis.set_minor_locator(NullLocator())
    else:
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x * scale) + unit))


MOST_TICKS = 6
"""On a log axis: beyond so many decades only every second or third is labelled."""


def log_ticks(low: float, high: float) -> np.ndarray:
    """Round numbers in [low, high] for a log axis: powers of ten if many, else 1, 2, 5, or all."""
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)):
        ticks = np.sort(np.outer(10.0**decades, steps).ravel())
        ticks = ticks[(ticks >= low * 0.999) & (ticks <= high * 1.001)]
        if len(ticks) >= 3:
            return ticks[:: -(-len(ticks) // MOST_TICKS)]
    ticks = np.asarray(MaxNLocator(4).tick_values(low, high))
    return ticks[(ticks >= low) & (ticks <= high)]


def _tick(value: float) -> str:
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{float(f'{value:.3g}'):.6g}"
    return text.replace("-", MINUS)
