"""What only a GPU can show; not measured where there is none."""

import contextlib
import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from benchmarks import data
from benchmarks.contests import EDGES, LENET, MLP, Contest, one_epoch, replicates
from benchmarks.record import Figure, Goal, at_least, median
from lossbench.datasets.prepared import Prepared
from lossbench.study.config import Study
from lossbench.study.job import Replicate
from lossbench.study.settings import Compute
from lossbench.training.fit import fit

GROUP = "GPU"
SEEDS = 10
ABSENT = "no GPU on this machine"
STACKED = at_least(5)
RESNET: dict[str, Goal | None] = {
    "resnet18, test accuracy on CIFAR-10": at_least(0.94),
    "resnet18, seconds a run, next to the public record of 2.6 s (A100, cifar10-airbench)": None,
    "bfloat16 over float32, images a second": None,
    "torch.compile over the plain network, images a second": None,
}


def figures(study: Study, data_dir: Path, *, repeats: int) -> Iterator[Figure]:
    """Ten seeds stacked against one at a time; the rest needs a whole study on a GPU."""
    for contest in (MLP, LENET):
        name = f"{contest.model}, {SEEDS} stacked seeds over one at a time"
        if torch.cuda.is_available():
            part = data.shortened(data.load("mnist", data_dir), train=LENET.examples, validation=1)
            ratios = [stacking(contest, study, part, Compute()) for _ in range(repeats)]
            yield median(GROUP, name, ratios, goal=STACKED, note="wall time")
        else:
            yield Figure(GROUP, name, None, goal=STACKED, note=ABSENT)
    why = "`config/full.yaml` was not run" if torch.cuda.is_available() else ABSENT
    for name, goal in RESNET.items():
        yield Figure(GROUP, name, None, goal=goal, note=why)


def stacking(contest: Contest, study: Study, examples: Prepared, compute: Compute) -> float:
    """Wall seconds of the seeds one at a time, over those of all seeds in one block."""
    cell = one_epoch(contest, study, EDGES)

    def seconds(blocks: Sequence[Sequence[Replicate]]) -> float:
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            for block in blocks:
                fit(cell, block, examples, compute, show_bar=False)
        return time.perf_counter() - started

    all_together = replicates(SEEDS)
    return seconds([[each] for each in all_together]) / seconds([all_together])
