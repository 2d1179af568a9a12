"""Notes say what a value rests on."""

from types import SimpleNamespace

import numpy as np
import pytest

from builders.study_tables import PLACE
from lossbench.words import notes


def row(**values: object) -> SimpleNamespace:
    usual = {
        **PLACE,
        "loss": "mse_softmax",
        "reference": "cross_entropy",
        "scale": "difference",
        "verdict": "undecided",
        "bound": "",
        "reach": np.nan,
        "reference_reach": np.nan,
        "replication": np.nan,
        "test_images": np.nan,
    }
    return SimpleNamespace(**{**usual, **values})


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([0.3], "less than one test image"),
        ([1.4], "1 more test image wrong"),
        ([-1.0], "1 fewer test image wrong"),
        ([2.0], "2 more test images wrong"),
        ([8.0, 1017.0], "8 to 1,017 more test images wrong"),
        ([-0.3, 0.8], "0 to 1 more test images wrong"),
        ([-8.0, 17.0], "from 8 fewer to 17 more test images wrong"),
        ([-8.0, -17.0, np.nan], "8 to 17 fewer test images wrong"),
        ([np.nan], ""),
    ],
)
def test_images_are_counted_in_the_right_number(images, words):
    found = notes.images([row(test_images=count) for count in images])
    assert found == ([f"that is {words}"] if words else [])


def test_the_share_of_levels_reached_is_told_where_any_was_missed():
    missed = row(reach=0.85, reference_reach=1.0)
    assert notes.reach([missed]) == [
        "MSE on softmax reached 85% of the error levels, cross-entropy 100%"
    ]
    hardly = row(reach=1.0, reference_reach=0.995)
    assert notes.reach([missed, hardly, row(reach=0.5, reference_reach=1.0), row()]) == [
        "MSE on softmax reached 50% to 100% of the error levels, cross-entropy 99% to 100%"
    ]
    assert notes.reach([row(reach=1.0, reference_reach=1.0), row()]) == []


@pytest.mark.parametrize(
    ("chances", "words"),
    [
        ([0.97], "19 in 20"),
        ([1.0], "19 in 20"),
        ([0.949], "18 in 20"),
        ([0.03], "0 in 20"),
        ([0.61, np.nan, 0.97], "12 to 19 in 20"),
        ([np.nan], ""),
    ],
)
def test_the_chance_to_come_again_is_rounded_down_and_never_a_certainty(chances, words):
    rows = [row(replication=chance) for chance in chances]
    expected = [f"{words} such studies would say the same"] if words else []
    assert notes.again(rows) == expected


@pytest.mark.parametrize(
    ("scale", "low", "high", "is_said"),
    [
        ("difference", 0.001, 0.004, True),
        ("difference", -0.001, 0.004, False),
        ("ratio", 0.6, 0.9, True),
        ("ratio", 0.6, 1.1, False),
    ],
)
def test_an_interval_that_correction_overrules_is_explained(scale, low, high, is_said):
    values = {"scale": scale, "ci_low": low, "ci_high": high, "t_p_value": 0.03}
    assert bool(notes.correction(row(**values, p_adjusted=0.084))) == is_said
    assert not notes.correction(row(**values, p_adjusted=0.03))
    assert not notes.correction(row(**values, p_adjusted=0.084, verdict="worse"))


def test_the_corrected_p_is_told():
    values = {"ci_low": 0.001, "ci_high": 0.004, "t_p_value": 0.03, "p_adjusted": 0.084}
    (said,) = notes.correction(row(**values))
    assert said.replace("\xa0", " ") == "after Holm's correction p = 0.084"
