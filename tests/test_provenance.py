"""The record of where results come from: versions, machine, commit."""

import re
import subprocess
import sys
from pathlib import Path

from lossbench.provenance import environment, git_state


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
