"""Findings in words: as sentences of the page, as titles of figures, and counted for the claims.

A place alone has its interval; several are summed up by their range, and a table has them all.
What is counted are verdicts, never the signs of means.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from lossbench.cards.loss import REFERENCE
from lossbench.stats.verdicts import Verdict
from lossbench.tables.rows import Record, Tables
from lossbench.words import notes, numbers
from lossbench.words.findings import Finding, Part, find
from lossbench.words.names import in_sentence, loss_name
from lossbench.words.places import Place, on
from lossbench.words.questions import ERROR, SPEED, Question

MOST_NAMED = 2
"""More places than this are counted."""
CLEAR = ("worse", "better")
OPEN: tuple[Verdict, ...] = ("undecided", "not measurable")


@dataclass(frozen=True)
class Sentence:
    """A sentence whose lead, the finding, stands out from the numbers behind it."""

    lead: str
    rest: str


Sentences = str | tuple[Sentence, ...]
"""One a verdict; plain text where there is no finding."""


def sentences(finding: Finding) -> Sentences:
    """Every verdict that occurs: where, its values, and whether it would come again."""
    if not finding.rows:
        return f"No run tells whether {_pair(finding)} {finding.question.asks}."
    return tuple(_sentence(finding, part) for part in finding.parts)


def title(finding: Finding) -> str:
    """`MSE on softmax is slower than cross-entropy in 3 of 4 comparisons`, without a full stop.

    Clear verdicts are counted, or where there is none the others; of one comparison the value is
    told. A title has about fifteen words: the sentences have the rest.
    """
    if not finding.rows:
        return f"No loss is compared with {in_sentence(REFERENCE)} here"
    name, told = loss_name(finding.loss), _told(finding)
    if len(told) > 1:
        return f"{name} is {counted(finding)} comparisons"
    phrase = finding.question.phrases[told[0].verdict]
    where = f" {_how_often(told[0], len(finding.rows))}" if len(finding.rows) > 1 else ""
    values = "" if where else amount(finding.question, finding.rows)
    than = f"{phrase.short} {phrase.link} {in_sentence(REFERENCE)}"
    return f"{name} is {than}{where}{f' ({values})' if values else ''}"


def speed_and_error(tables: Tables) -> str:
    """A title on both: `X is slower in all 7 and less accurate in 4 of 7 comparisons`."""
    fast, accurate = find(tables, SPEED), find(tables, ERROR)
    if not (fast.rows and accurate.rows):
        return title(fast if fast.rows else accurate)
    return joint((fast, accurate), "comparison")


def joint(findings: Sequence[Finding], noun: str) -> str:
    """A title on questions about one loss; of those without a clear verdict only if all are so."""
    loss, clear = findings[0].loss, [each for each in findings if _told(each)[0].verdict in CLEAR]
    if all(each.count("equivalent") == len(each.rows) for each in findings):
        level = numbers.join([each.question.phrases["equivalent"].short for each in findings])
        everywhere = f" in all {noun}s" if any(len(each.rows) > 1 for each in findings) else ""
        return f"{loss_name(loss)} is {level} as {in_sentence(REFERENCE)}{everywhere}"
    if not clear:
        asked = numbers.join([each.question.topic for each in findings]).capitalize()
        are = "are" if len(findings) > 1 else "is"
        than = f"not clearly different from {in_sentence(REFERENCE)}’s"
        return f"{asked} of {in_sentence(loss)} {are} {than}"
    ending = f" {noun}s" if len(clear[-1].rows) > 1 else ""
    return f"{loss_name(loss)} is {counted(*clear)}{ending}"


def counted(*findings: Finding) -> str:
    """How often each verdict of a title occurs, `slower in 5 and less accurate in 4 of 7`."""
    told = {
        (phrase, len(part.rows), len(finding.rows)): None
        for finding in findings
        for part in _told(finding)
        for phrase in [_word(finding, part)]
    }
    texts = []
    for (phrase, often, total), following in zip_longest(told, [*told][1:]):
        is_shared = following is not None and following[2] == total > following[1]
        every = "both" if total == 2 else f"all {total}"
        number = every if often == total else f"{often}" if is_shared else f"{often} of {total}"
        texts.append(phrase + f" in {number}" * (total > 1))
    return numbers.join(texts)


def _told(finding: Finding) -> Sequence[Part]:
    """The parts that a title tells: the clear ones, or where there is none the others."""
    return [part for part in finding.parts if part.verdict in CLEAR] or finding.parts


def _word(finding: Finding, part: Part) -> str:
    """A verdict among several: what is open is called so."""
    is_open = part.verdict in OPEN and len(finding.parts) > 1
    return part.verdict if is_open else finding.question.phrases[part.verdict].short


def count(finding: Finding, verdict: Verdict) -> str:
    """How often a verdict occurs, and each of the others: `X: slower in 2 of 4, undecided in 1`."""
    phrases = finding.question.phrases
    often = f"{phrases[verdict].short} in {finding.count(verdict)} of {len(finding.rows)}"
    for part in finding.parts:
        if part.verdict != verdict:
            word = part.verdict if part.verdict in OPEN else phrases[part.verdict].short
            often += f", {word} in {len(part.rows)}"
    return f"{loss_name(finding.loss)}: {often}"


def amount(question: Question, rows: Sequence[Record], unit: str | None = None) -> str:
    """The range of the contrasts' values with its unit: `1.4× to 2.8× the steps`; empty without.

    A value that is a bound is told as one, and so is the range whose end it is.
    """
    unit = question.unit if unit is None else unit
    known = sorted((row for row in rows if not math.isnan(row.value)), key=lambda row: row.value)
    if not known:
        return ""
    low, high = (_written(question, row) for row in (known[0], known[-1]))
    values = numbers.from_to(low, high)
    bounds = {row.bound for row in known} - {""}
    if bounds == {"at least"} and not known[0].bound:
        values = f"{low} to at least {high}"
    elif bounds in ({"at least"}, {"at most"}):
        values = f"{bounds.pop()} {values}"
    elif bounds:
        unit += " within the budget"
    return values + unit


def _written(question: Question, row: Record) -> str:
    return question.write(row.value, toward=numbers.OUTWARD.get(row.bound, 0))


def short(finding: Finding) -> str:
    """Every verdict with its values, `slower in 3 of 4 comparisons (1.4× …) and …`; or empty."""
    parts, unit = [], finding.question.unit
    for part in finding.parts:
        values = amount(finding.question, part.rows, unit)
        often = _how_often(part, len(finding.rows))
        phrase = finding.question.phrases[part.verdict].short
        parts.append(f"{phrase} {often}{f' ({values})' if values else ''}")
        unit = "" if values else unit
    return numbers.join(parts) if parts else ""


def _how_often(part: Part, total: int) -> str:
    if len(part.rows) == 1:
        return f"on {part.places[0].heading}"
    if len(part.rows) == total:
        return "in both comparisons" if total == 2 else f"in all {total} comparisons"
    return f"in {len(part.rows)} of {total} comparisons"


def _pair(finding: Finding) -> str:
    return f"{in_sentence(finding.loss)} or {in_sentence(REFERENCE)}"


def _sentence(finding: Finding, part: Part) -> Sentence:
    question = finding.question
    long = question.phrases[part.verdict].long.format(in_sentence(REFERENCE))
    lead = f"{loss_name(finding.loss)} {long}"
    if part.verdict in OPEN:
        lead = f"Whether {_pair(finding)} {question.asks} is {part.verdict}"
    known = [row for row in part.rows if not math.isnan(row.value)]
    unknown = [row for row in part.rows if math.isnan(row.value)]
    told = [*_values(finding, part, known), *_reasons(question, part, unknown)]
    told += notes.again(part.rows)
    lead += f" {_where(part, len(finding.rows))}"
    return Sentence(lead, "".join(f". {each[0].upper()}{each[1:]}" for each in told) + ".")


def _where(part: Part, total: int) -> str:
    """By name where it is a few places, or else how many of all."""
    return on(part.places) if len(part.rows) <= MOST_NAMED else _how_often(part, total)


def _values(finding: Finding, part: Part, rows: Sequence[Record]) -> list[str]:
    """The range of the values and what it comes to; of one alone with its interval."""
    if not rows:
        return []
    question, is_open = finding.question, part.verdict in OPEN
    subject = in_sentence(finding.loss) if is_open else "it"
    values = amount(question, rows, question.unit + question.detail)
    beside = f" ({_uncertainty(question, rows[0])})" if len(rows) == 1 else ""
    return [f"{question.amount.format(subject)} {values}{beside}", *question.notes(rows)]


def _uncertainty(question: Question, row: Record) -> str:
    replicates = numbers.count(row.pairs, "replicate")
    if math.isnan(row.ci_low):
        return f"{replicates}, no interval"
    ends = numbers.span((row.ci_low, row.ci_high), question.write)
    return "; ".join([f"{row.level:.0%} interval {ends}, {replicates}", *notes.correction(row)])


def _reasons(question: Question, part: Part, rows: Sequence[Record]) -> list[str]:
    """Where there is no value, and why: the runs that missed, or else what the table says."""
    reasons: dict[str, list[Record]] = {}
    for row in rows:
        reasons.setdefault("" if question.notes([row]) else row.method, []).append(row)
    told = []
    for reason, group in reasons.items():
        where = "there" if len(group) == len(part.rows) else on(map(Place.of, group))
        why = f" ({reason})" if reason else f": {'; '.join(question.notes(group))}"
        told.append(f"{question.subject} cannot be compared {where}{why}")
    return told
