"""The way from a built-in data set's name to its prepared form."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lossbench.cards.dataset import DATASETS
from lossbench.code.registry import Registry
from lossbench.datasets.digit_pairs import load_pairs
from lossbench.datasets.digits import read_digits
from lossbench.datasets.official import CIFAR10, CIFAR100, FASHION_MNIST, KMNIST, MNIST
from lossbench.datasets.prepared import Loaded, Prepared, build
from lossbench.datasets.shapes import draw_splits
from lossbench.datasets.sources import load_cifar, load_idx
from lossbench.errors import DataError, did_you_mean


def prepare(name: str, data_dir: Path) -> Prepared:
    """The prepared data set `name`, downloaded into `data_dir` where it is not there yet.

    Stand-ins need neither network nor `data_dir`.

    Raises DataError: there is none of this name, or its files are missing and cannot be downloaded,
    or are not the official ones.
    """
    if name not in DATASETS:
        allowed = f"allowed: {', '.join(DATASETS)}{did_you_mean(name, DATASETS)}"
        raise DataError(f"no data set {name!r} is built in; {allowed}")
    card = DATASETS[name]
    return build(
        LOADERS[name](data_dir),
        name=name,
        stand_in=card.is_stand_in,
        licence=card.licence,
        citation=card.citation,
        classes=card.classes,
    )


LOADERS: Registry[Callable[[Path], Loaded]] = {
    "mnist": partial(load_idx, official=MNIST),
    "fashion_mnist": partial(load_idx, official=FASHION_MNIST),
    "kmnist": partial(load_idx, official=KMNIST),
    "mnist_pairs": load_pairs,
    "cifar10": partial(load_cifar, official=CIFAR10),
    "cifar100": partial(load_cifar, official=CIFAR100),
    "digits": lambda _data_dir: read_digits(),
    "shapes": lambda _data_dir: draw_splits(),
}
"""Finds, verifies and parses a data set, given the folder that holds or receives downloads."""
