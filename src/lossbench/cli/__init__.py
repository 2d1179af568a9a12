"""The `lossbench` command: each verb reads files, calls one function, and writes files.

Modules are imported inside the verbs, so that a verb loads only what it needs: one that reads
tables does not load PyTorch.
"""

import gc
import os
import signal
import sys
from types import FrameType

from lossbench.cli import analysis, laboratory, publishing, status  # noqa: F401 - they add verbs
from lossbench.cli.app import app
from lossbench.errors import LossbenchError


def main() -> None:
    """Run the command line. An error that the user can mend is one line and exit status 1.

    SIGTERM ends it with status 143, by an exception: what is half-written is removed on the way.
    Lightning would swallow the signal, stop training and leave with status 0.
    """
    signal.signal(signal.SIGTERM, _terminate)
    # What imports make lives to the end. Looking for garbage among it, as often as Python does
    # by default, takes a fifth of the start of a training job.
    gc.set_threshold(100_000)
    try:
        app()
    except LossbenchError as error:
        print(f"lossbench: {error}", file=sys.stderr)
        sys.exit(1)


def _terminate(number: int, _frame: FrameType | None) -> None:
    os.write(sys.stderr.fileno(), b"lossbench: ended by SIGTERM\n")  # print is not reentrant
    raise SystemExit(128 + number)
