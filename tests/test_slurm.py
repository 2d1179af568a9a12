"""The tiny study through a real Slurm: the same tables as without it, and one job cancelled."""

import subprocess
import time

import pytest

from builders import slurm_cluster
from builders.project_copy import Project

pytestmark = pytest.mark.slurm

SLURM = ["--workflow-profile", "profiles/slurm"]
# This Slurm keeps no accounts of ended jobs, and nobody else waits for its answers.
HERE = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"]


@pytest.fixture(scope="module")
def cluster():
    try:
        slurm_cluster.install()
    except slurm_cluster.UnavailableError as reason:
        pytest.skip(f"no Slurm here: {reason}")
    with slurm_cluster.running():
        yield


@pytest.fixture(scope="module")
def through_slurm(cluster, tmp_path_factory) -> tuple[Project, str, str]:
    """The study after a run in which the first training task was cancelled; the task; the output.

    The folder's name has a space and a letter beyond ASCII.
    """
    project = Project(tmp_path_factory.mktemp("a slurm é"))
    study = project.start(*SLURM, *HERE, "--configfile", "config/tiny.yaml")
    try:
        cancelled = cancel_a_training_task(study)
        study.wait(timeout=900)
    finally:
        study.kill()
    assert study.returncode == 0, project.said()
    return project, cancelled, project.said()


def cancel_a_training_task(study: subprocess.Popen) -> str:
    """Cancel the first evaluation task that is seen at work; its number."""
    while study.poll() is None:
        for number, comment in slurm_cluster.jobs("RUNNING").items():
            if comment.startswith("rule_evaluation_runs"):
                subprocess.run(["scancel", number], check=True)
                return number
        time.sleep(0.2)
    pytest.fail("no training task was seen at work")


def test_the_study_recovers_from_a_cancelled_task_and_ends_in_its_page(through_slurm):
    project, cancelled, output = through_slurm
    assert cancelled in slurm_cluster.jobs("CANCELLED")
    assert f"SLURM-job '{cancelled}' failed" in output
    assert "Trying to restart job" in output
    assert "<h1" in (project.folder / "report/tiny.html").read_text()


def test_training_jobs_are_submitted_and_small_rules_stay_local(through_slurm):
    comments = slurm_cluster.jobs("COMPLETED").values()
    rules = {comment.partition("_wildcards_")[0] for comment in comments}
    assert rules.isdisjoint({"rule_claims", "rule_page"})
    assert {"rule_tuning_runs", "rule_evaluation_runs", "rule_theory", "rule_contrasts"} <= rules


def test_the_tables_are_those_of_a_local_run(through_slurm, finished):
    """Byte by byte, save the timing."""
    assert through_slurm[0].tables() == finished.tables()


def test_nothing_is_left_to_do_without_slurm(through_slurm):
    assert "Nothing to be done" in through_slurm[0].tiny()
