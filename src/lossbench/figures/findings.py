"""A figure's title: what its contrasts say about the loss in focus, undecided cases included."""

from collections.abc import Callable

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.figures.panels import focus, places
from lossbench.study.config import Study
from lossbench.words import names, numbers

_POINTS = f"{numbers.NO_BREAK}pp"
VERDICTS = ("worse", "better", "equivalent", "undecided")

SPEED = {
    "worse": "slower than {}",
    "better": "faster than {}",
    "equivalent": "as fast as {}",
    "undecided": "not clearly slower or faster than {}",
}
ERROR = {
    "worse": "less accurate than {}",
    "better": "more accurate than {}",
    "equivalent": "as accurate as {}",
    "undecided": "not clearly less or more accurate than {}",
}
"""What follows `MSE on softmax is`, by verdict; the slot takes the reference's name."""
ACCURACY = {
    verdict: phrase.replace(" than {}", "").replace(" as {}", "")
    for verdict, phrase in ERROR.items()
}
"""The same after a clause that has named the reference."""


def last_target(contrasts: pd.DataFrame) -> str:
    """The metric of the hardest target, such as `steps_to_target_3`; empty without one."""
    found = contrasts["metric"][contrasts["metric"].str.startswith("steps_to_target_")]
    return str(found.max()) if len(found) else ""


def select(contrasts: pd.DataFrame, metric: str, comparison: str = "tuned") -> pd.DataFrame:
    """Contrasts with the reference on one metric."""
    mask = (contrasts["metric"] == metric) & (contrasts["comparison"] == comparison)
    return contrasts[mask & (contrasts["reference"] == REFERENCE)]


def speed(contrasts: pd.DataFrame, study: Study) -> str:
    """How fast the loss in focus reaches the last target."""
    rows = select(contrasts, last_target(contrasts))
    return sentence(rows, study, SPEED, numbers.ratio, " the steps")


def error(contrasts: pd.DataFrame, study: Study) -> str:
    """How the test error of the loss in focus compares."""
    return sentence(select(contrasts, "error"), study, ERROR, numbers.points, "")


def speed_and_error(contrasts: pd.DataFrame, study: Study) -> str:
    """Both in one sentence."""
    errors = select(contrasts, "error")
    if errors.empty:
        return speed(contrasts, study)
    if not last_target(contrasts):
        return error(contrasts, study)
    accuracy = sentence(errors, study, ACCURACY, numbers.points, "")
    return f"{speed(contrasts, study)}; it is {accuracy.partition(' is ')[2] or accuracy}"


def sentence(
    rows: pd.DataFrame,
    study: Study,
    phrases: dict[str, str],
    fmt: Callable[[float], str],
    unit: str,
) -> str:
    """`MSE on softmax is slower than cross-entropy in 3 of 4 comparisons (1.4× to 2.8× …), …`."""
    loss = focus(rows)
    if loss is None:
        return f"No loss is compared with {names.in_sentence(REFERENCE)} here"
    mine = rows[rows["loss"] == loss]
    parts = [
        _part(phrases[verdict], mine[mine["verdict"] == verdict], mine, study, fmt, unit)
        for verdict in VERDICTS
        if (mine["verdict"] == verdict).any()
    ]
    return f"{names.loss_name(loss)} is {numbers.join(parts)}"


def _part(
    phrase: str,
    group: pd.DataFrame,
    everything: pd.DataFrame,
    study: Study,
    fmt: Callable[[float], str],
    unit: str,
) -> str:
    span = spread(group["value"].dropna(), fmt)
    if group["censored_pairs"].any():
        unit += " within the budget"
    where = _where(group, everything, study)
    values = f" ({span}{unit})" if span else ""
    return f"{phrase.format(names.in_sentence(REFERENCE))} {where}{values}"


def spread(values: pd.Series, fmt: Callable[[float], str]) -> str:
    """The lowest and highest of the values, or the one; empty without any."""
    if values.empty:
        return ""
    low, high = fmt(float(values.min())), fmt(float(values.max()))
    return low if low == high else f"{low.removesuffix(_POINTS)} to {high}"


def _where(group: pd.DataFrame, everything: pd.DataFrame, study: Study) -> str:
    total = len(everything)
    if len(group) == 1:
        return f"on {places(group, study)[0].heading}"
    if len(group) == total == 2:
        return "in both comparisons"
    if len(group) == total:
        return f"in all {total} comparisons"
    return f"in {len(group)} of {total} comparisons"
