"""How numbers read in sentences, tables and figures: one function for each kind of number.

A missing number reads as a dash, an infinite one as ∞: no caller needs a rule of its own.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

Toward = Literal[-1, 0, 1]
OUTWARD: dict[str, Toward] = {"at least": -1, "at most": 1}
"""How what is a bound is rounded; all else to the nearest."""
ABSENT = "–"
MINUS = "\N{MINUS SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Writer(Protocol):
    """What writes one kind of number."""

    def __call__(self, x: float, *, toward: Toward = 0) -> str:
        """The number as text; see `number` for `toward`."""


def number(x: float, digits: int = 2, toward: Toward = 0) -> str:
    """`x` with `digits` decimals, thousands separated: 12,345.68.

    `toward`: bounds round outward, a lower one down (-1), an upper one up (1).
    """
    if math.isnan(x):
        return ABSENT
    if math.isinf(x):
        return "∞" if x > 0 else f"{MINUS}∞"
    if toward and not math.isclose(x, round(x, digits), rel_tol=1e-9, abs_tol=1e-15):
        x = (math.floor if toward < 0 else math.ceil)(x * 10**digits) / 10**digits
    text = f"{x:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def small(x: float, digits: int = 1) -> str:
    """A tiny number in powers of ten, with at most so many digits: 3 × 10⁻¹⁴."""
    if x == 0 or not math.isfinite(x):
        return number(x, 0)
    leading, power = f"{x:.{digits - 1}e}".split("e")
    return f"{float(leading):g} × 10{str(int(power)).translate(_RAISED)}".replace("-", MINUS)


def within(x: float) -> str:
    """A tiny bound, rounded up: 1.2 × 10⁻¹⁴ is within 2 × 10⁻¹⁴."""
    if x == 0 or not math.isfinite(x):
        return small(x)
    unit = 10.0 ** math.floor(math.log10(x))
    return small(math.ceil(x / unit * (1 - 1e-9)) * unit)


def percent(x: float, digits: int = 2, toward: Toward = 0) -> str:
    """The fraction `x` in percent: 0.0123 reads 1.23%."""
    return _with_unit(number(100 * x, digits, toward), "%")


def signed(x: float, digits: int = 2, toward: Toward = 0) -> str:
    """The difference `x`, with its sign: +0.31, −0.31; what rounds to zero has none."""
    text = number(x, digits, toward)
    is_positive = x > 0 and any(character in "123456789∞" for character in text)
    return f"+{text}" if is_positive else text


def points(x: float, digits: int = 2, toward: Toward = 0) -> str:
    """The difference `x` of two fractions in percentage points, signed: 0.0031 reads +0.31 pp."""
    return _with_unit(signed(100 * x, digits, toward), f"{NO_BREAK}pp")


def change(x: float) -> str:
    """The relative change `x` in percent, signed: 0.25 reads +25%."""
    return _with_unit(signed(100 * x, 0), "%")


def ratio(x: float, digits: int = 2, toward: Toward = 0) -> str:
    """A factor, with at least `digits` significant digits: 2.8×, 0.95×, 12×, 1,250×.

    From one to two it has as many decimals: rounded to 1.0, it would not say on which side of 1.
    """
    if x == 0 or not math.isfinite(x):
        return _with_unit(number(x, 0), "×")
    size = round(abs(x), digits) if abs(x) >= 1 else abs(x)
    decimals = max(0, digits - 1 - math.floor(math.log10(size)))
    if 1 <= size < 2:
        decimals = max(decimals, digits)
    return f"{number(x, decimals, toward)}×"


def bounded(x: float, bound: str, write: Writer) -> str:
    """A value with the bound that it is, if it is one, rounded outward: at least 2.7×."""
    return f"{bound} {write(x, toward=OUTWARD.get(bound, 0))}".strip()


def p_value(p: float) -> str:
    """A p value as in a sentence: p = 0.031, p < 0.001."""
    if math.isnan(p):
        return f"p{NO_BREAK}{ABSENT}"
    if p < 0.001:
        return f"p{NO_BREAK}<{NO_BREAK}0.001"
    return f"p{NO_BREAK}={NO_BREAK}{p:.3f}" if p < 0.1 else f"p{NO_BREAK}={NO_BREAK}{p:.2f}"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """`n` things, in the right number: 1 seed, 5 losses, 10,000 test images."""
    ending = "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{n:,}{NO_BREAK}{noun if n == 1 else plural or noun + ending}"


def counts(numbers: Sequence[int], noun: str, plural: str | None = None) -> str:
    """From the fewest to the most things: 3 to 10 seeds, or 5 seeds where all are alike."""
    low, high = min(numbers), max(numbers)
    most = count(high, noun, plural)
    return most if low == high else f"{low:,} to {most}"


def span(values: Iterable[float], write: Callable[[float], str]) -> str:
    """From the lowest to the highest value, the unit named once: +0.20 to +0.42 pp.

    Missing values are left out; without any other it is a dash.
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return ABSENT
    return from_to(write(min(known)), write(max(known)))


def from_to(low: str, high: str) -> str:
    """A range of two written numbers, the unit named once; one number where they read alike."""
    unit = "".join(high.rpartition(NO_BREAK)[1:]) if NO_BREAK in high else ""
    return high if low == high else f"{low.removesuffix(unit)} to {high}"


def duration(seconds: float) -> str:
    """A time in minutes, or in hours where it is long: 89.5 minutes, 2.5 hours."""
    minutes = seconds / 60
    return f"{minutes:,.1f} minutes" if minutes < 120 else f"{minutes / 60:,.1f} hours"


def join(items: Sequence[str]) -> str:
    """The items as in a sentence: a, b and c. No items read `none`."""
    if not items:
        return "none"
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def _with_unit(text: str, unit: str) -> str:
    return text if text == ABSENT else f"{text}{unit}"
