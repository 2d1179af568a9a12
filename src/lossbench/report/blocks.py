"""What a section is made of: plain values that the template turns into HTML, one macro a kind."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from lossbench.errors import LossbenchError
from lossbench.report.data_tables import DataTable
from lossbench.report.packing import Pack


@dataclass(frozen=True)
class FigureContent:
    """A drawn figure and the words around it, as the pipeline hands them to the page."""

    svg: str
    """One SVG element."""
    title: str
    """The finding."""
    subtitle: str
    """What is plotted."""
    alt: str
    """What a reader who cannot see the drawing needs."""
    caption: str
    """How to read it; may be empty."""


@dataclass(frozen=True)
class Sentence:
    """A sentence whose lead, the finding, stands out from the numbers behind it."""

    lead: str
    rest: str

    def __str__(self) -> str:
        return self.lead + self.rest


Text = str | Markup | tuple[Sentence, ...]
"""What a paragraph or a list's item says; markup is inserted as it stands."""


@dataclass(frozen=True)
class Prose:
    """A paragraph, and the anchor of the table or section its numbers come from."""

    text: Text
    source: str = ""
    source_label: str = "the numbers"
    quiet: bool = False
    kind: str = field(default="prose", init=False)


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str
    anchor: str = ""
    kind: str = field(default="heading", init=False)


@dataclass(frozen=True)
class Items:
    """A list of sentences."""

    sentences: tuple[Text, ...]
    kind: str = field(default="items", init=False)


@dataclass(frozen=True)
class FigureBlock:
    """A figure in its place; `table` is the anchor of the table with its numbers, "" for none."""

    name: str
    svg: Markup
    title: str
    subtitle: str
    caption: str
    table: str = ""
    pack: Pack | None = None
    """The numbers for download, where no table of the page has them."""
    kind: str = field(default="figure", init=False)

    @property
    def anchor(self) -> str:
        """The id of its element."""
        return f"figure-{self.name}"

    @property
    def proportions(self) -> str:
        """Width / height in CSS, so that the page knows the height of what it has not yet drawn."""
        box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', self.svg)
        return " / ".join(box.groups()) if box else "auto"


@dataclass(frozen=True)
class Facts:
    """Terms and what was recorded for them."""

    facts: tuple[tuple[str, str], ...]
    kind: str = field(default="facts", init=False)


@dataclass(frozen=True)
class Code:
    """A text to be read as it stands, folded."""

    label: str
    text: str
    anchor: str
    kind: str = field(default="code", init=False)


@dataclass(frozen=True)
class LossKey:
    """A loss as legends and formulas show it."""

    name: str
    label: str
    head: str
    swatch: Markup


@dataclass(frozen=True)
class Formulas:
    """The losses of the study, written out."""

    losses: tuple[LossKey, ...]
    kind: str = field(default="formulas", init=False)


Block = Prose | Heading | Items | FigureBlock | Facts | Code | Formulas | DataTable


@dataclass(frozen=True)
class Section:
    """One of the page's ten sections."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


def figure_block(
    name: str, content: FigureContent, *, table: str = "", pack: Pack | None = None
) -> FigureBlock:
    """The figure called `name`, ready for the page. Raises LossbenchError: see `embedded`."""
    return FigureBlock(
        name=name,
        svg=embedded(content.svg, name),
        title=content.title,
        subtitle=content.subtitle,
        caption=content.caption,
        table=table,
        pack=pack,
    )


def embedded(svg: str, name: str) -> Markup:
    """`svg` as trusted markup: one well-formed <svg> element without scripts or outside loads.

    Raises LossbenchError: it is anything else.
    """
    text = re.sub(r"^\s*(<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|\s)*", "", svg, flags=re.DOTALL)
    root = _parsed(text, f"figure {name}")
    if root.tag.rpartition("}")[2] != "svg":
        raise LossbenchError(f"figure {name}: is a <{root.tag}>; allowed: one <svg> element")
    return Markup(text)


def formulated(html: str, name: str) -> Markup:
    """Sentences with MathML as trusted markup. Raises LossbenchError: see `embedded`."""
    _parsed(f"<p>{html}</p>", f"statement {name}")
    return Markup(html)


def _parsed(text: str, what: str) -> ET.Element:
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise LossbenchError(f"{what}: is not well-formed ({error})") from error
    for element in root.iter():
        _refuse_active(element.tag, element.attrib, what)
    return root


def _refuse_active(tag: str, attributes: Mapping[str, str], what: str) -> None:
    if tag.rpartition("}")[2] in ("script", "foreignObject"):
        raise LossbenchError(f"{what}: holds <{tag}>; allowed: drawings and formulas")
    for key, value in attributes.items():
        attribute = key.rpartition("}")[2]
        loads = attribute == "href" and not value.startswith(("#", "data:image/png"))
        if loads or attribute.startswith("on"):
            raise LossbenchError(f"{what}: {attribute}={value[:60]!r} is not allowed")
