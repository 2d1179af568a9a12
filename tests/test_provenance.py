"""The record of where results come from: versions, machine, commit."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from lossbench.provenance import environment, git_state
from lossbench.verbs.trace import training


def test_the_environment_names_versions_that_are_installed():
    recorded = environment()
    assert recorded["packages"]["numpy"] == __import__("numpy").__version__
    assert recorded["machine"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert recorded["machine"]["processor"]


def test_the_commit_is_git_s_own_word(tmp_path):
    assert git_state(tmp_path) == {"git_commit": None, "git_dirty": None}
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "a").write_text("1")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", tmp_path, "add", "a"], check=True)
    subprocess.run(["git", "-C", tmp_path, *identity, "commit", "-qm", "x"], check=True)
    state = git_state(tmp_path)
    assert re.fullmatch("[0-9a-f]{40}", state["git_commit"])
    assert state["git_dirty"] is False
    (tmp_path / "a").write_text("2")
    assert git_state(tmp_path)["git_dirty"] is True


def test_no_path_of_the_machine_enters_the_record():
    assert str(Path.home()) not in str(environment())


def test_each_device_has_its_data_sets_seconds_and_share():
    runs = [
        ("H", "cifar10", 10.0, 0.5),
        ("C", "mnist", 1.0, 0.2),
        ("C", "mnist_2", 3.0, 0.4),
        ("C", "mnist", 0.0, 0.9),
    ]
    columns = ["device", "dataset", "train_s", "peak_share"]
    on_a_cpu, on_a_gpu = training(pd.DataFrame(runs, columns=columns))
    assert on_a_gpu == {
        "device": "H",
        "datasets": ["cifar10"],
        "train_seconds": 10.0,
        "peak_share": 0.5,
    }
    assert on_a_cpu.pop("peak_share") == pytest.approx((1 * 0.2 + 3 * 0.4) / 4)
    assert on_a_cpu == {"device": "C", "datasets": ["mnist", "mnist_2"], "train_seconds": 4.0}
