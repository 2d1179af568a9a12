"""How long training takes one core, about: what jobs are sized by. No result depends on it."""

from lossbench.cards.dataset import DATASETS
from lossbench.cards.own_cards import OWN_DATASETS, network_cards
from lossbench.study.job import Cell, Job

FLOPS_PER_S = 30e9
"""What small networks reach on a core, measurements on the way included."""
RUN_S = 0.5
"""A run's own set-up, tables and measurements of the test set."""
GREY_PIXELS = 28 * 28
"""The images that the networks' cards count the arithmetic of."""
UNKNOWN_EXAMPLES = 50_000
"""Of a data set of the study's own, which nobody has read when jobs are planned."""


def run_minutes(cell: Cell) -> float:
    """Minutes of one run of the cell."""
    own = OWN_DATASETS.get(cell.dataset)
    card = DATASETS.get(own.part_of if own else cell.dataset)
    _, height, width = card.image_shape if card else (1, 28, 28)
    flops = network_cards()[cell.model].flops
    examples = cell.epochs * (card.examples if card else UNKNOWN_EXAMPLES)
    return (RUN_S + examples * flops * height * width / GREY_PIXELS / FLOPS_PER_S) / 60


def job_minutes(job: Job) -> float:
    """Minutes of all runs of a job."""
    return len(job.replicates) * sum(map(run_minutes, job.cells))
