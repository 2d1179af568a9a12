"""Finds the studies here, and a finished one by its name or folder."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from lossbench.errors import ConfigError, did_you_mean, printable
from lossbench.study.config import Study
from lossbench.study.loading import read_study
from lossbench.study.paths import RESULTS, StudyPaths


def started() -> Iterator[tuple[Study, StudyPaths]]:
    """The studies here that were asked for as a whole, by name; says which cannot be read.

    What is one study's own is known until the next is read.
    """
    for path in sorted(RESULTS.glob("*/study.json")):
        try:
            yield read_study(path), StudyPaths.around(path.parent)
        except ConfigError:
            print(f"{path}: of another version of lossbench or damaged, left out")


def finished(study: str, needs: Iterable[str]) -> StudyPaths:
    """Where the study is, with the tables that are needed; its own losses are known from now on.

    Raises ConfigError: there is no such study, or it lacks one of the tables.
    """
    folder = Path(study) if Path(study).is_dir() else RESULTS / study
    paths = StudyPaths.around(folder.resolve())
    if missing := [n for n in needs if not paths.stored(n).exists()]:
        there = [path.parents[1].name for path in RESULTS.glob("*/tables/contrasts.parquet")]
        what = (
            f"is not finished; it lacks {', '.join(missing)}" if folder.exists() else "is no study"
        )
        raise ConfigError(
            f"{printable(study)}: {what}; finished here: {', '.join(sorted(there)) or 'none'}"
            f"{did_you_mean(study, there)}"
        )
    if paths.study.exists():
        with suppress(ConfigError):  # of another version: its tables are read all the same
            read_study(paths.study)
    return paths
