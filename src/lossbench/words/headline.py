"""The first screen in words: who ends lower, who learns faster, each as far as its verdicts go."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.stats.intervals import MIN_PAIRS
from lossbench.tables.rows import Tables, errors_by_loss, rows_of
from lossbench.tables.runs import COMPARISON
from lossbench.words import numbers
from lossbench.words.findings import Finding, Part
from lossbench.words.names import dataset_name, in_sentence
from lossbench.words.phrases import CLEAR, OPEN, Sentence, amount
from lossbench.words.places import Place, on
from lossbench.words.questions import ERROR, Question

LONGEST = 12
"""Words of the page's heading."""

Kind = Literal[
    "everywhere", "somewhere", "divided", "level", "partly level", "undecided", "not judged"
]
Lost = Mapping[tuple[str, bool], Sequence[Place]]
"""Where runs diverged: by the loss, and whether every one that it has there did."""


@dataclass(frozen=True)
class Outcome:
    """A finding as the heading tells it."""

    kind: Kind
    winner: str = ""
    """The loss that does better wherever anything is clear; empty where none does, or each once."""
    wins: int = 0
    """In how many comparisons it wins; of a partly level one, in how many both are level."""
    of: int = 0


def outcome(finding: Finding) -> Outcome:
    """What the verdicts amount to; one open verdict among clear ones makes `somewhere` of it."""
    total = len(finding.rows)
    worse, better = finding.count("worse"), finding.count("better")
    level = finding.count("equivalent")
    if worse and better:
        return Outcome("divided")
    if worse or better:
        winner, wins = (finding.loss, better) if better else (REFERENCE, worse)
        return Outcome("everywhere" if wins == total else "somewhere", winner, wins, total)
    if level:
        return Outcome("level" if level == total else "partly level", wins=level, of=total)
    return Outcome("undecided" if finding.count("undecided") else "not judged")


def heading(error: Finding, speed: Finding) -> str:
    """The answer in at most twelve words, without a full stop."""
    asked = (error.question, outcome(error)), (speed.question, outcome(speed))
    kinds = {found.kind for _, found in asked}
    if kinds == {"level"}:
        return f"Both losses {error.question.level} and {speed.question.level}"
    if kinds == {"undecided"}:
        return "Neither final error nor speed is decided"
    if kinds == {"not judged"}:
        return "Neither final error nor speed can be judged"
    (_, first), (_, second) = asked
    alike = first.kind == second.kind == "somewhere" and first.of == second.of
    for counts in ("in {0.wins} of {0.of} comparisons", "in {0.wins} of {0.of}", ""):
        again = "in {0.wins}" if counts and alike else counts
        clauses = [_clause(*asked[0], counts), _clause(*asked[1], again)]
        told = _joined(clauses, ", " if again != counts else " and ")
        if len(told.split()) <= LONGEST:
            break
    return told[0].upper() + told[1:]


def verdict(finding: Finding, relative: Mapping[Place, float]) -> list[Sentence]:
    """One sentence a verdict: who does better, in how many comparisons, and by how much.

    `relative`: by place the share by which the loss's value exceeds the reference's, if it is one.
    """
    if not finding.rows:
        return [Sentence("Not compared", ".")]
    return [_told(finding, part, relative) for part in finding.parts]


def deck(error: Finding, speed: Finding, relative: Mapping[Place, float], lost: Lost) -> str:
    """What the verdicts amount to in numbers, or why they are open; and what runs diverged."""
    asked = len({Place.of(row) for row in (*error.rows, *speed.rows)})
    whole = [places for (_, every), places in lost.items() if every]
    said = _amounts(error, speed, relative)
    if not lost or (said and not whole):
        return said or _why_open(error, speed)
    if not said and asked not in map(len, whole):
        said = _why_open(error, speed)
    runs = [
        f"{'every run' if every else 'some runs'} of {in_sentence(loss)}"
        + (f" {on(places)}" if len(places) < asked else "")
        for (loss, every), places in lost.items()
    ]
    told = f"{numbers.join(runs)} diverged."
    return f"{said} {told[0].upper() + told[1:]}".strip()


def lost_runs(tables: Tables, error: Finding, speed: Finding) -> Lost:
    """What evaluation runs of the pair diverged in the comparisons that answer."""
    runs = rows_of(tables, "runs", stage="evaluation")
    found: dict[tuple[str, bool], list[Place]] = {}
    for place in dict.fromkeys(map(Place.of, (*error.rows, *speed.rows))):
        for loss in (error.loss, REFERENCE):
            diverged = place.rows(runs[runs["loss"] == loss])["diverged"]
            if diverged.any():
                found.setdefault((loss, bool(diverged.all())), []).append(place)
    return found


def more(relative: Mapping[Place, float], part: Part) -> str:
    """Such as `7% to 29% more errors`; empty where a share is unknown or their signs differ."""
    shares = [relative.get(place._replace(told=""), math.nan) for place in part.places]
    if not all(map(math.isfinite, shares)) or min(shares) * max(shares) <= 0:
        return ""
    word = "more" if min(shares) > 0 else "fewer"
    return f"{numbers.span(map(abs, shares), lambda x: numbers.percent(x, 0))} {word} errors"


def relative_errors(tables: Tables, loss: str) -> dict[Place, float]:
    """By place, the share by which the loss's mean test error exceeds that of its pairs."""
    means = pairs(tables, loss).groupby(list(COMPARISON))[[REFERENCE, loss]].mean()
    known = means[means[REFERENCE] > 0]
    shares: pd.Series[float] = known[loss] / known[REFERENCE] - 1
    return {Place(*key): float(share) for key, share in shares.items()}


