"""What the pipeline costs around the training: planning, starting, doing nothing, rendering."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks import clock
from benchmarks.record import Figure, Goal, at_least, at_most, below, median
from benchmarks.studies import training_share
from lossbench.study.fields import LossName

GROUP = "Pipeline"
PARTS = ("src", "workflow", "config", "profiles", "Snakefile", "environment.yml")
READERS = ("choose", "evaluate", "contrast", "judge", "draw", "render")
"""The verbs that read tables and wait for them."""
WIDE_LOSSES: tuple[LossName, ...] = (
    "cross_entropy",
    "mse_softmax",
    "mse_sigmoid",
    "mse_logits",
    "bce_sigmoid",
)
WIDE_RATES = 40


def figures(*, repeats: int) -> Iterator[Figure]:
    """All of them, in a copy of the project that holds no results yet."""
    with tempfile.TemporaryDirectory() as folder:
        project = _copy(Path(folder))
        yield from _plans(project, repeats)
        yield from _miniature(project, repeats)
    yield from _starts(repeats)


def _plans(project: Path, repeats: int) -> Iterator[Figure]:
    plan = ["--dry-run", "--quiet", "all"]
    walls = [_snakemake(project, *plan).wall_s for _ in range(repeats)]
    yield _seconds("dry run of the default study", walls, at_most(5))
    wide = project / "config/wide.yaml"
    wide.write_text(yaml.safe_dump(wide_study(project / "config/mnist-cifar10.yaml")))
    walls = [_snakemake(project, *plan, "--configfile", str(wide)).wall_s]
    yield _seconds("dry run of 2,000 cells, a job each", walls, at_most(12))


def wide_study(default: Path) -> dict[str, Any]:
    """A study of 2,000 cells: 10 networks × 5 losses × 40 rates, every trial a job of its own."""
    study: dict[str, Any] = yaml.safe_load(default.read_text("utf-8"))
    rates = [round(0.001 * (place + 1), 3) for place in range(WIDE_RATES)]
    losses = [{"loss": loss, "learning_rates": rates} for loss in WIDE_LOSSES]
    places = [
        {"dataset": dataset, "model": model, "epochs": 1, "tuning_epochs": 1, "losses": losses}
        for dataset in ("mnist", "cifar10")
        for model in ("mlp", "mlp_sigmoid", "lenet", "lenet_2d", "convnet")
    ]
    seeds = {"tuning": [100], "evaluation": [0]}
    used = {place["dataset"] for place in places}
    datasets = [each for each in study["datasets"] if each["name"] in used]
    wide = {"name": "wide", "seeds": seeds, "comparisons": places, "compute": {"job_minutes": 0.01}}
    return study | wide | {"datasets": datasets, "recipes": study["recipes"][:1]}


def _miniature(project: Path, repeats: int) -> Iterator[Figure]:
    """The whole miniature, then again with nothing to do, then its page alone."""
    asked = ["--configfile", "config/miniature.yaml"]
    wall = _snakemake(project, *asked).wall_s
    yield Figure(GROUP, "the miniature, from nothing to the page", wall, "s")
    trained = (project / "results/miniature/runs").glob("*/*/*/*/*")
    yield Figure(GROUP, "the miniature, training processes", len([*trained]), goal=at_most(6))
    share = training_share(project / "results/miniature", wall, os.cpu_count() or 1)
    yield Figure(
        group=GROUP,
        name="the miniature, Σ training seconds / (wall seconds × cores)",
        value=share,
        goal=at_least(0.5),
        note=f"{os.cpu_count()} cores; a job's start does not count as training",
    )
    walls = [_snakemake(project, *asked).wall_s for _ in range(repeats)]
    yield _seconds("nothing to do", walls, at_most(5))
    walls = []
    for _ in range(repeats):
        (project / "report/miniature.html").unlink()
        walls.append(_snakemake(project, "report/miniature.html", *asked).wall_s)
    yield _seconds("the page alone", walls, at_most(15))


def _starts(repeats: int) -> Iterator[Figure]:
    for verb in READERS:
        code = f"import gc; gc.set_threshold(100_000); import lossbench.cli, lossbench.verbs.{verb}"
        walls = [clock.python("-c", code).wall_s for _ in range(repeats)]
        yield _seconds(f"start of `{verb}`", walls, below(2))


def _seconds(name: str, walls: list[float], goal: Goal) -> Figure:
    return median(GROUP, name, walls, unit="s", goal=goal)


def _copy(folder: Path) -> Path:
    """The project without results, so that every run starts from nothing."""
    for part in PARTS:
        source = clock.ROOT / part
        if source.is_dir():
            hidden = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / part, ignore=hidden)
        else:
            shutil.copy(source, folder / part)
    return folder


def _snakemake(project: Path, *arguments: str) -> clock.Ran:
    """Run Snakemake on all cores in the copy, with the copy's own code."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = os.environ | {"PYTHONPATH": str(project / "src"), "PATH": path}
    command = [sys.executable, "-m", "snakemake", "--cores", "all", *arguments]
    return clock.run(command, cwd=project, env=env)
