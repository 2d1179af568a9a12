"""What changed between two studies, against SciPy and by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from builders.study_tables import IDENTITY
from lossbench.stats.studies import changes

BEFORE = np.array([0.020, 0.022, 0.019, 0.021, 0.023])


def study(values: np.ndarray, *, seeds: range | None = None, loss: str = "mse_softmax"):
    """The metrics table of a study with one network and these test errors."""
    rows = pd.DataFrame({"seed": seeds or range(len(values)), "value": values})
    run = IDENTITY | {"loss": loss, "split": "test", "metric": "error"}
    tested = rows.assign(**run)
    return {"metrics": pd.concat([tested, tested.assign(split="validation", value=0.5)])}


def only(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


def test_shared_seeds_are_paired_as_scipy_does():
    after = BEFORE + np.array([0.004, 0.005, 0.006, 0.004, 0.005])
    row = only(changes(study(BEFORE), study(after)))
    expected = stats.ttest_rel(after, BEFORE)
    interval = expected.confidence_interval(0.95)
    assert row["p_value"] == pytest.approx(expected.pvalue)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert row["change"] == "beyond noise"
    assert row["method"] == "paired by seed, 5 pairs"


def test_other_seeds_are_compared_by_welch():
    after = np.array([0.018, 0.026, 0.022, 0.024])
    row = only(changes(study(BEFORE), study(after, seeds=range(50, 54))))
    expected = stats.ttest_ind(after, BEFORE, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert row["p_value"] == pytest.approx(expected.pvalue)
    assert row["difference"] == pytest.approx(after.mean() - BEFORE.mean())
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert row["change"] == "within noise"


def test_pairs_without_spread_are_identical_or_beyond_noise_and_few_decide_nothing():
    assert only(changes(study(BEFORE), study(BEFORE)))["change"] == "identical"
    row = only(changes(study(np.full(3, 0.25)), study(np.full(3, 0.5))))
    assert row["change"] == "beyond noise"
    assert row["difference"] == row["ci_low"] == row["ci_high"] == 0.25
    row = only(changes(study(BEFORE[:2]), study(BEFORE[:2] * 3)))
    assert row["change"] == "too few seeds"
    assert np.isnan(row["p_value"])


@pytest.mark.filterwarnings("ignore:Precision loss")
def test_one_study_without_spread_leaves_the_other_s_noise():
    row = only(changes(study(np.full(4, 0.02)), study(BEFORE, seeds=range(50, 55))))
    expected = stats.ttest_ind(BEFORE, np.full(4, 0.02), equal_var=False)
    assert row["p_value"] == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(("shift", "change"), [(0.01, "beyond noise"), (0.0, "identical")])
def test_two_studies_without_spread_have_no_noise(shift, change):
    there = study(np.full(4, 0.02 + shift), seeds=range(50, 54))
    row = only(changes(study(np.full(5, 0.02)), there))
    assert row["change"] == change
    assert row["ci_low"] == row["ci_high"] == pytest.approx(shift)
    assert np.isnan(row["p_value"])


def test_what_stands_in_one_study_alone_or_in_none_is_said():
    frame = changes(study(BEFORE), study(BEFORE, loss="mse_logits"))
    found = dict(zip(frame["loss"], frame["change"], strict=True))
    assert found == {"mse_softmax": "only in A", "mse_logits": "only in B"}
    assert changes({}, {}).empty


def test_many_rows_are_corrected_by_holm():
    generator = np.random.default_rng(0)
    losses = ("cross_entropy", "mse_softmax", "mse_logits", "mse_sigmoid")
    sides = [
        {
            "metrics": pd.concat(
                [study(generator.normal(0.02, 0.001, 6), loss=loss)["metrics"] for loss in losses]
            )
        }
        for _ in range(2)
    ]
    frame = changes(*sides)
    p = np.sort(frame["p_value"])
    by_hand = np.maximum.accumulate(np.minimum(1, p * [4, 3, 2, 1]))
    assert np.sort(frame["p_adjusted"]) == pytest.approx(by_hand)


def test_steps_are_compared_at_equal_levels_only():
    def timed(easiest: float, steps: list[float]) -> dict[str, pd.DataFrame]:
        run = IDENTITY | {"loss": "mse_softmax", "reached": True}
        rows = pd.DataFrame({"seed": range(len(steps)), "steps": steps}).assign(**run)
        levels = ((1, easiest, 0.5), (2, 0.01, 2.0))
        frames = [
            rows.assign(level=level, validation_error=error, steps=rows["steps"] * factor)
            for level, error, factor in levels
        ]
        return {"steps_to_level": pd.concat(frames)}

    same = changes(timed(0.02, [10, 12, 14]), timed(0.02, [20, 25, 24]))
    assert only(same)["difference"] == pytest.approx(23 - 12)
    assert only(same)["metric"] == "steps to errors of 0.02 to 0.01"
    other = changes(timed(0.02, [10, 12, 14]), timed(0.03, [20, 25, 24]))
    assert sorted(other["change"]) == ["only in A", "only in B"]
