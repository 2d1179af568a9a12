"""The cards of the built-in data sets."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DatasetCard:
    """A built-in data set: names, shape, size, licence and citation."""

    name: str
    image_shape: tuple[int, int, int]
    """(C, H, W)."""
    examples: int
    """Of its training file: jobs are sized by it."""
    licence: str
    citation: str
    classes: tuple[str, ...] = tuple(map(str, range(10)))
    """Display names of the classes, by label."""
    is_stand_in: bool = False
    """Whether it needs no download and stands in for a real data set."""


@dataclass(frozen=True)
class OwnDatasetCard:
    """What a page calls a study's own data set, and where it lists it."""

    name: str
    part_of: str = ""
    """The key of the built-in data set that it is a part of, and is listed after."""
    is_stand_in: bool = False


CIFAR100_CLASSES = (
    *("apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle"),
    *("bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle"),
    *("caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch"),
    *("crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox"),
    *("girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard"),
    *("lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse"),
    *("mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck"),
    *("pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray"),
    *("road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail"),
    *("snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank"),
    *("telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle"),
    *("wardrobe", "whale", "willow_tree", "wolf", "woman", "worm"),
)
"""In the order of the fine labels: that of the alphabet."""

DATASETS: dict[str, DatasetCard] = {
    "mnist": DatasetCard(
        "MNIST",
        image_shape=(1, 28, 28),
        examples=60_000,
        licence="CC BY-SA 3.0",
        citation="LeCun, Cortes and Burges, The MNIST database of handwritten digits (1998)",
    ),
    "fashion_mnist": DatasetCard(
        "Fashion-MNIST",
        image_shape=(1, 28, 28),
        examples=60_000,
        licence="MIT",
        citation="Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset (2017)",
        classes=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
    ),
    "kmnist": DatasetCard(
        "KMNIST",
        image_shape=(1, 28, 28),
        examples=60_000,
        licence="CC BY-SA 4.0",
        citation="Clanuwat et al., Deep learning for classical Japanese literature (2018)",
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "mnist_pairs": DatasetCard(
        "MNIST pairs",
        image_shape=(1, 28, 56),
        examples=30_000,
        licence="CC BY-SA 3.0",
        citation="LeCun, Cortes and Burges, The MNIST database of handwritten digits (1998); two"
        " digits side by side, paired by lossbench",
        classes=tuple(f"{number:02}" for number in range(100)),
    ),
    "cifar10": DatasetCard(
        "CIFAR-10",
        image_shape=(3, 32, 32),
        examples=50_000,
        licence="free for research, with citation",
        citation="Krizhevsky, Learning multiple layers of features from tiny images (2009)",
        classes=(
            *("airplane", "automobile", "bird", "cat", "deer"),
            *("dog", "frog", "horse", "ship", "truck"),
        ),
    ),
    "cifar100": DatasetCard(
        "CIFAR-100",
        image_shape=(3, 32, 32),
        examples=50_000,
        licence="free for research, with citation",
        citation="Krizhevsky, Learning multiple layers of features from tiny images (2009)",
        classes=CIFAR100_CLASSES,
    ),
    "digits": DatasetCard(
        "Digits",
        image_shape=(1, 28, 28),
        examples=1_397,
        licence="CC BY 4.0",
        citation="Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI (1998)",
        is_stand_in=True,
    ),
    "shapes": DatasetCard(
        "Shapes",
        image_shape=(3, 32, 32),
        examples=3_500,
        licence="MIT, drawn by this project",
        citation="lossbench, procedural shapes",
        is_stand_in=True,
    ),
}
"""By key. `digits` stands in for `mnist`, `shapes` for `cifar10`."""
