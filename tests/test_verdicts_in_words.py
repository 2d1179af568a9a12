"""Sentences, titles and claims never say more than the verdicts, whatever the answer is."""

import re
from collections import Counter
from functools import partial

import pandas as pd
import pytest

from builders.answers import LOSSES, SCENARIOS, sentences_of, tables_of
from lossbench.claims.all_claims import ALL_CLAIMS
from lossbench.claims.rule import Grounds
from lossbench.stats.speed import FEW
from lossbench.words import numbers, phrases
from lossbench.words.findings import Finding, find
from lossbench.words.questions import ERROR, SPEED, Question

WORDS = {
    "error": {
        "worse": ("ends at a higher test error than cross-entropy", "less accurate"),
        "better": ("ends at a lower test error than cross-entropy", "more accurate"),
        "equivalent": ("ends level with cross-entropy", "as accurate"),
        "undecided": (
            "ends at a lower test error is undecided",
            "not clearly less or more accurate",
        ),
        "not measurable": ("ends at a lower test error is not measurable", "not measurable"),
    },
    "speed": {
        "worse": ("learns more slowly than cross-entropy", "slower"),
        "better": ("learns faster than cross-entropy", "faster"),
        "equivalent": ("learns as fast as cross-entropy", "as fast"),
        "undecided": ("learns faster is undecided", "not clearly slower or faster"),
        "not measurable": ("learns faster is not measurable", "not measurable"),
    },
}
"""By metric and verdict: how a sentence and how a title tells it. Written out here."""
LINKS = {"equivalent": "as", "not measurable": "against"}
"""What joins cross-entropy to a title's first verdict; than, to all others."""
NUMBER = re.compile(r"[+−]?\d+(?:,\d{3})*(?:\.\d+)?[×%]?")
ANSWERS = {
    "faster and lower": {"better"},
    "slower and higher": {"worse"},
    "equivalent": {"equivalent"},
    "mixed": {"better", "worse", "undecided"},
    "undecided": {"undecided"},
    "the loss censored here": {"worse"},
    "the reference censored here": {"better"},
    "both censored": {"undecided", "equivalent"},
    "the loss stalled": {"worse"},
    "none reaches": {"not measurable", "worse"},
    "one seed": {"not measurable"},
    "the loss diverged": {"worse", "undecided"},
    "all diverged": {"not measurable"},
    "both errors zero": {"equivalent", "not measurable"},
    "a data set missing": {"better", "worse"},
}
CASES = [
    (name, question, loss) for name in SCENARIOS for question in (SPEED, ERROR) for loss in LOSSES
]


def rows_of(name: str, question: Question, loss: str) -> pd.DataFrame:
    frame = tables_of(name)["contrasts"]
    return frame[(frame["metric"] == question.metric) & (frame["loss"] == loss)]


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_study_has_the_answer_that_it_stands_for(name):
    primary = tables_of(name)["contrasts"].query("loss == 'mse_softmax'")
    assert set(primary["verdict"]) == ANSWERS[name]


def told(text: str, words: dict[str, str], total: int) -> Counter[str]:
    """How often a text says that each verdict occurs, read from its words alone."""
    found: Counter[str] = Counter()
    for verdict, phrase in words.items():
        for match in re.finditer(rf"(?<!clearly )(?<!or ){re.escape(phrase)}([^.(:,]*)", text):
            after = match.group(1)
            counted = re.search(r"in (\d+)(?: of (\d+))?", after)
            assert counted is None or int(counted.group(2) or total) == total
            named = len(re.findall("MLP|LeNet|ConvNet", after))
            found[verdict] += int(counted.group(1)) if counted else named or total
    return found


@pytest.mark.parametrize(("name", "question", "loss"), CASES)
def test_verdicts_are_told_as_often_as_they_occur(name, question, loss):
    rows = rows_of(name, question, loss)
    expected = Counter(rows["verdict"])
    finding = find(tables_of(name), question, loss)
    said = sentences_of(finding), phrases.title(finding)
    forms = WORDS[question.metric]
    long, short = ({key: form[at] for key, form in forms.items()} for at in (0, 1))
    assert told(said[0], long, len(rows)) == expected
    titled = {key: count for key, count in expected.items() if key in ("worse", "better")}
    titled = titled or dict(expected)
    if len(expected) > 1:
        short |= {"undecided": "undecided", "not measurable": "not measurable"}
    assert told(plain(said[1]), short, len(rows)) == titled
    if len(titled) == 1:
        (only,) = titled
        assert f" is {short[only]} {LINKS.get(only, 'than')} cross-entropy " in said[1]


