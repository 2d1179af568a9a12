"""What must be added to the values of contrasts, so that they say no more than they can."""

import math
from collections.abc import Sequence

from lossbench.tables.rows import Record
from lossbench.words import numbers
from lossbench.words.names import in_sentence


def nothing(_rows: Sequence[Record]) -> list[str]:
    """No notes."""
    return []


def images(rows: Sequence[Record]) -> list[str]:
    """Differences of errors in test images, such as: that is 8 to 17 more test images wrong."""
    differences = [round(row.test_images) for row in rows if not math.isnan(row.test_images)]
    if not differences:
        return []
    low, high = min(differences), max(differences)
    if low < 0 < high:
        return [f"that is from {-low:,} fewer to {high:,} more test images wrong"]
    ends = sorted({abs(low), abs(high)})
    if ends == [0]:
        return ["that is less than one test image"]
    noun = "test image" if ends == [1] else "test images"
    count = numbers.span(ends, "{:,.0f}".format)
    return [f"that is {count} {'more' if high > 0 else 'fewer'} {noun} wrong"]


def reach(rows: Sequence[Record]) -> list[str]:
    """What share of the levels either loss reached where one was missed: from least to most.

    Rounded down: 100 % would have missed none.
    """
    missed = [row for row in rows if min(row.reach, row.reference_reach) < 1]
    if not missed:
        return []
    mine, theirs = (
        numbers.span((getattr(row, side) for row in missed), _whole_percent)
        for side in ("reach", "reference_reach")
    )
    loss, reference = in_sentence(missed[0].loss), in_sentence(missed[0].reference)
    return [f"{loss} reached {mine} of the error levels, {reference} {theirs}"]


def _whole_percent(share: float) -> str:
    return numbers.percent(share, 0, toward=-1)


def again(rows: Sequence[Record]) -> list[str]:
    """How likely the verdicts would come again, such as: 19 in 20 such studies would say the same.

    Rounded down: a promise of 20 in 20 would be a certainty.
    """
    chances = [int(20 * row.replication) for row in rows if not math.isnan(row.replication)]
    if not chances:
        return []
    low, high = (min(chance, 19) for chance in (min(chances), max(chances)))
    return [f"{numbers.span((low, high), '{:.0f}'.format)} in 20 such studies would say the same"]


def correction(row: Record) -> list[str]:
    """Why a contrast is undecided although its interval lies on one side of no difference."""
    if row.verdict != "undecided" or not _is_one_sided(row) or row.p_adjusted <= row.t_p_value:
        return []
    return [f"after Holm's correction {numbers.p_value(row.p_adjusted)}"]


def _is_one_sided(row: Record) -> bool:
    null = 1 if row.scale == "ratio" else 0
    return bool(row.ci_low > null or row.ci_high < null)
