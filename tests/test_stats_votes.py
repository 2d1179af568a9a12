import math

import pandas as pd
import pytest

from lossbench.claims import votes
from lossbench.claims.votes import Question, Vote
from lossbench.words import numbers

SLOWER = Question(
    "steps_to_target_3", ("mse_softmax", "mse_logits"), "worse", "slower", numbers.ratio
)


@pytest.mark.parametrize(
    ("cast", "verdict"),
    [
        (["for", "for"], "supported"),
        (["for", "against"], "supported with limits"),
        (["for", "open"], "supported with limits"),
        (["against", "against"], "contradicted"),
        (["against", "open"], "contradicted"),
        (["open"], "undecided"),
        ([], "undecided"),
    ],
)
def test_votes_decide(cast: list[Vote], verdict: str) -> None:
    assert votes.combine(cast) == verdict


def answers() -> pd.DataFrame:
    rows = [
        ("mnist", "mlp", "mse_softmax", 1.5, "worse"),
        ("cifar10", "convnet", "mse_softmax", 2.5, "worse"),
        ("mnist", "mlp", "mse_logits", 0.8, "better"),
        ("cifar10", "convnet", "mse_logits", math.nan, "undecided"),
        ("mnist", "mlp", "bce_sigmoid", 1.0, "worse"),
    ]
    columns = ["dataset", "model", "loss", "value", "verdict"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(rates="tuned", metric="steps_to_target_3")


def test_verdicts_become_votes_of_the_asked_losses_alone() -> None:
    asked = votes.asked(answers(), SLOWER)
    assert asked["vote"].tolist() == ["for", "for", "against", "open"]
    assert votes.asked(answers(), SLOWER, "same_rate").empty
    assert votes.asked(answers().assign(metric="error"), SLOWER).empty


def test_votes_are_counted_in_words() -> None:
    assert votes.count_votes(votes.asked(answers(), SLOWER), SLOWER) == (
        "MSE on softmax: slower in 2 of 2 (1.50× to 2.5×); "
        "MSE on logits: slower in 0 of 2, undecided in 1 (0.80×)"
    )
    assert votes.count_votes(answers().iloc[:0], SLOWER) == "nothing was compared"


def test_limits_say_where() -> None:
    assert votes.where(votes.asked(answers(), SLOWER)) == (
        "holds for MSE on softmax everywhere; not for MSE on logits on MNIST · MLP; "
        "undecided for MSE on logits on CIFAR-10 · ConvNet"
    )


def test_a_span_without_values_is_a_dash() -> None:
    assert votes.span(pd.Series([math.nan]), numbers.ratio) == "–"
    assert votes.span(pd.Series([2.0, 2.0]), numbers.ratio) == "2.0×"