def pairs(tables: Tables, loss: str) -> pd.DataFrame:
    """Test error of reference and loss, a row a comparison and replicate in which both have one."""
    wide = errors_by_loss(tables, "seed").reindex(columns=[REFERENCE, loss])
    return wide.dropna().reset_index()


def compared_pairs(tables: Tables, finding: Finding) -> pd.DataFrame:
    """Those of the comparisons that the finding has."""
    found = pairs(tables, finding.loss)
    return pd.concat([found[:0], *(Place.of(row).rows(found) for row in finding.rows)])


def wins(found: pd.DataFrame, loss: str) -> int:
    """In how many of the pairs of runs the reference ends lower."""
    return int((found[REFERENCE] < found[loss]).sum())


def _amounts(error: Finding, speed: Finding, relative: Mapping[Place, float]) -> str:
    """What the clear verdicts amount to; empty where none is clear."""
    told = [
        (_amount(finding, part, relative), _where(part, finding))
        for finding in (error, speed)
        for part in finding.parts
        if part.verdict in CLEAR
    ]
    if not told:
        return ""
    loss, places = in_sentence(error.loss), {where for _, where in told}
    if {outcome(error).kind, outcome(speed).kind} == {"somewhere"}:  # the heading counts them
        amounts = numbers.join([what for what, _ in told])
        return f"Where the two clearly differ, {loss} {amounts}."
    same = f" {places.pop()}" if len(places) == 1 else ""
    amounts = numbers.join([what if same else f"{what} {where}" for what, where in told])
    return f"{loss[0].upper() + loss[1:]} {amounts}{same}."


def _why_open(error: Finding, speed: Finding) -> str:
    """Why no verdict is clear where runs have ended."""
    between = f"between {in_sentence(error.loss)} and {in_sentence(REFERENCE)}"
    kinds = {outcome(finding).kind for finding in (error, speed)}
    if kinds == {"level"}:
        return f"No difference {between} leaves the margins within which the two count as equal."
    rows = [*error.rows, *speed.rows]
    if rows and max(row.pairs for row in rows) < MIN_PAIRS:
        return f"With fewer than {MIN_PAIRS} replicates no difference can be told from chance."
    if "partly level" in kinds:
        return "Where the two do not count as equal, the runs are too few to tell."
    return f"The differences {between} are too small, or the runs too few, to tell."


def _clause(question: Question, found: Outcome, counts: str) -> tuple[str, str]:
    """Subject and what is said of it; `counts` is how wins in some comparisons are told."""
    match found.kind:
        case "everywhere":
            return in_sentence(found.winner), question.wins
        case "somewhere" if counts:
            return in_sentence(found.winner), f"{question.wins} {counts.format(found)}"
        case "somewhere":
            return in_sentence(found.winner), f"sometimes {question.wins}"
        case "divided":
            return "which", f"{question.wins} varies"
        case "level":
            return "both", question.level
        case "partly level":
            return "both", f"{question.level} {counts.format(found) or 'sometimes'}"
        case "undecided":
            return question.topic, "is undecided"
        case "not judged":
            return question.topic, "cannot be judged"


def _joined(clauses: Sequence[tuple[str, str]], joint: str) -> str:
    (first, one), (second, other) = clauses
    if first == second and first not in ("which", "both"):
        return f"{first} {one}{joint}{other}"
    return f"{first} {one}; {second} {other}"


def _told(finding: Finding, part: Part, relative: Mapping[Place, float]) -> Sentence:
    question, total = finding.question, len(finding.rows)
    here = "" if len(part.rows) == total else f" in {len(part.rows)} of {total} comparisons"
    if part.verdict in OPEN:
        is_all = len(part.rows) == total  # the figure has the open values beside clear ones
        values = amount(question, part.rows) if is_all else ""
        return Sentence(part.verdict.capitalize(), f"{here}{f' ({values})' if values else ''}.")
    if part.verdict == "equivalent":
        margin = numbers.span((row.margin for row in part.rows), question.margin)
        return Sentence("Level", f"{here}, within {margin}.")
    winner = in_sentence(REFERENCE if part.verdict == "worse" else finding.loss)
    subject = in_sentence(finding.loss) if part.verdict == "worse" else "it"
    told = f"{here}: {subject} {_amount(finding, part, relative)}"
    if question is ERROR and more(relative, part):
        points = amount(question, part.rows).removesuffix("pp")
        told += f" ({points}percentage points)"
    return Sentence(winner[0].upper() + winner[1:], f"{told}.")


def _amount(finding: Finding, part: Part, relative: Mapping[Place, float]) -> str:
    """Such as `makes 16% more errors`, `ends at +0.27 pp`, `needs 1.4× the steps`."""
    if finding.question is ERROR and (change := more(relative, part)):
        return f"makes {change}"
    if values := amount(finding.question, part.rows):
        return f"{finding.question.takes} {values}"
    return "misses levels of error that the other reaches"


def _where(part: Part, finding: Finding) -> str:
    if len(part.rows) == 1:
        return on(part.places)
    if len(part.rows) < len(finding.rows):
        return f"in {len(part.rows)} of {len(finding.rows)} comparisons"
    datasets = dict.fromkeys(place.dataset for place in part.places)
    return f"on {numbers.join([dataset_name(dataset) for dataset in datasets])}"
