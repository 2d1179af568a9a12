"""Would it replicate? What the verdicts promise, and what a repetition of the study said."""

from lossbench.cards.loss import PLACEBO
from lossbench.report import columns
from lossbench.report.blocks import Values
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.stats.repetition import OPPOSITE, Promise
from lossbench.tables.rows import Tables, rows_of
from lossbench.words.findings import find
from lossbench.words.names import metric_name
from lossbench.words.questions import ERROR, SPEED


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
    """How many of the verdicts that both studies give differ, against what the first promised."""
    both = rows_of(tables, "repetition")
    known = both.dropna(subset="replication")
    primary = known[known["family"] == "primary"]
    turned = known["verdict"] != known["verdict_again"]
    return {
        "again": both["study"].iloc[0],
        "promise": Promise.of(known),
        "differ": int(turned.sum()),
        "opposite": int((known["verdict"].map(OPPOSITE) == known["verdict_again"]).sum()),
        "primary": len(primary),
        "primary_same": int((primary["verdict"] == primary["verdict_again"]).sum()),
    }


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
            columns.quantity("value", "Here"),
            columns.VERDICT,
            columns.AGAIN,
            columns.quantity("value_again", "Repeated"),
            columns.verdict("verdict_again", "Its verdict"),
        ),
        **table_words("tables/repetition.txt.j2", study=frame["study"].iloc[0]),
    )
