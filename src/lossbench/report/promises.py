"""Would it replicate? What the verdicts promise, and what a repetition of the study said."""

from lossbench.cards.loss import PLACEBO
from lossbench.report import columns
from lossbench.report.blocks import Values
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.stats.repetition import OPPOSITE, Promise
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.study import CONTRASTED_KEY
from lossbench.words.findings import find
from lossbench.words.names import metric_name
from lossbench.words.questions import ERROR, SPEED

METRIC = Shown("metric", "Metric", metric_name)
LIKELY = 0.95
"""The chance to come again that a primary verdict should have."""


def promised(tables: Tables) -> Values:
    """How many verdicts should differ in a repetition; what was said of two equal losses."""
    judged = rows_of(tables, "contrasts")
    return {
        "promise": Promise.of(judged[judged["verdict"] != ""]),
        "placebo": [
            row.verdict
            for question in (ERROR, SPEED)
            for row in find(tables, question, PLACEBO).rows
        ],
    }


def seen(tables: Tables) -> Values:
    """How many of the verdicts that both studies give differ, against what the first promised.

    And how many primary ones the replicates of both together decide.
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
        "decided": len(decided),
        "likely": int((decided["replication"] >= LIKELY).sum()),
        "chance": LIKELY,
    }


def together(tables: Tables) -> DataTable | None:
    """The primary contrasts of the study, of its repetition and of both; None without one."""
    rows = rows_of(tables, "together", family="primary")
    if rows.empty:
        return None
    said = ["value_here", "verdict_here", "value_again", "verdict_again"]
    both = rows_of(tables, "repetition").rename(
        columns={"value": "value_here", "verdict": "verdict_here"}
    )
    return data_table(
        rows.merge(both[[*CONTRASTED_KEY, *said]]),
        (
            columns.DATASET,
            columns.NETWORK,
            METRIC,
            columns.quantity("value_here", "Here"),
            columns.verdict("verdict_here", "Verdict"),
            columns.quantity("value_again", "Repeated"),
            columns.verdict("verdict_again", "Verdict"),
            columns.PAIRS,
            columns.BOUND,
            *columns.estimate(columns.quantity, "Together"),
            columns.VERDICT,
            columns.AGAIN,
        ),
        **table_words("tables/together.txt.j2"),
    )


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
            METRIC,
            Shown("same_rate", "Rate", optional=True),
            columns.quantity("value", "Here"),
            columns.VERDICT,
            columns.AGAIN,
            columns.quantity("value_again", "Repeated"),
            columns.verdict("verdict_again", "Its verdict"),
        ),
        **table_words("tables/repetition.txt.j2", study=frame["study"].iloc[0]),
    )
