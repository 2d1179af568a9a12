"""A figure's title says what its contrasts say, undecided cases included."""

import re

import numpy as np
import pandas as pd
import pytest

from builders.drawn_figures import KNOBS, drawn, study
from lossbench.cards.loss import PRIMARY
from lossbench.figures import findings
from lossbench.words import numbers


@pytest.mark.parametrize("knob", KNOBS)
def test_titles_repeat_the_tables_numbers_and_verdicts(knob):
    tables, _ = study(knob)
    title = drawn("final-error", knob)[1].title
    mine = findings.select(tables["contrasts"], "error")[lambda rows: rows["loss"] == PRIMARY]
    # The undecided phrase contains the others, so it goes first.
    for verdict, rows in sorted(mine.groupby("verdict"), reverse=True):
        phrase = findings.ERROR[verdict].format("cross-entropy")
        value = numbers.points(float(rows["value"].max()))
        assert re.search(f"{re.escape(phrase)}[^(]*\\([^)]*{re.escape(value)}\\)", title)
        title = title.replace(phrase, "")
    for phrase in findings.ERROR.values():
        assert phrase.format("cross-entropy") not in title


def contrasts_of(*verdicts_and_values) -> pd.DataFrame:
    tables, _ = study()
    rows = findings.select(tables["contrasts"], "error")[
        lambda rows: rows["loss"] == PRIMARY
    ].copy()
    rows[["verdict", "value"]] = list(verdicts_and_values)
    return rows


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [("worse", 0.0031), ("worse", 0.0112)],
            "MSE on softmax is less accurate than cross-entropy in both comparisons "
            "(+0.31 to +1.12 pp)",
        ),
        (
            [("better", -0.002), ("undecided", 0.001)],
            "MSE on softmax is more accurate than cross-entropy on CIFAR-10 · ConvNet "
            "(−0.20 pp) and not clearly less or more accurate than cross-entropy on MNIST · MLP "
            "(+0.10 pp)",
        ),
        (
            [("equivalent", 0.0), ("equivalent", 0.0)],
            "MSE on softmax is as accurate as cross-entropy in both comparisons (0.00 pp)",
        ),
        (
            [("undecided", np.nan), ("undecided", np.nan)],
            "MSE on softmax is not clearly less or more accurate than cross-entropy in both "
            "comparisons",
        ),
    ],
)
def test_findings_read_well(rows, sentence):
    _, settings = study()
    found = findings.error(contrasts_of(*rows), settings)
    assert found.replace(numbers.NO_BREAK, " ") == sentence


def test_findings_without_another_loss():
    _, settings = study()
    nothing = contrasts_of(("worse", 0.1), ("worse", 0.1)).iloc[:0]
    assert findings.error(nothing, settings) == "No loss is compared with cross-entropy here"
