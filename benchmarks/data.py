"""What the contestants train on: the official images, or noise of the same shape."""

from pathlib import Path

import numpy as np

from lossbench.cards.dataset import DATASETS
from lossbench.datasets.official import CIFAR10, MNIST, Official
from lossbench.datasets.preparation import prepare
from lossbench.datasets.prepared import (
    SPLITS,
    Examples,
    Loaded,
    Prepared,
    build,
)
from lossbench.study.fields import DatasetName

OFFICIAL: dict[DatasetName, Official] = {"mnist": MNIST, "cifar10": CIFAR10}
COUNTS = {"mnist": (55_000, 5_000, 10_000), "cifar10": (45_000, 5_000, 10_000)}
"""Examples of each split, in the order of SPLITS."""


def is_real(name: DatasetName, data_dir: Path) -> bool:
    """Whether the official files lie in `data_dir`; nothing is downloaded for a benchmark."""
    official = OFFICIAL[name]
    places = (official.folder, official.archive or official.folder)
    return any((data_dir / place).exists() for place in places)


def described(data_dir: Path) -> str:
    """What is trained on, for the reader."""
    real = [OFFICIAL[name].title for name in OFFICIAL if is_real(name, data_dir)]
    noise = [OFFICIAL[name].title for name in OFFICIAL if not is_real(name, data_dir)]
    parts = [f"the official {' and '.join(real)}"] if real else []
    return "; ".join(parts + [f"noise in the shape of {title}" for title in noise])


def load(name: DatasetName, data_dir: Path) -> Prepared:
    """The official data set if it is there, else noise in its shape."""
    return prepare(name, data_dir) if is_real(name, data_dir) else noise(name)


def shortened(prepared: Prepared, *, train: int, validation: int, test: int = 1) -> Prepared:
    """The first so many examples of each split."""
    splits = {}
    for split, size in zip(SPLITS, (train, validation, test), strict=True):
        images, labels = prepared.examples(split)
        splits[split] = Examples(images[:size], labels[:size])
    manifest = prepared.manifest
    return build(
        Loaded(splits, {}),
        name=manifest.name,
        stand_in=manifest.stand_in,
        licence=manifest.licence,
        citation=manifest.citation,
        classes=manifest.classes,
    )


def noise(name: DatasetName) -> Prepared:
    """Random images and labels in the shape of a data set."""
    generator = np.random.default_rng(0)
    shape = DATASETS[name].image_shape
    splits = {
        split: Examples(
            generator.integers(256, size=(count, *shape), dtype=np.uint8),
            generator.integers(10, size=count, dtype=np.uint8),
        )
        for split, count in zip(SPLITS, COUNTS[name], strict=True)
    }
    return build(
        Loaded(splits, {}),
        name=name,
        stand_in=True,
        licence="none: noise",
        citation="none: noise",
        classes=DATASETS[name].classes,
    )
