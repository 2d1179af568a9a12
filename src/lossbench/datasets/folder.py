"""A folder of images: one subfolder for each class, in one set or split into train and test.

Every image must be grey or colour and of one size: nothing is resized or cropped behind the user's
back.
"""

import os
from pathlib import Path

import numpy as np

from lossbench.datasets.digests import sha256
from lossbench.datasets.image import read_image
from lossbench.datasets.layout import image_files, layout, unreadable
from lossbench.datasets.prepared import Examples, UInt8
from lossbench.errors import DataError, printable


def read_folder(source: Path) -> tuple[dict[str, Examples], dict[str, str], tuple[str, ...]]:
    """The examples of each part ("all" without a split), each class's SHA-256, the classes' names.

    Raises DataError: other classes than allowed, an image that cannot be read or is of another
    size or mode than the first.
    """
    found = layout(source)
    examples, digests = {}, {}
    example: tuple[str, UInt8] | None = None
    for part, classes in found.items():
        images: list[UInt8] = []
        labels: list[int] = []
        for label, (name, folder) in enumerate(classes.items()):
            read, digest = _read_class(folder)
            digests[name if part == "all" else f"{part}/{name}"] = digest
            example = example or next(iter(read.items()))
            _same_shape(read, example)
            images += read.values()
            labels += [label] * len(read)
        examples[part] = Examples(np.stack(images), np.array(labels, np.uint16))
    names = tuple(next(iter(found.values())))
    return examples, digests, names


def _read_class(folder: Path) -> tuple[dict[str, UInt8], str]:
    """The images (C, H, W) by file, and the SHA-256 of the files' names and contents."""
    images, lines = {}, []
    try:
        for path in image_files(folder):
            content = path.read_bytes()
            lines.append(os.fsencode(path.name) + f" {sha256(content)}\n".encode())
            images[printable(path)] = read_image(content, origin=printable(path))
    except OSError as error:
        raise unreadable(error) from error
    return images, sha256(b"".join(lines))


def _same_shape(images: dict[str, UInt8], example: tuple[str, UInt8]) -> None:
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
