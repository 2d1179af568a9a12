"""One look for every figure: a fixed colour, marker and dash for each loss, and quiet axes.

Figures are drawn in the light palette. A page turns each of its colours into a CSS custom
property, and so switches to the dark palette without drawing anything again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.markers import MarkerStyle
from matplotlib.transforms import Affine2D

from lossbench.figures.palette import BACKGROUND, INK, MUTED, RULE, loss_styles
from lossbench.study.fields import LossName

WIDTH = 6.8
"""Width of a figure in inches; a page scales it to its column."""
HALF = 3.55
"""Width of a figure that stands beside another: on a phone its words are still legible."""

HOLLOW = {"markerfacecolor": BACKGROUND.light, "markeredgewidth": 1.2}
"""What `mark_style` takes besides to draw a hollow mark."""

STYLE: dict[str, Any] = {
    # Metrics of the one font that matplotlib ships; the SVG names the reader's system font,
    # which is narrower, so that what fits here fits there.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK.light,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlepad": 7,
    "axes.labelsize": 8.5,
    "axes.labelcolor": MUTED.light,
    "axes.edgecolor": MUTED.light,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": RULE.light,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "path.simplify_threshold": 0.4,
    "svg.fonttype": "none",
    "svg.hashsalt": "lossbench",
    **{
        f"{side}tick.{key}": value
        for side in "xy"
        for key, value in {
            "labelsize": 8,
            "color": MUTED.light,
            "major.width": 0.6,
            "minor.width": 0.4,
            "major.size": 3,
            "minor.size": 1.8,
        }.items()
    },
}
"""matplotlib's settings, where they differ from its own."""


@contextmanager
def applied() -> Iterator[None]:
    """Draw in the theme's style, whatever the user's; settings are as before afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def colors() -> dict[LossName, str]:
    """Each loss's colour, as seaborn takes them."""
    return {loss: style.color for loss, style in loss_styles().items()}


def dashes() -> dict[LossName, Any]:
    """Each loss's dashes, as seaborn takes them."""
    styles = loss_styles().items()
    return {loss: "" if style.dash == "-" else style.dash[1] for loss, style in styles}


def markers() -> dict[LossName, MarkerStyle]:
    """Each loss's marker; those with arms cover less than others, and would look smaller."""
    return {
        loss: MarkerStyle(style.marker, transform=Affine2D().scale(1.4 if style.has_arms else 1.0))
        for loss, style in loss_styles().items()
    }


def line_style(loss: LossName) -> dict[str, Any]:
    """Keyword arguments of `Axes.plot` for a line of this loss."""
    style = loss_styles()[loss]
    return {"color": style.color, "linestyle": style.dash}


def mark_style(loss: LossName, size: float = 4.5) -> dict[str, Any]:
    """Keyword arguments of `Axes.plot` for marks of this loss without a line."""
    return {
        "color": colors()[loss],
        "marker": markers()[loss],
        "markersize": size,
        "markeredgewidth": 0.5,
        "linestyle": "none",
    }
