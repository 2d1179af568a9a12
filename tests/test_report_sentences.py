"""What the page says of tuning is what the table of choices says."""

import pandas as pd
import pytest

from builders import synthetic
from lossbench.report import sentences


@pytest.fixture
def choices() -> pd.DataFrame:
    made, _ = synthetic.build(networks=1)
    return made["choices"].assign(on_edge=False, trials=4)


def said(choices: pd.DataFrame) -> str:
    return sentences.sensitivity({"choices": choices}).replace("\xa0", " ")


def test_rates_inside_their_grids(choices):
    assert said(choices) == (
        "With 4 trials for each loss, every chosen learning rate lies inside its grid."
    )


def test_comparisons_with_different_numbers_of_trials(choices):
    choices.loc[choices["dataset"] == "cifar10", "trials"] = 3
    assert said(choices).startswith("With 3 to 4 trials for each loss, ")


def test_a_rate_on_an_edge_is_named_with_its_place(choices):
    place = (choices["dataset"] == "mnist") & (choices["loss"] == "mse_softmax")
    choices.loc[place, ["on_edge", "learning_rate"]] = [True, 0.25]
    assert "on the edge of its grid for MSE on softmax on MNIST with MLP (0.25): " in said(choices)


def test_no_choices(choices):
    assert sentences.sensitivity({}) == "No learning rate was tuned."
    assert sentences.sensitivity({"choices": choices.head(0)}) == "No learning rate was tuned."
