"""The words of the report: templates, the filters that format their numbers, their formulas.

What a template `*.html.j2` shows is escaped; `*.txt.j2` and `*.md.j2` are plain text.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypedDict

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from jinja2.ext import Extension
from jinja2.runtime import LoopContext
from latex2mathml.converter import convert
from markupsafe import Markup

from lossbench.analysis.selection import EASIEST_SHARE, FAILED_SHARE
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.stats.speed import FEW
from lossbench.words import names, numbers
from lossbench.words.places import Place
from lossbench.words.recipes import described


class Formulas(Extension):
    """Turns each LaTeX formula between dollar signs in a template, not in a value, into MathML."""

    def preprocess(self, source: str, *_: str | None) -> str:
        """The template's source with its formulas translated."""
        return re.sub(r"\$([^$]+)\$", lambda found: mathml(found[1]), source)


def mathml(latex: str, display: Literal["inline", "block"] = "inline") -> str:
    """The formula as MathML, its functions set apart by thin spaces; `block` has limits below."""
    shown = convert(latex, display=display).replace('display="block"', 'displaystyle="true"')
    shown = shown.replace("<mo>&#x0221E;</mo>", "<mi>∞</mi>")
    space = 'lspace="0.167em" rspace="0.167em"'
    return re.sub(r"<m[io]>([a-z]{2,})</m[io]>", rf"<mo {space}>\1</mo>", shown)


class TableWords(TypedDict):
    """A table's name, and what is written above and below it."""

    name: str
    caption: str
    note: str


def html(name: str, **values: Any) -> Markup:
    """The part of the page that the template `name` makes of the values.

    Raises jinja2.UndefinedError: a value that it shows is not among them.
    """
    return Markup(template(name).render(values))


def paragraphs(name: str, **values: Any) -> list[str]:
    """The paragraphs of a plain text, each on one line. Raises as `html` does."""
    text = template(name).render(values)
    lines = [re.sub("[ \n]+", " ", paragraph).strip(" ") for paragraph in text.split("\n\n")]
    return [line for line in lines if line]


def paragraph(name: str, **values: Any) -> str:
    """The one paragraph of a plain text. Raises as `html` does."""
    (only,) = paragraphs(name, **values)
    return only


def table_words(name: str, **values: Any) -> TableWords:
    """The words of a table: its caption in the first paragraph, its note, if any, in the next."""
    caption, *note = paragraphs(name, **values)
    return TableWords(
        name=name.rpartition("/")[2].partition(".")[0], caption=caption, note=" ".join(note)
    )


def template(name: str) -> Template:
    """The template in this file of the folder."""
    return environment().get_template(name)


def source(name: str) -> str:
    """A file beside the templates, as it stands: CSS and JavaScript are not templates."""
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


@cache
def environment() -> Environment:
    """All templates, strict about values that are missing."""
    made = Environment(
        loader=PackageLoader("lossbench.report"),
        extensions=[Formulas],
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= FILTERS
    made.globals |= {"EASIEST_SHARE": EASIEST_SHARE, "FAILED_SHARE": FAILED_SHARE, "FEW": FEW}
    made.globals |= {"PRIMARY": PRIMARY, "REFERENCE": REFERENCE}
    return made


def place(compared: Any) -> str:
    """The network and its data set of a row, or of a comparison: MNIST with LeNet."""
    return Place.of(compared).in_sentence


UNRECORDED = "not recorded"
"""What the page says of something that the pipeline did not write down."""


def recorded(value: object) -> str:
    """The value, unless nothing was written down."""
    return UNRECORDED if value is None or value == "" else str(value)


def separator(loop: LoopContext) -> str:
    """What stands before the loop's item in an enumeration: a, b and c."""
    return "" if loop.first else " and " if loop.last else ", "


MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|#"} | {"\n": " ", "\r": " "})


def escaped(text: str) -> str:
    """`text` without a meaning in Markdown or HTML, on one line."""
    return text.translate(MARKS)


FILTERS = {
    "count": numbers.count,
    "counts": numbers.counts,
    "duration": numbers.duration,
    "escaped": escaped,
    "listed": numbers.join,
    "number": numbers.number,
    "percent": numbers.percent,
    "points": numbers.points,
    "small": numbers.small,
    "within": numbers.within,
    "dataset_name": names.dataset_name,
    "in_sentence": names.in_sentence,
    "loss_name": names.loss_name,
    "metric_name": names.metric_name,
    "place": place,
    "recipe": described,
    "recorded": recorded,
    "separator": separator,
}
"""How a value reads, by the name that templates use."""
