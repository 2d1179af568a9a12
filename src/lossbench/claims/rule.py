"""From evidence to a verdict: one rule for every claim of the chapter."""

from collections.abc import Mapping, Sequence
from typing import Literal

from lossbench.words import numbers

Verdict = Literal["supported", "contradicted", "supported with limits", "undecided"]
Evidence = bool | None
"""Whether a part of a claim holds; None where the tables cannot tell."""


def verdict(essentials: Sequence[Evidence], cases: Mapping[str, Evidence]) -> tuple[Verdict, str]:
    """The verdict on a claim, and its limits in words ("" without limits).

    `essentials` must all hold, wherever the claim is looked at. `cases` are the settings in which
    it is tried, each named by a phrase such as "on separable data": the claim is contradicted where
    it holds in none of them, and limited where it holds in some.
    """
    if False in essentials:
        return "contradicted", ""
    if None in essentials or not any(essentials) or (cases and set(cases.values()) == {None}):
        return "undecided", ""
    failed = [name for name, holds in cases.items() if holds is False]
    unknown = [name for name, holds in cases.items() if holds is None]
    if failed and len(failed) + len(unknown) == len(cases):
        return "contradicted", ""
    parts = [
        f"{phrase} {numbers.join(names)}"
        for phrase, names in (("It does not hold", failed), ("It is undecided", unknown))
        if names
    ]
    return ("supported with limits", ". ".join(parts) + ".") if parts else ("supported", "")
