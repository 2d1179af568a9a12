"""An .npz archive of arrays: x_train, y_train, x_test, y_test, and the validation set's at will."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossbench.datasets.digests import sha256
from lossbench.datasets.image import check_sides
from lossbench.datasets.layout import CLASSES
from lossbench.datasets.prepared import Examples, Labels, UInt8
from lossbench.errors import DataError

NEEDED = ("x_train", "y_train", "x_test", "y_test")
OPTIONAL = ("x_validation", "y_validation")


def read_archive(source: Path) -> tuple[dict[str, Examples], dict[str, str]]:
    """The examples of each part, and the file's SHA-256.

    Raises DataError: not an archive of NumPy arrays, an array too few or too many, or one of
    another type or shape than allowed.
    """
    try:
        with np.load(source, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged archive can raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{source}: is not an .npz archive of arrays ({reason})") from error
    names = set(arrays)
    if not set(NEEDED) <= names <= {*NEEDED, *OPTIONAL} or len(names & set(OPTIONAL)) == 1:
        listed = ", ".join(sorted(names)) or "nothing"
        raise DataError(
            f"{source}: holds {listed}; allowed: {', '.join(NEEDED)}, and {' with '.join(OPTIONAL)}"
        )
    parts = [part for part in ("train", "validation", "test") if f"x_{part}" in arrays]
    examples = {part: _examples(arrays, part, source) for part in parts}
    shapes = {read.images.shape[1:] for read in examples.values()}
    if len(shapes) > 1:
        raise DataError(f"{source}: images have the shapes {sorted(shapes)}; allowed: one shape")
    return examples, {source.name: sha256(source.read_bytes())}


def _examples(arrays: dict[str, NDArray[Any]], part: str, source: Path) -> Examples:
    images = _images(arrays[f"x_{part}"], f"{source}: x_{part}")
    if not len(images):
        raise DataError(f"{source}: x_{part} holds no image; allowed: examples of each class")
    check_sides(*images.shape[2:], origin=f"{source}: an image of x_{part}")
    labels = _labels(arrays[f"y_{part}"], f"{source}: y_{part}")
    if len(images) != len(labels):
        raise DataError(
            f"{source}: x_{part} holds {len(images)} images, y_{part} {len(labels)} labels;"
            " allowed: as many"
        )
    return Examples(images, labels)


def _images(array: NDArray[Any], origin: str) -> UInt8:
    """Images (N, C, H, W); channels may stand last, as in Keras, or be left out."""
    if array.dtype != np.uint8:
        raise DataError(f"{origin} is {array.dtype}; allowed: uint8, from 0 to 255")
    if array.ndim == 3:
        return array[:, None]
    if array.ndim == 4 and array.shape[3] in (1, 3):
        return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
    if array.ndim == 4 and array.shape[1] in (1, 3):
        return array
    raise DataError(
        f"{origin} has the shape {array.shape}; allowed: (N, H, W), or with 1 or 3 channels"
        " (N, H, W, C) or (N, C, H, W)"
    )


def _labels(array: NDArray[Any], origin: str) -> Labels:
    if array.dtype.kind not in "iu":
        raise DataError(f"{origin} is {array.dtype}; allowed: whole numbers")
    if array.ndim == 2 and array.shape[1] == 1:  # as Keras keeps CIFAR-10's
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(f"{origin} has the shape {array.shape}; allowed: (N,)")
    if array.size and not 0 <= array.min() <= array.max() < CLASSES[-1]:
        raise DataError(
            f"{origin} runs from {array.min()} to {array.max()}; allowed: 0 to {CLASSES[-1] - 1}"
        )
    return array.astype(np.uint16)
