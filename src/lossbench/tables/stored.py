"""A study's tables, from and to its folder; those of a published study, from their CSV."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lossbench.errors import TableError, one_line
from lossbench.study.paths import StudyPaths
from lossbench.tables.contract import Schema
from lossbench.tables.listing import read_listing
from lossbench.tables.parquet import check, concat, read, read_all, write
from lossbench.tables.runs import HISTORY, ORIGINS, RUNS
from lossbench.tables.study import TABLES
from lossbench.tables.theory import THEORY_TABLES


def read_jobs(groups: list[Path], losses: Iterable[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History and runs of these losses' jobs in the folders of groups of jobs."""
    jobs = [job for loss in losses for group in groups for job in sorted(group.glob(f"{loss}/*"))]
    return read_runs(jobs, HISTORY), read_runs(jobs, RUNS)


def read_runs(jobs: Iterable[Path], table: Schema) -> pd.DataFrame:
    """One of the tables of all runs of the jobs in these folders."""
    runs = [job / run.folder for job in jobs for run in read_listing(job)]
    return read_all([run / f"{table.name}.parquet" for run in runs], table)


def read_origins(jobs: Iterable[Path]) -> pd.DataFrame:
    """ORIGINS of all runs of the jobs in these folders."""
    frames = [
        read(job / run.folder / "runs.parquet", RUNS).assign(
            key=run.key, study=run.study, trained=run.trained
        )[list(ORIGINS.names)]
        for job in jobs
        for run in read_listing(job)
    ]
    return concat(frames, ORIGINS)


def read_tables(paths: StudyPaths, *names: str) -> dict[str, pd.DataFrame]:
    """Tables of the study or of its theory chapter, by name."""
    schemas = TABLES | THEORY_TABLES
    return {name: read(table_path(paths, name), schemas[name]) for name in names}


def table_path(paths: StudyPaths, name: str) -> Path:
    """The file of a table of the study or of the theory chapter."""
    return paths.theory(name) if name in THEORY_TABLES else paths.table(name)


def read_finished(folder: Path, *names: str) -> dict[str, pd.DataFrame]:
    """Tables of the study in `folder`, by name; of one that was published, from their CSV."""
    files = {name: StudyPaths.around(folder).stored(name) for name in names}
    return {
        name: (read if file.suffix == ".parquet" else read_csv)(file, TABLES[name])
        for name, file in files.items()
    }


def read_csv(path: Path, table: Schema) -> pd.DataFrame:
    """The checked table in the CSV file `path`, packed or not, as it was before it became text."""
    kinds = {column.name: column.kind for column in table.columns}
    try:
        raw = pd.read_csv(path, dtype=str, keep_default_na=False)
        columns = {name: _from_text(raw[name], kinds.get(name, "text")) for name in raw}
    except (OSError, ValueError) as error:
        raise TableError(
            f"{path}: not a readable {table.name} table ({one_line(error)})"
        ) from error
    return check(pd.DataFrame(columns), table, origin=str(path))


def _from_text(values: pd.Series, kind: str) -> pd.Series:
    if kind == "bool":
        return values.map({"True": True, "False": False})
    return values if kind == "text" else pd.to_numeric(values)


def write_tables(paths: StudyPaths, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables of the study."""
    for name, frame in tables.items():
        write(frame, TABLES[name], paths.table(name))
