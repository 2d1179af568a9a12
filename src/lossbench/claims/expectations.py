"""What the benchmark tries a claim on: one question, asked of some losses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lossbench.cards.loss import of_family
from lossbench.claims.rule import Vote
from lossbench.stats.verdicts import Verdict
from lossbench.study.fields import LossName
from lossbench.tables.rows import Record, Tables
from lossbench.words.findings import Finding, find
from lossbench.words.questions import ERROR, SCATTER, SPEED, Question

SQUARED = of_family("squared")
MARGINS = of_family("margin")

Outcome = Literal["as claimed", "level", "opposite", "open"]
"""What a contrast says of a claim."""
VOTES: dict[Outcome, Vote] = {
    "as claimed": "for",
    "level": "against",
    "opposite": "against",
    "open": "open",
}


@dataclass(frozen=True)
class Expectation:
    """A claim's question, the losses it is asked about, and the verdict that bears it out."""

    question: Question
    losses: Sequence[LossName]
    expects: Verdict

    def findings(self, tables: Tables) -> list[Finding]:
        """What the study found about each of the losses that it compares."""
        found = (find(tables, self.question, loss) for loss in self.losses)
        return [finding for finding in found if finding.rows]

    def outcome(self, row: Record) -> Outcome:
        """What one contrast says."""
        if row.verdict in ("undecided", "not measurable"):
            return "open"
        if row.verdict == self.expects:
            return "as claimed"
        return "level" if row.verdict == "equivalent" else "opposite"

    def vote(self, row: Record) -> Vote:
        """How one contrast votes; a tie is against the claim."""
        return VOTES[self.outcome(row)]


EXPECTATIONS: dict[str, Expectation] = {
    "C5": Expectation(SPEED, SQUARED, "worse"),
    "C6": Expectation(ERROR, SQUARED, "worse"),
    "C10": Expectation(SCATTER, MARGINS, "better"),
}
"""By claim."""
