"""Which phrase a verdict gets in each form, and with which numbers."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from builders.answers import sentences_of, tables_of
from lossbench.cards.loss import PRIMARY
from lossbench.stats.verdicts import Verdict
from lossbench.tables.rows import in_order, rows_of
from lossbench.words import phrases
from lossbench.words.findings import Finding, find
from lossbench.words.questions import BRIER, CALIBRATION, ERROR, NLL, SCATTER, SPEED, Question

QUESTIONS = (SPEED, ERROR, CALIBRATION, NLL, BRIER, SCATTER)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return tables_of("slower and higher")


def finding(
    tables: dict[str, pd.DataFrame], question: Question, *rows: dict[str, object]
) -> Finding:
    """The primary loss's finding with its first contrasts changed, and no others left."""
    frame = in_order(rows_of(tables, "contrasts", metric=question.metric, loss="mse_softmax"))
    frame = frame.iloc[: len(rows)].reset_index(drop=True)
    for name in {name for row in rows for name in row}:
        frame[name] = [row.get(name, value) for row, value in zip(rows, frame[name], strict=True)]
    return find(tables | {"contrasts": frame}, question)


def titled(finding: Finding) -> str:
    return phrases.title(finding).replace("\xa0", " ")


@pytest.mark.parametrize("question", QUESTIONS)
def test_phrases_of_different_verdicts_are_told_apart(question):
    assert question.phrases.keys() == set(get_args(Verdict))
    assert tuple(question.phrases)[:2] == ("worse", "better")
    shorts = [phrase.short for phrase in question.phrases.values()]
    longs = [phrase.long for phrase in question.phrases.values()]
    assert len(set(shorts)) == len(shorts)
    assert len(set(filter(None, longs))) == 3
    assert all(phrase.long.endswith("{}") for phrase in question.phrases.values() if phrase.long)


def test_a_sentence_has_value_interval_seeds_place_and_images(tables):
    values = {"value": 0.0031, "ci_low": 0.0021, "ci_high": 0.0042, "test_images": 31.0, "pairs": 7}
    text = sentences_of(finding(tables, ERROR, {"verdict": "worse", **values}))
    for part in (
        "ends at a higher test error than cross-entropy on MNIST with MLP. ",
        " The difference is +0.31 pp (95% interval +0.21 to +0.42 pp, 7 replicates). ",
        " That is 31 more test images wrong.",
    ):
        assert part in text
    undecided = sentences_of(finding(tables, ERROR, {"verdict": "undecided", **values}))
    assert "error is undecided on MNIST with MLP. The difference is +0.31 pp (" in undecided


def test_speed_is_told_as_a_ratio_of_steps(tables):
    values = {"value": 1.84, "ci_low": 1.52, "ci_high": 2.13, "pairs": 5}
    mine = finding(tables, SPEED, values)
    told = "needs 1.84× the steps to the same error (95% interval 1.52× to 2.1×, 5 replicates"
    assert f"cross-entropy on MNIST with MLP. It {told}). " in sentences_of(mine)
    open_one = finding(tables, SPEED, values | {"verdict": "undecided"})
    assert f"undecided on MNIST with MLP. MSE on softmax {told}" in sentences_of(open_one)
    assert "(1.84× the steps)" in titled(mine)


def test_two_places_are_named_and_three_counted_and_both_summed_up_by_their_range(tables):
    values = [{"value": value, "test_images": 1e4 * value} for value in (0.0031, 0.0112, 0.0058)]
    two = sentences_of(finding(tables, ERROR, *values[:2]))
    assert "than cross-entropy on MNIST with MLP and LeNet. " in two
    three = sentences_of(finding(tables, ERROR, *values))
    assert "than cross-entropy in all 3 comparisons. " in three
    for text in (two, three):
        assert "The difference is +0.31 to +1.12 pp. That is 31 to 112 more test images" in text
        assert "interval" not in text


