"""The sentences that the page writes itself. Every number comes from a table through `words`."""

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report import run_table
from lossbench.report.blocks import Prose, Text
from lossbench.stats.intervals import MIN_PAIRS
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.tables.rows import Tables, filled, records, rows_of
from lossbench.words import numbers
from lossbench.words.findings import find, select
from lossbench.words.names import dataset_name, in_sentence
from lossbench.words.phrases import sentences
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED, Question

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
        Prose(sentences(find(tables, SPEED, PRIMARY)), "table-speed"),
        Prose(sentences(find(tables, ERROR, PRIMARY)), "table-error-contrasts"),
        Prose(claims(tables), "claims", "all claims"),
    ]


def claims(tables: Tables) -> str:
    """How many of the claims stand, fall, hold with limits, or stay open."""
    if not filled(tables, "claims"):
        return "No claim was tested."
    found = tables["claims"]["verdict"]
    counts = {verdict: int((found == verdict).sum()) for verdict in CLAIM_VERDICTS}
    parts = [CLAIM_VERDICTS[verdict].format(n) for verdict, n in counts.items() if n]
    tested = numbers.count(len(found), "claim")
    return f"Of the {tested} tested, the evidence {numbers.join(parts)}."


def seeds(study: Study) -> str:
    """How often each run was repeated, and what follows from it."""
    counts = [len(plan.seeds(study, each, "evaluation")) for each in study.comparisons]
    text = (
        "Each loss trains with its own tuned learning rate and the same "
        f"{numbers.counts(counts, 'seed')}, paired: one seed gives every loss the same start and "
        "the same batches."
    )
    if min(counts) < MIN_PAIRS:
        return f"{text} {_too_few(min(counts))}"
    return f"{text} Intervals cover {study.statistics.level:.0%}."


def losses_on(question: Question, study: Study, tables: Tables) -> tuple[Text, ...]:
    """What each of the study's losses answers to the question."""
    losses = [grid.loss for comparison in study.comparisons for grid in comparison.losses]
    others = [loss for loss in dict.fromkeys(losses) if loss != REFERENCE]
    return tuple(sentences(find(tables, question, loss)) for loss in others)


def sensitivity(tables: Tables) -> str:
    """Whether tuning looked far enough: which chosen rates lie on an edge of their grid."""
    if not filled(tables, "choices"):
        return "No learning rate was tuned."
    chosen = tables["choices"]
    edges = chosen[chosen["on_edge"]]
    tried = numbers.counts([int(trials) for trials in chosen["trials"]], "trial")
    if edges.empty:
        return f"With {tried} for each loss, every chosen learning rate lies inside its grid."
    listed = numbers.join(
        [
            f"{in_sentence(row.loss)} on {Place.of(row).in_sentence} ({row.learning_rate:g})"
            for row in records(edges)
        ]
    )
    return (
        f"With {tried} for each loss, the chosen learning rate lies on the edge of its grid for "
        f"{listed}: a better rate may lie beyond, so the tuned error there is an upper bound."
    )


def same_rate(tables: Tables) -> str:
    """What the comparison at one shared rate says, and why it decides nothing."""
    found = select(tables, "validation_error", rates="same_rate").dropna(subset="value")
    if found.empty:
        return "No tuning run of two losses shares a learning rate."
    verdicts = found["verdict"].value_counts()
    still_open = verdicts.get("undecided", 0)
    return (
        f"At the rate that suits {in_sentence(REFERENCE)}, the other losses have a higher "
        f"validation error in {verdicts.get('worse', 0)} of "
        f"{numbers.count(len(found), 'comparison')}"
        f"{f', undecided in {still_open}' if still_open else ''}. Such a comparison is "
        "confounded: a rate that suits one loss need not suit another, because "
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
        lost = rows_of(tables, "runs", stage=stage, diverged=True)
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
    found = set(rows_of(tables, "runs")["dataset"])
    asked = dict.fromkeys(comparison.dataset for comparison in study.comparisons)
    names = [dataset_name(dataset) for dataset in asked if dataset not in found]
    if not names:
        return ""
    return f"No run on {numbers.join(names)} was found: nothing here speaks about it."


def _too_few(seeds: int) -> str:
    return (
        f"With {numbers.count(seeds, 'seed')} there are no intervals: the spread between seeds "
        f"cannot be estimated from fewer than {MIN_PAIRS}, so no difference can be "
        "told from chance."
    )
