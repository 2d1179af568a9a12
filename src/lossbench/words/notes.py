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


def censoring(rows: Sequence[Record]) -> list[str]:
    """For each of the two losses with runs that missed the target: how many did, in each place."""
    notes = []
    for row in rows:
        for loss, (missed, runs) in zip((row.loss, row.reference), misses(row), strict=True):
            if missed:
                counted = numbers.count(runs, "run")
                notes.append(
                    f"{in_sentence(loss)} never reached it in its budget in {missed} of {counted}"
                )
    return notes


def bound(row: Record) -> str:
    """What a censored time, which counts as the budget, makes of the ratio to the reference.

    `at least` or `at most` where one of the two losses missed the target in some run; where both
    did, the ratio bounds nothing and holds within the budget.
    """
    ours, theirs = (bool(missed) for missed, _ in misses(row))
    if not row.censored_pairs or ours == theirs:
        return ""
    return "at least " if ours else "at most "


def misses(row: Record) -> tuple[tuple[int, int], tuple[int, int]]:
    """Runs that missed the target, and all runs, of the loss and of the reference."""
    return (
        (int(row.runs - row.reached), int(row.runs)),
        (int(row.reference_runs - row.reference_reached), int(row.reference_runs)),
    )


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
