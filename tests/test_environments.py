"""Two routes to an environment install the same versions; git and `make clean` agree on outputs."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {
    "torch": "pytorch",
    "snakemake": "snakemake-minimal",
    "matplotlib": "matplotlib-base",
    "ruamel-yaml": "ruamel.yaml",
}
"""Packages that conda-forge calls otherwise than PyPI."""


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: str) -> dict[str, str]:
    lines = (ROOT / path).read_text().splitlines()
    return {normalised(name): version for name, version in (line.split("==") for line in lines)}


def conda_pins() -> dict[str, str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    plain = [entry.split(" ==") for entry in listed if isinstance(entry, str) and " ==" in entry]
    return dict(plain)


def named() -> list[str]:
    """The packages that pyproject.toml asks for, the Slurm plugin included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["slurm"]
    return [normalised(re.split("[><=]", requirement)[0]) for requirement in asked]


@pytest.mark.parametrize("name", named())
def test_pip_and_conda_pin_one_version(name):
    assert conda_pins()[CONDA_NAMES.get(name, name)] == pins("requirements.lock")[name]


def test_conda_installs_nothing_that_the_project_does_not_name():
    assert set(conda_pins()) == {CONDA_NAMES.get(name, name) for name in named()}


def test_development_tools_and_the_project_share_no_pin():
    assert not set(pins("requirements.lock")) & set(pins("requirements-dev.lock"))


def test_the_folders_of_results_are_committed_and_what_is_made_in_them_is_not(tmp_path):
    kept = ["results/README.md", "report/README.md"]
    for path in (*kept, "results/a/study.json", "report/a.html", "report/screenshots/a.png"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("a file")
    for name in (".gitignore", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    listed = ["git", "ls-files", "--others", "--exclude-standard"]
    seen = subprocess.run(listed, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    committed = {".gitignore", "Makefile", *kept}
    assert set(seen.split()) == committed
    subprocess.run(["make", "--silent", "clean"], cwd=tmp_path, check=True)
    left = (path for path in tmp_path.rglob("*") if path.is_file() and ".git/" not in str(path))
    assert {str(path.relative_to(tmp_path)) for path in left} == committed
