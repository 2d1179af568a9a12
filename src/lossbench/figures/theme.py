"""One look for every figure: a fixed colour, marker and dash for each loss, and quiet axes.

Figures are drawn in the light palette; `svg.py` turns each of its colours into a CSS custom
property, so a page switches to the dark palette without drawing anything again.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from lossbench.figures.palette import INK, LOSS_STYLES, MUTED, RULE, roles
from lossbench.figures.svg import compress
from lossbench.study.fields import LossName

WIDTH = 6.8
"""Width of every figure in inches; a page scales it to its column."""


@contextmanager
def applied() -> Iterator[None]:
    """Draw in the theme's style; matplotlib's settings are as before afterwards."""
    with mpl.rc_context(_settings()):
        yield


def panels(
    rows: int, columns: int, *, panel_height: float = 2.0, **options: Any
) -> tuple[Figure, np.ndarray]:
    """A figure of the theme's width and its axes, [rows, columns]. `options`: as in subplots."""
    size = (WIDTH, 0.35 + rows * panel_height)
    import seaborn as sns  # here: the page needs the colours alone, and seaborn starts slowly

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    sns.despine(fig=figure)
    return figure, axes


def to_svg(figure: Figure, name: str, *, alt: str = "") -> str:
    """The figure as one SVG element that can stand in a page beside many others.

    Its ids start with `name`, its colours are custom properties with the light palette as
    fallback, its background is the page's, and the same figure always gives the same text.
    `alt` is what screen readers say.
    """
    return compress(figure, name, alt=alt, roles=roles())


def settle(figure: Figure) -> None:
    """Lay the panels out now, so that positions on the page can be computed from them."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)


def tag(artists: Artist | Iterable[Artist], loss: str) -> None:
    """Mark artists as belonging to a loss, so that a page's legend can hide them everywhere."""
    for artist in [artists] if isinstance(artists, Artist) else artists:
        artist.set_gid(f"loss {loss}")


def heading(axes: Axes, text: str, *, above: float = 0) -> None:
    """A panel's heading, flush left, `above` points higher than usual to leave room below it."""
    # The empty title keeps the height free; the words may be wider than the panel.
    axes.set_title(" ", loc="left", pad=7 + above)
    _over(axes, text, 7 + above, fontsize=9, weight="bold")


def subheading(axes: Axes, text: str, *, color: str = MUTED.light) -> Text:
    """Quiet words directly over a panel; `heading` leaves room for them with `above=12`."""
    return _over(axes, text, 6, color=color)


def _over(axes: Axes, text: str, offset: float, **options: Any) -> Text:
    words: Text = axes.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, offset),
        textcoords="offset points",
        **options,
    )
    words.set_in_layout(False)
    return words


def line_style(loss: LossName) -> dict[str, Any]:
    """Keyword arguments of `Axes.plot` for a line of this loss."""
    style = LOSS_STYLES[loss]
    return {"color": style.color, "linestyle": style.dash}


def mark_style(loss: LossName, size: float = 4.5) -> dict[str, Any]:
    """Keyword arguments of `Axes.plot` for marks of this loss without a line."""
    style = LOSS_STYLES[loss]
    return {
        "color": style.color,
        "marker": style.marker,
        "markersize": size * 1.4 if style.has_arms else size,
        "markeredgewidth": 0.5,
        "linestyle": "none",
    }


def _settings() -> dict[str, Any]:
    import seaborn as sns  # here, as above

    ink, muted, rule = INK.light, MUTED.light, RULE.light
    return {
        **sns.axes_style("ticks"),
        # Metrics of the one font that matplotlib ships; the SVG names the reader's system font,
        # which is narrower, so that what fits here fits there.
        "font.sans-serif": ["DejaVu Sans"],
        "font.family": ["sans-serif"],
        "font.size": 8.5,
        "axes.titlesize": 9,
        "axes.titleweight": "bold",
        "axes.titlepad": 7,
        "axes.labelsize": 8.5,
        "axes.labelcolor": muted,
        "axes.edgecolor": muted,
        "axes.linewidth": 0.6,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "grid.color": rule,
        "grid.linewidth": 0.5,
        "text.color": ink,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "xtick.minor.width": 0.4,
        "ytick.minor.width": 0.4,
        "xtick.major.size": 3,
        "ytick.major.size": 3,
        "xtick.minor.size": 1.8,
        "ytick.minor.size": 1.8,
        "lines.linewidth": 1.6,
        "lines.markersize": 4.5,
        "lines.dash_capstyle": "butt",
        "lines.solid_capstyle": "round",
        "legend.frameon": False,
        "legend.fontsize": 8,
        "path.simplify_threshold": 0.4,
        "svg.fonttype": "none",
        "svg.hashsalt": "lossbench",
        "axes.unicode_minus": True,
    }
