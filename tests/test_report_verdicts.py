"""Every sentence on a contrast says what its row says, for every verdict, and with its numbers."""

import numpy as np
import pandas as pd
import pytest

from builders import synthetic
from lossbench.report import verdicts
from lossbench.report.verdicts import plain

MINUS = "−"


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    made, _ = synthetic.build(networks=1)
    return made


def with_contrast(
    tables: dict[str, pd.DataFrame], metric: str, *, dataset: str | None = "mnist", **values: object
) -> dict[str, pd.DataFrame]:
    """The tables with one primary contrast changed, and of the metric no other left."""
    frame = tables["contrasts"]
    chosen = (frame["rates"] == "tuned") & (frame["metric"] == metric)
    chosen &= frame["loss"] == "mse_softmax"
    if dataset:
        chosen &= frame["dataset"] == dataset
    return {**tables, "contrasts": frame[chosen].assign(**values)}


LEADS = {
    "worse": "MSE on softmax ends at a higher test error than cross-entropy, by +0.31 pp",
    "better": f"MSE on softmax ends at a lower test error than cross-entropy, by {MINUS}0.31 pp",
    "equivalent": "MSE on softmax ends level with cross-entropy: the difference is +0.31 pp",
    "undecided": "Whether MSE on softmax or cross-entropy ends at a lower test error is undecided: "
    "the difference is +0.31 pp",
}


@pytest.mark.parametrize("verdict", LEADS)
def test_final_error_says_verdict_difference_interval_images_and_seeds(tables, verdict):
    sign = -1 if verdict == "better" else 1
    ends = sorted([sign * 0.0021, sign * 0.0042])
    changed = with_contrast(
        tables,
        "error",
        verdict=verdict,
        value=sign * 0.0031,
        ci_low=ends[0],
        ci_high=ends[1],
        test_images=sign * 31.0,
        pairs=7,
        t_p_value=0.2,
        p_adjusted=0.2,
    )
    said = plain(verdicts.final(changed, "mse_softmax"))
    signs = f"{MINUS}0.42 to {MINUS}0.21" if sign < 0 else "+0.21 to +0.42"
    more = "fewer" if sign < 0 else "more"
    expected = f"{LEADS[verdict]} on MNIST with MLP (95% interval {signs} pp, 7 seeds; "
    assert said.replace("\xa0", " ") == f"{expected}31 {more} test images wrong)."


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (0.3, "less than one test image"),
        (1.4, "1 more test image wrong"),
        (-1.0, "1 fewer test image wrong"),
        (2.0, "2 more test images wrong"),
    ],
)
def test_images_are_counted_in_the_right_number(tables, images, words):
    changed = with_contrast(tables, "error", test_images=images)
    assert f"; {words})." in plain(verdicts.final(changed, "mse_softmax")).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("verdict", "lead"),
    [
        ("worse", "MSE on softmax learns more slowly than cross-entropy: it needs"),
        ("better", "MSE on softmax learns faster than cross-entropy: it needs"),
        ("equivalent", "MSE on softmax learns as fast as cross-entropy: it needs"),
        (
            "undecided",
            "Whether MSE on softmax or cross-entropy learns faster is undecided: it needs",
        ),
    ],
)
def test_speed_says_verdict_ratio_and_interval(tables, verdict, lead):
    numbers = {"value": 1.84, "ci_low": 1.52, "ci_high": 2.13, "pairs": 5}
    changed = with_contrast(tables, "steps_to_target_3", verdict=verdict, **numbers)
    said = plain(verdicts.speed(changed, "mse_softmax")).replace("\xa0", " ")
    place = "the steps to the last target on MNIST with MLP"
    rest = f"1.84× {place} (95% interval 1.52× to 2.1×, 5 seeds"
    assert said.startswith(f"{lead} {rest}")


