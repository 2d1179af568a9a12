"""Plants faults, one at a time, and names those that no fast test notices.

`python -m tools.mutants`, or `make mutants`. Each fault is written into a copy of the project,
where a fork of this process, which has the large libraries loaded, runs the fast tests that reach
its line, the most specific first.
"""

import importlib
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from compileall import compile_dir
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from difflib import unified_diff
from itertools import accumulate
from pathlib import Path
from py_compile import PycInvalidationMode
from shutil import copytree, ignore_patterns, rmtree
from typing import Annotated
from xml.etree import ElementTree

import coverage
import pytest
import typer

from tools.faults import Fault, drawn

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build/mutants"
LIBRARIES = "torch pytorch_lightning pandas pyarrow.parquet scipy.stats sklearn.metrics"
REACH = (
    "pytest -q --cov=lossbench --cov=builders --cov-context=test --cov-report= --junitxml=times.xml"
)
UNNEEDED = ".venv build data node_modules .git __pycache__ .snakemake results report .*_cache"
LIMIT_S = 60
"""Of the tests of one fault, by what they took without it."""


def main(
    sample: Annotated[int, typer.Option(help="Number of faults.")] = 300,
    seed: Annotated[int, typer.Option(help="Of their random choice.")] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.")] = os.cpu_count() or 1,
    again: Annotated[bool, typer.Option(help="Try the survivors of the last run.")] = False,
) -> None:
    """Try faults, and write those that survive to build/mutants/survivors.diff."""
    survivors = BUILD / "survivors.txt"
    faults = _read(survivors) if again else drawn(ROOT, sample, seed)
    tests = Tests(_reached(jobs))
    for name in LIBRARIES.split():
        importlib.import_module(name)
    alive: list[Fault] = []
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, fork, initializer=_settle) as pool:
        outcomes = pool.map(_outcome, faults, map(tests.of, faults))
        for count, (fault, outcome) in enumerate(zip(faults, outcomes, strict=True), 1):
            print(count, *fault, outcome, flush=True)
            alive += [fault] if outcome.startswith("survived") else []
            survivors.write_text("".join(" ".join(map(str, each)) + "\n" for each in alive))
            (BUILD / "survivors.diff").write_text("".join(map(_diff, alive)))
    caught = len(faults) - len(alive)
    print(f"{caught} of {len(faults)} caught ({caught / len(faults):.1%})")


class Tests:
    """Which tests reach a line."""

    def __init__(self, folder: Path) -> None:
        data = coverage.CoverageData(str(folder / ".coverage"))
        data.read()
        self.times = dict(_passed(folder / "times.xml"))
        self.reach = {
            str(Path(file).relative_to(folder)): {
                line: {name.partition("|")[0] for name in names} & self.times.keys()
                for line, names in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        builders = [name for name in self.reach if name.startswith("tests/")]
        self.sharing = [
            set().union(*self.reach[name].values())
            for name in builders
            if "@once" in (folder / name).read_text()
        ]
        lines = [names for file in self.reach.values() for names in file.values()]
        self.breadth = Counter(name for names in lines for name in names)

    def of(self, fault: Fault) -> list[str]:
        """As many as there is time for; of what runs at import, those that reach the rest of it."""
        lines = self.reach.get(fault.path, {})
        names = lines.get(fault.line) or set().union(*lines.values())
        # What a builder makes once, the first test that asks for it reaches for all others.
        others = set().union(*(tests for tests in self.sharing if tests & names)) - names
        ordered = [
            *sorted(names, key=lambda name: (self.breadth[name], name)),
            *sorted(others, key=lambda name: (self.breadth[name], name)),
        ]
        spent = accumulate(self.times[name] for name in ordered)
        return [name for name, until_s in zip(ordered, spent, strict=True) if until_s < LIMIT_S]


def _read(path: Path) -> list[Fault]:
    rows = [line.split() for line in path.read_text().splitlines()]
    return [Fault(file, int(line), kind, int(place)) for file, line, kind, place in rows]


def _reached(jobs: int) -> Path:
    """The folder in which one run of the fast tests left what they reach; made if absent."""
    folder = BUILD / "reached"
    if not (folder / "times.xml").exists():
        rmtree(folder, ignore_errors=True)
        environment = os.environ | {"PYTHONPATH": str(_copied(folder) / "src")}
        command = [sys.executable, "-m", *REACH.split(), "-n", str(jobs), "--dist", "worksteal"]
        subprocess.run(command, cwd=folder, env=environment, check=False)
    return folder


def _passed(path: Path) -> Iterator[tuple[str, float]]:
    for case in ElementTree.parse(path).iter("testcase"):
        if not len(case):  # neither failed nor skipped
            file = case.attrib["classname"].replace(".", "/")
            yield f"{file}.py::{case.attrib['name']}", float(case.attrib["time"])


def _copied(folder: Path) -> Path:
    """A copy of the project; its bytecode is checked by contents, as faults can share a second."""
    unneeded = ignore_patterns(*UNNEEDED.split())
    copytree(ROOT, folder, ignore=lambda at, names: unneeded(at, names) if at == str(ROOT) else ())
    subprocess.run(["git", "init", "--quiet", folder], check=True)  # tests list the files by it
    compile_dir(folder, quiet=1, force=True, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return folder


def _settle() -> None:
    """Let this process work in a copy of its own."""
    folder = BUILD / f"copy-{os.getpid()}"
    os.chdir(_copied(folder))
    sys.path[:0] = [str(folder), str(folder / "src")]
    os.environ["PYTHONPATH"] = str(folder / "src")


def _outcome(fault: Fault, names: list[str]) -> str:
    """What the tests say in a fork of this process, which is ended with all that it started."""
    log, path = Path("outcome.log"), Path(fault.path)
    source = path.read_text()
    path.write_text(fault.planted(source) or "")
    run = multiprocessing.get_context("fork").Process(target=_run, args=(names, log))
    run.start()
    run.join(30 + 5 * LIMIT_S)
    with suppress(ProcessLookupError):
        os.killpg(run.pid or 0, signal.SIGKILL)
    path.write_text(source)
    if run.exitcode is None:
        return "caught: no end"
    if not names or not run.exitcode:
        return f"survived {len(names)} tests"
    said = re.search(r"^(FAILED|ERROR) .*", log.read_text(errors="replace"), re.MULTILINE)
    return f"caught: {said[0] if said else run.exitcode}"


def _run(names: list[str], log: Path) -> None:
    os.setsid()
    os.dup2(os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY), 1)
    os.dup2(1, 2)
    options = ["-x", "-q", "-p", "no:cacheprovider"]
    code = pytest.main([*options, *names]) if names else 0
    if code == pytest.ExitCode.USAGE_ERROR:  # a test has another name now
        code = pytest.main([*options, *sorted({name.partition("::")[0] for name in names})])
    os._exit(code)


def _diff(fault: Fault) -> str:
    source = (ROOT / fault.path).read_text()
    lines = source.splitlines(True), (fault.planted(source) or "").splitlines(True)
    return "".join(unified_diff(*lines, fault.path, fault.operator, n=2)) + "\n"


if __name__ == "__main__":
    typer.run(main)
