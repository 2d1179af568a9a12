"""How much of a study's time on its cores was training, from the records that it left."""

import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.record import Figure, at_least
from lossbench.errors import TableError
from lossbench.tables.parquet import read
from lossbench.tables.runs import TIMING

IDLE_S = 60.0
"""A longer pause between two jobs divides two sittings and does not count."""


def figures(folder: Path, cores: int) -> Iterator[Figure]:
    """The share of the study in `folder`, results/NAME, by what each job recorded."""
    group, goal = "Pipeline", at_least(0.75)
    name = "a real study, Σ training seconds / (wall seconds × cores)"
    done = jobs(folder / "benchmarks")
    if done.empty:
        yield Figure(group, name, None, goal=goal, note=f"no records of results/{folder.name}")
        return
    wall = sum(sittings(done))
    try:
        share = training_share(folder, wall, cores)
    except TableError:
        why = f"results/{folder.name} was made by another version of the project"
        yield Figure(group, name, None, goal=goal, note=why)
        return
    note = f"{folder.name}: {wall / 60:.0f} minutes on {cores} cores, from its records"
    yield Figure(group, name, share, goal=goal, note=note)


def training_share(folder: Path, wall: float, cores: int) -> float:
    """Seconds inside training, over those that the cores had."""
    tables = folder.glob("runs/**/timing.parquet")
    trained = sum(read(path, TIMING)["train_s"].sum() for path in tables)
    return float(trained / (wall * cores))


def jobs(benchmarks: Path) -> pd.DataFrame:
    """Every job: its start in seconds after the first one's, its seconds, its memory in MiB."""
    found = []
    for path in sorted(benchmarks.rglob("*.tsv")):
        measured = pd.read_csv(path, sep="\t", na_values="-").iloc[-1]
        job = path.relative_to(benchmarks).with_suffix("").as_posix()
        ended = path.stat().st_mtime
        found.append((job, ended - measured["s"], measured["s"], measured["max_rss"]))
    table = pd.DataFrame(found, columns=["job", "start_s", "seconds", "memory_mib"])
    table["start_s"] -= table["start_s"].min()
    return table.round({"start_s": 1, "seconds": 1, "memory_mib": 0})


def sittings(jobs: pd.DataFrame) -> list[float]:
    """Wall seconds of each sitting: of work without a long pause between two jobs."""
    jobs = jobs.sort_values("start_s")
    start = jobs["start_s"]
    end = (start + jobs["seconds"]).cummax()
    before = end.shift(fill_value=-math.inf)
    opens = start - before > IDLE_S
    seconds = end - before.where(~opens, start)
    return list(seconds.groupby(opens.cumsum()).sum())
