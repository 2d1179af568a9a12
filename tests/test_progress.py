"""How far a study is, from files that a test lays out and from a real run."""

import os
import time

import pytest
from typer.testing import CliRunner

from builders.project_copy import TINY
from lossbench.cli import app
from lossbench.study.loading import parse_study
from lossbench.study.paths import LISTING, StudyPaths
from lossbench.study.plan import groups
from lossbench.study.progress import _mark, progress, total
from lossbench.tables.listing import Listed, write_listing
from lossbench.verbs.status import duration

SMALL = {"compute": {"job_minutes": 0.03}, "limits": {"learning_rates": 1}}
STUDY = parse_study(TINY | SMALL, origin="tiny")
JOBS = groups(STUDY)
"""A tuning job of a loss, one of the other, then their evaluation jobs, all of three replicates."""


@pytest.fixture
def paths(tmp_path, monkeypatch) -> StudyPaths:
    monkeypatch.chdir(tmp_path)
    paths = StudyPaths("tiny")
    paths.study.parent.mkdir(parents=True)
    paths.study.write_text(STUDY.model_dump_json())
    return paths


def write(path, *, text: str = "", age: float = 0.0) -> None:
    """A file that was last written `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    written = time.time() - age
    os.utime(path, (written, written))


def finish(paths: StudyPaths, job, seconds: float = 20) -> None:
    for folder in paths.jobs(job):
        write(folder / LISTING, text="[]")
    write(paths.log(job), age=1)
    write(paths.benchmark(job), text=f"s\th:m:s\n{seconds}\t0:00:10\n")


def mark(paths: StudyPaths, job, *, age: float) -> None:
    """What Snakemake leaves while it has the job at work."""
    write(paths.results.parent / _mark(paths.group(job)), age=age)
    write(paths.results.parent / ".snakemake/locks/0.input.lock")


def states(paths: StudyPaths) -> list[str]:
    return [job.state for comparison in progress(STUDY, paths) for job in comparison.jobs]


def test_a_study_that_has_not_begun_waits_for_an_unknown_time(paths):
    [comparison] = progress(STUDY, paths)
    assert comparison.runs == {"waiting": 4 * 3}
    assert comparison.seconds_left is None
    text = status()
    assert "is unknown before its first jobs have ended" in text
    assert "0 s" not in text


def test_every_state_is_told_apart(paths):
    finish(paths, JOBS[0])
    mark(paths, JOBS[1], age=60)
    write(paths.log(JOBS[1]), age=59)
    write(paths.log(JOBS[2]), text="lossbench: no", age=30)
    assert states(paths) == ["done", "running", "failed", "waiting"]
    assert total(progress(STUDY, paths)) == {"done": 3, "running": 3, "failed": 3, "waiting": 3}


def test_a_job_that_has_just_started_is_not_marked_yet(paths):
    write(paths.log(JOBS[0]))
    assert states(paths)[0] == "failed"  # Nobody is at work here.
    mark(paths, JOBS[1], age=60)
    assert states(paths)[0] == "running"
    write(paths.log(JOBS[0]), age=30)
    assert states(paths)[0] == "failed"


def test_deleted_results_are_not_a_failure(paths):
    finish(paths, JOBS[0])
    [folder] = paths.jobs(JOBS[0])
    (folder / LISTING).unlink()
    assert states(paths)[0] == "waiting"


def test_a_job_in_a_cluster_queue_waits(paths):
    """Its mark is newer than the log of an earlier attempt, or there is no log."""
    mark(paths, JOBS[0], age=5)
    write(paths.log(JOBS[1]), age=60)
    mark(paths, JOBS[1], age=5)
    assert states(paths)[:2] == ["waiting", "waiting"]


def test_a_mark_without_a_lock_is_left_by_a_killed_run(paths):
    mark(paths, JOBS[0], age=60)
    write(paths.log(JOBS[0]), age=59)
    (paths.results.parent / ".snakemake/locks/0.input.lock").unlink()
    assert states(paths)[0] == "waiting"


def test_time_left_follows_the_loss_and_the_comparison_where_it_has_none_finished(paths):
    finish(paths, JOBS[0], seconds=15)  # cross-entropy: 5 s a run
    [comparison] = progress(STUDY, paths)
    assert comparison.seconds_left == pytest.approx((3 + 3 + 3) * 5)
    finish(paths, JOBS[1], seconds=60)  # squared error: 20 s a run
    [comparison] = progress(STUDY, paths)
    assert comparison.seconds_left == pytest.approx(3 * 5 + 3 * 20)
    mark(paths, JOBS[2], age=6)
    write(paths.log(JOBS[2]), age=5)
    [comparison] = progress(STUDY, paths)
    assert comparison.seconds_left == pytest.approx(3 * 5 - 6 + 3 * 20, abs=2)


@pytest.mark.parametrize("text", ["", "s\n", "s\nnan_text\n", "other\n1\n"])
def test_an_unreadable_benchmark_estimates_nothing(paths, text):
    finish(paths, JOBS[0])
    paths.benchmark(JOBS[0]).write_text(text)
    assert progress(STUDY, paths)[0].seconds_left is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (99, "99 s"), (420, "7 min"), (7500, "2 h 05 min"), (5999, "1 h 40 min")],
)
def test_durations_are_words(seconds, text):
    assert duration(seconds) == text


def status(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["status", *arguments])
    return result.output + str(result.exception or "")


def test_the_command_says_what_is_done_failed_and_left(paths):
    finish(paths, JOBS[0])
    write(paths.log(JOBS[2]), text="lossbench: no")
    text = status("tiny")
    assert "Digits (stand-in) · MLP" in text
    assert f"failed: see {paths.log(JOBS[2])}" in text
    assert "Training needs about 60 s more with one job at a time." in text


def test_the_command_counts_what_came_from_the_run_cache(paths):
    finish(paths, JOBS[0])
    listed = [Listed(f"run-{place}", "key", "other", "2026-11-26", place > 0) for place in range(3)]
    write_listing(paths.jobs(JOBS[0])[0], listed)
    assert "2 of the runs that are done came from the run cache." in status("tiny")


def test_the_command_says_when_all_is_trained(paths):
    for job in JOBS:
        finish(paths, job)
    assert "report/tiny.html is not made yet" in status()
    write(paths.page)
    assert "All runs are trained. Page: report/tiny.html" in status()


def test_a_job_that_was_asked_for_by_its_path_is_no_study_and_an_unknown_one_neither(paths):
    assert "no study 'other' was started; started: tiny" in status("other")
    paths.study.unlink()
    write(paths.log(JOBS[0]))
    for arguments in ([], ["tiny"]):
        text = status(*arguments)
        assert "only single files of this study were asked for" in text
        assert "results/tiny/logs" in text
    assert "no study 'other' was started; started: none" in status("other")


@pytest.mark.slow
def test_a_real_run_is_seen_at_work(tmp_path, monkeypatch):
    """The marks are Snakemake's own, and another version may keep them elsewhere."""
    from builders.project_copy import Project

    project = Project(tmp_path / "project", TINY | SMALL)
    monkeypatch.chdir(project.folder)
    process = project.start(
        "--cores", "2", "--until", "evaluation_runs", "--configfile", "config/tiny.yaml"
    )
    seen = set()
    while process.poll() is None:
        seen |= set(states(StudyPaths("tiny")))
        time.sleep(0.5)
    assert process.returncode == 0, project.said()
    assert seen >= {"waiting", "running", "done"}
    assert "failed" not in seen
    assert states(StudyPaths("tiny")) == ["done"] * 4
