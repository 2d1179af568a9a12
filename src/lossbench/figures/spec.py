"""What a figure is: a question answered by a drawing, in words, from named tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from lossbench.figures import theme
from lossbench.study.config import Study

Tables = Mapping[str, pd.DataFrame]
"""The study's tables by name. A table that was not made is absent or empty."""


@dataclass(frozen=True)
class Description:
    """The words around a figure, generated from the same tables as the drawing."""

    title: str
    """The finding, one sentence, without a full stop."""
    subtitle: str
    """What is plotted: the quantities, their units, what a mark stands for."""
    alt: str
    """What a reader who cannot see the drawing needs: what it shows, and the finding."""
    caption: str
    """How to read it, and the limits of what it shows. May be empty."""


@dataclass(frozen=True)
class FigureSpec:
    """One figure of the page."""

    name: str
    """Lower-case letters, digits and dashes; names the file and prefixes the ids in the SVG."""
    section: str
    """The page's section: answer, convergence, final-error, sensitivity, mechanism, features, …"""
    draw: Callable[[Tables, Study], Figure]
    """The drawing. Called only where `available` holds."""
    describe: Callable[[Tables, Study], Description]
    """The words. Called only where `available` holds."""
    sources: tuple[str, ...]
    """Names of the tables that hold the numbers shown."""
    available: Callable[[Tables], bool]
    """Whether the tables hold anything to draw."""

    def svg(self, tables: Tables, study: Study) -> str:
        """The drawing in the project's theme, as one SVG element ready for a page."""
        with theme.applied():
            figure = self.draw(tables, study)
            return theme.to_svg(figure, self.name, alt=self.describe(tables, study).alt)


def filled(*names: str) -> Callable[[Tables], bool]:
    """Tells whether all the tables of these names are there and have rows."""

    def available(tables: Tables) -> bool:
        return all(name in tables and len(tables[name]) for name in names)

    return available


def placeholder(name: str) -> str:
    """An SVG that says that the study holds nothing for this figure."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 490 40" role="img" '
        f'aria-labelledby="{name}-alt" font-family="sans-serif" font-size="9">'
        f'<desc id="{name}-alt">This study holds no data for this figure.</desc>'
        '<text x="0" y="24" style="fill:var(--muted, #5f6368)">'
        "This study holds no data for this figure.</text></svg>"
    )
