"""An .npz archive of arrays, by the names that Keras or MedMNIST give them."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossbench.datasets.digests import sha256
from lossbench.datasets.image import read_arrays
from lossbench.datasets.layout import CLASSES
from lossbench.datasets.prepared import Examples, Labels, UInt8
from lossbench.datasets.source import Source
from lossbench.errors import DataError, one_line
from lossbench.study.data import Reading

Names = dict[str, tuple[str, str]]
"""Part → its images and its labels."""
KERAS: Names = {part: (f"x_{part}", f"y_{part}") for part in ("train", "validation", "test")}
MEDMNIST: Names = {
    part: (f"{short}_images", f"{short}_labels")
    for part, short in (("train", "train"), ("validation", "val"), ("test", "test"))
}
CLASS_NAMES = "class_names"
"""An array of texts, by label, that an archive may have besides."""


def read_archive(source: Path, reading: Reading) -> Source:
    """The arrays of each part; classes are called by their numbers, or as `class_names` says.

    Raises DataError: not an archive of NumPy arrays, an array too few or too many, or one of
    another type or shape than allowed.
    """
    try:
        with np.load(source, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged archive can raise nearly anything
        raise DataError(
            f"{source}: is not an .npz archive of arrays ({one_line(error)})"
        ) from error
    if strange := [name for name, each in arrays.items() if not isinstance(each, np.ndarray)]:
        raise DataError(f"{source}: {strange[0]} is no array; allowed: arrays, as NumPy saves them")
    named = arrays.pop(CLASS_NAMES, None)
    if named is not None and named.dtype.kind != "U":
        raise DataError(f"{source}: {CLASS_NAMES} is {named.dtype}; allowed: texts")
    parts = {
        part: _examples(arrays, names, reading, source)
        for part, names in _names(arrays, source).items()
    }
    shapes = {read.images.shape[1:] for read in parts.values()}
    if len(shapes) > 1:
        raise DataError(f"{source}: images have the shapes {sorted(shapes)}; allowed: one shape")
    count = 1 + max(int(read.labels.max()) for read in parts.values())
    classes = tuple(map(str, range(count) if named is None else named.ravel()))
    if len(classes) < count:
        raise DataError(
            f"{source}: {CLASS_NAMES} has {len(classes)} names; allowed: {count}, one a class"
        )
    return Source(parts, {source.name: sha256(source.read_bytes())}, classes)


def _names(arrays: dict[str, NDArray[Any]], source: Path) -> Names:
    """The parts that the archive has, and what their arrays are called."""
    for names in (KERAS, MEDMNIST):
        found = {part: pair for part, pair in names.items() if set(pair) <= set(arrays)}
        whole = {name for pair in found.values() for name in pair}
        if {"train", "test"} <= set(found) and whole == set(arrays):
            return found
    listed = ", ".join(sorted(arrays)) or "nothing"
    allowed = (
        f"{', '.join((*names['train'], *names['test']))}, and {' with '.join(names['validation'])}"
        for names in (KERAS, MEDMNIST)
    )
    raise DataError(f"{source}: holds {listed}; allowed: {'; or '.join(allowed)}; {CLASS_NAMES}")


def _examples(
    arrays: dict[str, NDArray[Any]], names: tuple[str, str], reading: Reading, source: Path
) -> Examples:
    x, y = names
    images = _images(arrays[x], f"{source}: {x}")
    if not len(images):
        raise DataError(f"{source}: {x} holds no image; allowed: examples of each class")
    labels = _labels(arrays[y], f"{source}: {y}")
    if len(images) != len(labels):
        raise DataError(
            f"{source}: {x} holds {len(images)} images, {y} {len(labels)} labels; allowed: as many"
        )
    return Examples(read_arrays(images, reading, origin=f"{source}: an image of {x}"), labels)


def _images(array: NDArray[Any], origin: str) -> UInt8:
    """Images (N, C, H, W); channels may come last, as in Keras, or be left out."""
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
