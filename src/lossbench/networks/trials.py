"""Trials of own code: what was tried, how it ended, and what was found or is allowed."""

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Literal

from lossbench.errors import LossbenchError
from lossbench.networks.loader import said

Outcome = Literal["ok", "warning", "not allowed"]
EXAMPLES = 8
"""In the batches that are tried."""


class UnfitError(Exception):
    """What a trial found, and what is allowed."""


@dataclass(frozen=True)
class Trial:
    """One thing that was tried."""

    name: str
    outcome: Outcome
    said: str


@dataclass(frozen=True)
class Attempt:
    """One thing to try."""

    name: str
    run: Callable[[], str]
    """Returns what it found. Raises UnfitError, or whatever own code raises."""
    failure: Outcome = "not allowed"


def outcomes(attempts: list[Attempt]) -> Iterator[Trial]:
    """Each attempt's outcome, to the first that is not allowed: what follows rests on it."""
    heard = io.StringIO()
    for each in attempts:
        with redirect_stdout(heard), redirect_stderr(heard):
            trial = _outcome(each)
        yield trial
        if trial.outcome == "not allowed":
            return
    if printed := " ".join(heard.getvalue().split()):
        yield Trial("quiet", "warning", f"prints {printed[:40]!r}, and would at every step")


def _outcome(attempt: Attempt) -> Trial:
    try:
        return Trial(attempt.name, "ok", attempt.run())
    except (UnfitError, LossbenchError) as error:
        return Trial(attempt.name, attempt.failure, str(error))
    except (Exception, SystemExit) as error:  # own code can raise anything
        return Trial(attempt.name, attempt.failure, said(error))


def on_another_device(step: Callable[[], None]) -> str:
    """Take a step on PyTorch's meta device, where only shapes are known.

    Raises UnfitError: it mixes devices, as it would on a GPU. What asks for numbers cannot be tried
    to its end.
    """
    try:
        step()
    except Exception as error:
        if "device" in str(error) and "cpu" in str(error):
            raise UnfitError(
                f"leaves tensors on the CPU ({said(error)}); allowed: on the device of its input"
            ) from error
        return f"cannot be told without one ({said(error)})"
    return "everything follows the input to its device"
