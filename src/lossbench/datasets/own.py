"""A data set of the user's own, without code: a folder of images or an .npz archive.

Where the source has no validation or test set, a tenth of the examples of each class is taken for
it: those with the smallest SHA-256 of their pixels. The choice depends on neither names nor order,
and equal images stay on one side.
"""

import re
from pathlib import Path

import numpy as np

from lossbench.datasets.archive import read_archive
from lossbench.datasets.folder import read_folder
from lossbench.datasets.layout import is_archive, unreadable
from lossbench.datasets.prepared import SPLITS, Examples, Loaded, Prepared, Split, build
from lossbench.datasets.splitting import equal_images, held_out
from lossbench.errors import DataError, printable
from lossbench.study.fields import NAME, PATTERNS
from lossbench.tables.runs import CLASSES

HELD_OUT = 0.1
"""The share of each class that validates, or tests, where the source does not say."""
CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}


def prepare_own(name: str, source: Path) -> Prepared:
    """The prepared form of the image folder or .npz archive `source`.

    Raises DataError: it is neither, or not ten classes of uint8 images of one size; or a bad name.
    """
    if not re.fullmatch(NAME, name):
        raise DataError(f"name {name!r} is not allowed: {PATTERNS[NAME]}")
    try:
        archive = is_archive(source)
    except OSError as error:
        raise unreadable(error) from error
    classes: tuple[str, ...] = ()
    if archive:
        parts, digests = read_archive(source)
    else:
        parts, digests, classes = read_folder(source)
    splits = _three(parts)
    _check_channels(splits["train"], origin=printable(source))
    for split in SPLITS:
        _check(splits[split], classes, origin=f"{printable(source)}, {split}")
    loaded = Loaded(splits, digests, gives_validation="validation" in parts)
    return build(
        loaded,
        name=name,
        stand_in=False,
        licence="not stated",
        citation="the study's own data",
        classes=classes,
    )


def hold_out(examples: Examples, share: float = HELD_OUT) -> tuple[Examples, Examples]:
    """What stays and what is held out: see `held_out`."""
    held = held_out(examples.labels, equal_images(examples.images), share)
    return (
        Examples(examples.images[~held], examples.labels[~held]),
        Examples(examples.images[held], examples.labels[held]),
    )


def _three(parts: dict[str, Examples]) -> dict[Split, Examples]:
    if "all" in parts:
        rest, test = hold_out(parts["all"])
    else:
        rest, test = parts["train"], parts["test"]
    if "validation" in parts:
        return {"train": rest, "validation": parts["validation"], "test": test}
    train, validation = hold_out(rest, HELD_OUT / (1 - HELD_OUT) if "all" in parts else HELD_OUT)
    return {"train": train, "validation": validation, "test": test}


def _check(examples: Examples, classes: tuple[str, ...], *, origin: str) -> None:
    """Refuse what `build` does not: classes without an example."""
    names = classes or tuple(map(str, range(CLASSES)))
    if absent := sorted(set(range(CLASSES)) - set(np.unique(examples.labels).tolist())):
        listed = ", ".join(names[label] for label in absent)
        raise DataError(
            f"{origin}: no example of class {listed}; allowed: examples of all {CLASSES} classes;"
            " what is held out needs an image that differs from all others of its class"
        )


def _check_channels(train: Examples, *, origin: str) -> None:
    """Refuse a channel that says nothing: it has no deviation to be scaled by."""
    low, high = train.images.min(axis=(0, 2, 3)), train.images.max(axis=(0, 2, 3))
    for name, least, most in zip(CHANNELS[len(low)], low, high, strict=True):
        if least == most:
            raise DataError(
                f"{origin}: {name} is {least} in every pixel of the training images;"
                " allowed: channels that vary"
            )
