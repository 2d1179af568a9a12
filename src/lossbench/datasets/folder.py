"""A folder of images: one subfolder for each class, in one set or split into train and test.

The classes are the subfolders in the order of their names. Every image must be grey or colour and
of one size: nothing is resized or cropped behind the user's back.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from lossbench.datasets.digests import sha256
from lossbench.datasets.prepared import Examples, UInt8
from lossbench.errors import DataError
from lossbench.tables.runs import CLASSES

FORMATS = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
PARTS = ("train", "validation", "test")
MODES = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB", "RGBA": "RGB"}
"""What an image's mode is read as: grey or colour; an alpha channel is dropped."""


def read_folder(source: Path) -> tuple[dict[str, Examples], dict[str, str]]:
    """The examples of each part ("all" without a split), and the SHA-256 of each class's files.

    Raises DataError: other classes than allowed, an image that cannot be read or is of another
    size or mode than the first.
    """
    parts = {part: source / part for part in PARTS if (source / part).is_dir()}
    if parts and not {"train", "test"} <= set(parts):
        raise DataError(f"{source}: has {', '.join(parts)}; allowed: both train and test, or none")
    parts = parts or {"all": source}
    names = {part: _classes(folder) for part, folder in parts.items()}
    first = next(iter(names))
    for part in names:
        if names[part] != names[first]:
            differing = sorted(set(names[part]) ^ set(names[first]))
            raise DataError(f"{source}: only one of {first} and {part} has {', '.join(differing)}")
    examples, digests = {}, {}
    example: tuple[Path, UInt8] | None = None
    for part, folder in parts.items():
        read = [_read_class(folder / name) for name in names[part]]
        for name, images in zip(names[part], read, strict=True):
            digests[str((folder / name).relative_to(source))] = _digest(images)
            example = example or next(iter(images.items()))
            _same_shape(images, example)
        stacked = np.stack([image for images in read for image in images.values()])
        labels = np.repeat(np.arange(CLASSES, dtype=np.uint8), [len(images) for images in read])
        examples[part] = Examples(stacked, labels)
    return examples, digests


def _classes(folder: Path) -> list[str]:
    names = sorted(path.name for path in _visible(folder) if path.is_dir())
    if len(names) != CLASSES:
        listed = f" ({', '.join(names)})" if names else ""
        raise DataError(
            f"{folder}: has {len(names)} subfolders{listed}; allowed: {CLASSES}, one a class"
        )
    return names


def _read_class(folder: Path) -> dict[Path, UInt8]:
    """The images (C, H, W), in the order of their files' names."""
    images = {}
    for path in sorted(_visible(folder)):
        if path.suffix.lower() not in FORMATS:
            raise DataError(f"{path}: is no image; allowed: {', '.join(FORMATS)}")
        images[path] = _read_image(path)
    if not images:
        raise DataError(f"{folder}: holds no image; allowed: at least one a class")
    return images


def _digest(paths: Iterable[Path]) -> str:
    """SHA-256 of the files' names and contents."""
    lines = [f"{path.name} {sha256(path.read_bytes())}\n" for path in paths]
    return sha256("".join(lines).encode())


def _read_image(path: Path) -> UInt8:
    """(1, H, W) where the file is grey, else (3, H, W)."""
    try:
        with Image.open(path) as image:
            if image.mode not in MODES:
                raise DataError(f"{path}: mode {image.mode}; allowed: {', '.join(MODES)}")
            pixels = np.asarray(image.convert(MODES[image.mode]), np.uint8)
    except (OSError, UnidentifiedImageError, ValueError) as error:
        raise DataError(f"{path}: is not a readable image ({error})") from error
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _same_shape(images: dict[Path, UInt8], example: tuple[Path, UInt8]) -> None:
    allowed = example[1].shape
    for path, image in images.items():
        if image.shape != allowed:
            raise DataError(
                f"{path}: is {_described(image.shape)};"
                f" allowed: {_described(allowed)}, as {example[0]}"
            )


def _described(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{height}×{width} {'grey' if channels == 1 else 'colour'}"


def _visible(folder: Path) -> Iterator[Path]:
    """What stands in the folder, without hidden files such as `.DS_Store`."""
    return (path for path in folder.iterdir() if not path.name.startswith("."))
