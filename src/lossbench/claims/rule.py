"""From votes to a verdict: one rule for every claim.

Whatever a claim is tried on casts a vote: for the claim, against it, or open. A claim that all
votes bear out is supported; one that some bear out is supported with limits; one that none bears
out and some deny is contradicted; without a vote either way it is undecided.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from lossbench.tables.rows import Tables

Vote = Literal["for", "against", "open"]
Verdict = Literal["supported", "contradicted", "supported with limits", "undecided"]


@dataclass(frozen=True)
class Grounds:
    """What a claim is judged by."""

    tables: Tables
    """Of the study and of the theory chapter."""
    level: float
    """The coverage that the study asks of its intervals."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """On the claims before this one."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, the numbers behind it, and where it holds and where not."""

    verdict: Verdict
    numbers: str
    limits: str = ""


def limited(verdict: Verdict, numbers: str, *limits: str) -> Judgement:
    """The judgement with those limits that say something: with one, none is supported outright."""
    said = "; ".join(filter(None, limits))
    is_limited = verdict == "supported" and said
    return Judgement("supported with limits" if is_limited else verdict, numbers, said)


def decide(votes: Collection[Vote], essentials: Collection[Vote] = ()) -> Verdict:
    """The verdict on a claim from its votes.

    `essentials` must all be for it, wherever it is looked at: one against contradicts the claim,
    one open leaves it undecided, and without other votes they carry it.
    """
    if "against" in essentials:
        return "contradicted"
    if "open" in essentials:
        return "undecided"
    cast = set(votes or essentials)
    if "for" in cast:
        return "supported" if cast == {"for"} else "supported with limits"
    return "contradicted" if "against" in cast else "undecided"
