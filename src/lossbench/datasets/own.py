"""A data set of the user's own, without code: a folder of images or an .npz archive.

Where the source has no validation or test set, a tenth of the examples of each class is taken for
it: those with the smallest SHA-256 of their pixels. The choice depends on neither names nor order,
and equal images stay on one side.
"""

import hashlib
from pathlib import Path

import numpy as np

from lossbench.datasets.archive import read_archive
from lossbench.datasets.folder import read_folder
from lossbench.datasets.prepared import SPLITS, Examples, Loaded, Prepared, Split, build
from lossbench.errors import DataError
from lossbench.tables.runs import CLASSES

HELD_OUT = 0.1
"""The share of each class that validates, or tests, where the source does not say."""
SIDES = range(16, 129)
"""Allowed heights and widths: below, LeNet has no pixel left; above, memory fills up."""


def prepare_own(name: str, source: Path) -> Prepared:
    """The prepared form of the image folder or .npz archive `source`.

    Raises DataError: it is neither, or not ten classes of uint8 images of one size.
    """
    if source.is_dir():
        parts, digests = read_folder(source)
    elif source.is_file() and source.suffix == ".npz":
        parts, digests = read_archive(source)
    else:
        what = "is no" if source.exists() else "does not exist; allowed: a"
        raise DataError(f"source {source}: {what} folder of images or .npz archive")
    splits = _three(parts)
    for split in SPLITS:
        _check(splits[split], origin=f"{source}, {split}")
    loaded = Loaded(splits, digests)
    return build(
        loaded,
        name=name,
        stand_in=False,
        licence="not stated",
        citation="the study's own data",
    )


def hold_out(examples: Examples, share: float = HELD_OUT) -> tuple[Examples, Examples]:
    """What stays and what is held out: `share` of each class, at least one example, by pixels."""
    digests = np.array([hashlib.sha256(image.tobytes()).digest() for image in examples.images])
    held = np.zeros(len(examples.labels), bool)
    for label in np.unique(examples.labels):
        members = np.flatnonzero(examples.labels == label)
        count = max(1, round(share * len(members)))
        held[members[np.argsort(digests[members], kind="stable")[:count]]] = True
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


def _check(examples: Examples, *, origin: str) -> None:
    """Refuse what `build` does not: images too small or large, and classes without an example."""
    height, width = examples.images.shape[2:]
    if height not in SIDES or width not in SIDES:
        raise DataError(
            f"{origin}: images are {height}×{width}; allowed: sides of {SIDES[0]} to {SIDES[-1]}"
        )
    if absent := sorted(set(range(CLASSES)) - set(np.unique(examples.labels).tolist())):
        raise DataError(
            f"{origin}: no example of class {', '.join(map(str, absent))};"
            f" allowed: examples of all {CLASSES} classes, 0 to {CLASSES - 1}"
        )
