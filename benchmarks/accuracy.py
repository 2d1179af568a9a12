"""What a network learns in a core's time: the project's own networks, losses and training."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch

from benchmarks import clock, data
from benchmarks.contests import EDGES, plain_cell, trained
from benchmarks.record import Figure, at_most, below
from lossbench.study.fields import Augmentation, DatasetName, NetworkName
from lossbench.study.job import Cell
from lossbench.study.settings import ANNEALED
from lossbench.tables.logits import predicted

SEEDS = 3
REFERENCE_RATE = 70e9
"""FLOP/s of 2048² float32 products on the core that the goals' times are stated for."""


@dataclass(frozen=True)
class Attempt:
    """A recipe, chosen on validation, and what it should reach on the test set."""

    dataset: DatasetName
    model: NetworkName
    epochs: int
    batch_size: int
    learning_rate: float
    augmentation: Augmentation
    error_percent: float
    core_s: float
    """On a core of the reference rate."""


ATTEMPTS = (
    Attempt(
        "cifar10",
        "convnet",
        epochs=5,
        batch_size=64,
        learning_rate=0.3,
        augmentation="flip",
        error_percent=18,
        core_s=240,
    ),
    Attempt(
        "mnist",
        "lenet",
        epochs=4,
        batch_size=64,
        learning_rate=0.05,
        augmentation="none",
        error_percent=0.8,
        core_s=60,
    ),
)


def figures(data_dir: Path) -> Iterator[Figure]:
    """Mean test error and core-seconds of three seeds, for each attempt."""
    for attempt in ATTEMPTS:
        rates = [product_rate()]
        errors, cpu_s = test_errors(attempt, data_dir)
        rates.append(product_rate())
        yield from _figures(attempt, errors, cpu_s / SEEDS, statistics.mean(rates))


def product_rate() -> float:
    """FLOP/s of this core on 2048² products, by processor time; the best of three."""
    matrix = torch.ones(2048, 2048)
    seconds = min(clock.cpu_seconds(lambda: matrix @ matrix) for _ in range(3))
    return 2 * len(matrix) ** 3 / seconds


def test_errors(attempt: Attempt, data_dir: Path) -> tuple[list[float], float]:
    """Each seed's test error in percent, and the processor seconds of the whole block.

    The seconds are those of `fit`: from images in memory to predictions of the test set.
    """
    prepared = data.load(attempt.dataset, data_dir)
    counts = prepared.manifest.counts
    used = data.shortened(prepared, train=counts.train, validation=1, test=counts.test)
    tables: dict[str, pd.DataFrame] = {}
    seconds = clock.cpu_seconds(lambda: tables.update(trained(_cell(attempt), SEEDS, used)))
    predictions = tables["predictions"]
    wrong = predicted(predictions) != predictions["label"]
    return (100 * wrong.groupby(predictions["seed"]).mean()).tolist(), seconds


def _cell(attempt: Attempt) -> Cell:
    plain = plain_cell(attempt.dataset, attempt.model, attempt.batch_size, EDGES)
    fields = ("learning_rate", "epochs", "augmentation")
    changed = {name: getattr(attempt, name) for name in fields}
    return plain.model_copy(update={"stage": "evaluation", **changed})


def _figures(attempt: Attempt, errors: list[float], core_s: float, rate: float) -> Iterator[Figure]:
    allowed = attempt.core_s * REFERENCE_RATE / rate
    recipe = (
        f"{attempt.epochs} epochs, batches of {attempt.batch_size}, rate"
        f" {attempt.learning_rate:g}, weight decay {ANNEALED.weight_decay:g}, augmentation"
        f" {attempt.augmentation.replace('_', ' and ')}"
    )
    yield Figure(
        group=data.OFFICIAL[attempt.dataset].title,
        name=f"{attempt.model}, cross-entropy, mean test error of {len(errors)} seeds",
        value=statistics.mean(errors),
        unit="%",
        goal=below(attempt.error_percent),
        low=min(errors),
        high=max(errors),
        note=recipe,
    )
    yield Figure(
        group=data.OFFICIAL[attempt.dataset].title,
        name=f"{attempt.model}, core-seconds a seed",
        value=core_s,
        unit="s",
        goal=at_most(round(allowed)),
        note=f"{attempt.core_s:g} s at 70 GFLOP/s; this core: {rate / 1e9:.0f} GFLOP/s",
    )
