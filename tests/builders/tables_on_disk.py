"""What stands in the folders of runs."""

import hashlib
from pathlib import Path

REPEATED = ("history", "predictions", "runs", "geometry", "projections")
"""The tables of a run that hold nothing of the clock or the machine."""


def table_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every table below the folder that must repeat, by path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.parquet"))
        if path.stem in REPEATED
    }
