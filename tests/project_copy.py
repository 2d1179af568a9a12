"""A copy of the project with a tiny study, in which tests run Snakemake and edit files."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TINY = {
    "name": "tiny",
    "title": "Tiny",
    "seeds": {"tuning": [100], "evaluation": [0, 1, 2]},
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
    "history": {"early_points": 2, "per_epoch": 2, "train_examples": 100},
}
REPEATED = ("history", "predictions", "runs", "geometry")


class Project:
    """A copy of the project in which a test runs Snakemake and edits files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("src", "workflow", "config", "profiles"):
            shutil.copytree(
                ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        for part in ("Snakefile", "environment.yml"):
            shutil.copy(ROOT / part, folder / part)
        (folder / "config/tiny.yaml").write_text(yaml.safe_dump(TINY))

    def snakemake(self, *arguments: str, check: bool = True) -> str:
        """What Snakemake prints; it runs the copy's own code."""
        status = self.start("--cores", "2", *arguments).wait()
        assert not check or status == 0, self.said()
        return self.said()

    def said(self) -> str:
        """What the last Snakemake has printed so far."""
        return (self.folder / "said").read_text()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Snakemake at work in the copy; a full pipe would stop it, so it prints to a file."""
        paths = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        with (self.folder / "said").open("w") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=self.folder,
                env=os.environ | {"PYTHONPATH": str(self.folder / "src"), "PATH": paths},
                stdout=said,
                stderr=subprocess.STDOUT,
            )

    def tiny(self, *arguments: str) -> str:
        # Last, since it takes all that follows it for files.
        return self.snakemake(*arguments, "--configfile", "config/tiny.yaml")

    def planned(self, *arguments: str) -> dict[str, int]:
        """The jobs that a dry run of the tiny study plans, by rule."""
        output = self.tiny("--dry-run", "--quiet", "rules", *arguments)
        found = re.findall(r"^([a-z_]+) +(\d+)$", output, flags=re.MULTILINE)
        return {rule: int(count) for rule, count in found if rule not in ("total", "all")}

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new, 1))

    def digests(self, stage: str = "evaluation") -> dict[str, str]:
        """SHA-256 of the tables that must repeat, by path."""
        runs = self.folder / "results/tiny/runs" / stage
        files = [path for path in sorted(runs.rglob("*.parquet")) if path.stem in REPEATED]
        assert files
        return {
            str(path.relative_to(runs)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        }

    def tables(self, below: str = "results") -> dict[str, str]:
        """SHA-256 of the tiny study's tables, save the timing, by name."""
        files = sorted((self.folder / below / "tiny/tables").glob("*.parquet"))
        assert files
        return {
            path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
            if path.stem != "timing"
        }
