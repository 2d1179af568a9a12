"""What is measured of a block while it trains: the rows of the history table."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from lossbench.cards.kinds import OutputName
from lossbench.networks.heads import Forward
from lossbench.networks.losses import Loss, logit_gradient, saturation
from lossbench.training.block import Block

BATCH = {"cpu": 500, "cuda": 2500}
"""Examples a forward pass outside training: large enough for speed, small enough for the cache."""


def outputs(block: Block, images: Tensor) -> Forward:
    """Evaluation-mode outputs of images (S, N, C, H, W): logits (S, N, K), features (S, N, H)."""
    parts = [block.outputs(batch) for batch in images.split(BATCH[images.device.type], dim=1)]
    return Forward(*(torch.cat(part, dim=1) for part in zip(*parts, strict=True)))


def evaluation_logits(block: Block, images: Tensor) -> Tensor:
    """The logits of `outputs` alone: to gather the features of all images takes time."""
    return torch.cat(
        [block.outputs(batch).logits for batch in images.split(BATCH[images.device.type], dim=1)],
        dim=1,
    )


def error(logits: Tensor, labels: Tensor) -> Tensor:
    """Share of wrong predictions: logits (S, N, K), labels (S, N) to (S); NaN with any NaN or ∞."""
    wrong = (logits.argmax(-1) != labels).double().mean(-1)
    return wrong.where(logits.isfinite().all(-1).all(-1), torch.nan)


def measurements(
    block: Block,
    loss: Loss,
    output: OutputName,
    *,
    train: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
) -> Iterator[dict[str, Any]]:
    """One mapping of history columns for each of S seeds.

    `train` and `validation` are images (S, N, C, H, W) and labels (S, N) of theirs. Training
    quantities are taken on fixed training examples without augmentation and margin.
    """
    train_logits = evaluation_logits(block, train[0])
    train_errors = error(train_logits, train[1])
    validation_errors = error(evaluation_logits(block, validation[0]), validation[1])
    for seed, (logits, labels) in enumerate(zip(train_logits, train[1], strict=True)):
        gradient = logit_gradient(loss, logits, labels)
        yield {
            "train_loss": loss(logits, labels).mean().item(),
            "train_error": train_errors[seed].item(),
            "validation_error": validation_errors[seed].item(),
            "logit_gradient_rms": gradient.square().sum(-1).mean().sqrt().item(),
            "saturation": saturation(logits, output).mean().item(),
        }
