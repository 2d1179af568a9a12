"""The losses: one value per example, from logits and labels. A batch takes their mean.

z are the logits, t the one-hot target, p = softmax(z), s = σ(z), K the number of classes. All
go through log-sum-exp forms, never the log of a probability, and compute in at least float32.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from lossbench.cards.kinds import OutputName
from lossbench.code.registry import Registry
from lossbench.networks.heads import at_least_float32

Loss = Callable[..., Tensor]
"""Logits [B, K] and labels [B] (int64) to the loss of each example [B]. A study's own may have
settings besides, as keyword arguments."""


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """−Σ t log p, per example [B]."""
    return functional.cross_entropy(at_least_float32(logits), labels, reduction="none")


def mse_softmax(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ (p − t)², per example [B]: the Brier score, divided by K."""
    return _errors(at_least_float32(logits).softmax(-1), labels).square().mean(-1)


def mse_sigmoid(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ (s − t)², per example [B]."""
    return _errors(at_least_float32(logits).sigmoid(), labels).square().mean(-1)


def mse_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ (z − t)², per example [B].

    Source: Hui and Belkin, Evaluation of Neural Architectures Trained with Square Loss vs
    Cross-Entropy in Classification Tasks, ICLR 2021, with k = M = 1; `margins.rescaled`
    has others.
    """
    return _errors(at_least_float32(logits), labels).square().mean(-1)


def bce_sigmoid(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ [−t log s − (1 − t) log(1 − s)], per example [B]."""
    wide = at_least_float32(logits)
    targets = functional.one_hot(labels, wide.shape[-1]).to(wide.dtype)
    return functional.binary_cross_entropy_with_logits(wide, targets, reduction="none").mean(-1)


def saturation(logits: Tensor, output: OutputName) -> Tensor:
    """The mean slope of the output over the classes, per example [B].

    σ′ = s(1 − s) for a sigmoid, ∂p_j/∂z_j = p_j(1 − p_j) for softmax, 1 without either. In
    float64: a float32 probability above 1 − 6·10⁻⁸ is 1, and its slope would read as 0.
    """
    if output == "none":
        return torch.ones_like(at_least_float32(logits)[..., 0])
    wide = logits.double()
    outputs = wide.softmax(-1) if output == "softmax" else wide.sigmoid()
    return (outputs * (1 - outputs)).mean(-1).to(at_least_float32(logits).dtype)


def logit_gradient(loss: Loss, logits: Tensor, labels: Tensor) -> Tensor:
    """∂ loss / ∂ logits of each example [B, K], by autograd; the same under no_grad.

    The derivative is taken at these logits: of a margin loss, pass the margined ones to learn
    what training sees.
    """
    gradient: Tensor = torch.func.grad(lambda z: loss(z, labels).sum())(logits)
    return gradient


def _errors(outputs: Tensor, labels: Tensor) -> Tensor:
    """Outputs minus the one-hot target [B, K]."""
    # Building the one-hot target is faster than gathering: gather's backward fills a new tensor.
    return outputs - functional.one_hot(labels, outputs.shape[-1])


LOSSES: Registry[Loss] = {
    "cross_entropy": cross_entropy,
    "cross_entropy_again": cross_entropy,
    "bce_sigmoid": bce_sigmoid,
    "mse_softmax": mse_softmax,
    "mse_logits": mse_logits,
    "mse_rescaled": mse_logits,
    "mse_sigmoid": mse_sigmoid,
    "sm_softmax": cross_entropy,
    "am_softmax": cross_entropy,
    "l_softmax": cross_entropy,
}
"""By the keys of the cards. A margin loss is cross-entropy, and a rescaled one squared error, of
the logits that its entry in `margins.MARGINS` makes."""
