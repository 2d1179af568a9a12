"""One finding: what the contrasts of one loss with the reference say on one metric.

Sentences, titles, the claims' numbers and the headline's table all speak of contrasts that are
selected here.
"""

from dataclasses import dataclass

import pandas as pd

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.cards.own_cards import OWN_LOSSES
from lossbench.stats.verdicts import Verdict
from lossbench.tables.rows import Record, Tables, records, rows_of
from lossbench.words.names import focus
from lossbench.words.places import Place, tell_apart
from lossbench.words.questions import Question


@dataclass(frozen=True)
class Part:
    """Contrasts of one verdict, one a place."""

    verdict: Verdict
    rows: tuple[Record, ...]
    """As `select` gives them."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Where they were measured."""
        return tuple(Place.of(row) for row in self.rows)


@dataclass(frozen=True)
class Finding:
    """The answers to one question about one loss, one a place."""

    question: Question
    loss: str
    rows: tuple[Record, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The contrasts by verdict, the clear ones first; no part for a verdict of none."""
        found = (
            Part(verdict, tuple(row for row in self.rows if row.verdict == verdict))
            for verdict in self.question.phrases
        )
        return tuple(part for part in found if part.rows)

    def count(self, verdict: Verdict) -> int:
        """How many contrasts have the verdict."""
        return sum(row.verdict == verdict for row in self.rows)


def on_trial(tables: Tables) -> tuple[str, ...]:
    """The losses that the headline table has: the primary one, and the study's own.

    Where nothing of that is compared, the one that titles speak of.
    """
    compared = set(rows_of(tables, "contrasts")["loss"])
    named = tuple(loss for loss in (PRIMARY, *OWN_LOSSES) if loss in compared)
    return named or (focus(compared) or PRIMARY,)


def find(tables: Tables, question: Question, loss: str | None = None) -> Finding:
    """What the contrasts of the comparisons that answer for their network say about `loss`.

    Without a loss, about the one that titles speak of.
    """
    found = select(tables, question.metric)
    found = found[found["main"].astype(bool)]
    loss = loss or focus(set(found["loss"])) or PRIMARY
    return Finding(question, loss, tuple(records(found[found["loss"] == loss])))


def select(
    tables: Tables, metric: str, loss: str | None = None, rates: str = "tuned"
) -> pd.DataFrame:
    """The contrasts with the reference on one metric, of one loss or of all.

    Columns of CONTRASTS, and `told` as in `tell_apart`.
    """
    wanted = {"metric": metric, "rates": rates, "reference": REFERENCE}
    if loss is not None:
        wanted["loss"] = loss
    found = rows_of(tables, "contrasts", **wanted)
    return tell_apart(found, among=rows_of(tables, "contrasts"))
