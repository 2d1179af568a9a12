"""What the page itself says is what its tables say."""

import numpy as np
import pandas as pd
import pytest

from builders import synthetic
from builders.study_tables import make_contrasts
from lossbench.report import sentences
from lossbench.words.questions import ERROR


@pytest.fixture
def choices() -> pd.DataFrame:
    made, _ = synthetic.build(networks=1)
    return made["choices"].assign(on_edge=False, trials=4)


def said(choices: pd.DataFrame) -> str:
    return sentences.sensitivity({"choices": choices}).replace("\xa0", " ")


def test_rates_inside_their_grids(choices):
    assert "4 trials for each loss" in said(choices)
    assert "edge" not in said(choices)


def test_comparisons_with_different_numbers_of_trials(choices):
    choices.loc[choices["dataset"] == "cifar10", "trials"] = 3
    assert "3 to 4 trials for each loss" in said(choices)


def test_a_rate_on_an_edge_is_named_with_its_place(choices):
    place = (choices["dataset"] == "mnist") & (choices["loss"] == "mse_softmax")
    choices.loc[place, ["on_edge", "learning_rate"]] = [True, 0.25]
    assert "edge of its grid for MSE on softmax on MNIST with MLP (0.25): " in said(choices)


def test_no_choices(choices):
    assert "No learning rate" in sentences.sensitivity({})
    assert sentences.sensitivity({"choices": choices.head(0)}) == sentences.sensitivity({})


@pytest.mark.parametrize(
    ("verdicts", "parts"),
    [
        (("worse", "worse", "better"), ("in 2 of 3 comparisons",)),
        (("undecided", "worse", "undecided"), ("in 1 of 3 comparisons", "undecided in 2")),
        (("undecided", "undecided", "undecided"), ("in 0 of 3 comparisons", "undecided in 3")),
    ],
)
def test_the_shared_rate_is_told_by_verdicts_not_by_signs_of_means(verdicts, parts):
    rows = [
        {"loss": loss, "verdict": verdict, "value": 0.01}
        for loss, verdict in zip(
            ("mse_softmax", "mse_logits", "mse_sigmoid"), verdicts, strict=True
        )
    ]
    shared = {"metric": "validation_error", "rates": "same_rate"}
    text = sentences.same_rate({"contrasts": make_contrasts(rows, **shared)}).replace("\xa0", " ")
    assert "confounded" in text
    assert all(part in text for part in parts)
    assert ("undecided" in text) == ("undecided" in verdicts)


def test_without_a_shared_rate_nothing_is_compared():
    rows = [{"value": np.nan}]
    shared = {"metric": "validation_error", "rates": "same_rate"}
    text = sentences.same_rate({"contrasts": make_contrasts(rows, **shared)})
    assert text == sentences.same_rate({})
    assert "No tuning run" in text


@pytest.mark.parametrize(("seeds", "has_intervals"), [(2, False), (3, True)])
def test_fewer_seeds_than_an_interval_needs_are_told(seeds, has_intervals):
    _, study = synthetic.build(seeds=seeds, margins=False, networks=1)
    text = sentences.seeds(study).replace("\xa0", " ")
    assert f"same {seeds} seeds" in text
    assert ("Intervals cover 95%" in text) == has_intervals
    assert ("no intervals" in text) != has_intervals


def test_claims_are_counted_by_verdict():
    made, _ = synthetic.build(networks=1)
    text = sentences.claims(made)
    for verdict, count in made["claims"]["verdict"].value_counts().items():
        assert sentences.CLAIM_VERDICTS[verdict].format(count) in text
    assert sentences.claims({}) == "No claim was tested."


def test_every_other_loss_of_the_study_gets_its_sentences():
    made, study = synthetic.build(networks=1)
    said = sentences.losses_on(ERROR, study, made)
    assert len(said) == len(synthetic.TRAITS) - 1
    assert all("MSE" in str(text) or "AM-Softmax" in str(text) for text in said)
