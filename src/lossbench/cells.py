"""Expands a study into cells (what one training job trains) and blocks of seeds."""

from collections.abc import Iterator, Sequence
from typing import Self

from lossbench.config import (
    Comparison,
    Dataset,
    Frozen,
    History,
    LossName,
    Margin,
    ModelName,
    Positive,
    Recipe,
    Stage,
    Study,
)


class Cell(Frozen):
    """Everything that determines a run's numbers, save its seed and the machine.

    A tuning cell carries its own learning rate and margin. An evaluation cell is planned before
    tuning has chosen them: both are None until `chosen` fills them in.
    """

    stage: Stage
    dataset: Dataset
    model: ModelName
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

    @property
    def trial(self) -> str:
        """The path component that tells the cells of one loss apart: its rate and margin."""
        if self.learning_rate is None:
            return "chosen"
        return f"rate={self.learning_rate:g}" + (f",{self.setting}" if self.margin else "")

    def chosen(self, learning_rate: float, margin: Margin | None) -> Self:
        """Fill in what tuning chose."""
        return self.model_copy(update={"learning_rate": learning_rate, "margin": margin})


def tuning_cells(study: Study, comparison: Comparison, loss: LossName) -> list[Cell]:
    """The cells among which tuning chooses: every rate with every margin of the loss's grid."""
    grid = next(grid for grid in comparison.losses if grid.loss == loss)
    epochs = _capped(comparison.tuning_epochs, study.limits.tuning_epochs)
    return [
        _cell(study, comparison, "tuning", loss, epochs, rate, margin)
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
        return study.seeds.tuning[: study.limits.tuning_seeds]
    capped = study.seeds.evaluation[: comparison.evaluation_seeds]
    return capped[: study.limits.evaluation_seeds]


def blocks(seeds: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    """Consecutive blocks of at most `size` seeds; one block is one training job."""
    for start in range(0, len(seeds), size):
        yield tuple(seeds[start : start + size])


def block_label(block: Sequence[int]) -> str:
    """The path component that names a block of seeds, such as `seeds=0-1-2`."""
    return "seeds=" + "-".join(map(str, block))


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
        dataset=study.dataset(comparison.dataset),
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
