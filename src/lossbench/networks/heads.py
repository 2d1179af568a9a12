"""The last layer: features to logits, with the geometry that a loss asks for."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from lossbench.cards.kinds import HeadName
from lossbench.code.registry import Registry
from lossbench.errors import ConfigError

SMALLEST_NORM = 1e-6
"""A vector shorter than this has no direction: its cosines, and their gradients, are zero."""


class Forward(NamedTuple):
    """What a head returns."""

    logits: Tensor
    """Margin-free logits [B, K]: what predictions are made from."""
    features: Tensor
    """The features [B, H] as they came in, not normalised."""


class LinearHead(nn.Module):
    """logits = W x + b, or W x without bias. All zeros until `initialise` has drawn them."""

    def __init__(self, features: int, classes: int, *, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, features))  # [K, H]
        self.bias = nn.Parameter(torch.zeros(classes)) if bias else None

    def forward(self, features: Tensor) -> Forward:
        """Features [B, H] to logits [B, K]."""
        return Forward(functional.linear(features, self.weight, self.bias), features)


class CosineHead(nn.Module):
    """logits = s·cos θ, θ between the features and each class's weight vector.

    Both are normalised in at least float32. Zero-norm features give zero logits and zero
    gradients, where dividing by a clamped norm would give gradients of 1/ε.

    Source: Wang et al., Additive Margin Softmax for Face Verification, 2018, equation 6.
    """

    def __init__(self, features: int, classes: int, *, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, features))  # [K, H]
        self.scale = scale

    def forward(self, features: Tensor) -> Forward:
        """Features [B, H] to logits [B, K] in [−s, s]."""
        cosines = functional.linear(_direction(features), _direction(self.weight))
        return Forward(self.scale * cosines, features)


Head = LinearHead | CosineHead


def build_head(kind: HeadName, features: int, classes: int, *, scale: float | None = None) -> Head:
    """An uninitialised head for `features` inputs; `scale` is s, for the cosine head alone.

    Raises ConfigError: a cosine head without a scale, or another head with one.
    """
    if (scale is not None) != (kind == "cosine"):
        raise ConfigError(f"head {kind}: scale is {scale}; allowed: a number for cosine alone")
    scaled = {} if scale is None else {"scale": scale}
    return HEADS[kind](features, classes, **scaled)


def initialise(head: Head, generator: torch.Generator) -> None:
    """Draw weights, then biases, uniformly from ±1/√H: PyTorch's default for a linear layer.

    The weights come first, so that from one generator state every kind of head starts with the
    same ones: runs of different losses stay paired.
    """
    bound = 1 / math.sqrt(head.weight.shape[1])
    for parameter in head.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)


def at_least_float32(values: Tensor) -> Tensor:
    """Half-precision values as float32; float32 and float64 as they are."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def _direction(vectors: Tensor) -> Tensor:
    """Vectors [..., H] divided by their length; a zero vector stays zero, with zero gradient."""
    wide = at_least_float32(vectors)
    squared = wide.square().sum(-1, keepdim=True)
    has_direction = squared > SMALLEST_NORM**2
    return wide * torch.where(has_direction, squared, torch.inf).rsqrt()


HEADS: Registry[Callable[..., Head]] = {
    "linear": partial(LinearHead, bias=True),
    "linear_no_bias": partial(LinearHead, bias=False),
    "cosine": CosineHead,
}
