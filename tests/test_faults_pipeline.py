"""Whole pipelines that are killed, starved, copied and lied to (`make test-faults`)."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from builders.cut_jobs import wait_for
from builders.project_copy import ROOT, TINY, Project
from builders.small_disks import enlarge, read_only, small_disk

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and mounts disks"),
]

TITLE = """"$(touch pwned)" `touch pwned` {{7*7}} {% raw %} {dataset} <script>pwned()</script>"""
TITLE += "<img src=x onerror=pwned()> 'é'"
WORST = TINY | {
    "title": TITLE,
    "data_dir": """da'ta "$(touch pwned)" {dataset} é""",
    "compute": {"accelerator": "cpu", "checkpoint_s": 0, "job_minutes": 0.1},
    "comparisons": [
        TINY["comparisons"][0]
        | {
            "epochs": 25,
            "tuning_epochs": 13,
            "losses": [
                *TINY["comparisons"][0]["losses"],
                {"loss": "mse_logits", "learning_rates": [1.0e20, 1.0e25]},
            ],
        }
    ],
}
"""Hostile text wherever text is free, and a loss that diverges in every run."""
CACHE = Path("results/cache")
CONTRASTS = "results/tiny/tables/contrasts.parquet"


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Project:
    """The worst study, finished, in a folder with spaces, quotes, a letter and a command."""
    project = Project(tmp_path_factory.mktemp("""a 'study' "é" $(touch pwned)"""), WORST)
    project.tiny()
    return project


def content(folder: Path, pattern: str = "*") -> dict[str, str]:
    """SHA-256 of every file below, but for what tells about the machine and the run."""
    skipped = {"logs", "benchmarks"}
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob(pattern))
        if path.is_file() and not skipped & set(path.relative_to(folder).parts)
    }


def repeated(project: Project) -> dict[str, str]:
    return {name: digest for name, digest in project.digests().items() if "cross_entropy" in name}


def test_hostile_text_acts_nowhere(finished):
    assert not list(finished.folder.rglob("pwned*"))
    assert not Path("pwned").exists()
    page = (finished.folder / "report/tiny.html").read_text()
    assert "&lt;script&gt;pwned()&lt;/script&gt;&lt;img src=x onerror=pwned()&gt;" in page
    assert "{{7*7}} {% raw %} {dataset}" in page
    assert "<script>pwned" not in page
    assert "<img src=x" not in page
    assert "\\<script\\>" in (finished.folder / "results/tiny/summary.md").read_text()


def test_a_loss_that_always_diverges_is_reported_as_that(finished):
    tables = finished.folder / "results/tiny/tables"
    runs = pd.read_parquet(tables / "runs.parquet").query("loss == 'mse_logits'")
    assert runs["diverged"].all()
    assert len(runs) == 9  # in each of three replicates two rates, and one evaluation run
    metrics = pd.read_parquet(tables / "metrics.parquet").query("loss == 'mse_logits'")
    assert set(metrics.query("metric == 'error'")["value"]) == {0.9}
    assert "mse_logits" not in set(pd.read_parquet(tables / "predictions.parquet")["loss"])
    steps = pd.read_parquet(tables / "steps_to_level.parquet").query("loss == 'mse_logits'")
    assert not steps["reached"].any()
    summary = (finished.folder / "results/tiny/summary.md").read_text()
    assert re.search(r"27\sruns: 18\sfinished and 9\sdiverged", summary)


def jobs_of(process: subprocess.Popen[bytes]) -> list[int]:
    """The training processes that this Snakemake started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, IndexError):
            continue
        if group == process.pid and b"python" in command[0] and b"work" in command[:4]:
            found.append(int(folder.name))
    return found


CUTS = [
    ("early", "both", signal.SIGINT),
    ("midway", "job", signal.SIGTERM),
    ("midway", "job", signal.SIGINT),
    ("midway", "both", signal.SIGKILL),
    ("writing", "job", signal.SIGKILL),
    ("writing", "both", signal.SIGTERM),
    ("writing", "parent", signal.SIGINT),
    ("midway", "parent", signal.SIGKILL),
    ("early", "parent", signal.SIGTERM),
]
"""Each signal to the training job, to its Snakemake and to both, at every stage."""


def test_a_study_that_is_cut_again_and_again_ends_in_the_same_bytes(project, tmp_path):
    """One job, one copy: each signal hits what the one before left behind."""
    expected, job = repeated(project), project.job("cross_entropy")
    shutil.rmtree(project.folder / job)
    shutil.rmtree(project.folder / CACHE)
    project.slow_disk(r"\.predictions", 1.0)
    for moment, victim, number in CUTS:
        stop(cut(project, job, moment, victim, number))
        for kept in (project.folder / CACHE).glob("??"):  # what a job finished before it was cut
            shutil.rmtree(kept)
    project.tiny(str(job))
    assert repeated(project) == expected
    assert not list(project.folder.rglob(".*.partial*"))
    assert not saved_at(project.folder)
    assert "Nothing to be done" in project.tiny(str(job))


def cut(
    project: Project, job: Path, moment: str, victim: str, number: int
) -> subprocess.Popen[bytes]:
    """Ask for the job's runs, and send the signal when it has come to the moment."""
    folder = project.folder / job
    before = saved_at(project.folder)
    process = project.start("--cores", "2", str(job), "--configfile", "config/tiny.yaml")
    moments: dict[str, Callable[[], bool]] = {
        "early": lambda: True,
        "midway": lambda: saved_at(project.folder) > before,
        "writing": lambda: any(folder.rglob(".predictions*.partial")),
    }
    wait_for(lambda: bool(jobs_of(process)) and moments[moment](), lambda: process.poll() is None)
    for target in {"job": jobs_of(process), "parent": [process.pid], "both": []}[victim]:
        os.kill(target, number)
    if victim == "both":
        os.killpg(process.pid, number)
    assert process.wait(120) not in (0, None), project.said()
    if number == signal.SIGKILL and victim != "job":
        assert "cannot be locked" in project.tiny(str(job), check=False)
        project.tiny("--unlock")
    for path in folder.rglob("[!.]*.parquet"):
        assert len(pd.read_parquet(path)), path
    return process


