"""Cells show rounded text and keep the exact value."""

import math

import numpy as np
import pandas as pd
import pytest

from lossbench.report import columns
from lossbench.report.data_tables import Shown, data_table, raw


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, "0.30000000000000004"),
        (np.float64(1) / 3, repr(1 / 3)),
        (np.float32(0.1), "0.1"),
        (math.inf, "inf"),
        (np.int32(7), "7"),
        (np.bool_(True), "true"),
        (math.nan, ""),
        (None, ""),
        ("a, b", "a, b"),
    ],
)
def test_raw_values_read_back_exactly(value, expected):
    assert raw(value) == expected
    if isinstance(value, float) and not math.isnan(value):
        assert type(value)(raw(value)) == value


def test_missing_values_show_a_dash_and_hold_nothing():
    frame = pd.DataFrame({"value": [0.0123, math.nan]})
    shown = data_table(frame, [columns.percent("value", "Error")], name="t", caption="c")
    assert [(cell.text, cell.raw) for row in shown.rows for cell in row.cells] == [
        ("1.23", "0.0123"),
        ("–", ""),
    ]


def test_long_tables_fold_and_an_optional_column_without_values_is_left_out():
    frame = pd.DataFrame({"seed": range(13)})
    shown = [Shown("seed", "Seed")]
    assert data_table(frame, shown, name="t", caption="c").folded
    assert not data_table(frame.head(12), shown, name="t", caption="c").folded
    assert not data_table(frame, shown, name="t", caption="c", folded=False).folded
    frame = pd.DataFrame({"setting": ["", ""], "seed": [0, 1]})
    shown = [columns.SETTING, columns.SEED]
    assert [c.name for c in data_table(frame, shown, name="t", caption="c").columns] == ["seed"]
    frame.loc[0, "setting"] = "m=1"
    assert len(data_table(frame, shown, name="t", caption="c").columns) == 2


def test_stand_ins_are_marked_in_every_row():
    frame = pd.DataFrame({"dataset": ["shapes"], "model": ["mlp"]})
    (row,) = data_table(frame, [columns.DATASET], name="t", caption="c").rows
    assert row.cells[0].text == "Shapes (stand-in)"
    assert row.cells[0].raw == "shapes"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.00012345, "1.23e−04"), (0.5, "0.5000"), (12.3456, "12.35"), (-3.2, "−3.200"), (0, "0")],
)
def test_quantities_keep_four_significant_digits(value, expected):
    assert columns.plain(value) == expected
