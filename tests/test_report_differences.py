"""What is told of two studies side by side."""

import re
from typing import get_args

import pandas as pd

from builders import synthetic
from lossbench.claims.rule import Verdict
from lossbench.report.differences import markdown
from lossbench.words.numbers import NO_BREAK


def errors(factor: float) -> dict[str, pd.DataFrame]:
    """A study with one network and five test errors."""
    rows = pd.DataFrame({"seed": range(5), "value": [0.020, 0.022, 0.019, 0.021, 0.023]})
    place = {"dataset": "mnist", "model": "mlp", "loss": "mse_softmax", "setting": ""}
    run = {"learning_rate": 0.1, "stage": "evaluation", "split": "test", "metric": "error"}
    return {"metrics": rows.assign(value=factor * rows["value"], **place, **run)}


def test_without_tables_nothing_is_told() -> None:
    assert "0 values" in markdown({}, {}, "a", "b").replace(NO_BREAK, " ")


def test_markdown_counts_changes_and_lists_rows():
    text = markdown(errors(1.0), errors(2.0), "old|one", "new").replace(NO_BREAK, " ")
    assert "* 1 value: 1 beyond noise\n" in text
    assert "| MNIST | MLP | MSE on softmax | Classification error |" in text
    assert "old\\|one" in text


def test_what_changed_beside_the_values_is_told():
    made, _ = synthetic.build()
    tables, other = ({name: frame.copy() for name, frame in made.items()} for _ in range(2))

    def told() -> list[str]:
        words = markdown(tables, other, "a", "b").replace(NO_BREAK, " ")
        return re.findall(r"^\* (.*)$", words, re.MULTILINE)[:3]

    claims, contrasts, choices = (len(tables[name]) for name in ("claims", "contrasts", "choices"))
    assert told() == [
        f"{claims} claims: {claims} with the same verdict",
        f"{contrasts} contrasts: {contrasts} with the same verdict, 0 with the opposite one",
        f"{choices} choices of tuning: {choices} the same",
    ]
    was = tables["claims"].loc[0, "verdict"]
    now = next(each for each in get_args(Verdict) if each != was)
    other["claims"].loc[0, "verdict"] = now
    for frame, verdict in ((tables, "better"), (other, "worse")):
        frame["contrasts"].loc[0, "verdict"] = verdict
    first = ["dataset", "model", "loss", "learning_rate", "setting"]
    tables["choices"].loc[0, first] = ["mnist", "mlp", "sm_softmax", 0.1, "m=0.5"]
    other["choices"].loc[0, first] = ["mnist", "mlp", "sm_softmax", 0.3, "m=0.5"]
    claim = tables["claims"].loc[0, "claim"]
    assert told() == [
        f"{claims} claims: {claims - 1} with the same verdict; {claim} {was}, now {now}",
        f"{contrasts} contrasts: {contrasts - 1} with the same verdict, 1 with the opposite one",
        f"{choices} choices of tuning: {choices - 1} the same;"
        " SM-Softmax on MNIST with MLP 0.1 m=0.5, now 0.3 m=0.5",
    ]
