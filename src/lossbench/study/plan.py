"""Expands a study into cells, and cells and seeds into training jobs."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from lossbench.cards.loss import LOSSES
from lossbench.study.config import Study
from lossbench.study.fields import LossName, Stage
from lossbench.study.grid import Comparison, LossGrid, Margin
from lossbench.study.job import Cell, Job


def jobs(study: Study, stage: Stage) -> Iterator[Job]:
    """Every training job of a stage, comparison by comparison and loss by loss."""
    tuned: dict[str, list[Cell]] = {}
    for comparison in study.comparisons:
        for grid in comparison.losses:
            if stage == "tuning":
                yield from _tuning_jobs(study, comparison, grid, tuned)
            else:
                yield from _evaluation_jobs(study, comparison, grid)


def tuning_grid(study: Study, grid: LossGrid) -> LossGrid:
    """The grid within the study's cap on rates, which keeps the rates in its middle."""
    rates = grid.learning_rates
    left_out = max(0, len(rates) - (study.limits.learning_rates or len(rates)))
    kept = rates[left_out // 2 : len(rates) - (left_out + 1) // 2]
    return grid.model_copy(update={"learning_rates": kept})


def tuning_cells(study: Study, comparison: Comparison, grid: LossGrid) -> list[Cell]:
    """The cells among which tuning chooses: every rate with every margin of the capped grid."""
    grid = tuning_grid(study, grid)
    return [
        _cell(study, comparison, "tuning", grid.loss, rate, margin)
        for margin in grid.margins or (None,)
        for rate in grid.learning_rates
    ]


def evaluation_cell(study: Study, comparison: Comparison, loss: LossName) -> Cell:
    """The cell that the evaluation seeds train, its rate and margin still open."""
    return _cell(study, comparison, "evaluation", loss, None, None)


def seeds(study: Study, comparison: Comparison, stage: Stage) -> tuple[int, ...]:
    """The seeds of a stage, after the comparison's and the study's caps."""
    if stage == "tuning":
        capped = study.seeds.tuning[: comparison.tuning_seeds]
        return capped[: study.limits.tuning_seeds]
    capped = study.seeds.evaluation[: comparison.evaluation_seeds]
    return capped[: study.limits.evaluation_seeds]


def _tuning_jobs(
    study: Study, comparison: Comparison, grid: LossGrid, tuned: dict[str, list[Cell]]
) -> Iterator[Job]:
    """The trials that no earlier comparison has: comparisons that differ in length share them."""
    cells = tuning_cells(study, comparison, grid)
    place = f"{comparison.dataset}/{comparison.model}/{comparison.recipe}"
    before = tuned.setdefault(f"{place}/{comparison.tuning_epochs}/{grid.loss}", [])
    new = [cell for cell in cells if cell not in before]
    for index, trials in enumerate(_blocks(new, study.compute.trials_per_job or len(cells))):
        for block in _blocks(seeds(study, comparison, "tuning"), study.compute.seeds_per_job):
            part = f"trials-{len(before) + index}_{_label(block)}"
            yield Job(cells=trials, seeds=block, part=part)
    before += new


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
    learning_rate: float | None,
    margin: Margin | None,
) -> Cell:
    return Cell(
        stage=stage,
        dataset=comparison.dataset,
        augmentation=study.dataset(comparison.dataset).augmentation,
        model=comparison.model,
        loss=loss,
        head=LOSSES[loss].head,
        output=LOSSES[loss].output,
        learning_rate=learning_rate,
        margin=margin,
        epochs=comparison.epochs if stage == "evaluation" else comparison.tuning_epochs,
        batch_size=comparison.batch_size,
        recipe=study.recipe(comparison.recipe),
        history=study.history,
        precision=study.compute.precision,
    )
