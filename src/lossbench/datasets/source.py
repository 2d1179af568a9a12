"""What a source of images yields, whatever its format."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from lossbench.datasets.prepared import Examples
from lossbench.errors import DataError, did_you_mean


class Source(NamedTuple):
    """The examples of a data set of the study's own, and what their source calls the classes."""

    parts: Mapping[str, Examples]
    """train, validation and test, as far as the source has them; or "all" alone."""
    sha256: Mapping[str, str]
    """Of each file, or of the files of each class."""
    classes: tuple[str, ...]
    """By label."""


def selected(source: Source, wanted: Mapping[str, str | None], *, origin: str) -> Source:
    """The classes that `wanted` names, numbered in its order, some under a new name.

    A class is named as the source calls it, or by its number where no name is one. Raises
    DataError: there is none, or one is named twice.
    """
    labels = [_label(name, source.classes, origin) for name in wanted]
    if repeated := {label for label in labels if labels.count(label) > 1}:
        listed = ", ".join(source.classes[label] for label in sorted(repeated))
        raise DataError(f"{origin}: classes names {listed} twice; allowed: each class once")
    numbers = np.full(len(source.classes), len(labels), np.uint16)
    numbers[labels] = np.arange(len(labels))
    parts = {
        part: Examples(examples.images[kept], numbers[examples.labels[kept]])
        for part, examples in source.parts.items()
        for kept in [np.isin(examples.labels, labels)]
    }
    names = (
        new or source.classes[label] for label, new in zip(labels, wanted.values(), strict=True)
    )
    return source._replace(parts=parts, classes=tuple(names))


def _label(name: str, classes: tuple[str, ...], origin: str) -> int:
    if name in classes:
        return classes.index(name)
    is_numbered = not any(map(str.isdecimal, classes))
    if is_numbered and name.isdecimal() and int(name) < len(classes):
        return int(name)
    numbers = f", or 0 to {len(classes) - 1}" if is_numbered else f", such as {classes[0]}"
    allowed = f"allowed: names of its classes{numbers}{did_you_mean(name, classes)}"
    raise DataError(f"{origin}: classes has {name!r}; {allowed}")
