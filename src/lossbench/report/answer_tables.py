"""The tables of the answer: the losses on trial, and in short the others."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.tables import runs
from lossbench.tables.rows import Record, Tables, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.words import numbers
from lossbench.words.findings import find, on_trial
from lossbench.words.headline import pairs
from lossbench.words.names import in_sentence, loss_name
from lossbench.words.phrases import short
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED, Question

NETWORK = list(runs.NETWORK)


def headline(tables: Tables) -> DataTable:
    """The losses on trial, one row a loss, data set and network: final error and speed."""
    losses = on_trial(tables)
    frame = pd.concat([_of_loss(tables, loss) for loss in losses], ignore_index=True)
    interval = f"{rows_of(tables, 'contrasts')['level'].max():.0%} interval"
    name, label, told = "loss_error", "Its error", [columns.LOSS]
    if len(losses) == 1:
        name, label, told = losses[0], loss_name(losses[0]), []
    return data_table(
        frame.rename(columns={"loss_error": name}),
        (
            columns.DATASET,
            columns.NETWORK,
            *told,
            columns.percent(REFERENCE, loss_name(REFERENCE)),
            columns.percent(name, label),
            columns.points("error_value", "Difference"),
            Shown("error_interval", interval, style="name", wide=True),
            Shown("more", "More errors", numbers.change, numeric=True),
            columns.verdict("error_verdict", "Final error"),
            Shown("steps_bound", "Bound", style="name", optional=True),
            columns.factor("steps_value", "Ratio of steps"),
            Shown("steps_interval", interval, style="name", wide=True),
            columns.verdict("steps_verdict", "Speed"),
            columns.count("error_pairs", "n, error", wide=True),
            columns.count("steps_pairs", "n, speed", wide=True),
        ),
        **table_words(
            "tables/headline.txt.j2",
            losses=losses,
            recipes=_recipes(tables),
            diverged=_diverged(tables, [REFERENCE, *losses]),
        ),
        folded=False,
    )


def _diverged(tables: Tables, losses: Sequence[str]) -> int:
    """How many of these losses' evaluation runs diverged."""
    runs_lost = rows_of(tables, "runs", stage="evaluation", diverged=True)
    return int(runs_lost["loss"].isin(losses).sum())


def _recipes(tables: Tables) -> list[str]:
    """Those of the final error and of the speed, where they are not the same."""
    rows = [find(tables, question).rows for question in (ERROR, SPEED)]
    error, speed = (dict.fromkeys(row.recipe for row in found) for found in rows)
    return [] if error == speed else [numbers.join(list(found)) for found in (error, speed)]


def judged(tables: Tables) -> pd.DataFrame:
    """The claims in the order of their numbers: C2 before C10."""
    found = rows_of(tables, "claims")
    return found.sort_values("claim", key=lambda names: names.str.removeprefix("C").astype(int))


def claims(tables: Tables) -> DataTable:
    """Every claim with its verdict and the numbers behind it; on the page they are a list."""
    return data_table(
        judged(tables),
        (
            Shown("claim", "Claim", header=True),
            Shown("statement", "What it says"),
            columns.VERDICT,
            Shown("basis", "Rests on"),
            Shown("numbers", "The numbers"),
            Shown("limits", "Limits"),
        ),
        **table_words("tables/claims.txt.j2"),
    )


def others(tables: Tables, question: Question, words: str) -> DataTable | None:
    """What the verdicts on each of the losses not on trial amount to, in a line; None without any.

    `words`: the template of its caption and note.
    """
    listed = rows_of(tables, "contrasts")["loss"].unique()
    found = [find(tables, question, loss) for loss in listed if loss not in on_trial(tables)]
    if not found:
        return None
    frame = pd.DataFrame(
        [{"loss": each.loss, "answer": short(each) or "not compared there"} for each in found]
    )
    return data_table(
        frame,
        (
            replace(columns.LOSS, header=True),
            Shown("answer", f"Against {in_sentence(REFERENCE)}", style="prose-cell"),
        ),
        **table_words(words),
        folded=False,
    )


def _of_loss(tables: Tables, loss: str) -> pd.DataFrame:
    final = _contrast(tables, loss, ERROR, "error_")
    speed = _contrast(tables, loss, SPEED, "steps_")
    errors = _mean_error(tables, loss, find(tables, ERROR, loss).rows)
    frame = errors.merge(final, on=NETWORK, how="outer").merge(speed, on=NETWORK, how="outer")
    known = frame[REFERENCE].where(frame[REFERENCE] > 0)
    return frame.assign(loss=loss, more=frame["loss_error"] / known - 1)


def _mean_error(tables: Tables, loss: str, rows: Sequence[Record]) -> pd.DataFrame:
    """Of the pairs of the loss and the reference, in the comparisons of these contrasts."""
    mean = pairs(tables, loss).groupby(list(COMPARISON)).mean()
    asked = pd.MultiIndex.from_tuples([Place.of(row)[:-1] for row in rows], names=COMPARISON)
    mean = mean.reindex(index=asked, columns=[REFERENCE, loss]).reset_index()
    return mean.rename(columns={loss: "loss_error"})[[*NETWORK, REFERENCE, "loss_error"]]


def _contrast(tables: Tables, loss: str, question: Question, prefix: str) -> pd.DataFrame:
    shown = ["value", "verdict", "pairs", "bound"]
    rows = [
        {name: getattr(row, name) for name in (*NETWORK, *shown)}
        | {"interval": numbers.span((row.ci_low, row.ci_high), question.write)}
        for row in find(tables, question, loss).rows
    ]
    found = pd.DataFrame(rows, columns=[*NETWORK, *shown, "interval"])
    return found.rename(columns=lambda name: name if name in NETWORK else prefix + name)
