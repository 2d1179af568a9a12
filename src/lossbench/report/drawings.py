"""Figures in their places: a drawing that is safe to show, its words, the way to its numbers."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from lossbench.errors import LossbenchError
from lossbench.figures.catalogue import FIGURES, Description
from lossbench.report.packing import Pack, pack
from lossbench.tables.rows import Tables, filled


@dataclass(frozen=True)
class FigureContent(Description):
    """A drawn figure and the words around it, as the pipeline hands them to the page."""

    svg: str
    """One SVG element."""


@dataclass(frozen=True)
class Figure:
    """A figure ready for the template."""

    name: str
    svg: Markup
    content: FigureContent
    table: str = ""
    """The anchor of the page's table with its numbers, "" for none."""
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


def drawn(name: str, content: FigureContent, tables: Tables) -> Figure:
    """The figure with the page's table of its numbers, or else with those packed for download.

    Raises LossbenchError: see `embedded`.
    """
    entry = FIGURES[name]
    has_table = bool(entry.page_table) and filled(tables, entry.tables[0])
    return Figure(
        name=name,
        svg=embedded(content.svg, name),
        content=content,
        table=f"table-{entry.page_table}" if has_table else "",
        pack=None if has_table else pack(tables, entry.tables[0]),
    )


def embedded(svg: str, name: str) -> Markup:
    """`svg` as trusted markup: one well-formed <svg> element without scripts or outside loads.

    Raises LossbenchError: it is anything else.
    """
    text = re.sub(r"^\s*(<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|\s)*", "", svg, flags=re.DOTALL)
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise LossbenchError(
            f"figures/{name}.svg: is not well-formed ({error}); remove it, and it is drawn again"
        ) from error
    if root.tag.rpartition("}")[2] != "svg":
        raise LossbenchError(f"figure {name}: is a <{root.tag}>; allowed: one <svg> element")
    for element in root.iter():
        _refuse_active(element.tag, element.attrib, name)
    return Markup(text)


def _refuse_active(tag: str, attributes: Mapping[str, str], name: str) -> None:
    if tag.rpartition("}")[2] in ("script", "foreignObject"):
        raise LossbenchError(f"figure {name}: holds <{tag}>; allowed: drawings and formulas")
    for key, value in attributes.items():
        attribute = key.rpartition("}")[2]
        loads = attribute == "href" and not value.startswith(("#", "data:image/png"))
        if loads or attribute.startswith("on"):
            raise LossbenchError(f"figure {name}: {attribute}={value[:60]!r} is not allowed")
