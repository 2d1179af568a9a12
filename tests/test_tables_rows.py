"""Rows are picked by value, and stand in the project's order."""

import pandas as pd

from lossbench.tables.rows import filled, in_order, records, rows_of
from lossbench.tables.study import CONTRASTS

FRAME = pd.DataFrame({"loss": ["mse_softmax", "cross_entropy"], "seed": [0, 1]})


def test_rows_have_every_wanted_value_and_a_table_that_was_not_made_its_columns():
    tables = {"runs": FRAME}
    assert rows_of(tables, "runs", loss="mse_softmax", seed=0)["seed"].tolist() == [0]
    assert rows_of(tables, "runs", loss="mse_softmax", seed=1).empty
    assert len(rows_of(tables, "runs")) == 2
    absent = rows_of({}, "contrasts", loss="mse_softmax")
    assert absent.empty
    assert list(absent) == CONTRASTS.names


def test_a_table_without_rows_is_not_filled():
    tables = {"runs": FRAME, "metrics": FRAME.iloc[:0]}
    assert filled(tables, "runs")
    assert not filled(tables, "runs", "metrics")
    assert not filled(tables, "history")


def test_rows_and_records_stand_in_the_project_s_order():
    assert [(row.loss, row.seed) for row in records(FRAME)] == [
        ("cross_entropy", 1),
        ("mse_softmax", 0),
    ]
    frame = pd.DataFrame(
        {
            "dataset": ["cifar10", "mnist", "mnist", "mnist"],
            "loss": ["cross_entropy", "mse_softmax", "cross_entropy", "mse_softmax"],
            "seed": [0, 1, 2, 0],
        },
        index=[5, 5, 5, 5],
    )
    ordered = in_order(frame)
    assert list(ordered["seed"]) == [2, 1, 0, 0]
