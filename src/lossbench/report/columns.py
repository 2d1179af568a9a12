"""The columns that several tables share, each worded and formatted once."""

import math
from collections.abc import Callable
from functools import partial

from lossbench.report.data_tables import Shown
from lossbench.words import numbers
from lossbench.words.names import dataset_name, loss_name, network_name

DATASET = Shown("dataset", "Data set", dataset_name, header=True, style="name")
NETWORK = Shown("model", "Network", network_name, style="name")
RECIPE = Shown("recipe", "Recipe", style="name", telling=True)
EPOCHS = Shown("epochs", "Epochs", numeric=True, telling=True)
COMPARISON = (DATASET, NETWORK, RECIPE, EPOCHS)
LOSS = Shown("loss", "Loss", loss_name, style="name")
CELL = (*COMPARISON, LOSS)
SETTING = Shown("setting", "Setting", style="name", optional=True)
BOUND = Shown("bound", "Bound", style="name", optional=True)
FAMILY = Shown("family", "Family")
METHOD = Shown("method", "How computed", style="name")


def rate(value: float) -> str:
    """A learning rate in its shortest form."""
    return f"{value:g}"


def chance(value: float) -> str:
    """A chance that was simulated, rounded down, never a certainty."""
    return numbers.percent(min(value, 0.99), 0, toward=-1)


def whole(value: float) -> str:
    """A whole number; infinite where most runs never got there."""
    return numbers.number(value, 0)


def plain(value: float) -> str:
    """A number of any size, in four significant digits."""
    if not math.isfinite(value) or value == 0:
        return numbers.number(value, 0)
    if 1e-3 <= abs(value) < 1e5:
        return numbers.number(value, max(0, 3 - math.floor(math.log10(abs(value)))))
    return f"{value:.2e}".replace("-", numbers.MINUS)


def _percent(value: float) -> str:
    return numbers.percent(value).removesuffix("%")


def _points(value: float) -> str:
    return numbers.points(value).removesuffix(f"{numbers.NO_BREAK}pp")


def _p_value(value: float) -> str:
    return (
        numbers.p_value(value)
        .removeprefix(f"p{numbers.NO_BREAK}")
        .removeprefix(f"={numbers.NO_BREAK}")
    )


def count(name: str, label: str, unit: str = "", *, wide: bool = False) -> Shown:
    """A column of whole numbers."""
    return Shown(name, label, whole, numeric=True, unit=unit, wide=wide)


def percent(name: str, label: str) -> Shown:
    """A column of fractions, shown in percent."""
    return Shown(name, label, _percent, numeric=True, unit="%")


def points(name: str, label: str) -> Shown:
    """A column of differences of fractions, shown in percentage points."""
    return Shown(name, label, _points, numeric=True, unit="pp")


def width(name: str, label: str) -> Shown:
    """A column of widths in percentage points, without a sign."""
    return Shown(name, label, _percent, numeric=True, unit="pp")


def factor(name: str, label: str) -> Shown:
    """A column of ratios."""
    return Shown(name, label, lambda value: f"{numbers.number(value)}×", numeric=True)


def p_value(name: str, label: str) -> Shown:
    """A column of p values."""
    return Shown(name, label, _p_value, numeric=True)


def quantity(name: str, label: str, unit: str = "") -> Shown:
    """A column of numbers of any size."""
    return Shown(name, label, plain, numeric=True, unit=unit)


def decimal(name: str, label: str, unit: str = "", *, digits: int = 3) -> Shown:
    """A column of numbers of one size, aligned on the decimal point."""
    return Shown(name, label, partial(numbers.number, digits=digits), numeric=True, unit=unit)


def estimate(
    kind: Callable[[str, str], Shown], label: str, value: str = "value"
) -> tuple[Shown, Shown, Shown]:
    """The columns of a value and of the ends of its interval."""
    return kind(value, label), kind("ci_low", "from"), kind("ci_high", "to")


def verdict(name: str, label: str) -> Shown:
    """A column of verdicts, which the style sheet tells apart."""
    return Shown(name, label, style="name verdict-{}")


VERDICT = verdict("verdict", "Verdict")
P_VALUES = (p_value("p_value", "Sign-flip p"), p_value("p_adjusted", "t-test p, Holm"))
MARGIN = width("margin", "Margin")
AGAIN = Shown("replication", "Again", chance, numeric=True, optional=True)
"""The chance that a study of the same size with fresh replicates gives the same verdict."""
LEARNING_RATE = Shown("learning_rate", "Learning rate", rate, numeric=True)
SEED = count("seed", "Seed")
PAIRS = count("pairs", "Replicates")
