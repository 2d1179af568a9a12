"""Figures in their places, each with the way to its numbers."""

from lossbench.report.blocks import FigureBlock, FigureContent, figure_block
from lossbench.report.packing import pack
from lossbench.tables.rows import Tables, filled


def drawn(name: str, content: FigureContent, tables: Tables) -> FigureBlock:
    """The figure with the page's table of its numbers, or else with those packed for download."""
    table, needed = DATA_OF.get(name, ("", ""))
    if table and filled(tables, needed):
        return figure_block(name, content, table=f"table-{table}")
    return figure_block(name, content, pack=pack(tables, content.sources))


DATA_OF = {
    "answer": ("headline", "contrasts"),
    "learning-curves": ("curves", "history"),
    "time-to-target": ("survival", "survival"),
    "final-error": ("seed-errors", "metrics"),
    "confusion": ("confusion", "confusion"),
    "class-error": ("class-errors", "metrics"),
    "rate-sensitivity": ("trials", "choices"),
    "same-rate": ("same-rate", "contrasts"),
    "gradient-and-saturation": ("curves", "history"),
    "features": ("geometry", "geometry"),
    "neuron": ("neuron-times", "neuron_times"),
    "slowdown": ("neuron-slowdown", "neuron_slowdown"),
    "separable-data": ("separable-descent", "separable_descent"),
    "linear-regression": ("linear-solutions", "linear_solutions"),
}
"""By figure: the page's table with its numbers, and the study's table that must be there."""
