"""The first screen says who wins, and never more than the verdicts, whatever the answer is."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from builders import synthetic
from builders.answers import SCENARIOS, tables_of
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report import prose
from lossbench.tables.runs import COMPARISON
from lossbench.words import headline
from lossbench.words.findings import Finding, find
from lossbench.words.names import in_sentence
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED

WINS = {"error": "ends lower", "speed": "learns faster"}
LEVEL = {"error": "end level", "speed": "learn equally fast"}
NAMES = {"better": in_sentence(PRIMARY), "worse": in_sentence(REFERENCE)}


def findings(name):
    tables = tables_of(name)
    return tables, {"error": find(tables, ERROR), "speed": find(tables, SPEED)}


def verdicts(tables, metric) -> list[str]:
    frame = tables["contrasts"].query("loss == @PRIMARY")
    return list(frame.loc[frame["metric"] == metric, "verdict"])


def subject_of(text: str, phrase: str) -> str:
    """Who the heading says it of: the words before it, up to the clause's start."""
    before = text.partition(phrase)[0].rpartition(";")[2]
    return before.partition(" ends lower")[0].strip().lower()


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_heading_is_short_and_names_a_winner_and_the_deck_has_amounts_of_clear_verdicts(name):
    tables, found = findings(name)
    said = headline.heading(found["error"], found["speed"])
    assert len(said.split()) <= 12
    for asked, question in (("error", ERROR), ("speed", SPEED)):
        counted = verdicts(tables, question.metric)
        clear = {verdict for verdict in counted if verdict in NAMES}
        if len(clear) == 1:
            (verdict,) = clear
            assert WINS[asked] in said
            winner = NAMES[verdict].lower()
            assert winner in subject_of(said, WINS[asked]), said
            limited = counted.count(verdict) < len(counted)
            count = f"{WINS[asked]} in {counted.count(verdict)} of {len(counted)}"
            assert (count in said or "sometimes" in said) is limited
        elif len(clear) == 2:
            assert f"which {WINS[asked]} varies" in said.lower()
        elif set(counted) == {"equivalent"}:
            assert LEVEL[asked] in said
        else:
            assert WINS[asked] not in said
            assert LEVEL[asked] not in said
    said = headline.deck(found["error"], found["speed"], {}, {})
    clear = {
        metric: set(verdicts(tables, question.metric)) & set(NAMES)
        for metric, question in (("error", ERROR), ("speed", SPEED))
    }
    assert ("pp" in said) is bool(clear["error"])
    assert ("the steps" in said or "misses levels" in said) is bool(clear["speed"])


def test_too_few_replicates_are_the_reason_where_any_are_compared():
    _, found = findings("one seed")
    few = "With fewer than 3 replicates no difference can be told from chance."
    assert headline.deck(found["error"], found["speed"], {}, {}) == few
    none = [Finding(question, PRIMARY, ()) for question in (ERROR, SPEED)]
    assert headline.deck(*none, {}, {}) != few


def deck_where(scenario: str, lost: dict[tuple[str, str], int]) -> str:
    """The deck where of a loss's three runs on a network the first so many diverged."""
    tables = tables_of(scenario)
    runs = tables["contrasts"][list(COMPARISON)].drop_duplicates().assign(stage="evaluation")
    for name, values in (("loss", (PRIMARY, REFERENCE)), ("seed", range(3))):
        runs = runs.merge(pd.DataFrame({name: values}), how="cross")
    keys = zip(runs["loss"], runs["model"], strict=True)
    diverged = runs["seed"] < [lost.get(key, 0) for key in keys]
    return prose.first_screen(tables | {"runs": runs.assign(diverged=diverged)})["deck"]


def test_runs_that_diverged_are_told_where_no_verdict_is_clear_or_none_is_left():
    models = sorted(tables_of("undecided")["contrasts"]["model"].unique())
    ours, theirs = ({(loss, model): 3 for model in models} for loss in (PRIMARY, REFERENCE))
    all_ours = "Every run of MSE on softmax diverged."
    both = "Every run of MSE on softmax and every run of cross-entropy diverged."
    some = "Some runs of MSE on softmax on MNIST with MLP diverged."
    assert deck_where("undecided", ours) == all_ours
    assert deck_where("all diverged", ours | theirs) == both
    assert deck_where("one seed", ours) == all_ours
    assert deck_where("the loss diverged", ours).endswith(f" on MNIST and CIFAR-10. {all_ours}")
    assert deck_where("undecided", {(PRIMARY, "mlp"): 1}).endswith(f"too few, to tell. {some}")
    assert "diverged" not in deck_where("slower and higher", {(PRIMARY, "mlp"): 1})


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("question", [ERROR, SPEED], ids=["error", "speed"])
def test_every_verdict_has_its_sentence_with_its_count(name, question):
    tables, _ = findings(name)
    counted = verdicts(tables, question.metric)
    told = headline.verdict(find(tables, question), {})
    leads = {
        "better": "MSE on softmax",
        "worse": "Cross-entropy",
        "equivalent": "Level",
        "undecided": "Undecided",
        "not measurable": "Not measurable",
    }
    expected = {leads[verdict]: counted.count(verdict) for verdict in counted}
    assert {sentence.lead for sentence in told} == set(expected)
    for sentence in told:
        part = f"in {expected[sentence.lead]} of {len(counted)} comparisons"
        assert (part in sentence.rest) is (expected[sentence.lead] < len(counted))


