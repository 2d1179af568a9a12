"""The table of the features' geometry."""

from lossbench.cards.metric import OF_FEATURES
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, data_table
from lossbench.tables.rows import Tables, rows_of
from lossbench.words.names import metric_name


def geometry(tables: Tables) -> DataTable:
    """Scatter and cosines of the last hidden features, mean over seeds."""
    found = rows_of(tables, "geometry", stage="evaluation")
    cell = ["dataset", "model", "loss", "setting", "layer"]
    wide = found.pivot_table(index=cell, columns="measure", values="value", aggfunc="mean")
    names = [name for name in OF_FEATURES if name in wide]
    return data_table(
        wide.reset_index(),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.SETTING,
            *(columns.decimal(name, metric_name(name)) for name in names),
        ),
        name="geometry",
        caption="How compact the classes are in the last hidden features, mean over seeds",
        note="Scatter ratio: within-class over between-class scatter, tr(Σ_W)/tr(Σ_B); smaller "
        "is more compact. Cosines: of a feature to its own class's mean, and to the nearest "
        "other.",
    )
