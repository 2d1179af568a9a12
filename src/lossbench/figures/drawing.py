"""From tables to a figure in words and SVG: what every figure's module offers, and who calls it."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import theme
from lossbench.figures.catalogue import Description
from lossbench.figures.svg import to_svg
from lossbench.files import atomic
from lossbench.study.config import Study
from lossbench.words import names

Tables = Mapping[str, pd.DataFrame]
"""Tables of the study or of the theory chapter by name; one that was not made is absent or empty.

A figure finds those here that its entry in the catalogue names.
"""
Words = dict[str, object]
"""`title`, the finding, one sentence without a full stop, and the values for the template."""


class FigureModule(Protocol):
    """A figure's module."""

    TEMPLATE: str
    """The file beside the modules that has the fixed prose; it has the module's name."""

    def available(self, tables: Tables) -> bool:
        """Whether the tables hold anything to draw; nothing else is called where they do not."""

    def draw(self, tables: Tables, study: Study) -> Figure:
        """The drawing."""

    def words(self, tables: Tables, study: Study) -> Words:
        """The title, and what the template prints beside it."""


def svg_and_words(
    name: str, module: str, tables: Tables, study: Study
) -> tuple[str, Description | None]:
    """The figure `name`, drawn by `module`, as one SVG element, and the words around it.

    Where the tables hold nothing for it the SVG says so and there are no words.
    """
    figure = cast(FigureModule, import_module(module))
    if not figure.available(tables):
        return placeholder(name), None
    described = describe(figure.TEMPLATE, figure.words(tables, study))
    with theme.applied():
        svg = to_svg(figure.draw(tables, study), name, alt=described.alt)
    return svg, described


def save(module: str, tables: Tables, study: Study, path: Path) -> bool:
    """Draw the figure on white paper into a file of the kind that its name says.

    Whether there was anything to draw.
    """
    figure = cast(FigureModule, import_module(module))
    if not figure.available(tables):
        return False
    kind = path.suffix.removeprefix(".")
    undated = {"CreationDate": None} if kind == "pdf" else None
    with theme.applied(), atomic(path) as temporary:
        drawn = figure.draw(tables, study)
        drawn.savefig(temporary, format=kind, dpi=200, facecolor="white", metadata=undated)
    return True


def describe(template: str, words: Words) -> Description:
    """The template's three blocks, filled in."""
    prose = _environment().get_template(template)
    context = prose.new_context(words)
    # Lines end anywhere in a template; a no-break space stays one.
    blocks = {
        name: re.sub(r"[ \n]+", " ", "".join(block(context))).strip()
        for name, block in prose.blocks.items()
    }
    return Description(title=str(words["title"]), **blocks)


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
        '<text x="0" y="24" style="fill:#5f6368">'
        "This study holds no data for this figure.</text></svg>"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("lossbench.figures"),
        undefined=StrictUndefined,
        autoescape=False,  # plain text; whoever puts it into a page escapes it there
    )
    environment.globals["reference"] = names.in_sentence(REFERENCE)
    return environment