@pytest.mark.parametrize(("name", "question", "loss"), CASES)
def test_every_number_is_one_of_the_tables(name, question, loss):
    rows = rows_of(name, question, loss)
    write = numbers.ratio if question is SPEED else numbers.points
    allowed = {
        numbers.number(abs(count), 0)
        for count in (*rows["test_images"].dropna(), *rows["pairs"], *range(len(rows) + 1))
    }
    allowed |= {"95%", *map(str, range(SCENARIOS[name].seeds + 1))}
    for column in ("value", "ci_low", "ci_high"):
        for toward in (-1, 0, 1):  # bounds are rounded outward
            written = [plain(write(value, toward=toward)) for value in rows[column].dropna()]
            allowed |= {text.removesuffix(" pp") for text in written}
    allowed |= {plain(numbers.p_value(p)).split()[-1] for p in rows["p_adjusted"].dropna()}
    allowed |= {str(min(19, int(20 * chance))) for chance in rows["replication"].dropna()} | {"20"}
    for column in ("reach", "reference_reach"):
        allowed |= {numbers.percent(share, 0) for share in rows[column].dropna()}
    finding = find(tables_of(name), question, loss)
    said = [sentences_of(finding), phrases.title(finding), phrases.count(finding, "worse")]
    for text in said:
        found = plain(text).replace("CIFAR-10", "").replace("Holm's", "")
        assert set(NUMBER.findall(found)) <= allowed


@pytest.mark.parametrize(("name", "question", "loss"), CASES)
def test_a_sentence_is_short_and_has_three_numbers_beside_an_interval(name, question, loss):
    for sentence in re.split(r"\.(?= |$)", sentences_of(find(tables_of(name), question, loss))):
        words, interval, _ = sentence.replace("CIFAR-10", "").partition(" (95% interval ")
        assert len(words.split()) <= 25
        assert len(NUMBER.findall(words)) <= (1 if interval else 3)


@pytest.mark.parametrize(("name", "loss"), [(name, loss) for name in SCENARIOS for loss in LOSSES])
def test_a_ratio_of_runs_that_miss_levels_is_never_told_as_a_whole_one(name, loss):
    for part in find(tables_of(name), SPEED, loss).parts:
        text = sentences_of(Finding(SPEED, loss, part.rows))
        rows = [row for row in part.rows if row.value == row.value]
        bounds = set()
        for row in rows:
            missed, theirs = row.reach < 1, row.reference_reach < 1
            assert (1 - row.reach) + (1 - row.reference_reach) > FEW or not (missed or theirs)
            mine = {(True, False): "at least", (False, True): "at most", (True, True): "within"}
            bounds.add(mine.get((missed, theirs), ""))
        if len(bounds) == 1:
            (bound,) = bounds
            outward = partial(numbers.ratio, toward={"at least": -1, "at most": 1}.get(bound, 0))
            values = numbers.span((row.value for row in rows), outward)
            before = f"{bound} " if bound.startswith("at") else ""
            after = " within the budget" if bound == "within" else ""
            assert f"needs {before}{values} the steps to the same error{after}" in text
        assert bool(re.search("at least|at most|within the", text)) == bool(bounds - {""})


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(("claim", "question"), [("C5", SPEED), ("C6", ERROR)])
def test_a_claim_counts_and_follows_the_verdicts(name, claim, question):
    judged = ALL_CLAIMS[claim].judge(Grounds(tables_of(name), 0.95))
    cast: Counter[str] = Counter()
    for loss in LOSSES:
        verdicts = Counter(rows_of(name, question, loss)["verdict"])
        cast += verdicts
        called = f"MSE on {loss.removeprefix('mse_')}"
        (mine,) = (part for part in judged.numbers.split(". ") if part.startswith(called))
        word = WORDS[question.metric]["worse"][1]
        assert f"{word} in {verdicts['worse']} of {verdicts.total()}" in mine
        for still_open in ("undecided", "not measurable"):
            told = f"{still_open} in {verdicts[still_open]}" in mine
            assert told == bool(verdicts[still_open])
    against = cast["better"] + cast["equivalent"]
    assert judged.verdict == expected(cast["worse"], against, cast.total())


def expected(worse: int, against: int, total: int) -> str:
    """The protocol's rule, written out here."""
    still_open = total - worse - against
    if worse and against:
        return "mixed"
    if worse == total:
        return "supported"
    if worse > still_open:
        return "supported with limits"
    return "contradicted" if against > still_open else "undecided"
