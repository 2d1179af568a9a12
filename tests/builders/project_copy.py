"""A copy of the project with a study of seconds, in which a test runs Snakemake."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from builders.tables_on_disk import table_digests
from lossbench.run_cache import RunCache

ROOT = Path(__file__).parents[2]
TINY = {
    "name": "tiny",
    "title": "Tiny",
    "seeds": {"tuning": [100, 101, 102], "evaluation": [0, 1, 2]},
    "datasets": [{"name": "digits", "equivalence_margin": 0.01}],
    "comparisons": [
        {
            "dataset": "digits",
            "model": "mlp",
            "epochs": 1,
            "tuning_epochs": 1,
            "losses": [
                {"loss": "cross_entropy", "learning_rates": [0.03, 0.1]},
                {"loss": "mse_softmax", "learning_rates": [0.1, 0.3]},
            ],
        }
    ],
    "history": {"ratio": 1.5, "train_examples": 100},
}


def tiny_of(*datasets: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The tiny study on these data sets instead, with a changed comparison on each."""
    comparison = TINY["comparisons"][0] | changes
    return TINY | {
        "datasets": [{"equivalence_margin": 0.1} | each for each in datasets],
        "comparisons": [comparison | {"dataset": each["name"]} for each in datasets],
    }


SLOW_DISK = """
import os, re, time

flush = os.fsync

def slow(file):
    flush(file)
    if re.search({pattern!r}, os.readlink(f"/proc/self/fd/{{file}}")):
        time.sleep({seconds})

os.fsync = slow
"""


class Project:
    """A copy of the project in which a test runs Snakemake and edits files."""

    def __init__(self, folder: Path, study: Mapping[str, Any] = TINY) -> None:
        self.folder = folder
        for part in ("src", "workflow", "config", "profiles"):
            shutil.copytree(ROOT / part, folder / part)  # compiled modules included
        for part in ("Snakefile", "environment.yml"):
            shutil.copy(ROOT / part, folder / part)
        text = yaml.safe_dump(dict(study), allow_unicode=True)
        (folder / "config/tiny.yaml").write_text(text, encoding="utf-8")

    def copy(self, folder: Path) -> Self:
        """The project elsewhere, results included; times of files are kept, as `cp -a` does."""
        shutil.copytree(self.folder, folder, copy_function=shutil.copy2)
        return self.at(folder)

    @classmethod
    def at(cls, folder: Path) -> Self:
        """The project that is in this folder already."""
        found = object.__new__(cls)
        found.folder = folder
        return found

    def take_runs_of(self, other: Self) -> Self:
        """Let training find the other's runs: where training is not what a test is for."""
        shutil.copytree(other.folder / "results/cache", self.folder / "results/cache")
        return self

    @property
    def python_path(self) -> str:
        """The copy's own code, after what a test lays over Python's (see `slow_disk`)."""
        return os.pathsep.join(str(self.folder / part) for part in ("over", "src"))

    def slow_disk(self, pattern: str, seconds: float) -> None:
        """Let every process of this project take so long to flush files whose path matches."""
        (self.folder / "over").mkdir()
        (self.folder / "over/sitecustomize.py").write_text(
            SLOW_DISK.format(pattern=pattern, seconds=seconds)
        )

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Snakemake, leader of a process group of its own; it runs the copy's own code.

        It prints to a file, since nobody empties a pipe while a test does something else.
        """
        paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        (self.folder / "said").unlink(missing_ok=True)  # an earlier one may still write to its own
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": self.python_path, "PATH": paths},
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # A test that runs in the background would hand down its deafness to Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )

    def said(self) -> str:
        """What the last Snakemake has printed so far."""
        return (self.folder / "said").read_text(encoding="utf-8")

    def snakemake(self, *arguments: str, check: bool = True, cores: int = 2) -> str:
        """What Snakemake prints."""
        status = self.start("--cores", str(cores), *arguments).wait()
        assert not check or status == 0, self.said()
        return self.said()

    def tiny(self, *arguments: str, **options: Any) -> str:
        # Last, since it takes all that follows it for files.
        return self.snakemake(*arguments, "--configfile", "config/tiny.yaml", **options)

    def planned(self, *arguments: str) -> dict[str, int]:
        """The jobs that a dry run of the tiny study plans, by rule."""
        output = self.tiny(*arguments, "--dry-run", "--quiet", "rules")
        found = re.findall(r"^([a-z_]+) +(\d+)$", output, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in found if rule not in ("total", "all")}

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new, 1))

    def job(self, loss: str, stage: str = "evaluation") -> Path:
        """The folder of the process that trained it, relative to the project; there is one."""
        [job] = (self.folder / "results/tiny/runs" / stage).glob(f"digits/mlp/*/*/{loss}")
        return job.parent.relative_to(self.folder)

    def digests(self, stage: str = "evaluation") -> dict[str, str]:
        """SHA-256 of the tables that must repeat, by path."""
        found = table_digests(self.folder / "results/tiny/runs" / stage)
        assert found
        return found

    def trained(self, *arguments: str) -> dict[str, int]:
        """How many runs of each loss the tiny study trains when it is asked for."""
        before = self._stored()
        self.tiny("--until", "evaluation_runs", *arguments)
        return dict(Counter(self._stored()) - Counter(before))

    def _stored(self) -> list[str]:
        """The loss of each run in the cache."""
        found = RunCache(self.folder / "results/cache").entries()
        return [entry.description["determinants"]["cell"]["loss"] for entry in found]

    def tables(self, below: str = "results") -> dict[str, str]:
        """SHA-256 of the tiny study's tables, save the timing, by name."""
        files = sorted((self.folder / below / "tiny/tables").glob("*.parquet"))
        assert files
        return {
            path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.stem not in ("timing", "origins")
        }
