"""The commands: `run`, `accuracy`, `gpu`, `quick`."""

import itertools
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import torch
import typer

from benchmarks import accuracy as accuracies
from benchmarks import (
    document,
    gpu,
    memory,
    pipeline,
    profile,
    recipes,
    studies,
    throughput,
)
from benchmarks.contests import quiet
from benchmarks.data import OFFICIAL, described, is_real
from benchmarks.record import Command, Figure, record
from lossbench.errors import ConfigError
from lossbench.study.config import Study
from lossbench.study.loading import DEFAULT_STUDY, load_study

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
DataDir = Annotated[Path, typer.Option(help="Where MNIST and CIFAR-10 lie, if they do.")]
REPEATS = 3


@app.command()
def run(
    data_dir: DataDir = Path("data"),
    study: Annotated[Path, typer.Option(help="A real study's results.")] = Path(
        "results/mnist-cifar10"
    ),
) -> None:
    """Measure speed and pipeline, and write the documents."""
    started, settings = _prepare()
    with tempfile.TemporaryDirectory() as folder:
        found = _told(
            itertools.chain(
                throughput.figures(settings, data_dir, repeats=REPEATS),
                recipes.figures(settings, data_dir, repeats=2),
                pipeline.figures(repeats=2),
                studies.figures(study.resolve(), os.cpu_count() or 1),
                [memory.figure(data_dir, Path(folder))],
                profile.figures(settings, data_dir),
            )
        )
    _publish("run", found, started, described(data_dir))


@app.command()
def accuracy(data_dir: DataDir = Path("data")) -> None:
    """Measure the error that a core's time buys, and write the documents."""
    started, _ = _prepare()
    for name, official in OFFICIAL.items():
        if not is_real(name, data_dir):
            raise ConfigError(
                f"--data-dir: {data_dir} lacks {official.title}; see docs/installing.md"
            )
    _publish("accuracy", _told(accuracies.figures(data_dir)), started, described(data_dir))


@app.command("gpu")
def on_gpu() -> None:
    """Measure what only a GPU can show, and write the documents."""
    if not torch.cuda.is_available():
        raise ConfigError("a GPU: none is visible to PyTorch")
    started, _ = _prepare()
    _publish("gpu", _told(gpu.figures()), started, "noise in the shape of MNIST and CIFAR-10")


@app.command()
def quick() -> None:
    """Print how the small networks train against the bare loop, on noise; a glance, no test."""
    _, settings = _prepare()
    figures = throughput.glance(settings)
    document.show(list(figures))


def _prepare() -> tuple[float, Study]:
    """One thread, no remarks from Lightning, the clock started."""
    quiet()
    torch.set_num_threads(1)
    return time.perf_counter(), load_study(DEFAULT_STUDY)


def _told(figures: Iterable[Figure]) -> list[Figure]:
    """The figures, each one named on the terminal as soon as it is there."""
    found = []
    for figure in figures:
        print(f"{figure.name}: {document.value_text(figure)}", flush=True)
        found.append(figure)
    return found


def _publish(command: Command, figures: list[Figure], started: float, trained_on: str) -> None:
    document.show(figures)
    seconds = time.perf_counter() - started
    document.publish(record(command, figures, seconds=seconds, data=trained_on))
    print(f"written: {document.DOCUMENT}")


if __name__ == "__main__":
    app()
