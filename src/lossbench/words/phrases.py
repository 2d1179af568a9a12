"""Findings in words: as sentences of the page, as titles of figures, and counted for the claims.

A few places are listed one by one; many are summed up by their range, and a table has them all.
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
from lossbench.words.places import on
from lossbench.words.questions import ERROR, SPEED, Question

MOST_LISTED = 2
"""More places than this are summed up by their range."""
CLEAR = ("worse", "better")
OPEN: tuple[Verdict, ...] = ("undecided", "not measurable")


@dataclass(frozen=True)
class Sentence:
    """A sentence whose lead, the finding, stands out from the numbers behind it."""

    lead: str
    rest: str

    def __str__(self) -> str:
        return self.lead + self.rest


Sentences = str | tuple[Sentence, ...]
"""One a verdict; plain text where there is no finding."""


def sentences(finding: Finding) -> Sentences:
    """Every verdict that occurs, with its values, intervals, replicates and notes."""
    if not finding.rows:
        return f"No run tells whether {_pair(finding)} {finding.question.asks}."
    return tuple(_sentence(finding, part) for part in finding.parts)


def plain(said: Sentences) -> str:
    """The text without its leads standing out."""
    return said if isinstance(said, str) else " ".join(map(str, said))


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
    """How often a verdict occurs, such as `X: slower in 2 of 4, undecided in 1 (0.9× to 2× …)`.

    And how often each of the others does.
    """
    total, phrases = len(finding.rows), finding.question.phrases
    often = f"{phrases[verdict].short} in {finding.count(verdict)} of {total}"
    for part in finding.parts:
        if part.verdict != verdict:
            word = part.verdict if part.verdict in OPEN else phrases[part.verdict].short
            often += f", {word} in {len(part.rows)}"
    values = amount(finding.question, finding.rows)
    return f"{loss_name(finding.loss)}: {often}{f' ({values})' if values else ''}"


def amount(question: Question, rows: Sequence[Record]) -> str:
    """The range of the contrasts' values with its unit: `1.4× to 2.8× the steps`; empty without."""
    return _amount(question, rows, question.unit)


def _amount(question: Question, rows: Sequence[Record], unit: str) -> str:
    known = sorted((row for row in rows if not math.isnan(row.value)), key=lambda row: row.value)
    if not known:
        return ""
    values = numbers.span((row.value for row in known), question.write)
    bounds = {row.bound for row in known} - {""}
    if bounds == {"at least"} and not known[0].bound:
        low, high = (question.write(row.value) for row in (known[0], known[-1]))
        values = f"{low} to at least {high}"
    elif bounds in ({"at least"}, {"at most"}):
        values = f"{bounds.pop()} {values}"
    elif bounds:
        unit += " within the budget"
    return values + unit


def short(finding: Finding) -> str:
    """Every verdict with its values, `slower in 3 of 4 comparisons (1.4× …) and …`; or empty."""
    parts, unit = [], finding.question.unit
    for part in finding.parts:
        values = _amount(finding.question, part.rows, unit)
        often = _how_often(part, len(finding.rows))
        phrase = finding.question.phrases[part.verdict].short
        parts.append(f"{phrase} {often}{f' ({values})' if values else ''}")
        unit = "" if values else unit
    return numbers.join(parts)


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
        here = " here" if part.verdict == "not measurable" else ""
        lead = f"Whether {_pair(finding)} {question.asks} is {part.verdict}{here}"
    if (total := len(finding.rows)) != len(part.rows):
        lead += f" in {len(part.rows)} of {numbers.count(total, 'comparison')}"
    known = [row for row in part.rows if not math.isnan(row.value)]
    unknown = [row for row in part.rows if math.isnan(row.value)]
    by = question.by if part.verdict in CLEAR else question.amount
    rest = f"{by} {_listed(question, part.verdict, known)}" if known else ""
    if unknown:
        joint = ";" if known else ":"
        rest += f"{joint} {question.subject} cannot be compared {_reasons(question, unknown)}"
    return Sentence(lead, f"{rest}.")


def _listed(question: Question, verdict: Verdict, rows: Sequence[Record]) -> str:
    """Values with places, intervals and notes: 1.8× the steps on … (95% interval …, 10 replicates).

    What is a bound is never summed up: it bounds its own place alone.
    """
    whole = [row for row in rows if not row.bound]
    groups = [[row] for row in whole] if len(rows) <= MOST_LISTED else [whole] * bool(whole)
    groups += [[row] for row in rows if row.bound]
    texts, unit = [], question.unit + question.detail
    for group in groups:
        part = Part(verdict, tuple(group))
        both = " within the budget" if group[0].bound == "within the budget" else ""
        value = notes.bound(group[0]) + numbers.span(part.values, question.write) + unit + both
        told = _uncertainty(question, part), *question.notes(group), *notes.again(group)
        added = "; ".join(told)
        texts.append(f"{value} {on(part.places)} ({added})")
        unit = ""
    return numbers.join(texts)


def _uncertainty(question: Question, part: Part) -> str:
    replicates = numbers.counts(part.replicates, "replicate")
    if not part.intervals:
        return f"{replicates}, no interval"
    which = "interval" if len(part.rows) == 1 else "intervals within"
    ends = (numbers.span if len(part.rows) == 1 else numbers.bounds)(part.intervals, question.write)
    known = [f"{part.rows[0].level:.0%} {which} {ends}, {replicates}"]
    if without := tuple(row for row in part.rows if math.isnan(row.ci_low)):
        known.append(f"no interval {on(Part(part.verdict, without).places)}")
    return "; ".join([*known, *notes.correction(part.rows)])


def _reasons(question: Question, rows: Sequence[Record]) -> str:
    """Where there is no value, and why: the runs that missed, or else what the table says."""
    reasons: dict[str, list[Record]] = {}
    for row in rows:
        told = *(question.notes([row]) or [row.method]), *notes.again([row])
        reasons.setdefault("; ".join(told), []).append(row)
    return numbers.join(
        [
            f"{on(Part('undecided', tuple(group)).places)} ({reason})"
            for reason, group in reasons.items()
        ]
    )
