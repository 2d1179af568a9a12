"""How much of a study's time on its cores was training, from the records that it left."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.record import Figure, at_least, not_measured
from lossbench.errors import TableError
from lossbench.tables import read
from lossbench.tables.runs import TIMING

IDLE_S = 60.0
"""A longer pause between two jobs divides two sittings and does not count."""


def figures(folder: Path, cores: int) -> Iterator[Figure]:
    """The share of the study in `folder`, results/NAME, as Snakemake recorded it."""
    group, goal = "Pipeline", at_least(0.75)
    name = "a real study, Σ training seconds / (wall seconds × cores)"
    spans = list(job_spans(folder))
    if not spans:
        yield not_measured(group, name, goal, f"no records of results/{folder.name}")
        return
    wall = working_seconds(spans)
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


def job_spans(folder: Path) -> Iterator[tuple[float, float]]:
    """Start and end of every job whose outputs lie in `folder`, seconds since the epoch."""
    metadata = folder.parents[1] / ".snakemake/metadata"
    for path in metadata.rglob("*"):
        if path.is_file() and _output(path.relative_to(metadata)).startswith(
            f"results/{folder.name}/"
        ):
            found = json.loads(path.read_text("utf-8"))
            if found["endtime"] is not None:
                yield found["starttime"], found["endtime"]


def _output(path: Path) -> str:
    """The output that a record of Snakemake's belongs to: long names are cut into folders."""
    return base64.urlsafe_b64decode("".join(part.removeprefix("@") for part in path.parts)).decode()
