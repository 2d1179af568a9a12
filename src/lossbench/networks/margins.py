"""Margin losses: the logits that training sees in place of the head's own.

A margin makes the true class's logit smaller, so that an example counts as learned only when it
is right by a distance. It acts in training alone: predictions come from the margin-free logits.
Everything is computed in at least float32. MSE on logits, rescaled for many classes, is such a loss
too: plain squared error of other logits.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from lossbench.code.registry import Registry
from lossbench.networks.heads import SMALLEST_NORM, Forward, at_least_float32
from lossbench.study.grid import Annealing, Margin, Rescaling

Margined = Callable[[Forward, Tensor, Tensor, Any, Tensor], Tensor]
"""(output, head's weight [K, H], labels [B], margin, share of training done) to logits [B, K].

The margin is the loss's setting, of the type that its function takes.
"""


def soft_margin(
    output: Forward, weight: Tensor, labels: Tensor, margin: Margin, progress: Tensor
) -> Tensor:
    """SM-Softmax: z_y − m for the true class y, z_j for the others. Logits [B, K].

    Source: Liang et al., Soft-Margin Softmax for Deep Classification, ICONIP 2017.
    """
    del weight, progress
    return _lowered(output.logits, labels, margin.m)


def additive_margin(
    output: Forward, weight: Tensor, labels: Tensor, margin: Margin, progress: Tensor
) -> Tensor:
    """AM-Softmax: s·(cos θ_j − m·t_j), from a cosine head of the same scale s. Logits [B, K].

    Source: Wang et al., Additive Margin Softmax for Face Verification, 2018, equation 6. For
    faces it takes s = 30 and m = 0.35; ten classes fit on the sphere with a smaller s.
    """
    del weight, progress
    assert margin.s is not None, "config.LossGrid admits no am_softmax margin without s"
    return _lowered(output.logits, labels, margin.s * margin.m)


def angular_margin(
    output: Forward, weight: Tensor, labels: Tensor, margin: Margin, progress: Tensor
) -> Tensor:
    """L-Softmax: (λ·z_y + ‖W_y‖‖x‖·ψ(θ_y)) / (1 + λ) for the true class y. Logits [B, K].

    The head has no bias, so z_y = ‖W_y‖‖x‖·cos θ_y gives the cosine without another product.
    Where a norm vanishes there is no angle, and the plain logit stands.

    Source: Liu et al., Large-Margin Softmax Loss for Convolutional Neural Networks, ICML 2016,
    equations 4 to 7 and section 5.1.
    """
    assert margin.annealing is not None, "config.LossGrid admits no l_softmax without annealing"
    own = _own(output.logits, labels)
    squared = _squared_norms(weight)[labels] * _squared_norms(output.features)
    has_angle = squared > SMALLEST_NORM**2
    radius = torch.where(has_angle, squared, 1.0).sqrt()  # ‖W_y‖‖x‖
    margined = radius * angular_decay(own / radius, int(margin.m))
    lowered = (own - margined) / (1 + annealed(margin.annealing, progress))
    return _lowered(output.logits, labels, torch.where(has_angle, lowered, 0.0).unsqueeze(-1))


def rescaled(
    output: Forward, weight: Tensor, labels: Tensor, setting: Rescaling, progress: Tensor
) -> Tensor:
    """1 + √k·(z_y − M) for the true class y, z_j for the others. Logits [B, K].

    Their squared error to the one-hot target is k·(z_y − M)² + Σ_{j≠y} z_j².

    Source: Hui and Belkin, Evaluation of Neural Architectures Trained with Square Loss vs
    Cross-Entropy in Classification Tasks, ICLR 2021, section 2.
    """
    del weight, progress
    own = _own(at_least_float32(output.logits), labels)
    lowered = own - 1 - math.sqrt(setting.k) * (own - setting.M)
    return _lowered(output.logits, labels, lowered.unsqueeze(-1))


def angular_decay(cosine: Tensor, m: int) -> Tensor:
    """ψ(θ) = (−1)^k cos(mθ) − 2k for θ in [kπ/m, (k+1)π/m], from cos θ.

    cos(mθ) is the Chebyshev polynomial T_m of cos θ, and k counts the interval ends that θ has
    passed: no arc cosine, whose gradient is infinite at θ = 0 and π.
    """
    ends = [math.cos(j * math.pi / m) for j in range(1, m)]
    k = sum(((cosine <= end).to(cosine.dtype) for end in ends), torch.zeros_like(cosine))
    return (1 - 2 * (k % 2)) * _chebyshev(cosine, m) - 2 * k


def annealed(annealing: Annealing, progress: Tensor) -> Tensor:
    """λ with this share of the training done: max(floor, start·(1 + decay·progress)^(−power))."""
    falling = annealing.start * (1 + annealing.decay * progress) ** -annealing.power
    return falling.clamp(min=annealing.floor)


def _chebyshev(x: Tensor, degree: int) -> Tensor:
    """T_degree(x), degree ≥ 1, by T_{n+1} = 2x·T_n − T_{n−1}."""
    before, current = torch.ones_like(x), x
    for _ in range(degree - 1):
        before, current = current, 2 * x * current - before
    return current


def _own(logits: Tensor, labels: Tensor) -> Tensor:
    """The true classes' logits [B]."""
    return logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)


def _squared_norms(vectors: Tensor) -> Tensor:
    """Of vectors [..., H], in at least float32."""
    return at_least_float32(vectors).square().sum(-1)


def _lowered(logits: Tensor, labels: Tensor, amount: float | Tensor) -> Tensor:
    """Logits [B, K] with `amount` (a number, or [B, 1]) taken from the true class's."""
    wide = at_least_float32(logits)
    targets = functional.one_hot(labels, wide.shape[-1]).to(wide.dtype)
    return wide - amount * targets


MARGINS: Registry[Margined] = {
    "sm_softmax": soft_margin,
    "am_softmax": additive_margin,
    "l_softmax": angular_margin,
    "mse_logits": rescaled,
    "mse_rescaled": rescaled,
}
