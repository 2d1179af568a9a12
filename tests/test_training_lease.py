"""Jobs on one box take a GPU each, simulated by processes that hold the locks."""

import signal
import subprocess
import sys

import pytest
import torch

from lossbench.training import lease
from lossbench.training.device import pick_device

HOLD = """
import sys, time
from lossbench.training import lease
print(lease.gpu_index(int(sys.argv[1])), flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def box(tmp_path, monkeypatch):
    """A box whose GPUs are held by nobody, as a process that has just started sees it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(lease.tempfile, "tempdir", None)  # read TMPDIR anew
    monkeypatch.delenv(lease.VISIBLE, raising=False)
    lease._lease.cache_clear()
    yield
    lease._lease.cache_clear()


@pytest.fixture
def job():
    """Starts another process that leases one of `count` GPUs and keeps it; returns it and which."""
    started = []

    def start(count):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(count)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, int(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_jobs_take_different_gpus_and_a_job_keeps_its_own(job):
    assert job(3)[1] == 0
    assert job(3)[1] == 1
    assert lease.gpu_index(3) == 2
    assert lease.gpu_index(3) == 2


def test_a_killed_job_s_gpu_is_free(job):
    process, index = job(2)
    assert job(2)[1] == 1
    kill(process)
    assert lease.gpu_index(2) == index == 0


def test_a_job_waits_until_a_gpu_is_free(job, monkeypatch, capsys):
    holders = [job(2)[0], job(2)[0]]
    monkeypatch.setattr(lease.time, "sleep", lambda _: kill(holders[1]))
    assert lease.gpu_index(2) == 1
    assert "all 2 are held" in capsys.readouterr().out


def test_a_gpu_that_was_assigned_or_stands_alone_is_not_leased(monkeypatch, tmp_path):
    assert lease.gpu_index(1) == 0
    monkeypatch.setenv(lease.VISIBLE, "3,5")
    assert lease.gpu_index(2) == 0
    assert not list(tmp_path.iterdir())


def test_a_training_job_runs_on_the_gpu_that_it_leased(job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    job(2)
    assert pick_device("auto") == torch.device("cuda:1")
    assert pick_device("cpu") == torch.device("cpu")
