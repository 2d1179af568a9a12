"""Where a result comes from: the packages, the machine, the commit, the data."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from lossbench import __version__

RECORDED = (
    "torch",
    "pytorch-lightning",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "seaborn",
    "matplotlib",
    "snakemake",
    "jinja2",
    "pydantic",
)


def environment() -> dict[str, Any]:
    """Package versions and machine: what a reader needs to judge timings and repeat results."""
    return {
        "lossbench": __version__,
        "packages": {name: _version(name) for name in RECORDED},
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "platform": platform.platform(terse=True),
            "python": platform.python_version(),
        },
    }


PROJECT = Path(__file__).resolve().parents[2]
"""The project's folder, if the package is installed from it, as `make` does."""


def git_state(project: Path = PROJECT) -> dict[str, Any]:
    """The commit of the code and whether files differ from it.

    None where the project is no repository of its own: unpacked inside another one, it has not that
    one's commit.
    """
    top = _git(project, "rev-parse", "--show-toplevel")
    if top is None or not project.samefile(top):
        return {"git_commit": None, "git_dirty": None}
    commit = _git(project, "rev-parse", "--verify", "HEAD")
    changes = _git(project, "status", "--porcelain", "--untracked-files=no")
    return {"git_commit": commit, "git_dirty": None if changes is None else bool(changes)}


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA device; costs no import of PyTorch."""
    return Path("/dev/nvidiactl").exists()


def jobs_use_this_python() -> None:
    """Let jobs find the commands beside this Python first, be its environment active or not.

    An environment that Snakemake makes for a job (`--sdm conda`) is activated later, in its shell,
    and comes before it.
    """
    paths = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    os.environ["PATH"] = os.pathsep.join(paths)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's model: from /proc on Linux, where platform.processor() is often empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says of the folder, whoever owns it and whatever the environment points git to."""
    # Reading the state may not lock the repository for others, nor run what it is configured to.
    safe = [
        "--no-optional-locks",
        "-c",
        f"safe.directory={folder.resolve()}",
        "-c",
        "core.fsmonitor=false",
    ]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        result = subprocess.run(
            ["git", *safe, "-C", folder, *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=10,
            check=True,
            env=plain,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.removesuffix("\n")
