"""The catalogue of data sets, and the way from a name to the prepared form."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lossbench.config import STAND_INS, DatasetName
from lossbench.datasets.digits import read_digits
from lossbench.datasets.prepared import Loaded, Prepared, build
from lossbench.datasets.shapes import draw_splits
from lossbench.datasets.sources import load_cifar10, load_mnist


@dataclass(frozen=True)
class Source:
    """Where a data set comes from, and what must be said about it."""

    load: Callable[[Path], Loaded]
    """Finds, verifies and parses the data, given the folder that holds or receives downloads."""
    image_shape: tuple[int, int, int]
    """(C, H, W)."""
    licence: str
    citation: str


def prepare(name: DatasetName, data_dir: Path) -> Prepared:
    """The prepared data set `name`, downloaded into `data_dir` where it is not there yet.

    Stand-ins need neither network nor `data_dir`.

    Raises DataError: files are missing and cannot be downloaded, or are not the official ones.
    """
    source = DATASETS[name]
    return build(
        source.load(data_dir),
        name=name,
        stand_in=name in STAND_INS,
        licence=source.licence,
        citation=source.citation,
    )


DATASETS: dict[DatasetName, Source] = {
    "mnist": Source(
        load_mnist,
        image_shape=(1, 28, 28),
        licence="CC BY-SA 3.0",
        citation="LeCun, Cortes and Burges, The MNIST database of handwritten digits (1998)",
    ),
    "cifar10": Source(
        load_cifar10,
        image_shape=(3, 32, 32),
        licence="free for research, with citation",
        citation="Krizhevsky, Learning multiple layers of features from tiny images (2009)",
    ),
    "digits": Source(
        lambda _data_dir: read_digits(),
        image_shape=(1, 28, 28),
        licence="CC BY 4.0",
        citation="Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI (1998)",
    ),
    "shapes": Source(
        lambda _data_dir: draw_splits(),
        image_shape=(3, 32, 32),
        licence="MIT, drawn by this project",
        citation="lossbench, procedural shapes",
    ),
}
"""Data set by name. `digits` stands in for `mnist`, `shapes` for `cifar10`."""
