"""The tables of the answer: the losses on trial, and the claims."""

from collections.abc import Sequence

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.tables import runs
from lossbench.tables.rows import Record, Tables, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.words.findings import find, on_trial
from lossbench.words.names import loss_name
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED, Question

NETWORK = list(runs.NETWORK)


def headline(tables: Tables) -> DataTable:
    """The losses on trial, one row a loss, data set and network: final error and speed."""
    losses = on_trial(tables)
    frame = pd.concat([_of_loss(tables, loss) for loss in losses], ignore_index=True)
    name, label, told = "loss_error", "Its error", [columns.LOSS]
    if len(losses) == 1:
        name, label, told = losses[0], loss_name(losses[0]), []
    return data_table(
        frame.rename(columns={"loss_error": name}),
        (
            columns.DATASET,
            columns.NETWORK,
            *told,
            Shown("error_told", "Error of", style="name", optional=True),
            columns.percent(REFERENCE, loss_name(REFERENCE)),
            columns.percent(name, label),
            *columns.estimate(columns.points, "Difference", prefix="error_"),
            _verdict("error_verdict", "Final error"),
            Shown("steps_told", "Speed of", style="name", optional=True),
            Shown("steps_bound", "Bound", style="name", optional=True),
            *columns.estimate(columns.factor, "Ratio of steps", prefix="steps_"),
            _verdict("steps_verdict", "Speed"),
            columns.count("error_pairs", "Replicates"),
        ),
        **table_words("tables/headline.txt.j2", losses=losses),
        folded=False,
    )


def claims(tables: Tables, figures: frozenset[str]) -> DataTable:
    """Every claim with its verdict and the numbers behind it; links to the figures that stand."""
    frame = rows_of(tables, "claims")
    number = frame["claim"].str.removeprefix("C").astype(int)
    known = frame["figure"].where(frame["figure"].isin(figures), pd.NA)
    return data_table(
        frame.assign(figure=known).loc[number.sort_values().index],
        (
            Shown("claim", "Claim", header=True),
            Shown("statement", "What it says", style="prose-cell"),
            columns.VERDICT,
            Shown("basis", "Rests on"),
            Shown("numbers", "The numbers", style="prose-cell"),
            Shown("limits", "Limits", style="prose-cell"),
            Shown("figure", "Figure", lambda name: name.replace("-", " "), link="figure-{}"),
        ),
        **table_words("tables/claims.txt.j2"),
        folded=False,
    )


def _of_loss(tables: Tables, loss: str) -> pd.DataFrame:
    final = _contrast(tables, loss, ERROR, "error_")
    speed = _contrast(tables, loss, SPEED, "steps_")
    errors = _mean_error(tables, loss, find(tables, ERROR, loss).rows)
    frame = errors.merge(final, on=NETWORK, how="outer").merge(speed, on=NETWORK, how="outer")
    return frame.assign(loss=loss)


def _mean_error(tables: Tables, loss: str, rows: Sequence[Record]) -> pd.DataFrame:
    """Of the loss and the reference, in the comparisons of these contrasts."""
    found = rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")
    mean = found.pivot_table(index=list(COMPARISON), columns="loss", values="value")
    asked = pd.MultiIndex.from_tuples([Place.of(row)[:-1] for row in rows], names=COMPARISON)
    mean = mean.reindex(index=asked, columns=[REFERENCE, loss]).reset_index()
    return mean.rename(columns={loss: "loss_error"})[[*NETWORK, REFERENCE, "loss_error"]]


def _contrast(tables: Tables, loss: str, question: Question, prefix: str) -> pd.DataFrame:
    shown = ["value", "ci_low", "ci_high", "verdict", "pairs", "told", "bound"]
    rows = [
        {name: getattr(row, name) for name in (*NETWORK, *shown)}
        for row in find(tables, question, loss).rows
    ]
    found = pd.DataFrame(rows, columns=[*NETWORK, *shown])
    return found.rename(columns=lambda name: name if name in NETWORK else prefix + name)


def _verdict(name: str, label: str) -> Shown:
    return Shown(name, label, style="name verdict-{}")
