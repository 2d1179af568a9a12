"""What must be added to the values of contrasts, so that they say no more than they can."""

import math
from collections.abc import Sequence

from lossbench.tables.rows import Record
from lossbench.words import numbers
from lossbench.words.names import in_sentence
from lossbench.words.places import Place, on


def nothing(_rows: Sequence[Record]) -> list[str]:
    """No notes."""
    return []


def images(rows: Sequence[Record]) -> list[str]:
    """Differences of errors in test images, such as: 8 to 17 more test images wrong."""
    differences = [round(row.test_images) for row in rows if not math.isnan(row.test_images)]
    if not differences:
        return []
    low, high = min(differences), max(differences)
    if low < 0 < high:
        return [f"from {-low:,} fewer to {high:,} more test images wrong"]
    ends = sorted({abs(low), abs(high)})
    if ends == [0]:
        return ["less than one test image"]
    noun = "test image" if ends == [1] else "test images"
    count = numbers.span(ends, "{:,.0f}".format)
    return [f"{count} {'more' if high > 0 else 'fewer'} {noun} wrong"]


def reach(rows: Sequence[Record]) -> list[str]:
    """In each place where a level was missed: what share of them either loss reached.

    Rounded down: 100 % would have missed none.
    """
    return [
        f"{in_sentence(row.loss)} reached {numbers.percent(row.reach, 0, toward=-1)} of the error "
        f"levels{f' {on([Place.of(row)])}' if len(rows) > 1 else ''}, "
        f"{in_sentence(row.reference)} {numbers.percent(row.reference_reach, 0, toward=-1)}"
        for row in rows
        if min(row.reach, row.reference_reach) < 1
    ]


def bound(row: Record) -> str:
    """What levels that one side misses make of the ratio: `at least `, `at most `, or nothing."""
    return f"{row.bound} " if row.bound in ("at least", "at most") else ""


def again(rows: Sequence[Record]) -> list[str]:
    """How likely the verdicts would come again, such as: 19 in 20 such studies would say the same.

    Rounded down: a promise of 20 in 20 would be a certainty.
    """
    chances = [int(20 * row.replication) for row in rows if not math.isnan(row.replication)]
    if not chances:
        return []
    low, high = (min(chance, 19) for chance in (min(chances), max(chances)))
    return [f"{numbers.span((low, high), '{:.0f}'.format)} in 20 such studies would say the same"]


def correction(rows: Sequence[Record]) -> list[str]:
    """Why contrasts are undecided although their intervals lie on one side of no difference."""
    corrected = [
        row.p_adjusted
        for row in rows
        if row.verdict == "undecided" and _is_one_sided(row) and row.p_adjusted > row.t_p_value
    ]
    if not corrected:
        return []
    more = "" if len(rows) == 1 else " or more"
    return [f"after Holm's correction {numbers.p_value(min(corrected))}{more}"]


def _is_one_sided(row: Record) -> bool:
    null = 1 if row.scale == "ratio" else 0
    return bool(row.ci_low > null or row.ci_high < null)