def test_what_is_level_is_so_within_a_margin_that_is_told():
    _, found = findings("equivalent")
    (error,), (speed,) = (headline.verdict(found[asked], {}) for asked in ("error", "speed"))
    assert error.lead == speed.lead == "Level"
    assert error.rest.replace("\N{NO-BREAK SPACE}", " ") == ", within 0.20 percentage points."
    assert re.fullmatch(r", within a factor of 1\.\d+\.", speed.rest)


def test_some_wins_are_counted_and_a_long_heading_counts_none():
    tables = tables_of("slower and higher")
    contrasts = tables["contrasts"].copy()
    undecided = (contrasts["dataset"] == "cifar10") & (contrasts["metric"] == "error")
    contrasts.loc[undecided, "verdict"] = "undecided"
    both = {"contrasts": contrasts}
    said = headline.heading(find(both, ERROR), find(both, SPEED))
    assert said == "Cross-entropy ends lower in 2 of 3 comparisons and learns faster"
    contrasts.loc[contrasts["dataset"] == "cifar10", "verdict"] = "undecided"
    said = headline.heading(find(both, ERROR), find(both, SPEED))
    assert said == "Cross-entropy ends lower in 2 of 3 comparisons, learns faster in 2"
    speeds = find(both, SPEED)
    fewer = replace(speeds, rows=speeds.rows[1:])
    said = headline.heading(find(both, ERROR), fewer)
    assert said == "Cross-entropy sometimes ends lower and sometimes learns faster"


def test_shares_of_more_errors_are_means_over_means():
    rows = [
        (loss, seed, value)
        for loss, values in ((REFERENCE, (0.10, 0.30)), (PRIMARY, (0.15, 0.35)))
        for seed, value in enumerate(values)
    ]
    frame = pd.DataFrame(rows, columns=["loss", "seed", "value"]).assign(
        dataset="mnist", model="mlp", recipe="annealed", epochs=2
    )
    frame = frame.assign(split="test", metric="error", stage="evaluation")
    found = headline.relative_errors({"metrics": frame}, PRIMARY)
    assert found == {Place("mnist", "mlp", "annealed", 2): pytest.approx(0.25)}
    # A run without its pair would make 25 % fewer errors of it.
    alone = frame.iloc[:1].assign(seed=2, value=0.6)
    assert headline.relative_errors({"metrics": pd.concat([frame, alone])}, PRIMARY) == found
    frame.loc[frame["loss"] == REFERENCE, "value"] = 0.0
    assert headline.relative_errors({"metrics": frame}, PRIMARY) == {}


def test_shares_of_two_signs_or_unknown_ones_are_not_summed_up():
    _, found = findings("slower and higher")
    (part,) = found["error"].parts
    places = [place._replace(told="") for place in part.places]
    shares = dict(zip(places, (0.16, 0.29, 0.07), strict=True))
    assert headline.more(shares, part) == "7% to 29% more errors"
    assert headline.more(dict.fromkeys(places, -0.5), part) == "50% fewer errors"
    assert headline.more(shares | {places[0]: -0.1}, part) == ""
    assert headline.more(shares | {places[0]: math.nan}, part) == ""
    assert headline.more({}, part) == ""


def test_the_pairs_that_the_reference_wins_are_counted_run_by_run():
    tables, _ = synthetic.build(networks=1)
    finding = find(tables, ERROR)
    metrics = tables["metrics"].query("metric == 'error' and split == 'test'").copy()
    metrics.loc[(metrics["loss"] == PRIMARY) & (metrics["seed"] == 0), "value"] = 0.0
    key = ["dataset", "model", "recipe", "epochs", "seed"]
    ours, theirs = (
        metrics[metrics["loss"] == loss].set_index(key)["value"] for loss in (PRIMARY, REFERENCE)
    )
    won = int(np.sum(theirs < ours.reindex(theirs.index)))
    pairs = headline.compared_pairs(tables | {"metrics": metrics}, finding)
    assert (headline.wins(pairs, PRIMARY), len(pairs)) == (won, len(theirs))
    assert 0 < won < len(theirs)
