"""What one process trains: a job, its cells and its seeds, all that it knows of the study."""

from typing import Self

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
from lossbench.study.grid import Margin
from lossbench.study.settings import History, Recipe


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
    margin: Margin | None
    epochs: int
    batch_size: int
    recipe: Recipe
    history: History
    precision: str

    @property
    def setting(self) -> str:
        """The margin's label; empty for a loss without one."""
        return self.margin.label if self.margin else ""

    def chosen(self, learning_rate: float, margin: Margin | None) -> Self:
        """Fill in what tuning chose."""
        return self.model_copy(update={"learning_rate": learning_rate, "margin": margin})


class Job(Frozen):
    """What one process trains: cells of one loss, each with one block of seeds.

    Starting a process with PyTorch Lightning costs seconds, so a tuning job takes several trials.
    """

    cells: tuple[Cell, ...]
    seeds: tuple[int, ...]
    part: str
    """Tells the jobs of one stage, comparison and loss apart."""
    margins: tuple[Margin, ...] = ()
    """An evaluation job's candidates: the choice names one of them by its label."""

    def with_choice(self, learning_rate: float, setting: str) -> Self:
        """An evaluation job with the rate and the margin setting that tuning chose.

        Raises ConfigError: no margin of the grid has this label.
        """
        margins: dict[str, Margin | None] = {margin.label: margin for margin in self.margins}
        margins = margins or {"": None}
        if setting not in margins:
            raise ConfigError(f"choice: setting {setting!r}; allowed: {', '.join(margins)}")
        cells = tuple(cell.chosen(learning_rate, margins[setting]) for cell in self.cells)
        return self.model_copy(update={"cells": cells})

    @property
    def folder(self) -> str:
        """Where the job's tables stand under a study's `runs`."""
        cell = self.cells[0]
        place = f"{cell.dataset}/{cell.model}/{cell.recipe.name}-{cell.epochs}"
        return f"{cell.stage}/{place}/{cell.loss}/{self.part}"

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of registries that the job uses: its loss, its network, its head."""
        cell = self.cells[0]
        return cell.loss, cell.model, cell.head
