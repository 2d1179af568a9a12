"""What changed between two studies, against SciPy and by hand."""

import re
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from builders import synthetic
from lossbench.claims.rule import Verdict
from lossbench.report.two_studies import compare, markdown
from lossbench.words.numbers import NO_BREAK

BEFORE = np.array([0.020, 0.022, 0.019, 0.021, 0.023])


def study(values: np.ndarray, *, seeds: range | None = None, loss: str = "mse_softmax"):
    """The metrics table of a study with one network and these test errors."""
    rows = pd.DataFrame({"seed": seeds or range(len(values)), "value": values})
    place = {"dataset": "mnist", "model": "mlp", "loss": loss, "setting": ""}
    run = {"learning_rate": 0.1, "stage": "evaluation", "split": "test", "metric": "error"}
    return {"metrics": rows.assign(**place, **run)}


def only(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


def test_shared_seeds_are_paired_as_scipy_does():
    after = BEFORE + np.array([0.004, 0.005, 0.006, 0.004, 0.005])
    row = only(compare(study(BEFORE), study(after)))
    expected = stats.ttest_rel(after, BEFORE)
    interval = expected.confidence_interval(0.95)
    assert row["p_value"] == pytest.approx(expected.pvalue)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
    assert row["change"] == "beyond noise"
    assert row["method"] == "paired by seed, 5 pairs"


def test_other_seeds_are_compared_by_welch():
    after = np.array([0.018, 0.026, 0.022, 0.024])
    row = only(compare(study(BEFORE), study(after, seeds=range(50, 54))))
    expected = stats.ttest_ind(after, BEFORE, equal_var=False)
    assert row["p_value"] == pytest.approx(expected.pvalue)
    assert row["difference"] == pytest.approx(after.mean() - BEFORE.mean())
    assert row["change"] == "within noise"


def test_identical_studies_are_identical():
    assert only(compare(study(BEFORE), study(BEFORE)))["change"] == "identical"


def test_a_constant_shift_is_beyond_noise():
    row = only(compare(study(np.full(3, 0.25)), study(np.full(3, 0.5))))
    assert row["change"] == "beyond noise"
    assert row["difference"] == row["ci_low"] == row["ci_high"] == 0.25


def test_few_seeds_decide_nothing():
    row = only(compare(study(BEFORE[:2]), study(BEFORE[:2] * 3)))
    assert row["change"] == "too few seeds"
    assert np.isnan(row["p_value"])


def test_what_stands_in_one_study_alone_is_said():
    frame = compare(study(BEFORE), study(BEFORE, loss="mse_logits"))
    changes = dict(zip(frame["loss"], frame["change"], strict=True))
    assert changes == {"mse_softmax": "only in A", "mse_logits": "only in B"}


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
    frame = compare(*sides)
    p = np.sort(frame["p_value"])
    by_hand = np.maximum.accumulate(np.minimum(1, p * [4, 3, 2, 1]))
    assert np.sort(frame["p_adjusted"]) == pytest.approx(by_hand)


def test_steps_are_compared_at_equal_targets_only():
    def timed(target: float, steps: list[int]) -> dict[str, pd.DataFrame]:
        place = {"dataset": "mnist", "model": "mlp", "loss": "mse_softmax", "setting": ""}
        run = {"learning_rate": 0.1, "stage": "evaluation", "target": 3, "reached": True}
        rows = pd.DataFrame({"seed": range(len(steps)), "steps": steps, "epochs": 1.0})
        times = rows.assign(**place, **run, validation_error=target)
        targets = pd.DataFrame({"target": [1, 2, 3]})
        return {"times_to_target": times, "targets": targets}

    same = compare(timed(0.02, [10, 12, 14]), timed(0.02, [20, 25, 24]))
    assert only(same)["difference"] == pytest.approx(23 - 12)
    other = compare(timed(0.02, [10, 12, 14]), timed(0.03, [20, 25, 24]))
    assert sorted(other["change"]) == ["only in A", "only in B"]


def test_no_tables_give_no_rows():
    assert compare({}, {}).empty
    assert "0 values" in markdown({}, {}, "a", "b").replace(NO_BREAK, " ")


def test_markdown_counts_changes_and_lists_rows():
    text = markdown(study(BEFORE), study(BEFORE * 2), "old|one", "new").replace(NO_BREAK, " ")
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
