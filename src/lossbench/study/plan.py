"""Expands a study into cells, and cells and seeds into training jobs."""

from collections.abc import Iterator, Sequence
from typing import Self, TypeVar

from lossbench.cards.loss import LOSSES
from lossbench.errors import ConfigError
from lossbench.study.config import Study
from lossbench.study.fields import (
    Augmentation,
    DatasetName,
    Frozen,
    LossName,
    NetworkName,
    Positive,
    Stage,
)
from lossbench.study.grid import Comparison, LossGrid, Margin
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
        return f"{cell.stage}/{cell.dataset}/{cell.model}/{cell.loss}/{self.part}"

    @property
    def entries(self) -> tuple[str, ...]:
        """The entries of registries that the job uses: its loss, its network, its head."""
        cell = self.cells[0]
        return cell.loss, cell.model, LOSSES[cell.loss].head


def jobs(study: Study, stage: Stage) -> Iterator[Job]:
    """Every training job of a stage, comparison by comparison and loss by loss."""
    for comparison in study.comparisons:
        for grid in comparison.losses:
            if stage == "tuning":
                yield from _tuning_jobs(study, comparison, grid)
            else:
                yield from _evaluation_jobs(study, comparison, grid)


def tuning_grid(study: Study, grid: LossGrid) -> LossGrid:
    """The grid within the study's cap on rates, which keeps the rates in its middle."""
    rates = grid.learning_rates
    left_out = len(rates) - _capped(len(rates), study.limits.learning_rates)
    kept = rates[left_out // 2 : len(rates) - (left_out + 1) // 2]
    return grid.model_copy(update={"learning_rates": kept})


def tuning_cells(study: Study, comparison: Comparison, grid: LossGrid) -> list[Cell]:
    """The cells among which tuning chooses: every rate with every margin of the capped grid."""
    epochs = _capped(comparison.tuning_epochs, study.limits.tuning_epochs)
    grid = tuning_grid(study, grid)
    return [
        _cell(study, comparison, "tuning", grid.loss, epochs, rate, margin)
        for margin in grid.margins or (None,)
        for rate in grid.learning_rates
    ]


def evaluation_cell(study: Study, comparison: Comparison, loss: LossName) -> Cell:
    """The cell that the evaluation seeds train, its rate and margin still open."""
    epochs = _capped(comparison.epochs, study.limits.epochs)
    return _cell(study, comparison, "evaluation", loss, epochs, None, None)


def seeds(study: Study, comparison: Comparison, stage: Stage) -> tuple[int, ...]:
    """The seeds of a stage, after the comparison's and the study's caps."""
    if stage == "tuning":
        capped = study.seeds.tuning[: comparison.tuning_seeds]
        return capped[: study.limits.tuning_seeds]
    capped = study.seeds.evaluation[: comparison.evaluation_seeds]
    return capped[: study.limits.evaluation_seeds]


def _tuning_jobs(study: Study, comparison: Comparison, grid: LossGrid) -> Iterator[Job]:
    cells = tuning_cells(study, comparison, grid)
    size = study.compute.trials_per_job or len(cells)
    for index, trials in enumerate(_blocks(cells, size)):
        for block in _blocks(seeds(study, comparison, "tuning"), study.compute.seeds_per_job):
            yield Job(cells=trials, seeds=block, part=f"trials-{index}_{_label(block)}")


def _evaluation_jobs(study: Study, comparison: Comparison, grid: LossGrid) -> Iterator[Job]:
    cell = evaluation_cell(study, comparison, grid.loss)
    for block in _blocks(seeds(study, comparison, "evaluation"), study.compute.seeds_per_job):
        yield Job(cells=(cell,), seeds=block, part=_label(block), margins=grid.margins)


Item = TypeVar("Item")


def _blocks(items: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def _label(block: Sequence[int]) -> str:
    """Such as `seeds-0-1-2`."""
    return "seeds-" + "-".join(map(str, block))


def _cell(
    study: Study,
    comparison: Comparison,
    stage: Stage,
    loss: LossName,
    epochs: int,
    learning_rate: float | None,
    margin: Margin | None,
) -> Cell:
    return Cell(
        stage=stage,
        dataset=comparison.dataset,
        augmentation=study.dataset(comparison.dataset).augmentation,
        model=comparison.model,
        loss=loss,
        learning_rate=learning_rate,
        margin=margin,
        epochs=epochs,
        batch_size=comparison.batch_size,
        recipe=study.recipe,
        history=study.history,
        precision=study.compute.precision,
    )


def _capped(count: int, cap: int | None) -> int:
    return count if cap is None else min(count, cap)
