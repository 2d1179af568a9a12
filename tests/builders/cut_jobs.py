"""Training jobs in processes of their own that stand still at a chosen moment, to be killed there.

The processes are forked from a server that has imported PyTorch and Lightning, which takes seconds.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from lossbench.files import atomic, scratch

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["lossbench.cli", "lossbench.training.fit"])
PATIENCE_S = 120


def start(
    arguments: Sequence[str], log: Path, *, moment: str = "", marker: Path | None = None
) -> multiprocessing.Process:
    """`lossbench` with these arguments, its output in `log`.

    With a `moment`, one of MOMENTS, it touches `marker` there and waits for its end.
    """
    process = CONTEXT.Process(target=_run, args=(list(arguments), log, moment, marker))
    process.start()
    return process


def finish(arguments: Sequence[str], log: Path) -> int:
    """Its exit status when nothing stands in its way."""
    process = start(arguments, log)
    process.join(PATIENCE_S)
    assert process.exitcode is not None
    return process.exitcode


def cut(arguments: Sequence[str], log: Path, *, moment: str, number: int) -> int:
    """Send signal `number` when the job has come to `moment`; its exit status, as Python has it."""
    marker = log.with_suffix(".reached")
    process = start(arguments, log, moment=moment, marker=marker)
    try:
        wait_for(marker.exists, process.is_alive)
        os.kill(process.pid, number)
        process.join(PATIENCE_S)
    finally:
        process.kill()
        marker.unlink(missing_ok=True)
    assert process.exitcode is not None
    return process.exitcode


def leave_halves(folder: Path) -> None:
    """Kill a process within a file `half` and a folder of work called `download`."""
    process = CONTEXT.Process(target=_die_within, args=(folder,))
    process.start()
    process.join(PATIENCE_S)


def _die_within(folder: Path) -> None:
    with scratch(folder, "download") as inside, atomic(folder / "half") as temporary:
        (inside / "content").write_text("half")
        temporary.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)


def wait_for(there: Callable[[], bool], alive: Callable[[], bool]) -> None:
    """Until it is `there`. Raises AssertionError: it takes too long, or nobody is at it."""
    end = time.monotonic() + PATIENCE_S
    while not there():
        assert time.monotonic() < end, "waited in vain"
        assert alive() or there(), "the process ended before its moment"
        time.sleep(0.01)


def _run(arguments: list[str], log: Path, moment: str, marker: Path | None) -> None:
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["lossbench", *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    from lossbench.cli import main

    if marker is not None:
        (MOMENTS | STORING)[moment](lambda: _stand_still(marker))
    main()


def _stand_still(marker: Path) -> None:
    marker.touch()
    time.sleep(PATIENCE_S)


def _early(stand_still: Callable[[], None]) -> None:
    from lossbench.datasets import prepared

    prepared.load = lambda *_: stand_still()


def _midway(stand_still: Callable[[], None]) -> None:
    """Within an epoch, three updates after the start."""
    from lossbench.training.module import BlockTraining

    step, done = BlockTraining.training_step, []

    def training_step(self: BlockTraining, batch: object) -> None:
        if len(done) == 3:
            stand_still()
        done.append(step(self, batch))

    BlockTraining.training_step = training_step


def _saving(stand_still: Callable[[], None]) -> None:
    """When a second checkpoint is half-written: the first must survive."""
    from lossbench.training import checkpoint

    write, done = checkpoint.atomic, []

    @contextlib.contextmanager
    def half(path: Path) -> Iterator[Path]:
        with write(path) as temporary:
            yield temporary
            done.append(path)
            if len(done) == 2:
                temporary.write_bytes(temporary.read_bytes()[:1000])
                stand_still()

    checkpoint.atomic = half


def _writing(stand_still: Callable[[], None]) -> None:
    """When the job's first table is there and half of its second."""
    from lossbench.tables import parquet

    write = parquet.pq.write_table

    def half(content: object, file: IO[bytes], **options: object) -> None:
        write(content, file, **options)
        if Path(file.name).name.startswith(".runs"):
            file.truncate(1000)
            file.flush()
            stand_still()

    parquet.pq.write_table = half


def _storing(stand_still: Callable[[], None]) -> None:
    """When the first run's tables are in the cache, but not what describes them."""
    from lossbench import run_cache

    run_cache.write_json = lambda *_: stand_still()


MOMENTS = {"early": _early, "midway": _midway, "saving": _saving, "writing": _writing}
STORING = {"storing": _storing}
