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
    *essentials: Callable[[Tables], Evidence],
    cases: Callable[[Tables], Mapping[str, Evidence]],
) -> Callable[[Grounds], Judgement]:
    """Judges a claim by what must hold everywhere, and by the cases in which it is tried.

    A case is named by a phrase such as "on separable data".
    """

    def judge(grounds: Grounds) -> Judgement:
        tables = grounds.tables
        votes = {case: VOTES[holds] for case, holds in cases(tables).items()}
        verdict = decide(votes.values(), [VOTES[holds(tables)] for holds in essentials])
        if verdict == "undecided":
            return Judgement(verdict, "the chapter's tables do not tell")
        limits = _limits(votes) if verdict == "supported with limits" else ""
        return Judgement(verdict, numbers(tables), limits)

    return judge


def _limits(votes: Mapping[str, Vote]) -> str:
    """In which cases the claim does not hold, and in which it is undecided."""
    cast = {vote: [case for case, each in votes.items() if each == vote] for vote in WORDS}
    return " ".join(f"{WORDS[vote]} {join(cases)}." for vote, cases in cast.items() if cases)