def saved_at(folder: Path) -> int:
    """When the last checkpoint was written, in nanoseconds; 0 without one."""
    found = (folder / CACHE / "checkpoints").glob("[!.]*")
    return max((path.stat().st_mtime_ns for path in found), default=0)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill what a killed Snakemake left running."""
    for target in jobs_of(process):
        os.kill(target, signal.SIGKILL)


def test_two_at_once_and_one_core(project):
    """The second is told to wait; the first ends in the bytes that two cores gave."""
    expected, job = repeated(project), project.job("cross_entropy")
    shutil.rmtree(project.folder / job)
    shutil.rmtree(project.folder / CACHE)
    first = project.start("--cores", "1", str(job), "--configfile", "config/tiny.yaml")
    wait_for(lambda: bool(jobs_of(first)), lambda: first.poll() is None)
    second = project.tiny(str(job), check=False)
    assert "cannot be locked" in second
    assert first.wait(300) == 0
    assert repeated(project) == expected


def test_a_read_only_results_folder_is_a_clear_error(project):
    before = content(project.folder / "results")
    with read_only(project.folder / "results"):
        assert "Nothing to be done" in project.tiny()
        output = project.tiny("--forcerun", "contrasts", CONTRASTS, check=False)
    assert "Write-protected output files" in output
    assert "Traceback" not in output
    assert content(project.folder / "results") == before


def test_a_disk_that_fills_up_costs_the_page_only(project):
    before = content(project.folder / "results", "*.parquet")
    with small_disk(project.folder / "report", 200):
        output = project.tiny("--forcerun", "page", "report/tiny.html", check=False)
        assert "report/tiny.html: cannot be written (No space left on device)" in output
        assert not list((project.folder / "report").iterdir())
        enlarge(project.folder / "report", 100_000)
        project.tiny("report/tiny.html")
        assert "<h1>" in (project.folder / "report/tiny.html").read_text()
    assert content(project.folder / "results", "*.parquet") == before


def test_a_disk_that_fills_up_costs_the_job_at_work_only(project, tmp_path):
    """Results and their logs on a disk without a byte left, then with some."""
    results = project.folder / "results"
    before = content(results)
    results.rename(tmp_path / "aside")
    with small_disk(results, 100_000):
        shutil.copytree(tmp_path / "aside", results, dirs_exist_ok=True)
        (project.folder / CONTRASTS).unlink()
        fill(results / "filler")
        project.tiny(CONTRASTS, check=False)
        assert not (project.folder / CONTRASTS).exists()
        (results / "filler").unlink()
        lost = set(before) - set(content(results))
        assert lost <= {f"tiny/tables/{name}.parquet" for name in CONTRAST_TABLES}
        project.tiny(CONTRASTS)
        assert content(results) == before


CONTRAST_TABLES = ("steps_to_level", "level_ratios", "contrasts", "repetition", "together")


def fill(path: Path) -> None:
    """Write until the disk takes no more."""
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(4096))


def test_results_of_a_clock_that_ran_ahead_are_refused_until_touched(project):
    """Snakemake names the clock; the command of docs/guarantees.md mends it."""
    before = content(project.folder / "results")
    tomorrow = time.time() + 86_400
    for path in (project.folder / "results").rglob("*"):
        os.utime(path, (tomorrow, tomorrow))
    assert "Nothing to be done" in project.tiny()
    (project.folder / CONTRASTS).unlink()
    assert "clock skew" in project.tiny(CONTRASTS, check=False)
    command = "find results report -newermt now -exec touch -d @$(date +%s) {} +"
    assert command in (ROOT / "docs/guarantees.md").read_text()
    subprocess.run(command, shell=True, cwd=project.folder, check=True)
    project.tiny(CONTRASTS)
    assert content(project.folder / "results") == before


def test_results_copied_to_another_machine_are_results(project):
    """Without Snakemake's own folder, and long ago by the new machine's clock."""
    shutil.rmtree(project.folder / ".snakemake")
    assert "Nothing to be done" in project.tiny()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid JSON or YAML"),
        ("- 1", "keys at top level"),
        ("name: datasets", "seeds: is missing"),
        ("a: !!python/object/apply:os.system ['touch pwned']", "not valid JSON or YAML"),
    ],
)
def test_a_file_that_is_no_study_starts_nothing(finished, text, message):
    before = content(finished.folder / "results")
    (finished.folder / "config/wrong.yaml").write_text(text)
    output = finished.snakemake("--configfile", "config/wrong.yaml", check=False)
    assert message in output
    assert "Traceback" not in output
    assert content(finished.folder / "results") == before
    assert not list(finished.folder.rglob("pwned*"))
