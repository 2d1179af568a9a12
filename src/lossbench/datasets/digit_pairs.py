"""MNIST's digits in pairs: 100 classes of real images, each of them two digits side by side.

Every official digit is in one pair, so that training, validation and test share no digit, however
training and validation are divided; and as many pixels are left as MNIST has. Which digits meet is
drawn from a seed. The label is the number that the two digits read as: 0 to 99.
"""

from pathlib import Path

import numpy as np

from lossbench.datasets.official import MNIST, Official
from lossbench.datasets.prepared import Examples, Loaded
from lossbench.datasets.sources import load_idx

SEED = 1
DIGITS = 10


def load_pairs(data_dir: Path, official: Official = MNIST) -> Loaded:
    """The splits, images (N, 1, 28, 56). Raises DataError: see `load_idx`."""
    digits = load_idx(data_dir, official)
    generator = np.random.default_rng(SEED)
    train, validation = digits.splits["train"], digits.splits["validation"]
    training = pairs(
        Examples(
            np.concatenate([train.images, validation.images]),
            np.concatenate([train.labels, validation.labels]),
        ),
        generator,
    )
    cut = len(training.labels) - len(validation.labels) // 2
    return Loaded(
        {
            "train": Examples(training.images[:cut], training.labels[:cut]),
            "validation": Examples(training.images[cut:], training.labels[cut:]),
            "test": pairs(digits.splits["test"], generator),
        },
        digits.source_sha256,
    )


def pairs(digits: Examples, generator: np.random.Generator) -> Examples:
    """N digits (N, 1, H, W) as N // 2 pairs (N // 2, 1, H, 2 W), in random order."""
    order = generator.permutation(len(digits.labels))
    half = len(order) // 2
    left, right = order[:half], order[half : 2 * half]
    return Examples(
        np.concatenate([digits.images[left], digits.images[right]], axis=3),
        DIGITS * digits.labels[left] + digits.labels[right],
    )
