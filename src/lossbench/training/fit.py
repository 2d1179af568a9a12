"""One training job: a cell and a block of its seeds, from prepared images to tables."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from torch.utils.data import DataLoader

from lossbench.datasets.prepared import Prepared
from lossbench.errors import ConfigError, DeviceError
from lossbench.networks.models import Network, build
from lossbench.study.job import Cell, Replicate
from lossbench.study.settings import Compute
from lossbench.training.block import Block
from lossbench.training.checkpoint import Checkpoint
from lossbench.training.device import device_name, keep_freed_memory, pick_device, settle
from lossbench.training.examples import Examples, Labelled, Order, labelled
from lossbench.training.module import BlockTraining
from lossbench.training.results import history_table, runs_table, test_tables, timing_table
from lossbench.training.resume import Resume

Keep = Callable[[Sequence[Network]], object]
"""What is done with trained networks."""


def fit(
    cell: Cell,
    replicates: Sequence[Replicate],
    prepared: Prepared,
    compute: Compute,
    *,
    show_bar: bool,
    checkpoint: Checkpoint | None = None,
    keep: Keep = list,
) -> dict[str, pd.DataFrame]:
    """Train the cell's replicates, whose splits are of one size; return their tables by name.

    A block that `checkpoint` holds half-trained is taken up where it stopped. `keep` is given the
    trained networks, one a replicate.

    Tuning runs yield history, runs and timing and never see the test set. Evaluation runs yield
    predictions, geometry and projections on it besides, taken once, after the last epoch.

    Raises ConfigError: the batch size exceeds the training set, or there is no CUDA device where
    one is asked for. DeviceError: the block does not fit into the device's memory.
    """
    keep_freed_memory()
    device = pick_device(compute.accelerator)
    settle(compute.threads)
    resume = Resume(checkpoint)
    with _within_memory(cell, len(replicates), device):
        networks = [_build(cell, prepared, replicate.start) for replicate in replicates]
        block = _block(networks, cell, device, compiled=compute.compile)
        module, loader = _prepare(cell, replicates, prepared, block, device, start=resume.step)
        epochs = cell.epochs - resume.step // module.steps_per_epoch
        _trainer(cell, epochs, resume, device, show_bar=show_bar).fit(module, loader)
        train_s = resume.train_s
        keep(networks)
        tested: dict[str, pd.DataFrame] = {}
        if cell.stage == "evaluation":
            rows = [prepared.rows("test")] * len(replicates)
            tested = test_tables(module, *labelled(prepared, rows, device))
        runs = runs_table(module, networks[0], prepared.manifest.image_shape)
        return tested | {
            "history": history_table(module),
            "runs": runs,
            "timing": timing_table(module, runs, device, compute.threads, train_s),
        }


@contextmanager
def _within_memory(cell: Cell, seeds: int, device: torch.device) -> Iterator[None]:
    """Say what to lower where the memory of the device is not. Raises DeviceError."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            f"{cell.dataset}/{cell.model}/{cell.loss}: {seeds} seeds in one job do not"
            f" fit into the memory of {device_name(device)}; lower compute.job_minutes or"
            " batch_size"
        ) from error


def _prepare(
    cell: Cell,
    replicates: Sequence[Replicate],
    prepared: Prepared,
    block: Block,
    device: torch.device,
    *,
    start: int,
) -> tuple[BlockTraining, DataLoader[Labelled]]:
    examples = _training_examples(cell, prepared, device)
    seeds = [replicate.seed for replicate in replicates]
    splits = [prepared.divided(replicate.split) for replicate in replicates]
    train = [split.train for split in splits]
    starts = [replicate.start for replicate in replicates]
    order = Order(starts, train, batch_size=cell.batch_size, start=start, device=device)
    if not len(order):
        raise ConfigError(
            f"batch_size: {cell.batch_size} is not allowed: {cell.dataset} has only"
            f" {order.examples} training examples"
        )
    probed = [rows[: cell.history.train_examples] for rows in train]
    module = BlockTraining(
        cell,
        seeds,
        block,
        steps_per_epoch=len(order),
        train=labelled(prepared, probed, device),
        validation=labelled(prepared, [split.validation for split in splits], device),
    )
    return module, DataLoader(examples, sampler=order, batch_size=None)


def _build(cell: Cell, prepared: Prepared, seed: int) -> Network:
    return build(
        cell.model,
        cell.head,
        prepared.manifest.image_shape,
        classes=prepared.classes,
        seed=seed,
        scale=cell.scale,
        head_scale=cell.recipe.head_scale,
    )


def _block(
    networks: Sequence[Network], cell: Cell, device: torch.device, *, compiled: bool
) -> Block:
    """`networks` on the device. A GPU multiplies float32 faster in the order in which it stores."""
    plain = device.type == "cuda" and cell.precision == "float32"
    layout = torch.contiguous_format if plain else torch.channels_last
    return Block(networks, device, layout=layout, compiled=compiled)


def _training_examples(cell: Cell, prepared: Prepared, device: torch.device) -> Examples:
    """All that may train: every replicate takes its own rows."""
    rows = slice(0, prepared.indices("test").start)
    return Examples(
        torch.from_numpy(prepared.images[rows]).to(device),
        torch.from_numpy(prepared.labels[rows].astype(np.int64)).to(device),
        mean=prepared.manifest.channel_mean,
        std=prepared.manifest.channel_std,
        augmentation=cell.augmentation,
    )


def _trainer(
    cell: Cell, epochs: int, resume: Resume, device: torch.device, *, show_bar: bool
) -> pl.Trainer:
    """A Trainer that only trains: no logger, checkpoint or sanity check, and no cluster detection.

    Inside a Slurm job Lightning would take itself for one task of many; here a job is one process.
    """
    warnings.filterwarnings("ignore", ".*num_workers.*")  # batches come from memory
    warnings.filterwarnings("ignore", ".*LeafSpec.*")  # Lightning's own business with PyTorch
    return pl.Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=[device.index] if device.type == "cuda" else 1,
        precision="bf16-mixed" if cell.precision == "bfloat16" else "32-true",
        max_epochs=epochs,
        callbacks=[resume],
        plugins=[LightningEnvironment()],
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=show_bar,
        use_distributed_sampler=False,
    )