def test_where_several_verdicts_occur_each_is_counted(tables):
    verdicts = ("equivalent", "worse", "worse")
    mine = finding(tables, ERROR, *({"verdict": verdict} for verdict in verdicts))
    sentences = phrases.sentences(mine)
    assert not isinstance(sentences, str)
    leads = [sentence.lead.replace("\xa0", " ") for sentence in sentences]
    assert leads == [
        "MSE on softmax ends at a higher test error than cross-entropy on MNIST with LeNet and on "
        "CIFAR-10 with ConvNet",
        "MSE on softmax ends level with cross-entropy on MNIST with MLP",
    ]


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        (("better", "worse", "undecided"), "less accurate in 1 and more accurate in 1 of 3"),
        (("equivalent", "undecided", "undecided"), "as accurate in 1 and undecided in 2 of 3"),
        (("undecided",) * 2, "not clearly less or more accurate than cross-entropy in both"),
        (("equivalent", "worse", "worse"), "less accurate than cross-entropy in 2 of 3"),
        (("equivalent",) * 3, "as accurate as cross-entropy in all 3"),
    ],
)
def test_a_title_counts_clear_verdicts_and_the_others_where_there_is_none(tables, verdicts, told):
    mine = finding(tables, ERROR, *({"verdict": verdict} for verdict in verdicts))
    assert titled(mine) == f"MSE on softmax is {told} comparisons"


@pytest.mark.parametrize(("number", "words"), [(2, "in both"), (3, "in all 3")])
def test_one_verdict_for_all_is_counted_once(tables, number, words):
    mine = finding(tables, ERROR, *[{}] * number)
    assert f"{words} comparisons" in titled(mine)
    assert ("in all 3 comparisons" in sentences_of(mine)) == (number == 3)


def test_without_an_interval_it_says_so(tables):
    none = dict.fromkeys(("ci_low", "ci_high"), np.nan)
    one = sentences_of(finding(tables, ERROR, {"pairs": 1, "verdict": "undecided", **none}))
    assert "1 replicate, no interval" in one


def test_a_contrast_without_value_gives_the_reason_and_no_number(tables):
    why = "undefined: no run of either loss ended with a network"
    absent = dict.fromkeys(("value", "ci_low", "ci_high", "test_images", "replication"), np.nan)
    mine = finding(tables, ERROR, {"verdict": "undecided", "method": why, **absent})
    assert f"The errors cannot be compared there ({why})." in sentences_of(mine)
    assert "nan" not in sentences_of(mine) + titled(mine) + phrases.count(mine, "worse")
    assert "(" not in titled(mine)
    beside = finding(tables, ERROR, {"verdict": "undecided", "method": why, **absent}, {}, {})
    assert len(beside.parts) == 2


def test_of_several_places_those_without_a_value_are_named(tables):
    open_ones = {"verdict": "undecided", "value": np.nan, "test_images": np.nan}
    rows = [{"verdict": "undecided"}, open_ones | {"method": "undefined"}]
    text = sentences_of(finding(tables, ERROR, *rows))
    assert "The errors cannot be compared on MNIST with LeNet (undefined)." in text


def test_a_bound_is_told_as_one_with_what_was_missed():
    _, censored, _ = find(tables_of("the loss censored here"), SPEED).rows
    text = sentences_of(Finding(SPEED, "mse_softmax", (censored,)))
    value = np.floor(10 * censored.value) / 10  # a lower bound is rounded down
    assert f"It needs at least {value:.1f}× the steps to the same error (95% interval" in text
    assert "). MSE on softmax reached 90% of the error levels, cross-entropy 100%. " in text


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        (["", "", ""], "1.20× to 2.0× the steps"),
        (["at least", "at least", "at least"], "at least 1.20× to 2.0× the steps"),
        (["", "", "at least"], "1.20× to at least 2.0× the steps"),
        (["", "at least", ""], "1.20× to at least 2.0× the steps"),
        (["at least", "", ""], "at least 1.20× to 2.0× the steps"),
        (["at most", "", ""], "at most 1.20× to 2.0× the steps"),
        (["", "", "at most"], "at most 1.20× to 2.0× the steps"),
        (["at most", "", "at least"], "1.20× to 2.0× the steps within the budget"),
        (["", "within the budget", ""], "1.20× to 2.0× the steps within the budget"),
    ],
)
def test_a_range_with_bounds_holds_whatever_they_hide(tables, bounds, told):
    values = (1.2, 1.5, 2.0)
    rows = [{"value": value, "bound": bound} for value, bound in zip(values, bounds, strict=True)]
    assert phrases.amount(SPEED, finding(tables, SPEED, *rows).rows) == told


