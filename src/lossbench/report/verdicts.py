"""Sentences on contrasts: a loss against the reference, one sentence a verdict that occurs.

A few places are listed one by one; many are summed up by their range, and a table has them all.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from lossbench.cards.loss import REFERENCE
from lossbench.report import evidence
from lossbench.report.blocks import Sentence, Text
from lossbench.report.evidence import Reach, Record, Tables
from lossbench.words import numbers
from lossbench.words.names import dataset_name, in_sentence, loss_name, network_name, with_network

FEWEST_PAIRS = 3
"""Fewer seeds than this carry no interval."""
MOST_LISTED = 2
"""More places than this are summed up by their range."""

Format = Callable[[float], str]
Notes = Callable[[Sequence[Record]], list[str]]
"""What must be added to the numbers of these contrasts."""
Bound = Callable[[Sequence[Record]], str]
"""What must stand before them, such as: at least."""


def speed(tables: Tables, loss: str) -> Text:
    """Whether `loss` needs more or fewer steps to the last target than the reference."""
    target = evidence.last_target(tables)
    found = evidence.contrasts(tables, f"steps_to_target_{target}", loss)
    if not found:
        return f"No run tells whether {_pair(loss)} learns faster."
    return _by_verdict(found, lambda verdict, group: _speed(verdict, group, tables, target))


def final(tables: Tables, loss: str) -> Text:
    """Whether `loss` ends at a higher or lower test error than the reference."""
    found = evidence.contrasts(tables, "error", loss)
    if not found:
        return f"No run tells whether {_pair(loss)} ends at a lower test error."
    return _by_verdict(found, _final)


def plain(text: Text) -> str:
    """The text without its leads standing out."""
    return text if isinstance(text, str) else " ".join(map(str, text))


def _speed(verdict: str, group: Sequence[Record], tables: Tables, target: int) -> Sentence:
    name, reference = in_sentence(group[0].loss), in_sentence(group[0].reference)
    leads = {
        "worse": f"{loss_name(group[0].loss)} learns more slowly than {reference}",
        "better": f"{loss_name(group[0].loss)} learns faster than {reference}",
        "equivalent": f"{loss_name(group[0].loss)} learns as fast as {reference}",
        "undecided": f"Whether {name} or {reference} learns faster is undecided",
    }
    notes = partial(_censoring, tables=tables, target=target)
    known, unknown = _split(group)
    bound = partial(_bound, tables=tables, target=target)
    steps = _numbers(known, numbers.ratio, " the steps to the last target", notes, bound)
    parts = [f"it needs {steps}"] if known else []
    if unknown:
        parts.append(f"the steps cannot be compared {_unknown(unknown, notes)}")
    return Sentence(leads[verdict], f": {'; '.join(parts)}.")


def _final(verdict: str, group: Sequence[Record]) -> Sentence:
    name, reference = in_sentence(group[0].loss), in_sentence(group[0].reference)
    leads = {
        "worse": f"{loss_name(group[0].loss)} ends at a higher test error than {reference}",
        "better": f"{loss_name(group[0].loss)} ends at a lower test error than {reference}",
        "equivalent": f"{loss_name(group[0].loss)} ends level with {reference}",
        "undecided": f"Whether {name} or {reference} ends at a lower test error is undecided",
    }
    known, unknown = _split(group)
    by = "by" if verdict in ("worse", "better") else "the difference is"
    parts = [f"{by} {_numbers(known, numbers.points, '', _images)}"] if known else []
    if unknown:
        parts.append(f"the errors cannot be compared {_unknown(unknown, lambda _: [])}")
    return Sentence(f"{leads[verdict]}", f"{',' if by == 'by' else ':'} {'; '.join(parts)}.")


def _split(group: Sequence[Record]) -> tuple[list[Record], list[Record]]:
    """The contrasts that have a value, and those that have none."""
    known = [row for row in group if not math.isnan(row.value)]
    return known, [row for row in group if math.isnan(row.value)]


def _unknown(group: Sequence[Record], notes: Notes) -> str:
    """Where there is no value, and why: the censored runs, or else what the table says."""
    reasons = notes(group) or list(dict.fromkeys(row.method for row in group))
    return f"{_places(group)} ({'; '.join(reasons)})"


def _numbers(
    group: Sequence[Record], fmt: Format, unit: str, notes: Notes, bound: Bound = lambda _: ""
) -> str:
    """The contrasts' values with places and intervals: one by one, or summed up.

    Such as: 1.8× the steps on MNIST with LeNet (95% interval 1.5× to 2.1×, 10 seeds).
    """
    parts = [[row] for row in group] if len(group) <= MOST_LISTED else [group]
    texts = []
    for part in parts:
        value = bound(part) + _range([row.value for row in part], fmt) + unit
        added = "; ".join([_uncertainty(part, fmt), *notes(part)])
        texts.append(f"{value} {_places(part)} ({added})")
        unit = ""
    return numbers.join(texts)


def _uncertainty(group: Sequence[Record], fmt: Format) -> str:
    row = group[0]
    seeds = numbers.counts([each.pairs for each in group], "seed")
    ends = [end for each in group for end in (each.ci_low, each.ci_high)]
    if any(math.isnan(end) for end in ends):
        return f"{seeds}, no interval" if row.pairs < FEWEST_PAIRS else "no interval"
    interval = _range(ends, fmt)
    which = "interval" if len(group) == 1 else "intervals within"
    return "; ".join([f"{row.level:.0%} {which} {interval}, {seeds}", *_correction(group)])


def _correction(group: Sequence[Record]) -> list[str]:
    """Why contrasts are undecided although their intervals lie on one side of no difference."""
    corrected = [
        row.p_adjusted
        for row in group
        if row.verdict == "undecided" and _is_one_sided(row) and row.p_adjusted > row.t_p_value
    ]
    if not corrected:
        return []
    more = "" if len(group) == 1 else " or more"
    return [f"after Holm's correction {numbers.p_value(min(corrected))}{more}"]


def _is_one_sided(row: Record) -> bool:
    null = 1 if row.scale == "ratio" else 0
    return bool(row.ci_low > null or row.ci_high < null)


def _places(group: Sequence[Record]) -> str:
    """Such as: on MNIST with MLP and LeNet and on CIFAR-10 with ConvNet."""
    models: dict[str, list[str]] = {}
    for row in group:
        models.setdefault(row.dataset, []).append(network_name(row.model))
    if len(group) == 1:
        return f"on {with_network(group[0].dataset, group[0].model)}"
    return numbers.join(
        [f"on {dataset_name(name)} with {numbers.join(used)}" for name, used in models.items()]
    )


def _images(group: Sequence[Record]) -> list[str]:
    """Such as: 8 to 17 more test images wrong."""
    differences = [row.test_images for row in group if not math.isnan(row.test_images)]
    if not differences:
        return []
    low, high = min(differences), max(differences)
    if low < 0 < high:
        return [f"from {_whole(low)} fewer to {_whole(high)} more test images wrong"]
    ends = sorted({round(abs(low)), round(abs(high))})
    if ends == [0]:
        return ["less than one test image"]
    noun = "test image" if ends == [1] else "test images"
    return [f"{_range(ends, _whole)} {'more' if high > 0 else 'fewer'} {noun} wrong"]


def _whole(value: float) -> str:
    return numbers.number(abs(value), 0)


def _range(values: Sequence[float], fmt: Format) -> str:
    """From the lowest to the highest, the unit named once: +0.20 to +0.42 pp."""
    low, high = fmt(min(values)), fmt(max(values))
    unit = f"{numbers.NO_BREAK}pp"
    return high if low == high else f"{low.removesuffix(unit)} to {high}"


def _censoring(group: Sequence[Record], tables: Tables, target: int) -> list[str]:
    """For each of the two losses that missed the target: in how many of its runs."""
    notes = []
    for loss in (group[0].loss, group[0].reference):
        reached = _reached(group, loss, tables, target)
        if reached.missed:
            runs = numbers.count(reached.runs, "run")
            name = in_sentence(loss)
            notes.append(f"{name} never reached it in its budget in {reached.missed} of {runs}")
    return notes


def _bound(group: Sequence[Record], tables: Tables, target: int) -> str:
    """A censored time counts as the budget, so that the ratio is a bound of the full one."""
    ours, reference = (
        bool(_reached(group, loss, tables, target).missed)
        for loss in (group[0].loss, group[0].reference)
    )
    if ours == reference:
        return ""
    return "at least " if ours else "at most "


def _reached(group: Sequence[Record], loss: str, tables: Tables, target: int) -> Reach:
    """Runs of the loss in all places of the group together."""
    found = [evidence.reach(tables, row.dataset, row.model, loss, target) for row in group]
    return Reach(sum(each.runs for each in found), sum(each.reached for each in found))


def _by_verdict(
    found: Iterable[Record], sentence: Callable[[str, Sequence[Record]], Sentence]
) -> tuple[Sentence, ...]:
    """One sentence for each verdict that occurs, the clear ones first.

    Where several occur, each lead says in how many comparisons it holds.
    """
    rows = list(found)
    groups: dict[str, list[Record]] = {
        verdict: [] for verdict in ("worse", "better", "equivalent", "undecided")
    }
    for row in rows:
        groups[row.verdict].append(row)
    said = [(sentence(verdict, group), len(group)) for verdict, group in groups.items() if group]
    if len(said) == 1:
        return (said[0][0],)
    total = numbers.count(len(rows), "comparison")
    return tuple(replace(each, lead=f"{each.lead} in {size} of {total}") for each, size in said)


def _pair(loss: str) -> str:
    return f"{in_sentence(loss)} or {in_sentence(REFERENCE)}"
