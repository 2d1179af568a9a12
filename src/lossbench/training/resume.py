"""A block of seeds in training, to and from the state that a job's checkpoint holds."""

import time
from typing import Any

import pytorch_lightning as pl
import torch
from torch.optim import Optimizer

from lossbench.training.checkpoint import Checkpoint, State
from lossbench.training.module import BlockTraining


class Resume(pl.Callback):
    """Takes up the checkpoint's running cell, and offers the state after every later step.

    Batches are a function of seed and step, so nothing random has to be saved.
    """

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.checkpoint = checkpoint
        self.saved = checkpoint.running if checkpoint else {}
        self.started_s = time.perf_counter()

    @property
    def step(self) -> int:
        """Steps that earlier processes took."""
        return int(self.saved.get("step", 0))

    @property
    def train_s(self) -> float:
        """Seconds of training so far, over all processes that took part."""
        return float(self.saved.get("train_s", 0)) + time.perf_counter() - self.started_s

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:  # noqa: ARG002
        """Start the clock: building networks and moving data is not training."""
        self.started_s = time.perf_counter()

    def on_train_start(self, trainer: pl.Trainer, module: BlockTraining) -> None:  # type: ignore[override]
        """Restore the state, where there is one, before the module measures anything."""
        if self.saved:
            restore(self.saved, module, trainer.optimizers[0])

    def on_train_batch_end(  # type: ignore[override]
        self, trainer: pl.Trainer, module: BlockTraining, *_: Any
    ) -> None:
        """Offer the state, unless nothing is left to train."""
        is_over = module.step == module.total_steps or trainer.should_stop
        if self.checkpoint and not is_over:
            started = time.perf_counter()
            self.checkpoint.offer(
                lambda: state(module, trainer.optimizers[0]) | {"train_s": self.train_s}
            )
            module.measuring_s += time.perf_counter() - started


def state(module: BlockTraining, optimizer: Optimizer) -> State:
    """All that changes while a block trains."""
    return {
        "step": module.step,
        "alive": module.alive,
        "taken": module.taken,
        "history": module.history,
        "measuring_s": module.measuring_s,
        "tensors": module.block.tensors(),
        "optimizer": optimizer.state_dict(),
    }


@torch.no_grad()
def restore(saved: State, module: BlockTraining, optimizer: Optimizer) -> None:
    """Bring a block and its optimiser, both as built, into a saved state."""
    module.step = saved["step"]
    module.alive.copy_(saved["alive"])
    module.taken.copy_(saved["taken"])
    module.history = list(saved["history"])
    module.measuring_s = saved["measuring_s"]
    for name, tensor in module.block.tensors().items():
        tensor.copy_(saved["tensors"][name])
    optimizer.load_state_dict(saved["optimizer"])
    for group in optimizer.param_groups:
        group["lr"] = module.rate  # the schedule's own tensor, of which loading made a copy
