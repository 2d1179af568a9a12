"""The losses: one value per example, from logits and labels. A batch takes their mean.

z are the logits, t the one-hot target, p = softmax(z), s = σ(z), K the number of classes. All
go through log-sum-exp forms, never the log of a probability, and compute in at least float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from lossbench.cards.loss import HeadName, OutputName
from lossbench.code.registry import Registry
from lossbench.networks.heads import at_least_float32
from lossbench.networks.margins import MARGINS, Margined


@dataclass(frozen=True)
class Loss:
    """A training objective: a function of logits and labels, and the last layer that it needs."""

    per_example: Callable[[Tensor, Tensor], Tensor]
    """Logits [B, K] and labels [B] (int64) to the loss of each example [B]."""
    head: HeadName
    """The last layer."""
    output: OutputName
    """How logits become probabilities."""
    margin: Margined | None = None
    """For a margin loss, the logits that training passes to `per_example`."""


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """−Σ t log p, per example [B]."""
    return functional.cross_entropy(at_least_float32(logits), labels, reduction="none")


def mse_softmax(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ (p − t)², per example [B]: the Brier score, divided by K."""
    return _squared_error(at_least_float32(logits).softmax(-1), labels)


def mse_sigmoid(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ (s − t)², per example [B]."""
    return _squared_error(at_least_float32(logits).sigmoid(), labels)


def mse_logits(logits: Tensor, labels: Tensor) -> Tensor:
    """(1/K) Σ (z − t)², per example [B].

    Source: Hui and Belkin, Evaluation of Neural Architectures Trained with Square Loss vs
    Cross-Entropy in Classification Tasks, ICLR 2021, with k = M = 1.
    """
    return _squared_error(at_least_float32(logits), labels)


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
    gradient: Tensor = torch.func.grad(lambda z: loss.per_example(z, labels).sum())(logits)
    return gradient


def _squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    # Building the one-hot target is faster than gathering: gather's backward fills a new tensor.
    return (outputs - functional.one_hot(labels, outputs.shape[-1])).square().mean(-1)


LOSSES: Registry[Loss] = {
    "cross_entropy": Loss(cross_entropy, "linear", "softmax"),
    "mse_softmax": Loss(mse_softmax, "linear", "softmax"),
    "mse_sigmoid": Loss(mse_sigmoid, "linear", "sigmoid"),
    "mse_logits": Loss(mse_logits, "linear", "none"),
    "bce_sigmoid": Loss(bce_sigmoid, "linear", "sigmoid"),
    "sm_softmax": Loss(cross_entropy, "linear", "softmax", MARGINS["sm_softmax"]),
    "am_softmax": Loss(cross_entropy, "cosine", "softmax", MARGINS["am_softmax"]),
    "l_softmax": Loss(cross_entropy, "linear_no_bias", "softmax", MARGINS["l_softmax"]),
}
