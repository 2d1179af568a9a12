"""The sentences that the page writes itself. Every number comes from a table through `wording`."""

import math

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report import evidence, run_table, verdicts
from lossbench.report.blocks import Prose, Text
from lossbench.report.evidence import Tables
from lossbench.study.config import Study
from lossbench.words import numbers
from lossbench.words.names import dataset_name, in_sentence, with_network

CLAIM_VERDICTS = {
    "supported": "supports {}",
    "supported with limits": "supports {} with limits",
    "contradicted": "contradicts {}",
    "undecided": "leaves {} undecided",
}
"""What the evidence does to a claim, by verdict."""


def answer(tables: Tables) -> list[Prose]:
    """The page's first sentences: who learns faster, who ends lower, and how sure that is."""
    return [
        Prose(verdicts.speed(tables, PRIMARY), "table-speed"),
        Prose(verdicts.final(tables, PRIMARY), "table-error-contrasts"),
        Prose(claims(tables), "claims", "all claims"),
    ]


def claims(tables: Tables) -> str:
    """How many of the claims stand, fall, hold with limits, or stay open."""
    if not evidence.filled(tables, "claims"):
        return "No claim was tested."
    found = tables["claims"]["verdict"]
    counts = {verdict: int((found == verdict).sum()) for verdict in CLAIM_VERDICTS}
    parts = [CLAIM_VERDICTS[verdict].format(n) for verdict, n in counts.items() if n]
    tested = numbers.count(len(found), "claim")
    return f"Of the {tested} tested, the evidence {numbers.join(parts)}."


def seeds(study: Study) -> str:
    """How often each run was repeated, and what follows from it."""
    counts = evidence.evaluation_seeds(study)
    text = (
        "Each loss trains with its own tuned learning rate and the same "
        f"{numbers.counts(counts, 'seed')}, paired: one seed gives every loss the same start and "
        "the same batches."
    )
    if min(counts) < verdicts.FEWEST_PAIRS:
        return f"{text} {_too_few(min(counts))}"
    return f"{text} Intervals cover {study.statistics.level:.0%}."


def losses_on_speed(study: Study, tables: Tables) -> tuple[Text, ...]:
    """One sentence a loss: its steps to the last target, against the reference."""
    return tuple(verdicts.speed(tables, loss) for loss in _others(study))


def losses_on_error(study: Study, tables: Tables) -> tuple[Text, ...]:
    """One sentence a loss: its final test error, against the reference."""
    return tuple(verdicts.final(tables, loss) for loss in _others(study))


def sensitivity(tables: Tables) -> str:
    """Whether tuning looked far enough: which chosen rates lie on an edge of their grid."""
    if not evidence.filled(tables, "choices"):
        return "No learning rate was tuned."
    chosen = tables["choices"]
    edges = chosen[chosen["on_edge"]]
    tried = numbers.counts([int(trials) for trials in chosen["trials"]], "trial")
    if edges.empty:
        return f"With {tried} for each loss, every chosen learning rate lies inside its grid."
    listed = numbers.join(
        [
            f"{in_sentence(row.loss)} on {with_network(row.dataset, row.model)} "
            f"({row.learning_rate:g})"
            for row in evidence.records(edges)
        ]
    )
    return (
        f"With {tried} for each loss, the chosen learning rate lies on the edge of its grid for "
        f"{listed}: a better rate may lie beyond, so the tuned error there is an upper bound."
    )


def same_rate(tables: Tables) -> str:
    """What the comparison at one shared rate says, and why it decides nothing."""
    found = [
        row
        for row in evidence.contrasts(tables, "validation_error", rates="same_rate")
        if not math.isnan(row.value)
    ]
    if not found:
        return "No tuning run of two losses shares a learning rate."
    worse = [row for row in found if row.value > 0]
    return (
        f"At the rate that suits {in_sentence(REFERENCE)}, the other losses have a higher "
        f"validation error in {len(worse)} of {numbers.count(len(found), 'comparison')}. This "
        "comparison is confounded: a rate that suits one loss need not suit another, because "
        "their gradients differ in size. It shows what happens when the rate is not tuned."
    )


def counts(study: Study, tables: Tables) -> str:
    """How many of the planned runs were made, diverged, or are missing."""
    found = run_table.status(study, tables)["status"].value_counts()
    parts = [
        f"{found[status]:,} {meaning}"
        for status, meaning in (
            ("ok", "finished"),
            ("diverged", "diverged"),
            ("missing", "missing"),
            ("not planned", "not planned"),
        )
        if status in found
    ]
    return f"{numbers.count(int(found.sum()), 'run')}: {numbers.join(parts)}."


def diverged(tables: Tables) -> str:
    """How many runs diverged, and of which losses; empty where none did."""
    parts = []
    for stage, meaning in (("evaluation", "evaluation run"), ("tuning", "tuning run")):
        lost = evidence.diverged_runs(tables, stage)
        counts = lost.groupby("loss").size()
        parts += [
            f"{numbers.count(number, meaning)} of {in_sentence(str(loss))}"
            for loss, number in counts.items()
        ]
    if not parts:
        return ""
    return (
        f"Diverged: {numbers.join(parts)}. Such a run counts as a failure: it has the error of "
        "chance and reaches no target."
    )


def missing(study: Study, tables: Tables) -> str:
    """Which data sets of the study have no run; empty where none is missing."""
    names = [dataset_name(name) for name in evidence.missing_datasets(study, tables)]
    if not names:
        return ""
    return f"No run on {numbers.join(names)} was found: nothing here speaks about it."


def _too_few(seeds: int) -> str:
    return (
        f"With {numbers.count(seeds, 'seed')} there are no intervals: the spread between seeds "
        f"cannot be estimated from fewer than {verdicts.FEWEST_PAIRS}, so no difference can be "
        "told from chance."
    )


def _others(study: Study) -> list[str]:
    losses = [grid.loss for comparison in study.comparisons for grid in comparison.losses]
    return [loss for loss in dict.fromkeys(losses) if loss != REFERENCE]
