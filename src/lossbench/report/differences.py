"""Two studies side by side, as Markdown: which verdicts, choices and values differ."""

import pandas as pd

from lossbench.report import columns
from lossbench.report.blocks import Values
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.markdown import table
from lossbench.report.templating import table_words, template
from lossbench.stats.repetition import OPPOSITE, Promise
from lossbench.stats.studies import changes
from lossbench.tables.rows import Tables, records, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import TABLES
from lossbench.words.names import metric_name
from lossbench.words.places import Place, tell_apart

READ = ("metrics", "steps_to_level", "choices", "contrasts", "claims")
"""The tables that are read."""
ONLY = ("only in A", "only in B")
LOSS = [*COMPARISON, "loss"]


def markdown(tables_a: Tables, tables_b: Tables, name_a: str, name_b: str) -> str:
    """The differences as Markdown: which verdicts and how many values changed, then the table.

    The table has the values that both studies have and that differ.
    """
    claims, contrasts = (
        _side_by_side(tables_a, tables_b, name) for name in ("claims", "contrasts")
    )
    contrasts = contrasts[contrasts["verdict_a"] != ""]
    usual = (_usual_choices(rows_of(tables, "choices")) for tables in (tables_a, tables_b))
    choices = next(usual).merge(next(usual), on=LOSS, suffixes=("_a", "_b"))
    choices = tell_apart(choices, among=choices)
    changed = changes(tables_a, tables_b)
    shared = ~changed["change"].isin(ONLY)
    differ = changed[shared & (changed["change"] != "identical")]
    return template("differences.md.j2").render(
        name_a=name_a,
        name_b=name_b,
        claims=_told(claims, claims["verdict_a"], claims["verdict_b"]),
        contrasts=_told(contrasts, contrasts["verdict_a"], contrasts["verdict_b"]),
        promise=Promise.of(contrasts.rename(columns={"replication_a": "replication"})),
        choices=_told(choices, _chosen(choices, "a"), _chosen(choices, "b")),
        values=len(changed),
        changes=changed["change"].value_counts().to_dict(),
        compared=bool(shared.any()) or len(contrasts) > 0 or len(choices) > 0,
        places=_places(tables_a, tables_b),
        table=table(_table(differ, name_a, name_b)) if len(differ) else "",
    )


def _places(*studies: Tables) -> list[list[Place]]:
    """What each study compares losses on, told apart among those of all."""
    metrics = [rows_of(tables, "metrics", stage="evaluation") for tables in studies]
    rows = [each.drop_duplicates([*COMPARISON]) for each in metrics]
    every = pd.concat(rows)
    return [[Place.of(row) for row in records(tell_apart(each, among=every))] for each in rows]


def _side_by_side(tables_a: Tables, tables_b: Tables, name: str) -> pd.DataFrame:
    """The rows of the table `name` that stand in both studies, with what either says."""
    one, other = rows_of(tables_a, name), rows_of(tables_b, name)
    return one.merge(other, on=list(TABLES[name].key), suffixes=("_a", "_b"))


def _usual_choices(choices: pd.DataFrame) -> pd.DataFrame:
    """What most replicates chose for each loss; of equals, the smaller rate."""
    counts = choices.groupby([*LOSS, "learning_rate", "setting"]).size().rename("replicates")
    ranked = counts.reset_index().sort_values(
        ["replicates", "learning_rate"], ascending=[False, True]
    )
    return ranked.drop_duplicates(LOSS).sort_values(LOSS)


def _chosen(choices: pd.DataFrame, study: str) -> "pd.Series[str]":
    """The rate and the margin that tuning usually gave each loss in one of the studies."""
    rate = choices[f"learning_rate_{study}"].map("{:g}".format).astype(str)
    return (rate + " " + choices[f"setting_{study}"]).str.strip()


def _told(both: pd.DataFrame, was: "pd.Series[str]", now: "pd.Series[str]") -> Values:
    """How many rows say the same in both studies, how many the opposite; what the others said."""
    turned = both.assign(was=was, now=now)[was != now]
    return {
        "rows": len(both),
        "same": len(both) - len(turned),
        "opposite": int((was.map(OPPOSITE) == now).sum()),
        "turned": records(turned),
    }


def _table(changed: pd.DataFrame, name_a: str, name_b: str) -> DataTable:
    return data_table(
        changed,
        (
            *columns.CELL,
            Shown("metric", "Metric", metric_name),
            columns.quantity("mean_a", name_a),
            columns.quantity("mean_b", name_b),
            *columns.estimate(columns.quantity, "Difference", "difference"),
            columns.p_value("p_adjusted", "p, Holm"),
            Shown("change", "Change"),
            Shown("method", "Method"),
        ),
        **table_words("tables/differences.txt.j2"),
    )
