"""Expands a study into cells, cells and seeds into training jobs, and jobs into groups."""

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

from lossbench.cards.loss import PLACEBO
from lossbench.cards.own_cards import loss_cards
from lossbench.code.code_digest import code_digest
from lossbench.study.config import Study
from lossbench.study.fields import LossName, Stage
from lossbench.study.grid import Comparison, LossGrid, Tuned
from lossbench.study.groups import MOST_CELLS, Group, grouped
from lossbench.study.job import Cell, Job, Replicate, Run
from lossbench.study.workload import run_minutes

STAGES: tuple[Stage, ...] = ("tuning", "evaluation")
MOST_TOGETHER = 10
"""Replicates that are trained together: all of them are in memory."""


def groups(study: Study) -> list[Group]:
    """What each training process does, tuning first."""
    tuned: set[Run] = set()
    found: list[Group] = []
    for stage in STAGES:
        for each in study.comparisons:
            planned = (
                job for grid in each.losses for job in _jobs(study, each, grid, stage, tuned)
            )
            found += grouped(planned, study.compute.job_minutes)
    return found


def all_jobs(study: Study) -> list[Job]:
    """Every training job of both stages, comparison by comparison and loss by loss."""
    return [job for group in groups(study) for job in group.jobs]


def jobs(study: Study, stage: Stage) -> Iterator[Job]:
    """Those of one stage."""
    return (job for job in all_jobs(study) if job.cells[0].stage == stage)


def serves(group: Group, comparison: Comparison) -> bool:
    """Whether the group's runs are those of the comparison, or those that it is tuned by."""
    cell = group.jobs[0].cells[0]
    epochs = comparison.epochs if cell.stage == "evaluation" else comparison.tuning_epochs
    place = (comparison.dataset, comparison.model, comparison.recipe, epochs)
    return (cell.dataset, cell.model, cell.recipe.name, cell.epochs) == place


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


def replicates(
    study: Study, comparison: Comparison, grid: LossGrid, stage: Stage
) -> tuple[Replicate, ...]:
    """A loss's replicates at a stage, after its own, the comparison's and the study's caps."""
    caps = (grid.replicates, comparison.replicates, study.limits.replicates)
    splits = study.seeds.tuning[: min(cap for cap in (*caps, len(study.seeds.tuning)) if cap)]
    seeds = splits if stage == "tuning" else study.seeds.evaluation
    return tuple(
        Replicate(split=split, seed=seed) for split, seed in zip(splits, seeds, strict=False)
    )


def most_replicates(study: Study, comparison: Comparison) -> tuple[Replicate, ...]:
    """Those of the comparison's loss that has the most."""
    return max(
        (replicates(study, comparison, grid, "evaluation") for grid in comparison.losses), key=len
    )


def _jobs(
    study: Study, comparison: Comparison, grid: LossGrid, stage: Stage, tuned: set[Run]
) -> Iterator[Job]:
    if stage == "tuning":
        return _tuning_jobs(study, comparison, grid, tuned)
    return _evaluation_jobs(study, comparison, grid)


def _tuning_jobs(
    study: Study, comparison: Comparison, grid: LossGrid, tuned: set[Run]
) -> Iterator[Job]:
    """The trials that no earlier comparison has: comparisons that differ in length share them."""
    cells = tuning_cells(study, comparison, grid)
    left: dict[tuple[Cell, ...], list[Replicate]] = {}
    for replicate in replicates(study, comparison, grid, "tuning"):
        new = tuple(cell for cell in cells if Run(cell, replicate) not in tuned)
        left.setdefault(new, []).append(replicate)
        tuned.update(Run(cell, replicate) for cell in new)
    for new, those in left.items():
        for trials, block in _divided(new, those, study.compute.job_minutes):
            yield _job(trials, block)


def _evaluation_jobs(study: Study, comparison: Comparison, grid: LossGrid) -> Iterator[Job]:
    cell = _cell(study, comparison, "evaluation", grid.loss)  # its rate and margin still open
    those = replicates(study, comparison, grid, "evaluation")
    for cells, block in _divided((cell,), those, study.compute.job_minutes):
        yield _job(cells, block, grid.margins, keep_weights=study.compute.keep_weights)


def _divided(
    cells: tuple[Cell, ...], those: Sequence[Replicate], minutes: float
) -> Iterator[tuple[tuple[Cell, ...], tuple[Replicate, ...]]]:
    """Cells and replicates in parts of at most so many minutes, or of one run.

    They are divided by replicates first: a part with all cells is a whole replicate's tuning.
    """
    if not cells:
        return
    runs = max(1, int(minutes / run_minutes(cells[0])))
    for trials in _parts(cells, min(runs, MOST_CELLS)):
        for block in _parts(those, min(max(1, runs // len(trials)), MOST_TOGETHER)):
            yield trials, block


def _job(
    cells: tuple[Cell, ...],
    block: tuple[Replicate, ...],
    margins: tuple[Tuned, ...] = (),
    *,
    keep_weights: bool = False,
) -> Job:
    again = {"again": cells[0].loss == PLACEBO}
    return Job(
        cells=cells,
        replicates=tuple(replicate.model_copy(update=again) for replicate in block),
        code=code_digest("train", *cells[0].entries),
        margins=margins,
        keep_weights=keep_weights,
    )


Item = TypeVar("Item")


def _parts(items: Sequence[Item], most: int) -> Iterator[tuple[Item, ...]]:
    """As few parts as can be, of about one size, none with more than `most` items."""
    parts = math.ceil(len(items) / most)
    for part in range(parts):
        yield tuple(items[len(items) * part // parts : len(items) * (part + 1) // parts])


def _cell(
    study: Study,
    comparison: Comparison,
    stage: Stage,
    loss: LossName,
    learning_rate: float | None = None,
    margin: Tuned | None = None,
) -> Cell:
    card = loss_cards()[loss]
    return Cell(
        stage=stage,
        dataset=comparison.dataset,
        augmentation=study.dataset(comparison.dataset).augmentation,
        model=comparison.model,
        loss=loss,
        head=card.head,
        output=card.output,
        learning_rate=learning_rate,
        margin=margin,
        epochs=comparison.epochs if stage == "evaluation" else comparison.tuning_epochs,
        batch_size=comparison.batch_size,
        recipe=study.recipe(comparison.recipe),
        history=study.history,
        precision=study.compute.precision,
        own_loss=study.own_code("losses", loss),
        own_network=study.own_code("networks", comparison.model),
    )
