"""The cards of the built-in data sets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetCard:
    """A built-in data set: names, shape, licence and citation."""

    name: str
    image_shape: tuple[int, int, int]
    """(C, H, W)."""
    licence: str
    citation: str
    classes: tuple[str, ...] = tuple(map(str, range(10)))
    """Display names of the classes, by label."""
    is_stand_in: bool = False
    """Whether it needs no download and stands in for a real data set."""


DATASETS: dict[str, DatasetCard] = {
    "mnist": DatasetCard(
        "MNIST",
        image_shape=(1, 28, 28),
        licence="CC BY-SA 3.0",
        citation="LeCun, Cortes and Burges, The MNIST database of handwritten digits (1998)",
    ),
    "cifar10": DatasetCard(
        "CIFAR-10",
        image_shape=(3, 32, 32),
        licence="free for research, with citation",
        citation="Krizhevsky, Learning multiple layers of features from tiny images (2009)",
        classes=(
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ),
    ),
    "digits": DatasetCard(
        "Digits",
        image_shape=(1, 28, 28),
        licence="CC BY 4.0",
        citation="Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI (1998)",
        is_stand_in=True,
    ),
    "shapes": DatasetCard(
        "Shapes",
        image_shape=(3, 32, 32),
        licence="MIT, drawn by this project",
        citation="lossbench, procedural shapes",
        is_stand_in=True,
    ),
}
"""By key. `digits` stands in for `mnist`, `shapes` for `cifar10`."""

STAND_INS = frozenset(key for key, card in DATASETS.items() if card.is_stand_in)
"""Stand-ins are marked wherever they appear."""
