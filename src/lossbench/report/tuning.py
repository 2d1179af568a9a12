"""The tables of the tuning: what was tried, what was chosen."""

import pandas as pd

from lossbench.report import columns, evidence
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.evidence import Tables

_TRIAL = ["dataset", "model", "loss", "setting", "learning_rate"]


def choices(tables: Tables) -> DataTable:
    """The chosen rate and margin of every loss."""
    frame = evidence.rows(tables, "choices")
    frame = frame.assign(on_edge=frame["on_edge"].map({True: "on the edge", False: "inside"}))
    return data_table(
        frame,
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.LEARNING_RATE,
            columns.SETTING,
            Shown("on_edge", "Place in its grid", style="name"),
            columns.percent("validation_error", "Validation error"),
            columns.count("trials", "Trials"),
        ),
        name="choices",
        caption="The learning rate that tuning chose for each loss",
        note="Lowest mean validation error at the end of the tuning runs; of equals, the smaller "
        "rate.",
    )


def trials(tables: Tables) -> DataTable:
    """Validation error at the end of the tuning runs, for every rate that was tried."""
    found = evidence.rows(tables, "metrics", split="validation", metric="error", stage="tuning")
    spread = found.groupby(_TRIAL)["value"].agg(["mean", "min", "max", "count"]).reset_index()
    chosen = evidence.rows(tables, "choices")[_TRIAL].assign(chosen="chosen")
    frame = spread.merge(chosen, on=_TRIAL, how="left").rename(columns={"count": "seeds"})
    return data_table(
        frame.fillna({"chosen": ""}),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.SETTING,
            columns.LEARNING_RATE,
            columns.percent("mean", "Validation error, mean"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            columns.count("seeds", "Seeds"),
            Shown("chosen", "Choice"),
        ),
        name="trials",
        caption="Validation error of every trial",
        folded=True,
    )


def geometry(tables: Tables) -> DataTable:
    """Scatter and cosines of the last hidden features, mean over seeds."""
    found = evidence.rows(tables, "geometry", stage="evaluation")
    cell = ["dataset", "model", "loss", "setting", "layer"]
    wide = found.pivot_table(index=cell, columns="measure", values="value", aggfunc="mean")
    names = [name for name in MEASURES if name in wide]
    return data_table(
        wide.reset_index(),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.SETTING,
            *(columns.decimal(name, MEASURES[name]) for name in names),
        ),
        name="geometry",
        caption="How compact the classes are in the last hidden features, mean over seeds",
        note="Scatter ratio: within-class over between-class scatter, tr(Σ_W)/tr(Σ_B); smaller "
        "is more compact. Cosines: of a feature to its own class's mean, and to the nearest "
        "other.",
    )


MEASURES = {
    "within": "Within classes",
    "between": "Between classes",
    "scatter_ratio": "Scatter ratio",
    "own_cosine": "Cosine, own class",
    "other_cosine": "Cosine, nearest other",
}
"""Display names of the geometry's measures."""


def claims(tables: Tables, figures: frozenset[str]) -> DataTable:
    """Every claim with its verdict and the numbers behind it; links to the figures that stand."""
    frame = evidence.rows(tables, "claims")
    number = frame["claim"].str.removeprefix("C").astype(int)
    known = frame["figure"].where(frame["figure"].isin(figures), pd.NA)
    return data_table(
        frame.assign(figure=known).loc[number.sort_values().index],
        (
            Shown("claim", "Claim", header=True),
            Shown("statement", "What it says", style="prose-cell"),
            columns.VERDICT,
            Shown("numbers", "The numbers", style="prose-cell"),
            Shown("limits", "Limits", style="prose-cell"),
            Shown("figure", "Figure", lambda name: name.replace("-", " "), link="figure-{}"),
        ),
        name="claims",
        caption="The claims, put to the test",
        folded=False,
    )
