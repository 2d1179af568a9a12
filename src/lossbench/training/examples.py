"""Training examples as a map-style data set: a batch is an index into uint8 images on the device.

Everything random about a batch (its rows, shifts and flips) is a function of (seed, epoch) alone:
runs are paired by seed over losses and rates, and a resumed run continues with the same batches.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from lossbench.datasets.prepared import Prepared, Rows
from lossbench.training.device import CPU

Labelled = tuple[Tensor, Tensor]
"""Normalised images (S, N, C, H, W) and int64 labels (S, N) of S runs, on a device."""

PADDING = 4
"""Pixels by which augmentation shifts an image at most, in either direction."""


class Draw(NamedTuple):
    """What one step's batches are made of, for a block of S seeds and B examples each."""

    rows: Tensor  # (S, B) int64
    shifts: Tensor  # (S, B, 2) int64 in [0, 2 · PADDING]; PADDING is the centre
    flips: Tensor  # (S, B) bool


class Examples(Dataset[tuple[Tensor, Tensor]]):
    """Training images and labels on a device; indexed by a `Draw`.

    Images are kept as uint8 in (N, H, W, C) order, so that an example's pixels lie together and a
    batch is in `channels_last` order, the faster one for convolutions, without a further copy.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        mean: Sequence[float],
        std: Sequence[float],
        augmentation: str,
    ) -> None:
        """Take uint8 images (N, C, H, W), int64 labels (N), and each channel's mean and std."""
        self.images = images.permute(0, 2, 3, 1).contiguous()
        self.labels = labels
        self.mean, self.std = (torch.tensor(each, device=labels.device) for each in (mean, std))
        self.augmentation = augmentation
        if augmentation != "none":
            sides = (0, 0, PADDING, PADDING, PADDING, PADDING)
            self.images = torch.nn.functional.pad(self.images, sides)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor]:
        """Normalised images (S, B, C, H, W) and labels (S, B)."""
        whole = self.augmentation == "none"
        pixels = _take(self.images, draw.rows) if whole else self._crops(*draw)
        return normalise(pixels, self.mean, self.std), self.labels[draw.rows]

    def _crops(self, rows: Tensor, shifts: Tensor, flips: Tensor) -> Tensor:
        """Crops of the padded images at the drawn shifts, some of them mirrored: one gather."""
        device = rows.device
        tall, wide = self.images.shape[1:3]
        height, width = tall - 2 * PADDING, wide - 2 * PADDING
        if self.augmentation == "flip":
            shifts = torch.full_like(shifts, PADDING)
        down = shifts[..., 0].unsqueeze(-1) + torch.arange(height, device=device)
        across = torch.arange(width, device=device).expand(*rows.shape, width)
        if "flip" in self.augmentation:
            across = torch.where(flips.unsqueeze(-1), width - 1 - across, across)
        across = shifts[..., 1].unsqueeze(-1) + across
        lines = rows.unsqueeze(-1) * tall + down
        return _take(self.images.flatten(0, 2), lines[..., :, None] * wide + across[..., None, :])


def normalise(pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """uint8 pixels (…, H, W, C) to float32 images (…, C, H, W) with mean 0 and deviation 1.

    Each channel's `mean` (C) and `std` (C) are those of pixels in [0, 1].
    """
    # Spread over all pixels of an image: broadcasting along three channels alone is slow.
    positions = pixels.shape[-3] * pixels.shape[-2]
    images = pixels.flatten(-3).float().div_(255)
    images = images.sub_(mean.repeat(positions)).div_(std.repeat(positions))
    return images.view(pixels.shape).movedim(-1, -3)


def labelled(prepared: Prepared, rows: Sequence[Rows], device: torch.device) -> Labelled:
    """The normalised images and the labels of S runs, each with its own `rows` (N) of the data.

    Runs that have the same rows share the memory.
    """
    manifest = prepared.manifest
    mean = torch.tensor(manifest.channel_mean, device=device)
    std = torch.tensor(manifest.channel_std, device=device)
    is_shared = all(np.array_equal(rows[0], other) for other in rows)
    picked = np.stack(rows[:1] if is_shared else rows)
    pixels = np.ascontiguousarray(np.moveaxis(prepared.images[picked], -3, -1))
    images = normalise(torch.from_numpy(pixels).to(device), mean, std)
    labels = torch.from_numpy(prepared.labels[picked].astype(np.int64)).to(device)
    return images.expand(len(rows), *images.shape[1:]), labels.expand(len(rows), -1)


class Order(Sampler[Draw]):
    """The draws of one epoch after the other for a block of seeds; `set_epoch` selects the epoch.

    Each seed draws from `rows` of its own, as many for all. Batches are whole: the examples left
    over at an epoch's end are not seen in that epoch. The first `start` steps of the training are
    left out: a resumed run took them before.

    An epoch is drawn on the CPU and lies on `device`, so that no step waits for it.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        rows: Sequence[Rows],
        *,
        batch_size: int,
        start: int = 0,
        device: torch.device = CPU,
    ) -> None:
        self.seeds, self.rows = tuple(seeds), [torch.from_numpy(each) for each in rows]
        self.examples, self.batch_size, self.device = len(rows[0]), batch_size, device
        self.resumed = divmod(start, max(1, len(self)))
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """Let the next iteration be the `epoch`-th from `start` on (called by Lightning)."""
        self.epoch = self.resumed[0] + epoch
        self.skipped = self.resumed[1] if epoch == 0 else 0

    def __len__(self) -> int:
        return self.examples // self.batch_size

    def __iter__(self) -> Iterator[Draw]:
        draws = [self._draw(seed, rows) for seed, rows in zip(self.seeds, self.rows, strict=True)]
        rows, shifts, flips = (
            torch.stack(parts).to(self.device) for parts in zip(*draws, strict=True)
        )
        for step in range(self.skipped, len(self)):
            batch = slice(step * self.batch_size, (step + 1) * self.batch_size)
            yield Draw(rows[:, batch], shifts[:, batch], flips[:, batch])

    def _draw(self, seed: int, rows: Tensor) -> Draw:
        """One seed's order and augmentation of the whole epoch, from its own generator."""
        generator = torch.Generator().manual_seed(seed * 1_000_003 + self.epoch)
        order = torch.randperm(self.examples, generator=generator)
        shifts = torch.randint(2 * PADDING + 1, (self.examples, 2), generator=generator)
        flips = torch.rand(self.examples, generator=generator) < 0.5
        return Draw(rows[order], shifts, flips)


def _take(items: Tensor, index: Tensor) -> Tensor:
    """`items[index]` along the first axis, copied item by item: much faster than indexing."""
    taken = items.index_select(0, index.flatten())
    return taken.view(*index.shape, *items.shape[1:])
