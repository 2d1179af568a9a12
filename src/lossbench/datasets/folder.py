"""A folder of images: one subfolder for each class, in one set or split into train and test.

Every image must be grey or colour and of one size, unless the study says what to make of them:
nothing is resized or cropped behind the user's back.
"""

import os
from pathlib import Path

import numpy as np

from lossbench.datasets.digests import sha256
from lossbench.datasets.image import check_alike, read_image
from lossbench.datasets.layout import image_files, layout, unreadable
from lossbench.datasets.prepared import Examples, UInt8
from lossbench.datasets.source import Source
from lossbench.errors import printable
from lossbench.study.data import Reading


def read_folder(source: Path, reading: Reading) -> Source:
    """The images of every class folder.

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
            read, digest = _read_class(folder, reading)
            digests[name if part == "all" else f"{part}/{name}"] = digest
            example = example or next(iter(read.items()))
            check_alike(read, example)
            images += read.values()
            labels += [label] * len(read)
        examples[part] = Examples(np.stack(images), np.array(labels, np.uint16))
    return Source(examples, digests, tuple(next(iter(found.values()))))


def _read_class(folder: Path, reading: Reading) -> tuple[dict[str, UInt8], str]:
    """The images (C, H, W) by file, and the SHA-256 of the files' names and contents."""
    images, lines = {}, []
    try:
        for path in image_files(folder):
            content = path.read_bytes()
            name = os.fsencode(path.relative_to(folder))
            lines.append(name + f" {sha256(content)}\n".encode())
            images[printable(path)] = read_image(content, reading, origin=printable(path))
    except OSError as error:
        raise unreadable(error) from error
    return images, sha256(b"".join(lines))
