"""The claims that the benchmark decides: every comparison of a loss casts a vote."""

import math

import pandas as pd

from lossbench.cards.own_cards import OWN_LOSSES, dataset_cards, stand_ins
from lossbench.claims.expectations import EXPECTATIONS, MARGINS, SQUARED, Expectation
from lossbench.claims.rule import Grounds, Judgement, Verdict, Vote, decide
from lossbench.stats.intervals import over_folds
from lossbench.stats.reversals import find_reversal
from lossbench.tables.rows import Tables, filled, records, rows_of
from lossbench.words import numbers
from lossbench.words.findings import select
from lossbench.words.names import loss_name
from lossbench.words.phrases import amount, count
from lossbench.words.places import Place, places_in
from lossbench.words.questions import ERROR, SPEED

NO_SQUARED = "Squared error was not compared."


def faster(grounds: Grounds) -> Judgement:
    """C5 by the ratio of steps where the study asks for speed; all else stands beside, no vote."""
    expectation, tables = EXPECTATIONS["C5"], grounds.tables
    words = [_counted(expectation, tables) or NO_SQUARED]
    others = select(tables, SPEED.metric)
    others = others[others["loss"].isin(SQUARED) & ~others["main"].astype(bool)]
    if ratios := amount(SPEED, records(others)):
        words.append(f"Under other recipes or lengths {ratios}.")
    shared = select(tables, SPEED.metric, rates="same_rate")
    if ratios := amount(SPEED, records(shared[shared["loss"].isin(SQUARED)])):
        words.append(f"At cross-entropy's own rate, which confounds, {ratios}.")
    return _by_votes(expectation, tables, " ".join(words))


def lower_error(grounds: Grounds) -> Judgement:
    """C6 by the test error where the study asks for it; a tie within the margin is against it."""
    words = _counted(EXPECTATIONS["C6"], grounds.tables) or NO_SQUARED
    return _by_votes(EXPECTATIONS["C6"], grounds.tables, words)


def compact(grounds: Grounds) -> Judgement:
    """C10 by the scatter ratio of margin losses; their test error stands beside, without a vote."""
    expectation, errors = EXPECTATIONS["C10"], Expectation(ERROR, MARGINS, "better")
    scatter, accurate = (_counted(each, grounds.tables) for each in (expectation, errors))
    if not scatter:
        missing = "No features were measured." if accurate else "No margin loss was compared."
        return Judgement("undecided", missing)
    beside = f" Their test error has no vote. {accurate}" if accurate else ""
    return _by_votes(expectation, grounds.tables, scatter + beside)


def error_judges(grounds: Grounds) -> Judgement:
    """C11 by a pair of losses of which one has the lower NLL and the other the lower error.

    It votes for the claim if both differences are resolved over the replicates, corrected for
    having searched all pairs; seen but not resolved, it leaves the claim open.
    """
    metrics = rows_of(grounds.tables, "metrics", stage="evaluation")
    metrics = metrics[~metrics["loss"].isin(OWN_LOSSES)]  # claims are about built-in ones
    found = find_reversal(metrics, alpha=1 - grounds.level)
    if found is None:
        return Judgement("undecided", "No two losses disagree in NLL and error.")
    nll = f"{numbers.number(found.nll[0], 4)} against {numbers.number(found.nll[1], 4)}"
    errors = f"{numbers.percent(found.error[0])} against {numbers.percent(found.error[1])}"
    where = next(place for place in places_in(metrics) if place[:-1] == Place.of(found)[:-1])
    words = (
        f"{where.heading}: {loss_name(found.likely)} has a lower NLL than "
        f"{loss_name(found.right)} ({nll}) and yet a higher error ({errors}). "
        f"{numbers.count(found.seeds, 'replicate')}, "
        + ("no test." if math.isnan(found.p) else f"{numbers.p_value(found.p_adjusted)} for both.")
    )
    seen = "Seen in the means, not resolved from the spread between replicates."
    limits = _said("" if found.is_resolved else seen, _measured_on({found.dataset}))
    return Judgement(decide(["for" if found.is_resolved else "open"]), words, limits)


def rule_of_thumb(grounds: Grounds) -> Judgement:
    """C12 from the verdicts on C5 and C6, a mixed one on both sides, and from real regressions."""
    theirs = {claim: grounds.verdicts.get(claim, "undecided") for claim in SUMMED}
    votes = [vote for claim in ("C5", "C6") for vote in VOTES[theirs[claim]]]
    grouped = {
        each: numbers.join([claim for claim in SUMMED if theirs[claim] == each])
        for each in dict.fromkeys(theirs.values())
    }
    words = [f"Verdicts: {'; '.join(f'{claims} {each}' for each, claims in grouped.items())}."]
    if filled(grounds.tables, "regression_errors"):
        for target, rows in grounds.tables["regression_errors"].groupby("target"):
            vote, told = _regression(rows, grounds.level)
            votes.append(vote)
            words.append(f"{str(target).capitalize()}: {told}.")
    limits = "Regression was tried with linear models alone."
    return Judgement(decide(votes), " ".join(words), limits)


def _regression(rows: pd.DataFrame, level: float) -> tuple[Vote, str]:
    """What the folds of one target say of squared error against cross-entropy over bins."""
    wide = rows.pivot(index="fold", columns="loss", values="squared_error")
    sizes = {part: int(rows[part].iloc[0]) for part in ("train", "test")}
    excess = wide["cross-entropy"] - wide["squared error"]
    low, high = over_folds(excess.to_numpy(), **sizes).interval(level)
    means = {loss: numbers.percent(float(mean), 0) for loss, mean in wide.mean().items()}
    interval = f"{level:.0%} interval {numbers.span((low, high), numbers.points)}"
    told = (
        f"squared error leaves {means['squared error']} of the variance, "
        f"cross-entropy over bins {means['cross-entropy']} (difference: {interval})"
    )
    return ("for" if low > 0 else "against" if high < 0 else "open"), told


def _counted(expectation: Expectation, tables: Tables) -> str:
    """How often each loss bears the claim out; empty where none was compared."""
    found = expectation.findings(tables)
    return " ".join(f"{count(finding, expectation.expects)}." for finding in found)


def _by_votes(expectation: Expectation, tables: Tables, words: str) -> Judgement:
    """The verdict where each contrast votes; the page shows them all, loss by place."""
    rows = [row for finding in expectation.findings(tables) for row in finding.rows]
    verdict = decide([expectation.vote(row) for row in rows])
    return Judgement(verdict, words, _measured_on({row.dataset for row in rows}))


def _said(*limits: str) -> str:
    """Those limits that say something."""
    return " ".join(filter(None, limits))


def _measured_on(datasets: set[str]) -> str:
    """The limit that evidence from stand-in data sets has; empty without any."""
    listed = [dataset_cards()[name].name for name in sorted(datasets & stand_ins())]
    return f"Measured on stand-in data: {numbers.join(listed)}." if listed else ""


SUMMED = ("C5", "C6", "C7", "C8", "C9")
"""The claims that C12 rests on."""
VOTES: dict[Verdict, tuple[Vote, ...]] = {
    "supported": ("for",),
    "supported with limits": ("for",),
    "mixed": ("for", "against"),
    "contradicted": ("against",),
    "undecided": ("open",),
}
"""The votes that a claim's verdict casts for another that rests on it."""
