"""The peer `stock`: one process a seed, written as tutorials teach it.

A Lightning Trainer with its default logger, progress bar and checkpoint, and a DataLoader over a
data set that makes a PIL image of each example, then a tensor, then a normalised one, step by step
as torchvision's data sets and transforms do. Run as `python -m benchmarks.stock`; it prints the
processor seconds of the fit.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from lossbench.datasets.prepared import Prepared, load
from lossbench.networks.models import build


class Images(Dataset[tuple[Tensor, int]]):
    """uint8 images in memory; each becomes a PIL image and passes through the transforms."""

    def __init__(self, prepared: Prepared, transforms: Sequence[Callable[[Any], Any]]) -> None:
        images, labels = prepared.examples("train")
        self.images = torch.from_numpy(np.moveaxis(images, 1, -1).squeeze().copy())
        self.labels = torch.from_numpy(labels)
        self.transforms = transforms

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        item: Any = Image.fromarray(self.images[index].numpy())
        for transform in self.transforms:
            item = transform(item)
        return item, int(self.labels[index])


def to_tensor(image: Image.Image) -> Tensor:
    """A PIL image as float32 (C, H, W) in [0, 1]."""
    pixels = torch.from_numpy(np.array(image, copy=True))
    pixels = pixels.view(image.height, image.width, len(image.getbands()))
    return pixels.permute(2, 0, 1).contiguous().to(torch.get_default_dtype()).div(255)


class Normalize:
    """Subtracts the channels' mean and divides by their deviation."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean, self.std = mean, std

    def __call__(self, image: Tensor) -> Tensor:
        mean = torch.as_tensor(self.mean, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        std = torch.as_tensor(self.std, dtype=image.dtype, device=image.device).view(-1, 1, 1)
        if (std == 0).any():
            raise ValueError(f"std {self.std} holds a zero; allowed: positive numbers")
        return image.clone().sub_(mean).div_(std)


class Classifier(pl.LightningModule):
    """Cross-entropy and SGD."""

    def __init__(self, network: nn.Module, rate: float) -> None:
        super().__init__()
        self.network = network
        self.rate = rate

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        images, labels = batch
        loss = functional.cross_entropy(self.network(images).logits, labels)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=self.rate, momentum=0.9, nesterov=True)


def main() -> None:
    """Train one seed for one epoch on the prepared data set of a file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    given: Any = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    prepared = load(given.data)
    shape = prepared.manifest.image_shape
    network = build(given.model, "linear", shape, classes=10, seed=given.seed)
    manifest = prepared.manifest
    transforms: list[Callable[[Any], Any]] = [
        to_tensor,
        Normalize(manifest.channel_mean, manifest.channel_std),
    ]
    loader = DataLoader(
        Images(prepared, transforms),
        batch_size=given.batch_size,
        shuffle=True,
        generator=torch.Generator().manual_seed(given.seed),
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(max_epochs=1, accelerator="cpu", default_root_dir=folder)
        started = time.process_time()
        trainer.fit(Classifier(network, given.rate), loader)
        print(f"\nfit: {time.process_time() - started}")


if __name__ == "__main__":
    main()
