"""Where the time of a training step goes, by kind of operation."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from benchmarks import bare, data
from benchmarks.contests import CONVNET, LENET, MLP, RATE, Contest, batch_size
from benchmarks.record import Figure
from lossbench.networks.models import build
from lossbench.study.config import Study

STEPS = 20
KINDS = {
    "convolution_backward": "convolutions, backward",
    "mkldnn_convolution": "convolutions, forward",
    "addmm": "dense layers",
    "aten::mm": "dense layers",
    "max_pool": "pooling",
    "avg_pool": "pooling",
    "aten::mean": "pooling",
    "batch_norm": "BatchNorm",
    "threshold_backward": "ReLU",
    "clamp_min": "ReLU",
    "relu": "ReLU",
    "sgd": "optimiser",
    "fill_": "filling with zeros, most of it for the gradient of max pooling",
    "zero_": "filling with zeros, most of it for the gradient of max pooling",
}
"""By a part of the operation's name; the first that fits."""
REST = "everything else: loss, dispatch, autograd, Python"


def figures(study: Study, data_dir: Path) -> Iterator[Figure]:
    """Each kind's share of a step, in percent, largest first."""
    for contest in (CONVNET, LENET, MLP):
        shares = step_shares(contest, study, data_dir)
        for kind, share in shares.most_common():
            if share >= 0.5:
                group = f"Where the time of a step of `{contest.model}` goes"
                yield Figure(group, kind, share, "%")


def step_shares(contest: Contest, study: Study, data_dir: Path) -> Counter[str]:
    """Percent of the processor time of training steps, by kind of operation."""
    size = batch_size(contest, study)
    prepared = data.shortened(data.load(contest.dataset, data_dir), train=size, validation=1)
    images, labels = bare.tensors(prepared)
    images = images.contiguous(memory_format=torch.channels_last)
    network = build(contest.model, "linear", prepared.manifest.image_shape, classes=10, seed=0)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9, fused=True)

    def step() -> None:
        functional.cross_entropy(network(images).logits, labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    for _ in range(STEPS):
        step()
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(STEPS):
            step()
    times: Counter[str] = Counter()
    for event in profiler.key_averages():
        times[kind_of(event.key)] += event.self_cpu_time_total
    total = sum(times.values())
    return Counter({kind: 100 * spent / total for kind, spent in times.items()})


def kind_of(operation: str) -> str:
    """The kind of an operation of PyTorch's profiler."""
    name = operation.lower()
    return next((kind for part, kind in KINDS.items() if part in name), REST)
