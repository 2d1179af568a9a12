"""Two studies side by side, in words: which verdicts, choices and values differ."""

import pandas as pd

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.summary import table
from lossbench.stats.studies import changes
from lossbench.tables.rows import Tables, records, rows_of
from lossbench.tables.study import TABLES
from lossbench.words import numbers
from lossbench.words.names import loss_name, metric_name
from lossbench.words.places import Place

READ = ("metrics", "times_to_target", "choices", "contrasts", "claims")
"""The tables that are read."""
OPPOSITE = {"better": "worse", "worse": "better"}


def markdown(tables_a: Tables, tables_b: Tables, name_a: str, name_b: str) -> str:
    """The differences as Markdown: which verdicts and how many values changed, then the table."""
    changed = changes(tables_a, tables_b)
    kinds = changed["change"].value_counts()
    counts = numbers.join([f"{number} {kind}" for kind, number in kinds.items()])
    found = (
        _claims(_side_by_side(tables_a, tables_b, "claims")),
        _contrasts(_side_by_side(tables_a, tables_b, "contrasts")),
        _choices(_side_by_side(tables_a, tables_b, "choices")),
        f"{numbers.count(len(changed), 'value')}: {counts}",
    )
    listed = "\n".join(f"* {words}" for words in found)
    columns = table(_table(changed, name_a, name_b))
    return f"# {name_a} against {name_b}\n\n{listed}\n\n{columns}\n"


def _claims(both: pd.DataFrame) -> str:
    """How many claims have one verdict in both studies, and what the others turned into."""
    other = both[both["verdict_a"] != both["verdict_b"]]
    turned = [f"; {row.claim} {row.verdict_a}, now {row.verdict_b}" for row in other.itertuples()]
    same = len(both) - len(other)
    return f"{numbers.count(len(both), 'claim')}: {same} with the same verdict{''.join(turned)}"


def _contrasts(both: pd.DataFrame) -> str:
    """How many contrasts have one verdict in both studies, and how many have opposite ones."""
    same = (both["verdict_a"] == both["verdict_b"]).sum()
    opposite = (both["verdict_a"].map(OPPOSITE) == both["verdict_b"]).sum()
    return (
        f"{numbers.count(len(both), 'contrast')}: {same} with the same verdict, {opposite} with the"
        " opposite one"
    )


def _choices(both: pd.DataFrame) -> str:
    """How many losses tuning gave the same rate and margin in both studies; the others by name."""
    was, now = (
        [f"{rate:g} {margin}".strip() for rate, margin in both[[rates, margins]].to_numpy()]
        for rates, margins in (("learning_rate_a", "setting_a"), ("learning_rate_b", "setting_b"))
    )
    both = both.assign(was=was, now=now)
    other = both[both["was"] != both["now"]]
    turned = [
        f"; {loss_name(row.loss)} on {Place.of(row).in_sentence} {row.was}, now {row.now}"
        for row in records(other)
    ]
    same = len(both) - len(other)
    return f"{numbers.count(len(both), 'choice')} of tuning: {same} the same{''.join(turned)}"


def _side_by_side(tables_a: Tables, tables_b: Tables, name: str) -> pd.DataFrame:
    """The rows of the table `name` that stand in both studies, with what either says."""
    one, other = rows_of(tables_a, name), rows_of(tables_b, name)
    return one.merge(other, on=list(TABLES[name].key), suffixes=("_a", "_b"))


def _table(changed: pd.DataFrame, name_a: str, name_b: str) -> DataTable:
    return data_table(
        changed,
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            Shown("metric", "Metric", metric_name),
            columns.quantity("mean_a", name_a),
            columns.quantity("mean_b", name_b),
            columns.quantity("difference", "Difference"),
            columns.quantity("ci_low", "from"),
            columns.quantity("ci_high", "to"),
            columns.p_value("p_adjusted", "p, Holm"),
            Shown("change", "Change"),
            Shown("method", "Method"),
        ),
        name="differences",
        caption="Means over seeds; difference: second minus first",
    )
