"""The peer `bare`: the shortest correct PyTorch loop over tensors in memory."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state
from torch.nn import functional
from torch.optim import SGD

from lossbench.datasets.prepared import Prepared
from lossbench.networks.models import Network


def train(
    network: Network,
    images: Tensor,
    labels: Tensor,
    *,
    batch_size: int,
    rate: float,
    fused: bool,
    generator: torch.Generator,
) -> None:
    """One epoch of SGD with Nesterov momentum, in a random order."""
    optimizer = SGD(network.parameters(), lr=rate, momentum=0.9, nesterov=True, fused=fused)
    for rows in torch.randperm(len(images), generator=generator).split(batch_size):
        optimizer.zero_grad()
        functional.cross_entropy(network(images[rows]).logits, labels[rows]).backward()
        optimizer.step()


class Stacked:
    """The same loop on a GPU: several networks of one architecture, stacked by `torch.vmap`."""

    def __init__(self, networks: Sequence[Network], *, rate: float) -> None:
        self.network = networks[0].train()
        self.weights, self.buffers = stack_module_state(list(networks))
        self.optimizer = SGD(
            self.weights.values(), lr=rate, momentum=0.9, nesterov=True, fused=True
        )

    def train(
        self, images: Tensor, labels: Tensor, *, batch_size: int, generator: torch.Generator
    ) -> None:
        """One epoch, each network's in a random order of its own."""
        seeds, count = len(self.weights["head.weight"]), len(images)
        orders = [torch.randperm(count, generator=generator) for _ in range(seeds)]
        for rows in torch.stack(orders).to(images.device).split(batch_size, dim=1):
            self.optimizer.zero_grad()
            losses = torch.vmap(self._loss)(self.weights, self.buffers, images[rows], labels[rows])
            losses.sum().backward()
            self.optimizer.step()

    def _loss(
        self, weights: dict[str, Tensor], buffers: dict[str, Tensor], images: Tensor, labels: Tensor
    ) -> Tensor:
        output = functional_call(self.network, (weights, buffers), (images,))
        return functional.cross_entropy(output.logits, labels)


def tensors(prepared: Prepared) -> tuple[Tensor, Tensor]:
    """The training images, normalised float32 (N, C, H, W), and labels (N)."""
    images, labels = prepared.examples("train")
    mean, std = prepared.manifest.channel_mean, prepared.manifest.channel_std
    scaled = torch.from_numpy(images).float() / 255
    normalised = (scaled - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    return normalised, torch.from_numpy(labels).long()
