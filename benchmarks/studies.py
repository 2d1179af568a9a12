"""How much of a study's time on its cores was training, from the records that it left."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.record import Figure, at_least, not_measured
from lossbench.errors import TableError
from lossbench.tables import read
from lossbench.tables.runs import TIMING

IDLE_S = 60.0
"""A longer pause between two jobs divides two sittings and does not count."""


def figures(folder: Path, cores: int) -> Iterator[Figure]:
    """The share of the study in `folder`, results/NAME, by what each job recorded."""
    group, goal = "Pipeline", at_least(0.75)
    name = "a real study, Σ training seconds / (wall seconds × cores)"
    done = jobs(folder / "benchmarks")
    if done.empty:
        yield not_measured(group, name, goal, f"no records of results/{folder.name}")
        return
    wall = worked_s(done)
    try:
        share = training_share(folder, wall, cores)
    except TableError:
        why = f"results/{folder.name} was made by another version of the project"
        yield not_measured(group, name, goal, why)
        return
    note = f"{folder.name}: {wall / 60:.0f} minutes on {cores} cores, from its records"
    yield Figure(group=group, name=name, value=share, goal=goal, note=note)


def training_share(folder: Path, wall: float, cores: int) -> float:
    """Seconds inside training, over those that the cores had."""
    tables = folder.glob("runs/*/*/*/*/*/timing.parquet")
    trained = sum(read(path, TIMING)["train_s"].sum() for path in tables)
    return float(trained / (wall * cores))


def working_seconds(spans: list[tuple[float, float]]) -> float:
    """From the first job's start to the last one's end, less the long pauses between jobs."""
    total, latest = 0.0, None
    for start, end in sorted(spans):
        if latest is None or start - latest > IDLE_S:
            total, latest = total + end - start, end
        elif end > latest:
            total, latest = total + end - latest, end
    return total


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


def worked_s(jobs: pd.DataFrame) -> float:
    """Wall seconds of the study, less the pauses in which it was interrupted."""
    ends = jobs["start_s"] + jobs["seconds"]
    return working_seconds(list(zip(jobs["start_s"], ends, strict=True)))
