"""Where a result comes from: the packages, the machine, the commit, the data."""

import hashlib
import os
import platform
import subprocess
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


def git_state(folder: Path) -> dict[str, Any]:
    """The commit checked out in `folder` and whether files differ from it; None outside git."""
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"git_commit": commit, "git_dirty": None if changes is None else bool(changes)}


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA device; costs no import of PyTorch."""
    return Path("/dev/nvidiactl").exists()


def host_digest() -> str:
    """A digest of the host's name: tells machines apart without naming them."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


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
    command = ["git", "-C", str(folder), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
