"""From votes to a verdict: one rule for every claim.

Whatever a claim is tried on casts a vote: for the claim, against it, or open.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lossbench.study.settings import Recipe
from lossbench.tables.rows import Tables

Vote = Literal["for", "against", "open"]
Verdict = Literal["supported", "supported with limits", "mixed", "contradicted", "undecided"]


@dataclass(frozen=True)
class Grounds:
    """What a claim is judged by."""

    tables: Tables
    """Of the study and of the theory chapter."""
    level: float
    """The coverage that the study asks of its intervals."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """On the claims before this one."""
    recipes: Sequence[Recipe] = ()
    """The study's."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, the numbers behind it, and where it holds and where not."""

    verdict: Verdict
    numbers: str
    limits: str = ""


def decide(votes: Collection[Vote]) -> Verdict:
    """The verdict on a claim from its votes.

    `supported`: all are for it. `supported with limits`: none is against, and more are for it than
    open. `mixed`: some for, some against. `contradicted`: none for, and more against than open.
    """
    cast = list(votes)
    pro, contra, still_open = (cast.count(vote) for vote in ("for", "against", "open"))
    if pro and contra:
        return "mixed"
    if pro > still_open:
        return "supported with limits" if still_open else "supported"
    return "contradicted" if contra > still_open else "undecided"
