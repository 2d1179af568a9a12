"""The memory of a training job on CIFAR-10: five seeds, all its images, a few steps.

Run as `python -m benchmarks.memory FILE`; it prints the peak in bytes.
"""

import sys
from pathlib import Path
from unittest import mock

import torch

from benchmarks import clock, data
from benchmarks.contests import CONVNET, EDGES, one_epoch, quiet, trained
from benchmarks.record import Figure, at_most
from lossbench.datasets.prepared import load, save
from lossbench.study.config import Study
from lossbench.study.loading import DEFAULT_STUDY, load_study
from lossbench.training.device import peak_memory_bytes
from lossbench.training.examples import Order

SEEDS = 5
STEPS = 20


def figure(data_dir: Path, folder: Path) -> Figure:
    """The peak of a process of its own."""
    prepared = data.load("cifar10", data_dir)
    save(prepared, folder / "cifar10.npz", folder / "cifar10.json")
    ran = clock.python("-m", "benchmarks.memory", str(folder / "cifar10.npz"))
    return Figure(
        group="Pipeline",
        name="memory of a training job on CIFAR-10",
        value=float(ran.output.split()[-1]) / 2**30,
        unit="GiB",
        goal=at_most(2),
        note=f"convnet, {SEEDS} seeds, {STEPS} steps and the test set",
    )


def main(npz: Path, study: Study) -> None:
    """Train an evaluation job whose epoch is cut short, and print the process's peak."""
    quiet()
    cell = one_epoch(CONVNET, study, EDGES).model_copy(update={"stage": "evaluation"})
    with mock.patch.object(Order, "__len__", return_value=STEPS):
        trained(cell, SEEDS, load(npz))
    print(peak_memory_bytes(torch.device("cpu")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), load_study(DEFAULT_STUDY))
