"""Training a block of seeds against the peer `bare`, and against the core's own rate."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from benchmarks import bare, clock, data
from benchmarks.contests import (
    CONVNET,
    EDGES,
    LENET,
    MLP,
    RATE,
    Contest,
    batch_size,
    evaluated,
    train_block,
)
from benchmarks.record import Figure, at_least, median
from lossbench.datasets.prepared import Prepared
from lossbench.networks.models import Network, build, count_flops
from lossbench.study.config import Study
from lossbench.study.settings import History
from lossbench.training.schedule import measured_steps

MATRIX = torch.ones(2048, 2048)
SPARSE = History(ratio=5, train_examples=1)
"""Measured a few times; how many images, is the study's proportion."""
GOALS = {"convnet": 0.95, "lenet": 0.95, "mlp": 0.85}
"""Images a second over those of `bare`."""
SHARES = {"convnet": 0.55}
"""Of the core's matrix-product rate."""


def figures(study: Study, data_dir: Path, *, repeats: int) -> Iterator[Figure]:
    """Every contest's ratios, speeds and shares."""
    for contest in (CONVNET, LENET, MLP):
        prepared = data.load(contest.dataset, data_dir)
        yield from _raced(contest, study, prepared, repeats)


def glance(study: Study) -> Iterator[Figure]:
    """The figures of `mlp` in a few seconds, on noise."""
    yield from _raced(replace(MLP, examples=3840), study, data.noise("mnist"), 3)


def _raced(contest: Contest, study: Study, prepared: Prepared, repeats: int) -> Iterator[Figure]:
    runners = contestants(contest, study, prepared)
    train_block(contest, study, EDGES, data.shortened(prepared, train=512, validation=1))
    times = clock.rounds(runners, repeats)
    yield from _ratios(contest, times, evaluated(contest, study, prepared))
    yield _half(contest, times)
    yield from _speeds(contest, times, _flops(contest, prepared))


def contestants(
    contest: Contest, study: Study, prepared: Prepared
) -> dict[str, Callable[[], object]]:
    """One function a contestant, each training the same number of images of the same data."""
    steps = contest.examples // batch_size(contest, study)
    points = len(measured_steps(SPARSE, steps, "tuning"))
    per_point = round(evaluated(contest, study, prepared) * contest.examples / points)
    plain = data.shortened(prepared, train=contest.examples, validation=1)
    measured = data.shortened(prepared, train=contest.examples, validation=per_point)
    images, labels = bare.tensors(plain)
    channels_last = images.contiguous(memory_format=torch.channels_last)

    def loop(pixels: Tensor, *, tuned: bool) -> None:
        for seed in range(contest.seeds):
            network = _network(contest, prepared, seed)
            if tuned:
                network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            bare.train(
                network,
                pixels,
                labels,
                batch_size=batch_size(contest, study),
                rate=RATE,
                fused=tuned,
                generator=torch.Generator().manual_seed(seed),
            )

    runners: dict[str, Callable[[], object]] = {
        "bare": partial(loop, images, tuned=False),
        "ours": partial(train_block, contest, study, EDGES, plain),
        "product": lambda: MATRIX @ MATRIX,
        "tuned": partial(loop, channels_last, tuned=True),
        "measured": partial(train_block, contest, study, SPARSE, measured),
    }
    if multiplies_bfloat16():
        runners["half"] = partial(train_block, contest, study, EDGES, plain, "bfloat16")
    return runners


def _ratios(contest: Contest, times: pd.DataFrame, measured_share: float) -> Iterator[Figure]:
    group = "Images a second over those of the bare loop"
    name = f"{contest.model}, {contest.seeds} seeds"
    goal = at_least(GOALS[contest.model])
    yield median(group, name, times["bare"] / times["ours"], goal=goal)
    yield median(
        group,
        f"{name}, evaluation points included",
        times["bare"] / times["measured"],
        goal=at_least(0.9),
        note=f"the default study's: {measured_share:.2f} images measured for each one trained on",
    )
    yield median(
        group,
        f"{name}, over a bare loop with this project's memory format and fused optimiser",
        times["tuned"] / times["ours"],
        note="the price of everything around the same arithmetic, each job's start-up included",
    )


def _half(contest: Contest, times: pd.DataFrame) -> Figure:
    group = "bfloat16 over float32, images a second"
    if "half" not in times:
        return Figure(group, contest.model, None, note="this CPU does not multiply bfloat16")
    return median(group, contest.model, times["ours"] / times["half"])


def multiplies_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this CPU multiplies bfloat16 itself, as far as Linux says."""
    flags = set(cpuinfo.read_text().split()) if cpuinfo.exists() else set()
    return not flags.isdisjoint({"avx512_bf16", "amx_bf16"})


def _speeds(contest: Contest, times: pd.DataFrame, flops: int) -> Iterator[Figure]:
    group = "Speed of one core"
    speeds = contest.images / times["ours"]
    product = 2 * len(MATRIX) ** 3 / times["product"]
    goal = at_least(SHARES[contest.model]) if contest.model in SHARES else None
    yield median(group, contest.model, speeds, unit="images/s")
    yield median(
        group,
        f"{contest.model}, share of the rate of 2048² matrix products",
        flops * speeds / product,
        goal=goal,
        note=f"{product.max() / 1e9:.0f} GFLOP/s; {flops / 1e6:.1f} MFLOP an image",
    )


def _network(contest: Contest, prepared: Prepared, seed: int) -> Network:
    shape = prepared.manifest.image_shape
    return build(contest.model, "linear", shape, classes=10, seed=seed)


def _flops(contest: Contest, prepared: Prepared) -> int:
    return count_flops(_network(contest, prepared, 0), prepared.manifest.image_shape)
