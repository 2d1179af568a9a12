"""Would it replicate? What the verdicts promise, and what a repetition of the study said."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from lossbench.cards.loss import PLACEBO, REFERENCE
from lossbench.report import columns
from lossbench.report.blocks import Values
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.stats.repetition import OPPOSITE, Promise
from lossbench.tables import runs
from lossbench.tables.rows import Tables, records, rows_of
from lossbench.words import numbers
from lossbench.words.findings import find
from lossbench.words.names import metric_name
from lossbench.words.places import tell_apart
from lossbench.words.questions import ERROR, SPEED, Question

NETWORK = list(runs.NETWORK)
JUDGED = ("better", "worse", "equivalent", "undecided")
"""What two studies may say; what is not measurable says nothing."""
LIKELY = 0.95
"""The chance to come again that a primary verdict should have."""


def promised(tables: Tables) -> Values:
    """How many verdicts should differ in a repetition; what was said of two equal losses."""
    judged = rows_of(tables, "contrasts")
    return {
        "promise": Promise.of(judged[judged["verdict"] != ""]),
        "placebo": {
            question.topic: dict(Counter(row.verdict for row in found.rows))
            for question in (ERROR, SPEED)
            if (found := find(tables, question, PLACEBO)).rows
        },
        **_wrong(tables),
    }


def _wrong(tables: Tables) -> Values:
    """How many verdicts there are on the placebo, here and again, and which ones are clear.

    Two equal losses have no clear difference: such a verdict is a false positive.
    """
    wanted = {"loss": PLACEBO, "reference": REFERENCE}
    here, again = (rows_of(tables, name, **wanted) for name in ("contrasts", "repetition"))
    everything = rows_of(tables, "contrasts")
    judged = [
        tell_apart(frame[frame["verdict"].isin(JUDGED)], among=everything)
        for frame in (here, again.assign(verdict=again["verdict_again"]))
    ]
    clear = [
        (row, bool(repeated))
        for repeated, frame in enumerate(judged)
        for row in records(frame[frame["verdict"].isin(OPPOSITE)])
    ]
    return {"judged": [len(frame) for frame in judged], "clear": clear}


def seen(tables: Tables) -> Values:
    """How many of the verdicts that both studies give differ, against what the first promised.

    And how many primary ones the replicates of both together decide, by verdict.
    """
    both = rows_of(tables, "repetition")
    known = both.dropna(subset="replication")
    primary = known[known["family"] == "primary"]
    turned = known["verdict"] != known["verdict_again"]
    whole = rows_of(tables, "together", family="primary")
    decided = whole[whole["verdict"].isin(("better", "worse", "equivalent"))]
    return {
        "again": both["study"].iloc[0],
        "promise": Promise.of(known),
        "differ": int(turned.sum()),
        "opposite": int((known["verdict"].map(OPPOSITE) == known["verdict_again"]).sum()),
        "primary": len(primary),
        "primary_same": int((primary["verdict"] == primary["verdict_again"]).sum()),
        "contrasts": len(whole),
        "decided": decided["verdict"].value_counts().to_dict(),
        "likely": int((decided["replication"] >= LIKELY).sum()),
        "chance": LIKELY,
    }


def together(tables: Tables) -> DataTable | None:
    """The primary contrasts of the study, of its repetition and of both; None without any."""
    rows = [row for question in (ERROR, SPEED) for row in _primary(tables, question)]
    if not rows:
        return None
    interval = f"{rows_of(tables, 'together')['level'].max():.0%} interval"
    return data_table(
        pd.DataFrame(rows),
        (
            columns.DATASET,
            columns.NETWORK,
            Shown("metric", "Metric", str.capitalize, style="name"),
            Shown("here", "Here", style="name", wide=True),
            Shown("again", "Repeated", style="name", wide=True),
            Shown("both", "Together", style="name"),
            Shown("interval", interval, style="name", wide=True),
            columns.VERDICT,
            columns.AGAIN,
        ),
        **table_words("tables/together.txt.j2"),
        folded=False,
    )


def _primary(tables: Tables, question: Question) -> Iterator[dict[str, object]]:
    """What the study, its repetition and both together say to one question, network by network."""
    alone = rows_of(tables, "repetition", family="primary", metric=question.metric)
    said = alone.rename(columns={"value": "value_here", "bound": "bound_here"})
    kept = said.drop(columns=["family", "verdict", "replication"])
    for row in records(rows_of(tables, "together").merge(kept)):
        told = {
            name: numbers.bounded(value, bound, question.write)
            for name, value, bound in (
                ("here", row.value_here, row.bound_here),
                ("again", row.value_again, row.bound_again),
                ("both", row.value, row.bound),
            )
        }
        known = {
            name: getattr(row, name) for name in (*NETWORK, "metric", "verdict", "replication")
        }
        ends = numbers.span((row.ci_low, row.ci_high), question.write)
        yield {**known, **told, "interval": ends}


def changed(tables: Tables) -> DataTable | None:
    """The verdicts that the repetition changed; None where it changed none."""
    both = rows_of(tables, "repetition")
    frame = both[both["verdict"] != both["verdict_again"]]
    if frame.empty:
        return None
    return data_table(
        frame.assign(same_rate=frame["rates"].map({"tuned": "", "same_rate": "shared"})),
        (
            *columns.CELL,
            Shown("metric", "Metric", metric_name),
            Shown("same_rate", "Rate", optional=True),
            columns.BOUND,
            columns.quantity("value", "Here"),
            columns.VERDICT,
            columns.AGAIN,
            replace(columns.BOUND, name="bound_again"),
            columns.quantity("value_again", "Repeated"),
            columns.verdict("verdict_again", "Its verdict"),
        ),
        **table_words("tables/repetition.txt.j2", study=frame["study"].iloc[0]),
    )
