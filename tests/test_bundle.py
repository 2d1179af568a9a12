"""The archive for machines without a network: what is in it, and that it installs with none."""

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from lossbench.errors import ConfigError
from tools import bundle

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SMALL = {"latex2mathml", "snakemake"}
"""Left to be fetched: the rest would take a minute, and is taken from this Python."""


def test_the_locks_lose_what_the_machine_has(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("Jinja2==3.1.6\nruamel.yaml==0.18.16\ntorch==2.13.0\n")
    assert list(bundle._kept(lock, {"torch", "ruamel-yaml"})) == ["Jinja2==3.1.6"]


def test_a_package_without_a_wheel_for_that_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "_pip", lambda arguments: 1)
    with pytest.raises(ConfigError, match=r"numpy==1\.0: no wheel for Python 3\.12"):
        bundle._fetch("numpy==1.0", "3.12", tmp_path)


def test_a_folder_of_data_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match="nowhere is no folder"):
        bundle.bundle(data=[tmp_path / "nowhere"])


@pytest.mark.slow
def test_it_installs_and_plans_without_a_network(tmp_path):
    """In a namespace without any network where that is allowed; else with pip's index gone."""
    names = {distribution.metadata["Name"] for distribution in metadata.distributions()}
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").write_text("content")
    data = tmp_path / "MNIST"
    data.symlink_to("elsewhere")
    archive = tmp_path / "lossbench.tar.gz"
    without = ",".join(sorted(names - SMALL))
    bundle.bundle(python=HERE, without=without, data=[data], out=archive)
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path], check=True)
    folder = tmp_path / "lossbench"
    assert (folder / "data/MNIST/file").read_text() == "content"
    assert len((folder / "BUNDLE").read_text().splitlines()) == 3
    alone = ["unshare", "--net", "--map-root-user"]
    isolated = shutil.which("unshare") and not subprocess.run([*alone, "true"]).returncode
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    environment = {"PATH": path, "HOME": str(tmp_path), "PIP_INDEX_URL": "http://127.0.0.1:9"}
    commands = """make .venv/ready
    .venv/bin/python -c "import lossbench, latex2mathml as m; print(lossbench.__file__, m.__file__)"
    .venv/bin/snakemake -n --configfile config/miniature.yaml"""
    told = subprocess.run(
        [*(alone if isolated else []), "bash", "-ec", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    own, wheel = next(line for line in told.stdout.splitlines() if ".py " in line).split()
    assert own.startswith(str(folder / "src"))
    assert wheel.startswith(str(folder / ".venv"))
    assert "tuning_runs" in told.stdout
