"""What a section is made of: blocks, each with the tables that it needs to stand on the page."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from lossbench.report import templating
from lossbench.report.data_tables import DataTable
from lossbench.report.drawings import Figure, FigureContent, drawn
from lossbench.study.config import Study
from lossbench.tables.rows import Tables, filled

Provenance = Mapping[str, Any]
"""As the pipeline's JSON file has it; any key may be absent."""


@dataclass(frozen=True)
class Material:
    """All that the page is made of."""

    study: Study
    tables: Tables
    figures: Mapping[str, FigureContent]
    provenance: Provenance


Part = Markup | Figure | DataTable
"""What the page's template shows of a block; markup is inserted as it stands."""
Values = Mapping[str, Any]
"""What a template shows, by name."""


@dataclass(frozen=True)
class TextBlock:
    """The words of a template, with `study`, `provenance` and the values that it shows."""

    template: str
    needs: tuple[str, ...] = ()
    values: Callable[[Material], Values] = lambda _: {}

    def parts(self, material: Material) -> Iterator[Part]:
        """The words as HTML."""
        known = {"study": material.study, "provenance": material.provenance}
        yield templating.html(self.template, **known, **self.values(material))


@dataclass(frozen=True)
class TableBlock:
    """A table."""

    make: Callable[[Material], DataTable | None]
    """None where it is too long for the page."""
    needs: tuple[str, ...] = ()

    def parts(self, material: Material) -> Iterator[Part]:
        """The table with its words."""
        made = self.make(material)
        if made is not None:
            yield made


@dataclass(frozen=True)
class FigureBlock:
    """A figure, where it was drawn."""

    name: str
    needs: tuple[str, ...] = ()

    def parts(self, material: Material) -> Iterator[Part]:
        """The figure with its words."""
        if self.name in material.figures:
            yield drawn(self.name, material.figures[self.name], material.tables)


Block = TextBlock | TableBlock | FigureBlock


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]

    def parts(self, material: Material) -> tuple[Part, ...]:
        """What stands in it: every block whose tables are filled; where none is, that is said."""
        found = [
            part
            for block in self.blocks
            if filled(material.tables, *block.needs)
            for part in block.parts(material)
        ]
        return tuple(found) or (templating.html("prose/nothing.html.j2"),)
