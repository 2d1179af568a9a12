"""Notes say what a value rests on."""

from types import SimpleNamespace

import numpy as np
import pytest

from lossbench.words import notes


def row(**values: object) -> SimpleNamespace:
    usual = {
        "loss": "mse_softmax",
        "reference": "cross_entropy",
        "scale": "difference",
        "verdict": "undecided",
        "censored_pairs": 0,
        "runs": 5,
        "reached": 5,
        "reference_runs": 5,
        "reference_reached": 5,
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
    ],
)
def test_images_are_counted_in_the_right_number(images, words):
    assert notes.images([row(test_images=count) for count in images]) == [words]


def test_without_images_there_is_no_note():
    assert notes.images([row()]) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "bound"),
    [(5, 5, ""), (2, 5, "at least "), (5, 0, "at most "), (2, 3, ""), (0, 0, "")],
)
def test_a_ratio_is_a_bound_where_one_loss_alone_missed_the_target(ours, theirs, bound):
    censored = 5 - min(ours, theirs)
    mine = row(reached=ours, reference_reached=theirs, censored_pairs=censored)
    assert notes.bound(mine) == bound
    said = " ".join(notes.censoring([mine])).replace("\xa0", " ")
    assert (f"MSE on softmax never reached it in its budget in {5 - ours} of 5 runs" in said) == (
        ours < 5
    )
    assert (f"cross-entropy never reached it in its budget in {5 - theirs} of 5" in said) == (
        theirs < 5
    )


def test_what_is_not_censored_is_no_bound():
    assert notes.bound(row(reached=0)) == ""


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
    assert bool(notes.correction([row(**values, p_adjusted=0.084)])) == is_said
    assert not notes.correction([row(**values, p_adjusted=0.03)])
    assert not notes.correction([row(**values, p_adjusted=0.084, verdict="worse")])


def test_of_several_the_smallest_p_is_told():
    values = {"ci_low": 0.001, "ci_high": 0.004, "t_p_value": 0.03}
    both = [row(**values, p_adjusted=p) for p in (0.084, 0.2)]
    (said,) = notes.correction(both)
    assert said.replace("\xa0", " ") == "after Holm's correction p = 0.084 or more"
