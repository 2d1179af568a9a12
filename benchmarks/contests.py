"""What is raced: networks, how much of their data a round trains, and our side of every race."""

import contextlib
import io
import logging
import warnings
from dataclasses import dataclass

import pandas as pd

from lossbench.datasets.prepared import Prepared
from lossbench.study.config import Study
from lossbench.study.fields import DatasetName, NetworkName
from lossbench.study.grid import Comparison
from lossbench.study.job import Cell, Replicate
from lossbench.study.settings import ANNEALED, Compute, History
from lossbench.training.fit import fit
from lossbench.training.schedule import measured_steps

RATE = 0.05
ON_CPU = Compute(accelerator="cpu")
EDGES = History(ratio=1000, train_examples=1)
"""Measured before training, at its start and at its end."""


@dataclass(frozen=True)
class Contest:
    """A network, and how much of its data a round trains."""

    dataset: DatasetName
    model: NetworkName
    seeds: int
    examples: int

    @property
    def images(self) -> int:
        """Images that a round trains on, over all seeds."""
        return self.seeds * self.examples


CONVNET = Contest("cifar10", "convnet", seeds=2, examples=1280)
LENET = Contest("mnist", "lenet", seeds=2, examples=3840)
MLP = Contest("mnist", "mlp", seeds=10, examples=12_800)


def comparison(contest: Contest, study: Study) -> Comparison:
    """How the study trains this network."""
    place = (contest.dataset, contest.model)
    return next(each for each in study.comparisons if (each.dataset, each.model) == place)


def batch_size(contest: Contest, study: Study) -> int:
    """The study's batch size for this network."""
    return comparison(contest, study).batch_size


def evaluated(contest: Contest, study: Study, prepared: Prepared) -> float:
    """Images measured for each one trained on, in an evaluation run of the study."""
    planned = comparison(contest, study)
    counts = prepared.manifest.counts
    steps = counts.train // planned.batch_size
    points = len(measured_steps(study.history, steps * planned.epochs, "evaluation"))
    images = counts.validation + study.history.train_examples
    return points * images / (counts.train * planned.epochs)


def one_epoch(contest: Contest, study: Study, history: History, precision: str = "float32") -> Cell:
    """A cell that trains for one epoch and never sees the test set."""
    batch = batch_size(contest, study)
    return plain_cell(contest.dataset, contest.model, batch, history, precision)


def plain_cell(
    dataset: DatasetName,
    model: NetworkName,
    batch_size: int,
    history: History,
    precision: str = "float32",
) -> Cell:
    """An epoch of cross-entropy without augmentation."""
    return Cell(
        stage="tuning",
        dataset=dataset,
        augmentation="none",
        model=model,
        loss="cross_entropy",
        head="linear",
        output="softmax",
        learning_rate=RATE,
        margin=None,
        epochs=1,
        batch_size=batch_size,
        recipe=ANNEALED,
        history=history,
        precision=precision,
    )


def train_block(
    contest: Contest,
    study: Study,
    history: History,
    examples: Prepared,
    precision: str = "float32",
) -> None:
    """Our side: a block of seeds, for one epoch of all of `examples`."""
    trained(one_epoch(contest, study, history, precision), contest.seeds, examples)


def trained(
    cell: Cell, seeds: int, examples: Prepared, compute: Compute = ON_CPU
) -> dict[str, pd.DataFrame]:
    """The tables of a block of so many seeds; its progress does not reach the terminal."""
    with contextlib.redirect_stdout(io.StringIO()):
        return fit(cell, replicates(seeds), examples, compute, show_bar=False)


def replicates(count: int) -> list[Replicate]:
    """Replicates that differ in their seeds alone."""
    return [Replicate(split=0, seed=seed) for seed in range(count)]


def quiet() -> None:
    """Keep Lightning's remarks out of the benchmark's output."""
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