@pytest.mark.parametrize(
    ("bound", "told"), [("at least", "2.7×"), ("at most", "2.8×"), ("", "2.8×")]
)
def test_a_bound_is_rounded_outward(tables, bound, told):
    (row,) = finding(tables, SPEED, {"value": 2.78, "bound": bound}).rows
    assert phrases.amount(SPEED, [row], "") == f"{bound} {told}".strip()
    (row,) = finding(tables, SPEED, {"value": 2.72, "bound": bound}).rows
    rounded = "2.8×" if bound == "at most" else "2.7×"
    assert phrases.amount(SPEED, [row], "") == f"{bound} {rounded}".strip()


def test_where_most_levels_are_missed_the_reach_is_told(tables):
    text = sentences_of(find(tables_of("the loss stalled"), SPEED))
    assert "cross-entropy in all 3 comparisons. The steps cannot be compared there: MSE" in text
    assert "MSE on softmax reached 10% of the error levels, cross-entropy 100%" in text


def test_each_verdict_says_how_likely_it_would_come_again(tables):
    assert ". 17 in 20 such studies would say the same." in sentences_of(
        finding(tables, ERROR, {"replication": 0.88})
    )
    assert "in 20" not in sentences_of(finding(tables, ERROR, {"replication": np.nan}))


def test_claims_count_a_verdict_and_the_others(tables):
    verdicts = ("worse", "undecided", "better")
    rows = [
        {"verdict": verdict, "value": value}
        for verdict, value in zip(verdicts, (1.5, 2.5, 0.8), strict=True)
    ]
    mine = finding(tables, SPEED, *rows)
    counted = phrases.count(mine, "worse")
    assert counted == "MSE on softmax: slower in 1 of 3, faster in 1, undecided in 1"
    silent = finding(tables, SPEED, {"verdict": "not measurable"}, {"verdict": "worse"})
    assert phrases.count(silent, "worse").endswith("slower in 1 of 2, not measurable in 1")
    clear = finding(tables, SPEED, {"verdict": "worse"})
    assert "undecided" not in phrases.count(clear, "worse")


@pytest.mark.parametrize(
    ("fast", "accurate", "title"),
    [
        ("www", "www", "slower in all 3 and less accurate in all 3"),
        ("www", "wwu", "slower in all 3 and less accurate in 2 of 3"),
        ("wwu", "wbu", "slower in 2, less accurate in 1 and more accurate in 1 of 3"),
        ("uuu", "eeb", "more accurate in 1 of 3"),
        ("eee", "eee", "as fast and as accurate as cross-entropy in all"),
    ],
)
def test_a_title_on_both_questions_counts_their_clear_verdicts(tables, fast, accurate, title):
    words = {"w": "worse", "b": "better", "u": "undecided", "e": "equivalent"}
    contrasts = tables["contrasts"].copy()
    for question, verdicts in ((SPEED, fast), (ERROR, accurate)):
        asked = (contrasts["metric"] == question.metric) & (contrasts["loss"] == PRIMARY)
        contrasts.loc[asked, "verdict"] = [words[letter] for letter in verdicts]
    found = phrases.speed_and_error(tables | {"contrasts": contrasts})
    assert found == f"MSE on softmax is {title} comparisons"
    contrasts["verdict"] = "undecided"
    found = phrases.speed_and_error(tables | {"contrasts": contrasts})
    told = "Speed and final error of MSE on softmax are not clearly different from cross-entropy’s"
    assert found == told


def test_of_one_comparison_or_question_nothing_is_counted_or_added(tables):
    contrasts = tables["contrasts"]
    one = contrasts[contrasts["dataset"] + contrasts["model"] == "mnistmlp"]
    found = phrases.speed_and_error(tables | {"contrasts": one})
    assert found == "MSE on softmax is slower and less accurate"
    for question in (SPEED, ERROR):
        alone = tables | {"contrasts": contrasts[contrasts["metric"] == question.metric]}
        assert phrases.speed_and_error(alone) == phrases.title(find(alone, question))


def test_a_name_with_braces_is_told_as_it_is(tables, monkeypatch):
    for name in ("loss_name", "in_sentence"):
        monkeypatch.setattr(phrases, name, lambda loss: f"{{{loss}}}")
    for verdict in get_args(Verdict):
        text = sentences_of(finding(tables, SPEED, {"verdict": verdict}))
        assert "{mse_softmax}" in text
        assert "{cross_entropy}" in text


def test_without_contrasts_nothing_is_claimed(tables):
    for question in QUESTIONS:
        nothing = replace(find(tables, question), rows=())
        assert sentences_of(nothing).startswith("No run tells whether ")
        assert question.asks in sentences_of(nothing)
        assert titled(nothing).startswith("No loss is compared with ")
