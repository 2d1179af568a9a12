"""Figures in their places, each with the way to its numbers."""

from collections.abc import Iterator, Mapping

from lossbench.figures.catalogue import FIGURES, Section, figures_of
from lossbench.report.blocks import FigureBlock, FigureContent, figure_block
from lossbench.report.evidence import Tables, filled
from lossbench.report.packing import pack


def drawn_of(
    section: Section, figures: Mapping[str, FigureContent], tables: Tables
) -> Iterator[FigureBlock]:
    """The section's figures, as far as there are any, in the catalogue's order."""
    for name in figures_of(section):
        yield from drawn(name, figures, tables)


def drawn(name: str, figures: Mapping[str, FigureContent], tables: Tables) -> Iterator[FigureBlock]:
    """The figure, if there is one, with the page's table of its numbers or those packed."""
    if name not in figures:
        return
    entry = FIGURES[name]
    if entry.page_table and filled(tables, entry.tables[0]):
        yield figure_block(name, figures[name], table=f"table-{entry.page_table}")
    else:
        yield figure_block(name, figures[name], pack=pack(tables, entry.tables))
