"""Times contestants in turn, so that all of them meet the same moments of a busy machine.

Times are processor seconds of one thread: what other processes do to the core's clock and caches
still shows, that they take turns on it does not.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

ROOT = Path(__file__).parents[1]


def rounds(contestants: Mapping[str, Callable[[], object]], repeats: int) -> pd.DataFrame:
    """Processor seconds: a row a round, every other one in reverse order, a column a contestant."""
    times = []
    for number in range(repeats):
        order = list(contestants)[:: -1 if number % 2 else 1]
        times.append({name: cpu_seconds(contestants[name]) for name in order})
    return pd.DataFrame(times)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor seconds that this process spends in `work`."""
    started = time.process_time()
    work()
    return time.process_time() - started


class Ran(NamedTuple):
    """A process that ended well."""

    cpu_s: float
    wall_s: float
    output: str


def run(command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command and its children; raises RuntimeError with what it printed if it fails."""
    before, started = _children_cpu(), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    wall = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return Ran(_children_cpu() - before, wall, done.stdout)


def python(*arguments: str) -> Ran:
    """Run this Python with these arguments in the project's folder."""
    return run([sys.executable, *arguments])


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
