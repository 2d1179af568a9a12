"""The tables of the answer: the primary contrast, and the claims."""

import pandas as pd

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.words.findings import select
from lossbench.words.names import loss_name
from lossbench.words.questions import ERROR, SPEED, Question

PLACE = list(COMPARISON)


def headline(tables: Tables) -> DataTable:
    """The primary contrast, one row a comparison: final error and speed."""
    errors = _mean_error(tables)
    final = _contrast(tables, ERROR, "error_")
    speed = _contrast(tables, SPEED, "steps_")
    frame = errors.merge(final, on=PLACE, how="left").merge(speed, on=PLACE, how="left")
    return data_table(
        frame,
        (
            *columns.COMPARISON,
            columns.percent(REFERENCE, loss_name(REFERENCE)),
            columns.percent(PRIMARY, loss_name(PRIMARY)),
            *columns.estimate(columns.points, "Difference", prefix="error_"),
            _verdict("error_verdict", "Final error"),
            *columns.estimate(columns.factor, "Steps to target", prefix="steps_"),
            _verdict("steps_verdict", "Speed"),
            columns.count("error_pairs", "Seeds"),
        ),
        **table_words("tables/headline.txt.j2"),
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
            Shown("numbers", "The numbers", style="prose-cell"),
            Shown("limits", "Limits", style="prose-cell"),
            Shown("figure", "Figure", lambda name: name.replace("-", " "), link="figure-{}"),
        ),
        **table_words("tables/claims.txt.j2"),
        folded=False,
    )


def _mean_error(tables: Tables) -> pd.DataFrame:
    found = rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")
    mean = found.pivot_table(index=PLACE, columns="loss", values="value")
    return mean.reindex(columns=[REFERENCE, PRIMARY]).reset_index()


def _contrast(tables: Tables, question: Question, prefix: str) -> pd.DataFrame:
    found = select(tables, question.metric, PRIMARY)
    kept = found[[*PLACE, "value", "ci_low", "ci_high", "verdict", "pairs"]]
    return kept.rename(columns=lambda name: name if name in PLACE else prefix + name)


def _verdict(name: str, label: str) -> Shown:
    return Shown(name, label, style="name verdict-{}")