@pytest.mark.parametrize(
    ("metric", "low", "high", "is_said"),
    [
        ("error", 0.001, 0.004, True),
        ("error", -0.001, 0.004, False),
        ("steps_to_target_3", 0.6, 0.9, True),
        ("steps_to_target_3", 0.6, 1.1, False),
    ],
)
def test_an_interval_that_correction_overrules_is_explained(tables, metric, low, high, is_said):
    values = {"ci_low": low, "ci_high": high, "t_p_value": 0.03, "p_adjusted": 0.084}
    changed = with_contrast(tables, metric, verdict="undecided", **values)
    tell = {"error": verdicts.final}.get(metric, verdicts.speed)
    said = plain(tell(changed, "mse_softmax")).replace("\xa0", " ")
    assert ("; after Holm's correction p = 0.084" in said) == is_said
    uncorrected = with_contrast(
        tables, metric, verdict="undecided", **{**values, "p_adjusted": 0.03}
    )
    assert "Holm" not in plain(tell(uncorrected, "mse_softmax"))


def test_numbers_are_those_of_the_table(tables):
    row = with_contrast(tables, "error")["contrasts"].iloc[0]
    said = plain(verdicts.final(with_contrast(tables, "error"), "mse_softmax"))
    for value in (row["value"], row["ci_low"], row["ci_high"]):
        assert f"{100 * value:+.2f}" in said
    assert f"{row['pairs']}\xa0seeds" in said
    assert f"{row['test_images']:.0f} more test images" in said


def test_one_seed_has_no_interval():
    made, _ = synthetic.build(seeds=1, margins=False, networks=1)
    said = plain(verdicts.final(made, "mse_softmax"))
    assert "1\xa0seed, no interval" in said
    assert "undecided" in said


def test_censored_runs_are_counted_for_the_loss_that_missed():
    made, _ = synthetic.build(diverged=True, censored=True, networks=1)
    said = plain(verdicts.speed(made, "mse_sigmoid")).replace("\xa0", " ")
    times = made["times_to_target"].query(
        "stage == 'evaluation' and target == 3 and loss == 'mse_sigmoid'"
    )
    missed = int((~times["reached"]).sum())
    assert missed == len(times)
    assert said.startswith(
        "MSE on sigmoid learns more slowly than cross-entropy: it needs at least"
    )
    per_place = missed // times["dataset"].nunique()
    expected = f"MSE on sigmoid never reached it in its budget in {per_place} of {per_place} runs"
    assert said.count(expected) == times["dataset"].nunique()


def test_a_contrast_without_value_gives_the_reason(tables):
    why = "undefined: no run of either loss ended with a network"
    absent = dict.fromkeys(("value", "ci_low", "ci_high", "test_images"), np.nan)
    changed = with_contrast(tables, "error", verdict="undecided", method=why, **absent)
    said = plain(verdicts.final(changed, "mse_softmax"))
    assert f"the errors cannot be compared on MNIST with MLP ({why})" in said
    assert "nan" not in said


def test_a_missing_dataset_is_not_spoken_of():
    made, _ = synthetic.build(missing_dataset=True, networks=1)
    assert "CIFAR-10" not in plain(verdicts.final(made, "mse_softmax"))
    assert "No run tells" in plain(verdicts.final({}, "mse_softmax"))
    assert "No run tells" in plain(verdicts.speed({}, "mse_softmax"))


def test_each_verdict_that_occurs_has_a_sentence(tables):
    frame = with_contrast(tables, "error", dataset=None)["contrasts"]
    assert len(frame) == 2
    mixed = {**tables, "contrasts": frame.assign(verdict=["equivalent", "worse"])}
    sentences = verdicts.final(mixed, "mse_softmax")
    assert [sentence.lead for sentence in sentences] == [
        "MSE on softmax ends at a higher test error than cross-entropy in 1 of 2\xa0comparisons",
        "MSE on softmax ends level with cross-entropy in 1 of 2\xa0comparisons",
    ]


def test_many_places_are_summed_up_by_their_range():
    made, _ = synthetic.build(networks=2)
    rows = with_contrast(made, "error", dataset=None)["contrasts"]
    assert set(rows["verdict"]) == {"worse"}
    said = plain(verdicts.final(made, "mse_softmax"))
    assert f"by {100 * rows['value'].min():+.2f} to {100 * rows['value'].max():+.2f}\xa0pp" in said
    low, high = 100 * rows["ci_low"].min(), 100 * rows["ci_high"].max()
    assert f"intervals within {low:+.2f} to {high:+.2f}\xa0pp" in said
    assert "on MNIST with MLP and LeNet and on CIFAR-10 with ConvNet and ResNet-18" in said
