"""What is expensive to invent: made once a test session, by the process that asks first."""

import pickle
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

FOLDER: list[Path] = []
"""That of the session, once `conftest.py` knows it; without, each process makes its own."""
Made = TypeVar("Made")


def once(make: Callable[..., Made]) -> Callable[..., Made]:
    """Keep the results of a function of plain arguments in memory, and on disk for the others.

    Callers share what they get, as with `functools.cache`.
    """
    known: dict[tuple[Any, ...], Made] = {}

    @wraps(make)
    def kept(*arguments: Any) -> Made:
        if arguments not in known:
            known[arguments] = _shared(make, arguments) if FOLDER else make(*arguments)
        return known[arguments]

    return kept


def _shared(make: Callable[..., Made], arguments: tuple[Any, ...]) -> Made:
    name = "-".join([make.__module__, make.__name__, *map(str, arguments)])
    path = FOLDER[0] / f"{name}.pickle"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            path.write_bytes(pickle.dumps(make(*arguments)))
        found: Made = pickle.loads(path.read_bytes())
        return found
