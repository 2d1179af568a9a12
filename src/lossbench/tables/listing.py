"""What is in the folder of a training job: a folder with its tables for each run, and a list.

The list is written last, so that a job with one is whole. It says which runs the job trained and
which it took from the cache, and who had trained those.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from lossbench.errors import FileError, TableError
from lossbench.files import read_json, write_json
from lossbench.study.paths import LISTING


@dataclass(frozen=True)
class Listed:
    """A run of a job."""

    folder: str
    """In that of the job."""
    key: str
    """What it is called in the cache."""
    study: str
    """Which study trained it."""
    trained: str
    """When: date and time, UTC."""
    taken: bool
    """Whether this job found it in the cache."""


def write_listing(job: Path, runs: list[Listed]) -> None:
    """Say that the job in this folder is done, and what its runs are."""
    write_json(job / LISTING, [asdict(run) for run in runs])


def read_listing(job: Path) -> list[Listed]:
    """The runs of the job in this folder. Raises TableError: it is not whole."""
    try:
        return [Listed(**run) for run in read_json(job / LISTING)]
    except (TypeError, FileError) as error:
        raise TableError(f"{job}: not the folder of a finished training job ({error})") from error
