"""What one process trains: a job, its cells and its seeds, all that it knows of the study."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, NamedTuple, Self

from pydantic import Field

from lossbench.cards.kinds import HeadName, OutputName
from lossbench.errors import ConfigError
from lossbench.study.fields import (
    Augmentation,
    DatasetName,
    Frozen,
    LossName,
    NetworkName,
    Positive,
    Stage,
)
from lossbench.study.grid import Margin, Tuned
from lossbench.study.own_fields import Digest, Number, Setting
from lossbench.study.settings import History, Recipe

OwnCode = Annotated[Digest, Field(exclude_if=lambda digest: not digest)]
"""A digest of the study's own code; empty, and no part of a run's key, for what is built in."""


AGAIN = 1_000_000
"""What a placebo adds to its seeds. (PyTorch's generators see a seed's last 32 bits alone.)"""


class Cell(Frozen):
    """Everything that determines a run's numbers, save its seed and the machine.

    A tuning cell carries its own learning rate and margin. An evaluation cell is planned before
    tuning has chosen them: both are None until `chosen` fills them in.
    """

    stage: Stage
    dataset: DatasetName
    augmentation: Augmentation
    model: NetworkName
    loss: LossName
    head: HeadName
    output: OutputName
    learning_rate: Positive | None
    margin: Tuned | None
    epochs: int
    batch_size: int
    recipe: Recipe
    history: History
    precision: str
    own_loss: OwnCode = ""
    own_network: OwnCode = ""

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of registries that its runs use: its loss, its network, its head."""
        own = self.own
        loss = "own_loss" if "own_loss" in own else self.loss
        network = "own_network" if "own_network" in own else self.model
        return loss, network, self.head

    @property
    def own(self) -> dict[str, tuple[str, str]]:
        """The name and the digest of own code by its entry in `networks.loader.ADDED`."""
        found = {
            "own_loss": (self.loss, self.own_loss),
            "own_network": (self.model, self.own_network),
        }
        return {entry: named for entry, named in found.items() if named[1]}

    @property
    def arguments(self) -> dict[str, Number]:
        """The keyword arguments of an own loss."""
        return dict(self.margin.arguments) if isinstance(self.margin, Setting) else {}

    @property
    def scale(self) -> float | None:
        """The scale of a cosine head."""
        if self.head != "cosine" or not isinstance(self.margin, Margin | Setting):
            return None
        return self.margin.s

    @property
    def setting(self) -> str:
        """The label of the margin or own setting; empty for a loss without one."""
        return self.margin.label if self.margin else ""

    def chosen(self, learning_rate: float, margin: Tuned | None) -> Self:
        """Fill in what tuning chose."""
        return self.model_copy(update={"learning_rate": learning_rate, "margin": margin})


class Replicate(Frozen):
    """One repetition of the whole procedure, at one stage."""

    split: int
    """Seed of the division of the training file into train and validation."""
    seed: int
    """What the run is known by, and paired with the other losses' runs."""
    again: Annotated[bool, Field(exclude_if=lambda again: not again)] = False
    """It is a placebo's, which starts elsewhere."""

    @property
    def start(self) -> int:
        """Seed of its initial weights, batches and augmentation."""
        return self.seed + AGAIN if self.again else self.seed


class Run(NamedTuple):
    """A cell and a replicate."""

    cell: Cell
    replicate: Replicate

    @property
    def folder(self) -> str:
        """Its name in the folder of its job. Raises ValueError: no rate is chosen."""
        cell = self.cell
        if cell.learning_rate is None:
            raise ValueError(f"{cell.loss}: no learning rate is chosen yet")
        parts = [f"rate-{cell.learning_rate:g}", cell.setting, f"seed-{self.replicate.seed}"]
        return "_".join(part for part in parts if part)


Choice = tuple[float, str]
"""The learning rate and the label of the margin that tuning chose."""


class Job(Frozen):
    """What one process trains: cells of one loss, each with one block of replicates.

    Starting a process with PyTorch Lightning costs seconds, so a tuning job takes several trials.
    """

    cells: tuple[Cell, ...]
    replicates: tuple[Replicate, ...]
    code: str
    """A digest of the code that trains it."""
    margins: tuple[Tuned, ...] = ()
    """An evaluation job's candidates: the choice names one of them by its label."""
    keep_weights: Annotated[bool, Field(exclude_if=lambda kept: not kept)] = False
    """Whether its trained networks are kept: an evaluation job's, if the study asks for it."""

    def runs(self, choices: Mapping[int, Choice] | None = None) -> list[Run]:
        """Its runs; those of an evaluation job with what tuning chose for each seed.

        Raises ConfigError: a seed without a choice, or a choice that is no margin of the grid.
        """
        return [
            Run(cell if choices is None else self._chosen(cell, replicate.seed, choices), replicate)
            for cell in self.cells
            for replicate in self.replicates
        ]

    def _chosen(self, cell: Cell, seed: int, choices: Mapping[int, Choice]) -> Cell:
        if seed not in choices:
            listed = ", ".join(map(str, choices)) or "none"
            raise ConfigError(f"choice: none for seed {seed}; there are some for: {listed}")
        learning_rate, setting = choices[seed]
        margins: dict[str, Tuned | None] = {margin.label: margin for margin in self.margins}
        margins = margins or {"": None}
        if setting not in margins:
            raise ConfigError(f"choice: setting {setting!r}; allowed: {', '.join(margins)}")
        return cell.chosen(learning_rate, margins[setting])

    @property
    def folder(self) -> str:
        """Where the job's runs are under a study's `runs`.

        It is named after all that the job is, code included: results that came from elsewhere,
        without Snakemake's records, are taken for those of this job only if they are.
        """
        cell, numbers = self.cells[0], [replicate.seed for replicate in self.replicates]
        seeds = f"seeds-{min(numbers)}-{max(numbers)}"
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:10]
        place = f"{cell.dataset}/{cell.model}/{cell.recipe.name}-{cell.epochs}"
        return f"{cell.stage}/{place}/{cell.loss}/{seeds}-{digest}"
