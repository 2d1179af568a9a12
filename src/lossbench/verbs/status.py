"""Say how much of a study's training is done, running, failed and waiting, and the time left."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.errors import ConfigError
from lossbench.study.finished import started
from lossbench.study.paths import RESULTS, StudyPaths
from lossbench.study.progress import STATES, JobProgress, Progress, progress, total
from lossbench.tables.listing import read_listing
from lossbench.words.places import places
from lossbench.words.terminal import print_table


def status(
    name: Annotated[str | None, typer.Argument(help="A study's name; all of them without.")] = None,
) -> None:
    name = name and Path(name).name  # or its folder, as other verbs take it
    found, shown = [], 0
    for study, paths in started():  # shown one by one: the next one's own losses replace these
        found.append(paths.name)
        if name in (None, paths.name):
            _show(paths, progress(study, paths))
            shown += 1
    if not shown:
        _refuse(name, found)


def _refuse(name: str | None, found: list[str]) -> None:
    """Raises ConfigError: no study was started, or none called `name`."""
    # Snakemake records a study when all of it is asked for; single files leave logs alone.
    in_part = [
        path.parent for path in sorted(RESULTS.glob("*/logs")) if path.parts[1] != "datasets"
    ]
    if parts := [folder for folder in in_part if name in (None, folder.name)]:
        raise ConfigError(
            f"{parts[0]}: only single files of this study were asked for, which leaves no record"
            f" to count runs by; what ran is in {parts[0] / 'logs'}"
        )
    names = ", ".join(found) or "none; start one by `snakemake`"
    asked = "no study was started" if name is None else f"no study {name!r} was started"
    raise ConfigError(f"{RESULTS.absolute()}: {asked}; started: {names}")


def _show(paths: StudyPaths, comparisons: list[Progress]) -> None:
    rows = []
    named = places(comparison.comparison for comparison in comparisons)
    for place, comparison in zip(named, comparisons, strict=True):
        runs, left = comparison.runs, comparison.seconds_left
        counts = (str(runs[state] or "") for state in STATES)
        time = "unknown" if left is None else duration(left)
        rows.append((place.heading, str(runs.total()), *counts, time))
    numeric = ("Runs", *(state.capitalize() for state in STATES), "Work left")
    title = f"{paths.name}: training runs"
    print_table(title, ("Comparison", *numeric), rows, numeric=numeric)
    for line in _remarks(paths, comparisons):
        print(line)


def _remarks(paths: StudyPaths, comparisons: list[Progress]) -> list[str]:
    """What the table does not say: failed jobs' logs, time left, the page."""
    every = [job for comparison in comparisons for job in comparison.jobs]
    lines = [f"failed: see {job.log}" for job in every if job.state == "failed"]
    taken = _taken(every)
    if taken:
        lines.append(f"{taken} of the runs that are done came from the run cache.")
    if total(comparisons)["done"] < total(comparisons).total():
        at_once = max(1, sum(job.state == "running" for job in every))
        estimates = [comparison.seconds_left for comparison in comparisons]
        known = [seconds for seconds in estimates if seconds is not None]
        if not sum(known):
            return [*lines, "How long training takes is unknown before its first jobs have ended."]
        bound = "at least" if None in estimates else "about"
        jobs = "one job" if at_once == 1 else f"{at_once} jobs"
        left = duration(sum(known) / at_once)
        return [*lines, f"Training needs {bound} {left} more with {jobs} at a time."]
    page = str(paths.page) if paths.page.exists() else f"{paths.page} is not made yet"
    return [*lines, f"All runs are trained. Page: {page}"]


def _taken(jobs: list[JobProgress]) -> int:
    """How many runs their jobs found in the run cache."""
    done = (folder for job in jobs if job.state == "done" for folder in job.folders)
    return sum(run.taken for folder in done for run in read_listing(folder))


def duration(seconds: float) -> str:
    """Such as `2 h 05 min`, `7 min`, `40 s`; nothing left is `0 s`."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02d} min"
