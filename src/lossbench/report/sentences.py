"""The sentences that the page writes itself. Every number comes from a table through `numbers`."""

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report import evidence, verdicts
from lossbench.report.blocks import Prose, Text
from lossbench.report.evidence import Tables
from lossbench.study.config import Study
from lossbench.words import numbers

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


def losses_on_speed(study: Study, tables: Tables) -> tuple[Text, ...]:
    """One sentence a loss: its steps to the last target, against the reference."""
    return tuple(verdicts.speed(tables, loss) for loss in _others(study))


def losses_on_error(study: Study, tables: Tables) -> tuple[Text, ...]:
    """One sentence a loss: its final test error, against the reference."""
    return tuple(verdicts.final(tables, loss) for loss in _others(study))


def _others(study: Study) -> list[str]:
    losses = [grid.loss for comparison in study.comparisons for grid in comparison.losses]
    return [loss for loss in dict.fromkeys(losses) if loss != REFERENCE]
