"""Text that a command writes into a document, between two marks."""

import sys
from pathlib import Path


def put(document: Path, begin: str, end: str, text: str) -> None:
    """Put `text` between the marks `begin` and `end`, in place of what stands there."""
    before, _, rest = document.read_text("utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{document}: lacks the marks {begin} and {end}")
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")
