"""Disks that are too small or read-only: real mounts, which need root and Linux."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, size_kb: int) -> Iterator[Path]:
    """Lay a disk in memory of this size over `folder`, and take it away at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    _mount(folder, "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def enlarge(folder: Path, size_kb: int) -> None:
    """Give a `small_disk` another size."""
    _mount(folder, "-o", f"remount,size={size_kb}k")


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write into `folder`, root neither, whom no permission stops."""
    _mount(folder, "--bind", folder)
    try:
        _mount(folder, "-o", "remount,ro,bind")
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(folder: Path, *arguments: str | Path) -> None:
    command = ["mount", *arguments, folder]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"mounting is not permitted here: {result.stderr.strip()}")
