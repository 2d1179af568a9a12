"""The `lossbench` command: each verb reads files, calls one function, and writes files.

Modules are imported inside the verbs, so that a verb loads only what it needs: one that reads
tables does not load PyTorch.
"""

import sys

from lossbench.cli import analysis, laboratory, publishing, status  # noqa: F401 - they add verbs
from lossbench.cli.app import app
from lossbench.errors import LossbenchError


def main() -> None:
    """Run the command line. An error that the user can mend is one line and exit status 1."""
    try:
        app()
    except LossbenchError as error:
        print(f"lossbench: {error}", file=sys.stderr)
        sys.exit(1)
