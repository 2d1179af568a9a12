"""What only a GPU can show: images a second, against a bare loop, and how long a study takes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks import bare, data
from benchmarks.contests import EDGES, RATE, plain_cell, trained
from benchmarks.record import Figure, at_least
from lossbench.datasets.prepared import Prepared
from lossbench.networks.models import build
from lossbench.study.fields import DatasetName, NetworkName
from lossbench.study.loading import load_study
from lossbench.study.plan import all_jobs
from lossbench.study.settings import Compute

GROUP = "Training"
BATCH = 128
SEEDS = (1, 5, 10, 20)
BLOCK = 10
FULL = Path("config/full.yaml")


@dataclass(frozen=True)
class Race:
    """A network, and the steps that are timed: some seconds of work for twenty seeds."""

    dataset: DatasetName
    steps: int
    goal: float | None = None
    """Times the images a second of one seed at a time."""


RACES: dict[NetworkName, Race] = {
    "mlp": Race("mnist", 400, goal=5),
    "lenet": Race("mnist", 200, goal=5),
    "convnet": Race("cifar10", 150),
    "resnet18": Race("cifar10", 15),
}
ALIKE: dict[NetworkName, NetworkName] = {
    "mlp_sigmoid": "mlp",
    "lenet_2d": "lenet",
    "convnet_max": "convnet",
}
"""Networks of a study, and the one that is timed in their place."""
AS_LARGE: dict[str, DatasetName] = {
    "mnist_2": "mnist",
    "mnist_5": "mnist",
    "mnist_pairs": "mnist",
    "cifar100": "cifar10",
}
"""Data sets of a study, and the one by which they are reckoned: it has as many pixels or more."""


def figures() -> Iterator[Figure]:
    """Every network's speed by seeds in a block, its peers, and an estimate of a whole study."""
    for model, race in RACES.items():
        rates = {seeds: rate(model, seeds) for seeds in SEEDS}
        listed = ", ".join(f"{seeds}: {value:,.0f}" for seeds, value in rates.items())
        name = f"{model}, images a second, {BLOCK} seeds in a block"
        yield Figure(GROUP, name, rates[BLOCK], note=f"by seeds: {listed}")
        goal = race.goal and at_least(race.goal)
        name = f"{model}, {BLOCK} seeds in a block over one at a time"
        yield Figure(GROUP, name, rates[BLOCK] / rates[1], goal=goal or None)
        name = f"{model}, over a bare loop that stacks {BLOCK} seeds by torch.vmap"
        yield Figure(GROUP, name, rates[BLOCK] / bare_rate(model), goal=at_least(0.8))
        share = 100 * busy(model)
        yield Figure(GROUP, f"{model}, share of the time in which the GPU works", share, "%")
    for model in ("convnet", "resnet18"):
        half = rate(model, BLOCK, "bfloat16") / rate(model, BLOCK)
        yield Figure(GROUP, f"{model}, bfloat16 over float32, images a second", half)
        name = f"{model}, PyTorch's own choice of kernels and TensorFloat-32 over ours"
        yield Figure(GROUP, name, unsettled(model) / rate(model, BLOCK))
    for precision in ("float32", "bfloat16"):
        name = f"`config/full.yaml` in {precision}, training alone, estimated from these rates"
        yield Figure(GROUP, name, study_hours(FULL, precision), "h", note=f"{BLOCK} seeds a block")


@cache
def rate(model: NetworkName, seeds: int, precision: str = "float32") -> float:
    """Images a second of a block of ours, measured once."""
    return _rate(model, seeds, precision)


def _rate(model: NetworkName, seeds: int, precision: str) -> float:
    """As the run's own timing table has it: building networks and measuring are left out."""
    train(model, seeds, precision, share=0.1)  # libraries choose their kernels
    return train(model, seeds, precision)


def unsettled(model: NetworkName) -> float:
    """The images a second of a block with PyTorch's defaults: not the same bits every time."""
    with mock.patch("lossbench.training.fit.settle", torch.set_num_threads):
        torch.backends.cudnn.deterministic, torch.backends.cudnn.allow_tf32 = False, True
        return _rate(model, BLOCK, "float32")


def train(model: NetworkName, seeds: int, precision: str, *, share: float = 1.0) -> float:
    """Images a second of our side: a block of seeds, measured only at its start and its end."""
    race = RACES[model]
    cell = plain_cell(race.dataset, model, BATCH, EDGES, precision)
    steps = round(share * race.steps)
    timing = trained(cell, seeds, examples(model, steps), Compute())["timing"]
    return float(timing["examples_per_s"].iloc[0])


@cache
def examples(model: NetworkName, steps: int) -> Prepared:
    """Noise in the shape of the network's data, enough for so many steps."""
    return data.shortened(data.noise(RACES[model].dataset), train=steps * BATCH, validation=1)


def bare_rate(model: NetworkName) -> float:
    """Images a second of the peer: the same seeds, stacked, in a loop without anything else."""
    prepared = examples(model, RACES[model].steps)
    images, labels = (part.to("cuda") for part in bare.tensors(prepared))
    shape = prepared.manifest.image_shape
    networks = [
        build(model, "linear", shape, classes=10, seed=seed).to("cuda") for seed in range(BLOCK)
    ]
    loop, generator = bare.Stacked(networks, rate=RATE), torch.Generator().manual_seed(0)
    seconds = []
    for _ in range(2):
        torch.cuda.synchronize()
        started = time.perf_counter()
        loop.train(images, labels, batch_size=BATCH, generator=generator)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return RACES[model].steps * BATCH * BLOCK / min(seconds)


def busy(model: NetworkName) -> float:
    """Share of a block's training, first kernel to last, in which any kernel runs."""
    with profile(activities=[ProfilerActivity.CUDA]) as record:
        train(model, BLOCK, "float32")
    spans = sorted(
        (event.time_range.start, event.time_range.end)
        for event in record.events()
        if event.device_type.name == "CUDA"
    )
    wall: float = max(end for _, end in spans) - spans[0][0]
    return covered(spans) / wall


def covered(spans: list[tuple[float, float]]) -> float:
    """Length of the union of intervals, which are sorted by their starts."""
    total, reached = 0.0, -float("inf")
    for start, end in spans:
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def study_hours(path: Path, precision: str) -> float:
    """Hours of training of a study's jobs one after the other, at the rates measured here."""
    seconds = 0.0
    for job in all_jobs(load_study(path)):
        for cell in job.cells:
            dataset = AS_LARGE.get(cell.dataset, cell.dataset)
            steps = data.COUNTS[dataset][0] // cell.batch_size * cell.epochs
            images = steps * cell.batch_size * len(job.replicates)
            seconds += images / rate(ALIKE.get(cell.model, cell.model), BLOCK, precision)
    return seconds / 3600
