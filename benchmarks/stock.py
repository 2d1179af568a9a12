"""The peer `stock`: one process a seed, written as tutorials teach it.

A Lightning Trainer with its default logger, progress bar and checkpoint, and a DataLoader over a
data set that transforms one PIL image at a time. Run as `python -m benchmarks.stock`; it prints the
processor seconds of the fit.
"""

import argparse
import tempfile
import time
import warnings
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
from lossbench.models import build


class Images(Dataset[tuple[Tensor, int]]):
    """PIL images, turned into normalised tensors one by one."""

    def __init__(self, prepared: Prepared) -> None:
        images, labels = prepared.examples("train")
        pixels = np.moveaxis(images, 1, -1)
        self.images = [Image.fromarray(np.ascontiguousarray(image.squeeze())) for image in pixels]
        self.labels = labels.tolist()
        self.mean = torch.tensor(prepared.manifest.channel_mean).view(-1, 1, 1)
        self.std = torch.tensor(prepared.manifest.channel_std).view(-1, 1, 1)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        pixels = np.array(self.images[index])
        if pixels.ndim == 2:
            pixels = pixels[:, :, None]
        image = torch.from_numpy(pixels).permute(2, 0, 1).contiguous().float().div(255)
        return (image - self.mean) / self.std, self.labels[index]


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
    loader = DataLoader(Images(prepared), batch_size=given.batch_size, shuffle=True)
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(max_epochs=1, accelerator="cpu", default_root_dir=folder)
        started = time.process_time()
        trainer.fit(Classifier(network, given.rate), loader)
        print(f"\nfit: {time.process_time() - started}")


if __name__ == "__main__":
    main()
