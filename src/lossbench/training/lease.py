"""A GPU for each job: where a box has several, a job leases one that no other job holds.

Snakemake counts GPUs but assigns none, so that without a lease every job would land on the first.
A lease is a file lock: the system lets go of it when its process ends, however it ends.
"""

import itertools
import os
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Set where a scheduler or the user has assigned devices already."""
POLL_S = 1.0
"""Seconds between two looks for a free GPU."""


class Lease(NamedTuple):
    """A GPU, held as long as the lock lives."""

    gpu: int
    lock: FileLock


def gpu_index(count: int) -> int:
    """Which of the `count` visible GPUs is this process's: the first, if it was assigned or alone.

    Else one that no other job of this user on this machine holds, waiting until one is free.
    """
    return 0 if VISIBLE in os.environ or count < 2 else _lease(count).gpu


@cache
def _lease(count: int) -> Lease:
    """The process's lease; kept in the cache, hence held until the process ends."""
    for look in itertools.count():
        for index in range(count):
            lock = FileLock(lock_file(index))
            with suppress(Timeout):
                lock.acquire(blocking=False)
                return Lease(index, lock)
        if look == 0:
            print(f"waiting for a GPU: all {count} are held by other jobs", flush=True)
        time.sleep(POLL_S)
    raise AssertionError("unreachable")


def lock_file(index: int) -> Path:
    """The lock of GPU `index`: on the machine's own disk, shared by all studies of one user."""
    return Path(tempfile.gettempdir()) / f"lossbench-{os.getuid()}-gpu-{index}.lock"
