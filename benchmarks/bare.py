"""The peer `bare`: the shortest correct PyTorch loop over tensors in memory."""

import torch
from torch import Tensor
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


def tensors(prepared: Prepared) -> tuple[Tensor, Tensor]:
    """The training images, normalised float32 (N, C, H, W), and labels (N)."""
    images, labels = prepared.examples("train")
    mean, std = prepared.manifest.channel_mean, prepared.manifest.channel_std
    scaled = torch.from_numpy(images).float() / 255
    normalised = (scaled - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    return normalised, torch.from_numpy(labels).long()
