"""A data set of the user's own, without code: images in one of the usual formats.

Where the source has no validation or test set, a tenth of the examples of each class is taken for
it: those with the smallest SHA-256 of their pixels. The choice depends on neither names nor order,
and equal images stay on one side.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lossbench.cards.dataset import DATASETS
from lossbench.datasets.archive import read_archive
from lossbench.datasets.folder import read_folder
from lossbench.datasets.idx_folder import read_idx_folder
from lossbench.datasets.image import read_arrays
from lossbench.datasets.layout import CLASSES, listed
from lossbench.datasets.preparation import prepare
from lossbench.datasets.prepared import SPLITS, Examples, Loaded, Prepared, Split, build
from lossbench.datasets.shards import read_shards
from lossbench.datasets.source import Source, selected
from lossbench.datasets.source_files import Kind, kind
from lossbench.datasets.splitting import equal_images, held_out
from lossbench.errors import DataError, printable
from lossbench.study.data import AS_IS, Reading
from lossbench.study.fields import NAME, PATTERNS

HELD_OUT = 0.1
"""The share of each class that validates, or tests, where the source does not say."""
CHANNELS = {1: ("grey",), 3: ("red", "green", "blue")}


def prepare_own(
    name: str, source: Path, reading: Reading = AS_IS, *, data_dir: Path = Path("data")
) -> Prepared:
    """The prepared form of the images that `source` has, or of the data set that it names.

    Raises DataError: they cannot be read, or are not two to a thousand classes of uint8 images of
    one size; or a bad name.
    """
    if not re.fullmatch(NAME, name):
        raise DataError(f"name {name!r} is not allowed: {PATTERNS[NAME]}")
    found = kind(source)
    read = (
        READERS[found](source, reading)
        if found in READERS
        else _built_in(source, reading, data_dir)
    )
    if reading.classes is not None:
        read = selected(read, reading.classes, origin=printable(source))
    _check_classes(read.classes, origin=printable(source))
    splits = _three(read.parts)
    _check_channels(splits["train"], origin=printable(source))
    for split in SPLITS:
        _check(splits[split], read.classes, origin=f"{printable(source)}, {split}")
    card = DATASETS.get(str(source))
    return build(
        Loaded(splits, read.sha256, gives_validation="validation" in read.parts and not card),
        name=name,
        stand_in=card is not None and card.is_stand_in,
        licence=card.licence if card else "not stated",
        citation=card.citation if card else "the study's own data",
        classes=read.classes,
        reading=reading,
    )


READERS: dict[Kind, Callable[[Path, Reading], Source]] = {
    "folder": read_folder,
    "archive": read_archive,
    "idx": read_idx_folder,
    "shards": read_shards,
}


def hold_out(examples: Examples, share: float = HELD_OUT) -> tuple[Examples, Examples]:
    """What stays and what is held out: see `held_out`."""
    held = held_out(examples.labels, equal_images(examples.images), share)
    return (
        Examples(examples.images[~held], examples.labels[~held]),
        Examples(examples.images[held], examples.labels[held]),
    )


def _built_in(source: Path, reading: Reading, data_dir: Path) -> Source:
    """A built-in data set, its splits as they are."""
    prepared = prepare(str(source), data_dir)
    parts: dict[str, Examples] = {}
    for split in SPLITS:
        images, labels = prepared.examples(split)
        parts[split] = Examples(read_arrays(images, reading, origin=str(source)), labels)
    return Source(parts, prepared.manifest.source_sha256, prepared.manifest.classes)


def _three(parts: Mapping[str, Examples]) -> dict[Split, Examples]:
    if "test" in parts:
        rest, test = parts["train"], parts["test"]
    else:
        rest, test = hold_out(parts["all"] if "all" in parts else parts["train"])
    if "validation" in parts:
        return {"train": rest, "validation": parts["validation"], "test": test}
    train, validation = hold_out(rest, HELD_OUT / (1 - HELD_OUT) if "all" in parts else HELD_OUT)
    return {"train": train, "validation": validation, "test": test}


def _check_classes(names: tuple[str, ...], *, origin: str) -> None:
    """Refuse names that no page can show or tell apart, and too few or too many."""
    if len(names) not in CLASSES:
        raise DataError(
            f"{origin}: the number of classes is {len(names)}; allowed: {CLASSES[0]} to"
            f" {CLASSES[-1]}"
        )
    for name, times in Counter(names).items():
        if not name.strip() or not name.isprintable():
            raise DataError(f"{origin}: {name!r} is no name for a class; allowed: printable text")
        if times > 1:
            raise DataError(f"{origin}: {times} classes are called {name}; allowed: one")


def _check(examples: Examples, classes: tuple[str, ...], *, origin: str) -> None:
    """Refuse what `build` does not: classes without an example."""
    found = set(np.unique(examples.labels).tolist())
    if absent := [name for label, name in enumerate(classes) if label not in found]:
        raise DataError(
            f"{origin}: no example of class {listed(absent)}; allowed: examples of all"
            f" {len(classes)} classes; what is held out needs an image that differs from all others"
            " of its class"
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
