"""The Markdown on two studies: which verdicts and choices differ, how many values changed."""

import re
from typing import get_args

import numpy as np
import pytest

from builders import synthetic
from lossbench.claims.rule import Verdict
from lossbench.report.differences import markdown
from lossbench.stats.repetition import Promise
from lossbench.tables.runs import COMPARISON
from lossbench.words.numbers import NO_BREAK


@pytest.fixture
def tables():
    """Those of a study, whose frames may be changed."""
    return {name: frame.copy() for name, frame in synthetic.build()[0].items()}


def told(tables, other) -> list[str]:
    """The listed items."""
    words = markdown(tables, other, "a", "b").replace(NO_BREAK, " ")
    return re.findall(r"^\* (.*)$", words, re.MULTILINE)


def test_the_table_has_what_differs_and_nothing_of_studies_without_common_ground(tables):
    assert "| MNIST |" not in markdown(tables, tables, "a", "b")
    less = tables | {"metrics": tables["metrics"].query("loss != 'mse_softmax'")}
    words = markdown(tables, less, "a", "b")
    assert "only in A" in words
    assert "| MNIST |" not in words
    digits = {name: tables[name].query("dataset == 'mnist'") for name in ("metrics", "contrasts")}
    shapes = {name: tables[name].query("dataset != 'mnist'") for name in ("metrics", "contrasts")}
    words = markdown(digits, shapes, "a", "b").strip()
    assert len(words.splitlines()) == 3
    assert "a compares losses on MNIST with MLP" in words
    assert "only in" not in words


def test_comparisons_without_common_ground_on_one_network_are_told_apart(tables):
    metrics = tables["metrics"].query("dataset == 'mnist' and model == 'mlp'")
    other = metrics.assign(epochs=metrics["epochs"] + 1, recipe="other")
    words = markdown({"metrics": metrics}, {"metrics": other}, "a", "b").replace(NO_BREAK, " ")
    assert words.strip().splitlines()[2] == (
        "They have nothing in common: a compares losses on MNIST with MLP (annealed, 6 epochs), b"
        " on MNIST with MLP (other, 7 epochs)."
    )


def test_markdown_counts_changes_and_lists_rows(tables):
    metrics = tables["metrics"]
    mine = metrics.query(
        "dataset == 'mnist' and model == 'mlp' and loss == 'mse_softmax' and metric == 'error'"
        " and split == 'test'"
    )
    other = mine.assign(value=mine["value"] + 0.5)
    text = markdown({"metrics": mine}, {"metrics": other}, "old|one", "new")
    assert told({"metrics": mine}, {"metrics": other})[-1] == "1 value: 1 beyond noise"
    assert "| MNIST | MLP | MSE on softmax | Classification error |" in text
    assert "old\\|one" in text


def test_what_changed_beside_the_values_is_told(tables):
    other = {name: frame.copy() for name, frame in tables.items()}
    claims = len(tables["claims"])
    of_loss = [*COMPARISON, "loss"]
    choices = len(tables["choices"].drop_duplicates(of_loss))
    asked = tables["contrasts"][tables["contrasts"]["verdict"] != ""]
    contrasts = len(asked)
    again = asked["replication"].dropna().to_numpy()
    differ = (np.random.default_rng(0).random((20_000, len(again))) > again).sum(axis=1)
    low, high = np.quantile(differ, [0.025, 0.975]).astype(int)
    least, most = Promise.of(asked).together
    promised = (
        f"; of the {len(again)} with a chance to come again {low} to {high} would differ with other"
        f" seeds if verdicts were independent, {least} to {most} if those that"
        " share runs changed together"
    )
    assert told(tables, other)[:3] == [
        f"{claims} claims: {claims} with the same verdict",
        f"{contrasts} contrasts: {contrasts} with the same verdict, 0 with the opposite one"
        + promised,
        f"{choices} choices of tuning: {choices} the same",
    ]
    was = tables["claims"].loc[0, "verdict"]
    now = next(each for each in get_args(Verdict) if each != was)
    other["claims"].loc[0, "verdict"] = now
    for frame, verdict in ((tables, "better"), (other, "worse")):
        frame["contrasts"].loc[asked.index[0], "verdict"] = verdict
    mine = (tables["choices"][of_loss] == tables["choices"].loc[0, of_loss]).all(axis=1)
    changed = [*of_loss, "learning_rate", "setting"]
    loss = ["mnist", "mlp", "annealed", 6, "sm_softmax"]
    tables["choices"].loc[mine, changed] = [*loss, 0.1, "m=0.5"]
    other["choices"].loc[mine, changed] = [*loss, 0.3, "m=0.5"]
    other["choices"].loc[0, "learning_rate"] = 0.1  # one replicate of several
    claim = tables["claims"].loc[0, "claim"]
    assert told(tables, other)[:3] == [
        f"{claims} claims: {claims - 1} with the same verdict; {claim} {was}, now {now}",
        f"{contrasts} contrasts: {contrasts - 1} with the same verdict, 1 with the opposite one"
        + promised,
        f"{choices} choices of tuning: {choices - 1} the same;"
        " SM-Softmax on MNIST with MLP 0.1 m=0.5, now 0.3 m=0.5",
    ]
