"""Packs the project, its wheels and data into one archive, for machines without a network.

`python -m tools.bundle`, or `make bundle`. Where it is unpacked, `make` finds wheels/ and installs
from there alone. A package that is left out must be there already: it is that Python's own.
"""

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lossbench.errors import ConfigError
from lossbench.files import atomic

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
ALWAYS = {"setuptools"}
"""It installs the project itself, and an old one may stand in its way."""
LIBCS = (39, 35, 34, 31, 28, 27, 24, 17)
"""Minor versions of glibc 2 for which packages publish wheels."""
README = """\
Unpacked on a machine with `make` and Python {python}, `make demo` works without a network.
That Python must have what wheels/ lacks: {without}.
`make gpu` tries a GPU; `make study` runs the study on the official data, if they are in data/.
"""


def bundle(
    python: Annotated[str, typer.Option(help="Version of the machine's Python.")] = "3.12",
    without: Annotated[
        str, typer.Option(help="Packages that the machine has, with commas between them.")
    ] = "torch",
    data: Annotated[list[Path] | None, typer.Option(help="Data set's folder; repeatable.")] = None,
    out: Annotated[Path, typer.Option(help="Archive to write.")] = Path("build/lossbench.tar.gz"),
) -> None:
    """Write the archive."""
    absent = {canonicalize_name(name) for name in without.split(",") if name} - ALWAYS
    for folder in data or []:
        if not folder.is_dir():
            raise ConfigError(f"--data: {folder} is no folder")
    with tempfile.TemporaryDirectory() as scratch:
        wheels = Path(scratch) / "wheels"
        locks = {name: list(_kept(ROOT / name, absent)) for name in LOCKS}
        for pinned in sorted({line for lines in locks.values() for line in lines}):
            print(pinned, flush=True)
            _fetch(pinned, python, wheels)
        out.parent.mkdir(parents=True, exist_ok=True)
        with atomic(out) as partial, tarfile.open(partial, "w:gz") as archive:
            for name in _tracked():
                if name not in LOCKS:
                    archive.add(ROOT / name, f"lossbench/{name}", recursive=False)
            for name, text in _written(locks, python, without).items():
                path = Path(scratch) / name
                path.write_text(text)
                archive.add(path, f"lossbench/{name}")
            archive.add(wheels, "lossbench/wheels")
            for folder in data or []:
                archive.add(folder.resolve(), f"lossbench/data/{folder.name}")
    print(f"{out}: {out.stat().st_size / 2**20:.0f} MiB")


def _written(locks: dict[str, list[str]], python: str, without: str) -> dict[str, str]:
    """The files that differ from the project's: the locks, and what to do with the archive."""
    texts = {name: "".join(f"{line}\n" for line in lines) for name, lines in locks.items()}
    return texts | {"BUNDLE": README.format(python=python, without=without or "none")}


def _kept(lock: Path, absent: Collection[str]) -> Iterator[str]:
    for line in lock.read_text("utf-8").splitlines():
        if line and canonicalize_name(Requirement(line).name) not in absent:
            yield line


def _fetch(pinned: str, python: str, wheels: Path) -> None:
    """A wheel for that Python on Linux; one made here, if the project publishes sources alone.

    PyTorch comes with what it needs besides: the lock holds a build without CUDA.
    """
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in LIBCS]
    platforms += ["manylinux2014_x86_64", "manylinux1_x86_64"]
    alone = [] if Requirement(pinned).name == "torch" else ["--no-deps"]
    download = [
        *("download", *alone, "--only-binary=:all:", "--dest", str(wheels)),
        *("--python-version", python, "--implementation", "cp"),
        *(part for platform in platforms for part in ("--platform", platform)),
    ]
    if _pip([*download, pinned]) and _pip(
        ["wheel", "--no-deps", "--wheel-dir", str(wheels), pinned]
    ):
        raise ConfigError(f"{pinned}: no wheel for Python {python} on Linux (x86-64)")


def _pip(arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode


def _tracked() -> list[str]:
    """The project's files, as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return listed.stdout.rstrip("\0").split("\0")


if __name__ == "__main__":
    typer.run(bundle)
