"""The theory chapter's tables as their schemas describe them."""

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.tables.contract import Column
from lossbench.tables.rows import Tables
from lossbench.tables.theory import THEORY_TABLES

MOST_ROWS = 100
"""Longer tables hold curves: they are CSVs alone."""
HEADINGS = {
    "case": "Favoured class",
    "centre_ink": "Ink in the centre",
    "circle_bound": "Lower bound on the circle",
    "direction": "Place between the classes",
    "excess": "Above the best value",
    "expected": "By its formula",
    "flow_epochs": "Epochs in gradient flow",
    "gradient_norm": "Length of the gradient",
    "iterations": "Steps",
    "left_ink": "Ink on the left",
    "parameter_difference": "Distance to the shortest solution",
    "parameter_norm": "Length of the parameters",
    "prediction_difference": "Largest difference of predictions",
    "radius": "Radius of the circle",
    "scale": "Spread of the parameters",
    "start_bias": "Bias at the start",
    "start_scale": "Spread of the starts",
    "start_weight": "Weight at the start",
    "start_z": "Weighted input at the start",
    "starts": "Starts that end there",
    "test": "Test examples",
    "train": "Training examples",
    "x": "Feature",
    "z": "Weighted input",
}
"""Of columns whose name, as it is, would not tell a reader what they hold."""
COUNTED = ("epochs", "steps")
"""Units that the heading of what they count already says."""


def short_table(name: str, tables: Tables) -> DataTable | None:
    """The chapter's table called `name`; None where it is long."""
    if len(tables[name]) > MOST_ROWS:
        return None
    return data_table(
        tables[name],
        [_shown(column) for column in THEORY_TABLES[name].columns],
        name=name.replace("_", "-"),
        caption=name.replace("theory_", "").replace("_", " ").capitalize(),
        folded=True,
    )


def _shown(column: Column) -> Shown:
    label = HEADINGS.get(column.name, _in_words(column.name).capitalize())
    unit = column.unit if column.unit not in COUNTED else ""
    if column.kind == "text":
        return columns.LOSS if column.name == "loss" else Shown(column.name, label, _in_words)
    if column.kind == "bool":
        return Shown(column.name, label, lambda value: "yes" if value else "no")
    if column.kind.startswith("int"):
        return columns.count(column.name, label, unit)
    return columns.quantity(column.name, label, unit)


def _in_words(name: str) -> str:
    return name.replace("_", " ")
