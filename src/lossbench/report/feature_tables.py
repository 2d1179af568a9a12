"""The tables of the last hidden features: before training, and after it."""

import pandas as pd

from lossbench.cards.metric import OF_FEATURES
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, data_table
from lossbench.report.templating import table_words
from lossbench.stats.multiplicity import ERROR, main_places
from lossbench.study.config import Study
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON, NETWORK
from lossbench.words.names import metric_name
from lossbench.words.places import places

LEAST_SQUARES = "mse_logits"
"""The loss that is a least-squares problem in the last layer."""


def geometry(tables: Tables) -> DataTable:
    """Scatter and cosines of the last hidden features, mean over seeds."""
    found = rows_of(tables, "geometry", stage="evaluation")
    cell = [*COMPARISON, "loss", "setting", "layer"]
    wide = found.pivot_table(index=cell, columns="measure", values="value", aggfunc="mean")
    names = [name for name in OF_FEATURES if name in wide]
    return data_table(
        wide.reset_index(),
        (
            *columns.CELL,
            columns.SETTING,
            *(columns.decimal(name, metric_name(name)) for name in names),
        ),
        **table_words("tables/geometry.txt.j2"),
    )


def last_layer(tables: Tables, study: Study) -> DataTable:
    """The features before training, and the curvature that they give the least-squares loss."""
    return data_table(
        networks(tables, study),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.count("features", "Features"),
            columns.decimal("squared_length", "Mean squared length", digits=2),
            columns.percent("mean_share", "Share of the mean"),
            columns.decimal("curvature", "Curvature", digits=2),
            columns.points("difference", "Difference"),
        ),
        **table_words(
            "tables/last-layer.txt.j2",
            loss=LEAST_SQUARES,
            several=len(study.comparisons) > len(_main(study)),
        ),
        folded=False,
    )


def networks(tables: Tables, study: Study) -> pd.DataFrame:
    """A row a network: the mean over seeds, and how MSE on logits ends against the reference.

    Where a network has several comparisons, in the one that answers for its final error.
    """
    measured = ["features", "squared_length", "mean_share", "curvature"]
    mean = tables["last_layer"].groupby(list(NETWORK), sort=False)[measured].mean().reset_index()
    contrasts = rows_of(tables, "contrasts", rates="tuned", metric="error", loss=LEAST_SQUARES)
    difference = contrasts[[*COMPARISON, "value"]].rename(columns={"value": "difference"})
    compared = mean.merge(_main(study), on=list(NETWORK))
    return compared.merge(difference, on=list(COMPARISON), how="left")


def _main(study: Study) -> pd.DataFrame:
    """Of each network the comparison that answers for its final error; and `told`."""
    answering = main_places(study)[ERROR]
    return pd.DataFrame([each for each in places(study.comparisons) if each[:-1] in answering])
