"""Expands a study into cells, and cells and seeds into training jobs."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from lossbench.cards.loss import PLACEBO
from lossbench.cards.own_cards import loss_cards
from lossbench.code.code_digest import code_digest
from lossbench.study.config import Study
from lossbench.study.fields import LossName, Stage
from lossbench.study.grid import Comparison, LossGrid, Tuned
from lossbench.study.job import Cell, Job, Replicate, Run


def all_jobs(study: Study) -> list[Job]:
    """Every training job of both stages."""
    return [*jobs(study, "tuning"), *jobs(study, "evaluation")]


def jobs(study: Study, stage: Stage) -> Iterator[Job]:
    """Every training job of a stage, comparison by comparison and loss by loss."""
    tuned: set[Run] = set()
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
        for trials in _blocks(new, study.compute.trials_per_job or len(cells)):
            for block in _blocks(those, study.compute.seeds_per_job):
                yield _job(trials, block)


def _evaluation_jobs(study: Study, comparison: Comparison, grid: LossGrid) -> Iterator[Job]:
    cell = evaluation_cell(study, comparison, grid.loss)
    those = replicates(study, comparison, grid, "evaluation")
    for block in _blocks(those, study.compute.seeds_per_job):
        yield _job((cell,), block, grid.margins, keep_weights=study.compute.keep_weights)


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


def _blocks(items: Sequence[Item], size: int) -> Iterator[tuple[Item, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def _cell(
    study: Study,
    comparison: Comparison,
    stage: Stage,
    loss: LossName,
    learning_rate: float | None,
    margin: Tuned | None,
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
