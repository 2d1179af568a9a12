"""The sentences that the page writes itself. Every number comes from a table through `numbers`."""

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report.blocks import Prose
from lossbench.study.config import Study
from lossbench.tables.rows import Tables, filled
from lossbench.words import numbers
from lossbench.words.findings import find
from lossbench.words.phrases import Sentences, sentences
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


def losses_on(question: Question, study: Study, tables: Tables) -> tuple[Sentences, ...]:
    """What each of the study's losses answers to the question."""
    losses = [grid.loss for comparison in study.comparisons for grid in comparison.losses]
    others = [loss for loss in dict.fromkeys(losses) if loss != REFERENCE]
    return tuple(sentences(find(tables, question, loss)) for loss in others)
