"""Pairs of digits: each digit once, its label where it stands, and no digit in two splits."""

import os
from pathlib import Path

import numpy as np
import pytest

from builders import tiny_sources
from lossbench.datasets.digests import sha256
from lossbench.datasets.digit_pairs import load_pairs, pairs
from lossbench.datasets.prepared import Examples


def halves(pairs: Examples) -> list[bytes]:
    """The left and the right digit of each pair in turn."""
    return [half.tobytes() for image in pairs.images for half in np.split(image, 2, axis=-1)]


def test_a_pair_is_two_digits_side_by_side_and_reads_as_their_number():
    labels = (np.arange(41) % 10).astype(np.uint8)
    images = tiny_sources.random_images(41, 1, 28, 28)
    found = pairs(Examples(images, labels), np.random.default_rng(0))
    assert found.images.shape == (20, 1, 28, 56)
    known = {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    digits = halves(found)
    assert len(set(digits)) == 40
    for number, (left, right) in enumerate(zip(digits[::2], digits[1::2], strict=True)):
        assert found.labels[number] == 10 * known[left] + known[right]


def test_no_digit_is_in_two_splits(tmp_path):
    tiny = tiny_sources.tiny_mnist()
    tiny.write(tmp_path)
    splits = load_pairs(tmp_path, tiny.official).splits
    sizes = {name: len(each.labels) for name, each in splits.items()}
    assert sizes == {"train": 2, "validation": 1, "test": 1}
    digits = [digit for each in splits.values() for digit in halves(each)]
    assert len(set(digits)) == len(digits)


@pytest.mark.skipif(
    "LOSSBENCH_DATA_DIR" not in os.environ,
    reason="LOSSBENCH_DATA_DIR names no folder with the official data",
)
def test_the_pairs_of_the_official_digits_are_those_of_every_machine():
    splits = load_pairs(Path(os.environ["LOSSBENCH_DATA_DIR"])).splits
    assert [len(each.labels) for each in splits.values()] == [27_500, 2_500, 5_000]
    assert all(len(np.unique(each.labels)) == 100 for each in splits.values())
    assert (
        sha256(splits["test"].images)
        == "b5b1f832d41683ed1cc13be6c02aab76b2df4281a9bb3f95da5daeaaa0d0a046"
    )
