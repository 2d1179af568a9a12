"""The claims that theory decides, from the chapter's tables alone."""

from collections.abc import Callable, Mapping

from lossbench.claims.rule import Grounds, Judgement, Vote, decide
from lossbench.claims.theory_evidence import Evidence
from lossbench.tables.rows import Tables
from lossbench.words.numbers import join

VOTES: dict[Evidence, Vote] = {True: "for", False: "against", None: "open"}
WORDS: dict[Vote, str] = {"against": "It does not hold", "open": "It is undecided"}


def by_theory(
    numbers: Callable[[Tables], str],
    parts: Mapping[str, Callable[[Tables], Evidence]],
    cases: Callable[[Tables], Mapping[str, Evidence]],
) -> Callable[[Grounds], Judgement]:
    """Judges a claim by its parts, and by the cases in which it is tried: each casts a vote.

    Both are named by phrases such as "in its formula" or "on separable data".
    """

    def judge(grounds: Grounds) -> Judgement:
        tables = grounds.tables
        found = {part: holds(tables) for part, holds in parts.items()} | dict(cases(tables))
        votes = {name: VOTES[evidence] for name, evidence in found.items()}
        verdict = decide(votes.values())
        if verdict == "undecided":
            return Judgement(verdict, "The chapter's tables do not tell.", _limits(votes))
        return Judgement(verdict, numbers(tables), _limits(votes))

    return judge


def _limits(votes: Mapping[str, Vote]) -> str:
    """Where the claim does not hold, and where it is undecided."""
    cast = {vote: [name for name, each in votes.items() if each == vote] for vote in WORDS}
    return " ".join(f"{WORDS[vote]} {join(names)}." for vote, names in cast.items() if names)
