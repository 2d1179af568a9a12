"""Training against the peer `stock`: the fit alone, and whole processes."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import clock, data
from benchmarks.contests import (
    EDGES,
    LENET,
    MLP,
    RATE,
    Contest,
    batch_size,
    one_epoch,
    replicates,
    train_block,
)
from benchmarks.record import Figure, at_least, median
from lossbench.datasets.prepared import Prepared, save
from lossbench.study.config import Study
from lossbench.study.job import Job
from lossbench.study.settings import Compute

GOALS = {MLP: 8.0, LENET: 2.0}
"""Images a second over those of `stock`."""
SEEDS = 5
"""Seeds of the processes."""
WITH_STARTS = at_least(3)
JOB = "import sys; from lossbench.cli import main; sys.argv[0] = 'lossbench'; main()"
START = "import gc; gc.set_threshold(100_000); import lossbench.cli, lossbench.training.fit"
"""What a training job imports, as it imports it."""
FIT_GROUP = "Images a second over those of the stock recipe"
START_GROUP = f"Processor seconds of the stock recipe over ours, {SEEDS} seeds of one epoch"


class Stock(NamedTuple):
    """Processor seconds of one `stock` process."""

    fit_s: float
    start_s: float


def figures(study: Study, data_dir: Path, *, repeats: int) -> Iterator[Figure]:
    """`mlp` in whole epochs, `lenet` in parts of one."""
    prepared = data.load("mnist", data_dir)
    with tempfile.TemporaryDirectory() as folder:
        yield from _mlp(study, prepared, Path(folder), repeats)
        yield from _lenet(study, prepared, Path(folder), repeats)


def _mlp(study: Study, prepared: Prepared, folder: Path, repeats: int) -> Iterator[Figure]:
    examples = prepared.manifest.counts.train
    save(prepared, folder / "mnist.npz", folder / "mnist.json")
    fits, starts = [], []
    for seed in range(repeats):
        stock = _stock(MLP, study, folder / "mnist.npz", seed)
        job = _job(MLP, study, folder)
        ours = _ours(MLP, study, prepared)
        fits.append(stock.fit_s / examples / (ours / MLP.images))
        starts.append(SEEDS * (stock.start_s + stock.fit_s) / job)
    note = f"{SEEDS} processes, counted as {SEEDS} times one, against one training job"
    yield from _medians(MLP, fits, starts, note)


def _lenet(study: Study, prepared: Prepared, folder: Path, repeats: int) -> Iterator[Figure]:
    epoch = prepared.manifest.counts.train
    part = data.shortened(prepared, train=LENET.examples, validation=1)
    save(part, folder / "part.npz", folder / "part.json")
    fits, starts = [], []
    for seed in range(repeats):
        stock = _stock(LENET, study, folder / "part.npz", seed)
        theirs = stock.fit_s / LENET.examples
        ours = _ours(LENET, study, prepared) / LENET.images
        start_s = clock.python("-c", START).cpu_s
        fits.append(theirs / ours)
        starts.append(SEEDS * (stock.start_s + theirs * epoch) / (start_s + SEEDS * ours * epoch))
    note = f"reckoned from the measured starts and from the speed over {LENET.examples} images"
    yield from _medians(LENET, fits, starts, note)


def _medians(
    contest: Contest, fits: list[float], starts: list[float], note: str
) -> Iterator[Figure]:
    name, goal = f"{contest.model}, {contest.seeds} seeds", at_least(GOALS[contest])
    yield median(FIT_GROUP, name, fits, goal=goal)
    name = f"{contest.model}, process starts included"
    yield median(START_GROUP, name, starts, goal=WITH_STARTS, note=note)


def _stock(contest: Contest, study: Study, npz: Path, seed: int) -> Stock:
    options = {"--model": contest.model, "--seed": seed, "--rate": RATE}
    options["--batch-size"] = batch_size(contest, study)
    given = [str(part) for option in options.items() for part in option]
    ran = clock.python("-m", "benchmarks.stock", str(npz), *given)
    fit_s = float(ran.output.rpartition("fit:")[2])
    return Stock(fit_s, ran.cpu_s - fit_s)


def _job(contest: Contest, study: Study, folder: Path) -> float:
    """Processor seconds of one of our training jobs with the study's evaluation points."""
    cell = one_epoch(contest, study, study.history)
    job = Job(
        cells=(cell,), replicates=tuple(replicates(SEEDS)), code="benchmark"
    ).model_dump_json()
    paths = ["--data", str(folder / "mnist.npz"), "--out", str(folder / "tables")]
    # A cache of its own: what the repeat before trained would be taken, not trained.
    compute = Compute(cache=Path(tempfile.mkdtemp(dir=folder))).model_dump_json()
    return clock.python("-c", JOB, "train", "--job", job, "--compute", compute, *paths).cpu_s


def _ours(contest: Contest, study: Study, prepared: Prepared) -> float:
    part = data.shortened(prepared, train=contest.examples, validation=1)
    return clock.cpu_seconds(partial(train_block, contest, study, EDGES, part))
