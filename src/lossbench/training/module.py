"""The LightningModule that trains a block of seeds and measures it at fixed steps."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

from lossbench.networks.heads import Forward
from lossbench.networks.losses import LOSSES
from lossbench.networks.margins import MARGINS
from lossbench.study.job import Cell
from lossbench.training.block import Block
from lossbench.training.captured import Captured
from lossbench.training.device import clock
from lossbench.training.measure import measurements
from lossbench.training.schedule import measured_steps, share_of_peak


class BlockTraining(pl.LightningModule):
    """Trains `block` as `cell` says. After the fit it holds the `history` rows and, for each seed,
    whether it is still `alive` and the updates it has `taken`.

    Optimisation is manual, since a block has one loss a seed, and a seed whose loss turns
    non-finite stops while its neighbours go on untouched.
    """

    alive: Tensor  # (S,) bool
    taken: Tensor  # (S,) int64
    # What the schedule says of the step at hand, () each: a recorded step reads them from memory.
    rate: Tensor
    share: Tensor
    progress: Tensor

    def __init__(
        self,
        cell: Cell,
        seeds: Sequence[int],
        block: Block,
        *,
        steps_per_epoch: int,
        train: tuple[Tensor, Tensor],
        validation: tuple[Tensor, Tensor],
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.cell, self.seeds, self.block = cell, tuple(seeds), block
        self.loss = partial(LOSSES[cell.loss], **cell.arguments)
        self.margin = MARGINS.get(cell.loss)
        self.probes = {"train": train, "validation": validation}
        self.steps_per_epoch = steps_per_epoch
        self.total_steps = steps_per_epoch * cell.epochs
        self.measured = set(measured_steps(cell.history, self.total_steps, cell.stage))
        self.step = 0
        self.register_buffer("alive", torch.ones(len(seeds), dtype=torch.bool))
        self.register_buffer("taken", torch.zeros(len(seeds), dtype=torch.int64))
        self.register_buffer("rate", torch.zeros(()))
        self.register_buffer("share", torch.zeros(()))
        self.register_buffer("progress", torch.zeros((), dtype=torch.float64))
        self.history: list[dict[str, Any]] = []
        self.measuring_s = 0.0

    def configure_optimizers(self) -> Optimizer:
        """The recipe's optimiser over all seeds; elementwise, so no seed sees another.

        Weight decay is `_decay`'s: PyTorch's own is multiplied by the rate.
        """
        recipe, parameters = self.cell.recipe, self.block.parameters()
        if recipe.optimiser == "adamw":
            on_gpu = self.device.type == "cuda"
            return AdamW(parameters, lr=self.rate, weight_decay=0.0, fused=True, capturable=on_gpu)
        return SGD(
            parameters,
            lr=self.rate,
            momentum=recipe.momentum or 0.0,
            nesterov=bool(recipe.nesterov),
            fused=True,
        )

    def on_train_start(self) -> None:
        """Measure the untrained networks; those of a resumed run have been measured."""
        # What a study's own code does is not known: it may ask for numbers, which ends a recording.
        can_record = self.device.type == "cuda" and not self.cell.own
        self.update = Captured(self._update) if can_record else self._update
        if not self.step:
            self._measure()

    def training_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """One update of every seed that has not diverged."""
        self.rate.fill_(self._rate())
        self.share.fill_(self._share())
        self.progress.fill_(self.step / self.total_steps)
        self.update(*batch)
        self.step += 1
        if self.step in self.measured:
            self._measure()
            self.trainer.should_stop = not self.alive.any()

    def _update(self, images: Tensor, labels: Tensor) -> None:
        losses = self.block.backward(self._objective, images, labels, self.alive)
        self.alive &= losses.isfinite()  # stays on the device: no synchronisation at every step
        self.taken += self.alive
        self._decay()
        optimizer = self.trainer.optimizers[0]
        optimizer.step()
        optimizer.zero_grad()

    def _objective(self, output: Forward, weight: Tensor, labels: Tensor) -> Tensor:
        """Loss of each example, with its margin where it has one."""
        logits = output.logits
        if self.margin is not None and self.cell.margin is not None:
            logits = self.margin(output, weight, labels, self.cell.margin, self.progress)
        return self.loss(logits, labels)

    @torch.no_grad()
    def _decay(self) -> None:
        """Take the recipe's share off every parameter, as scheduled but whatever the peak rate.

        Beside the optimiser's step, as in SGDW and AdamW (Loshchilov and Hutter, Decoupled Weight
        Decay Regularization, 2019): the gradients are those at the parameters before it.
        """
        if self.cell.recipe.weight_decay:
            kept = 1 - self.cell.recipe.weight_decay * self.share
            torch._foreach_mul_(list[Tensor](self.block.parameters()), kept)

    def _rate(self) -> float:
        assert self.cell.learning_rate is not None
        return self.cell.learning_rate * self._share()

    def _share(self) -> float:
        return share_of_peak(self.step, total=self.total_steps, recipe=self.cell.recipe)

    def _measure(self) -> None:
        started = clock(self.device)
        position = self._position()
        with torch.autocast(self.device.type, enabled=False):  # as at the start and on the test set
            rows = list(measurements(self.block, self.loss, self.cell.output, **self.probes))
        for index, row in enumerate(rows):
            self.alive[index] &= math.isfinite(row["validation_error"])
            if self.alive[index]:
                self.history.append({"seed": self.seeds[index], **position, **row})
        self.measuring_s += clock(self.device) - started
        self._log()

    def _position(self) -> Mapping[str, float]:
        return {
            "step": self.step,
            "epoch": self.step / self.steps_per_epoch,
            "examples_seen": self.step * self.cell.batch_size,
            "scheduled_learning_rate": self._rate(),
        }

    def _log(self) -> None:
        latest = [row for row in self.history if row["step"] == self.step]
        errors = " ".join(f"{100 * row['validation_error']:.2f}" for row in latest)
        place = f"step {self.step}/{self.total_steps}"
        print(f"{place}: validation error, % by seed: {errors}", flush=True)
