"""From contrasts to votes on a claim, from votes to a verdict, and both in words.

Every comparison of a loss on one network and one data set casts a vote: for the claim, against
it, or open. A claim that all votes bear out is supported; one that some bear out is supported
with limits, and says where it holds and where not; one that none bears out and some deny is
contradicted; without a vote either way it is undecided.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lossbench.study.fields import LossName
from lossbench.words import names, numbers

Vote = Literal["for", "against", "open"]


@dataclass(frozen=True)
class Question:
    """One metric's contrasts as votes on a claim."""

    metric: str
    losses: tuple[LossName, ...]
    bears_out: str
    """The contrast's verdict that votes for the claim."""
    word: str
    """How a loss with that verdict is described, such as `slower`."""
    write: Callable[[float], str]
    """How the contrast's value reads."""


def combine(votes: Iterable[Vote]) -> str:
    """The verdict on a claim from its votes."""
    cast_votes = set(votes)
    if "for" in cast_votes:
        return "supported" if cast_votes == {"for"} else "supported with limits"
    return "contradicted" if "against" in cast_votes else "undecided"


def asked(contrasts: pd.DataFrame, question: Question, rates: str = "tuned") -> pd.DataFrame:
    """The contrasts that answer a question, with a `vote` each."""
    found = contrasts[
        (contrasts["rates"] == rates)
        & (contrasts["metric"] == question.metric)
        & contrasts["loss"].isin(question.losses)
    ]
    return found.assign(vote=[_vote(verdict, question) for verdict in found["verdict"]])


def count_votes(answers: pd.DataFrame, question: Question) -> str:
    """Each loss's votes and the range of its values, such as `X: slower in 3 of 4 (1.2× to 2×)`."""
    parts = []
    for loss in question.losses:
        mine = answers[answers["loss"] == loss]
        if len(mine):
            wins = f"{question.word} in {(mine['vote'] == 'for').sum()} of {len(mine)}"
            if still_open := (mine["vote"] == "open").sum():
                wins += f", undecided in {still_open}"
            parts.append(f"{_loss(loss)}: {wins} ({span(mine['value'], question.write)})")
    return "; ".join(parts) or "nothing was compared"


def span(values: pd.Series, write: Callable[[float], str]) -> str:
    """The smallest and the largest of the values that are known."""
    known = values.dropna()
    if known.empty:
        return numbers.ABSENT
    low, high = write(float(known.min())), write(float(known.max()))
    return low if low == high else f"{low} to {high}"


def where(answers: pd.DataFrame) -> str:
    """Where the votes are for, against and open: losses, each with its data sets and networks."""
    parts = []
    for vote, words in WORDS.items():
        by_loss = [
            _places(cases, str(loss), vote) for loss, cases in answers.groupby("loss", sort=False)
        ]
        if cases := [text for text in by_loss if text]:
            parts.append(f"{words} {numbers.join(cases)}")
    return "; ".join(parts)


def place(dataset: str, model: str) -> str:
    """A data set and a network as one heading."""
    return names.heading(dataset, model)


def _vote(verdict: str, question: Question) -> Vote:
    if verdict == "undecided":
        return "open"
    return "for" if verdict == question.bears_out else "against"


def _places(cases: pd.DataFrame, loss: str, vote: Vote) -> str:
    """The loss and where it voted so; empty where it did nowhere."""
    found = cases[cases["vote"] == vote]
    if found.empty:
        return ""
    if len(found) == len(cases):
        return f"{_loss(loss)} everywhere"
    pairs = zip(found["dataset"], found["model"], strict=True)
    return f"{_loss(loss)} on {numbers.join([place(*pair) for pair in pairs])}"


def _loss(loss: str) -> str:
    return names.loss_name(loss)


WORDS: dict[Vote, str] = {"for": "holds for", "against": "not for", "open": "undecided for"}
