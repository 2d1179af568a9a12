"""Which phrase a verdict gets in each form, and with which numbers."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from builders.answers import tables_of
from lossbench.cards.loss import PRIMARY
from lossbench.stats.verdicts import Verdict
from lossbench.tables.rows import in_order, rows_of
from lossbench.words import numbers, phrases
from lossbench.words.findings import Finding, find
from lossbench.words.questions import CALIBRATION, ERROR, SCATTER, SPEED, Question

QUESTIONS = (SPEED, ERROR, CALIBRATION, SCATTER)


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


def said(finding: Finding) -> str:
    return phrases.plain(phrases.sentences(finding)).replace("\xa0", " ")


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
    text = said(finding(tables, ERROR, {"verdict": "worse", **values}))
    for part in (
        "by +0.31 pp on MNIST with MLP",
        "95% interval +0.21 to +0.42 pp",
        "7 replicates",
        "31 more test images wrong",
    ):
        assert part in text
    undecided = said(finding(tables, ERROR, {"verdict": "undecided", **values}))
    assert "the difference is +0.31 pp" in undecided


def test_speed_is_told_as_a_ratio_of_steps(tables):
    values = {"value": 1.84, "ci_low": 1.52, "ci_high": 2.13, "pairs": 5}
    mine = finding(tables, SPEED, values)
    assert "it needs 1.84× the steps to the same error on MNIST with MLP" in said(mine)
    assert "95% interval 1.52× to 2.1×, 5 replicates" in said(mine)
    assert "(1.84× the steps)" in titled(mine)


def test_two_places_are_listed_and_three_are_summed_up_by_their_outermost_ends(tables):
    values = [{"value": value} for value in (0.0031, 0.0112, 0.0058)]
    two = said(finding(tables, ERROR, *values[:2]))
    assert "+0.31 pp on MNIST with MLP (" in two
    assert "+1.12 pp on MNIST with LeNet (" in two
    three = said(finding(tables, ERROR, *values))
    assert "+0.31 to +1.12 pp on MNIST with MLP and LeNet and on CIFAR-10 with ConvNet" in three
    assert "intervals within" in three
    ends = [{"ci_low": low, "ci_high": high} for low, high in ((1, 3), (2, 9), (4, 5))]
    assert "95% intervals within 1.00× to 9.0×" in said(finding(tables, SPEED, *ends))


def test_where_several_verdicts_occur_each_is_counted(tables):
    verdicts = ("equivalent", "worse", "worse")
    mine = finding(tables, ERROR, *({"verdict": verdict} for verdict in verdicts))
    sentences = phrases.sentences(mine)
    assert not isinstance(sentences, str)
    leads = [sentence.lead.replace("\xa0", " ") for sentence in sentences]
    assert [lead.partition(" in ")[2] for lead in leads] == [
        "2 of 3 comparisons",
        "1 of 3 comparisons",
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
    assert "comparisons" not in said(mine)


def test_without_an_interval_it_says_so(tables):
    none = dict.fromkeys(("ci_low", "ci_high"), np.nan)
    one = said(finding(tables, ERROR, {"pairs": 1, "verdict": "undecided", **none}))
    assert "1 replicate, no interval" in one
    some = said(finding(tables, ERROR, {}, none, {}))
    assert "; no interval on MNIST with LeNet" in some
    assert "95% intervals within" in some


def test_a_contrast_without_value_gives_the_reason_and_no_number(tables):
    why = "undefined: no run of either loss ended with a network"
    absent = dict.fromkeys(("value", "ci_low", "ci_high", "test_images", "replication"), np.nan)
    mine = finding(tables, ERROR, {"verdict": "undecided", "method": why, **absent})
    assert f"the errors cannot be compared on MNIST with MLP ({why})" in said(mine)
    assert "nan" not in said(mine) + titled(mine) + phrases.count(mine, "worse")
    assert "(" not in titled(mine)
    beside = finding(tables, ERROR, {"verdict": "undecided", "method": why, **absent}, {}, {})
    assert len(beside.parts) == 2


def test_ratios_bound_their_own_place_alone(tables):
    made = tables_of("the loss censored here")
    mine = find(made, SPEED)
    values = [numbers.ratio(row.value) for row in mine.rows]
    text = said(mine)
    assert f"it needs {values[0]} the steps to the same error on MNIST with MLP" in text
    assert f"at least {values[1]} on MNIST with LeNet" in text
    assert f"at least {values[2]} on CIFAR-10 with ConvNet" in text
    assert "reached 90% of the error levels" in text
    assert "reached 75% of the error levels" in text
    assert "within the budget" not in said(finding(tables, SPEED, {}))


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


def test_where_most_levels_are_missed_the_reach_is_told(tables):
    text = said(find(tables_of("the loss stalled"), SPEED))
    assert "learns more slowly than cross-entropy: the steps cannot be compared" in text
    assert "MSE on softmax reached 10% of the error levels, cross-entropy 100%" in text


def test_each_verdict_says_how_likely_it_would_come_again(tables):
    assert "; 17 in 20 such studies would say the same)" in said(
        finding(tables, ERROR, {"replication": 0.88})
    )
    assert "in 20" not in said(finding(tables, ERROR, {"replication": np.nan}))


def test_claims_count_a_verdict_and_the_others(tables):
    verdicts = ("worse", "undecided", "better")
    rows = [
        {"verdict": verdict, "value": value}
        for verdict, value in zip(verdicts, (1.5, 2.5, 0.8), strict=True)
    ]
    mine = finding(tables, SPEED, *rows)
    counted = phrases.count(mine, "worse")
    said = "slower in 1 of 3, faster in 1, undecided in 1"
    assert counted == f"MSE on softmax: {said} (0.80× to 2.5× the steps)"
    silent = finding(tables, SPEED, {"verdict": "not measurable"}, {"verdict": "worse"})
    assert "slower in 1 of 2, not measurable in 1 (" in phrases.count(silent, "worse")
    clear = finding(tables, SPEED, {"verdict": "worse"})
    assert "undecided" not in phrases.count(clear, "worse")


@pytest.mark.parametrize(
    ("fast", "accurate", "title"),
    [
        ("www", "www", "slower in all 3 and less accurate in all 3"),
        ("www", "wwu", "slower in all 3 and less accurate in 2 of 3"),
        ("wwu", "wbu", "slower in 2, less accurate in 1 and more accurate in 1 of 3"),
        ("uuu", "eeb", "more accurate in 1 of 3"),
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


def test_without_contrasts_nothing_is_claimed(tables):
    for question in QUESTIONS:
        nothing = replace(find(tables, question), rows=())
        assert said(nothing).startswith("No run tells whether ")
        assert question.asks in said(nothing)
        assert titled(nothing).startswith("No loss is compared with ")
