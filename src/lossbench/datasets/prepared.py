"""The one prepared form of every data set: all that training and evaluation read.

Images and labels of the three splits follow each other, in the order train, validation,
test, each split in the order of its source. The same source gives the same bytes on disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StringConstraints

from lossbench.datasets.digests import sha256
from lossbench.datasets.layout import CLASSES
from lossbench.datasets.splitting import (
    Groups,
    count_of_contradictions,
    counts_of_equal,
    equal_images,
    held_out,
)
from lossbench.errors import DataError, one_line
from lossbench.files import atomic, write_text
from lossbench.study.data import AS_IS, Reading
from lossbench.study.fields import Count, DatasetName, Frozen

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
UInt8 = NDArray[np.uint8]
Labels = NDArray[np.unsignedinteger]
Rows = NDArray[np.int64]
"""Which examples, along the first axis."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Examples(NamedTuple):
    """Images uint8 (N, C, H, W) and unsigned labels (N,)."""

    images: UInt8
    labels: Labels


class Loaded(NamedTuple):
    """What a source yields: its three splits, and the SHA-256 of each file they were read from."""

    splits: Mapping[Split, Examples]
    source_sha256: Mapping[str, str]
    gives_validation: bool = False
    """Whether the source says which examples validate; else every replicate draws them."""


class Divided(NamedTuple):
    """The training examples of a data set, divided: which of them train, which validate."""

    train: Rows
    validation: Rows


class Counts(Frozen):
    """Examples in each split."""

    train: Count
    validation: Count
    test: Count


class Manifest(Frozen):
    """What a prepared data set is and holds. Small, so that a pipeline can depend on it."""

    name: DatasetName
    stand_in: bool
    """Whether it stands in for a data set that must be downloaded."""
    image_shape: tuple[Count, Count, Count]
    """(C, H, W)."""
    counts: Counts
    gives_validation: bool
    """Whether the source says which examples validate; else every replicate draws as many."""
    images_sha256: Sha256
    labels_sha256: Sha256
    channel_mean: tuple[float, ...]
    """Of train and validation together, by channel, on the scale on which 255 is 1."""
    channel_std: tuple[float, ...]
    """Likewise; the population's standard deviation."""
    classes: Annotated[tuple[str, ...], Field(min_length=CLASSES[0], max_length=CLASSES[-1])]
    """What the source or the study calls the classes, by label."""
    equal_images: dict[str, int]
    """How many images of a split another split has too, such as `test in train`; no zeros."""
    contradictions: int
    """How many images are equal to one with another label."""
    source_sha256: dict[str, Sha256]
    """By file as it was verified: MNIST's decompressed, the drawn or bundled sets' arrays."""
    licence: str
    citation: str
    size: int | None = None
    """Height and width to which the study had its images resized, if it did."""
    colour: Literal["grey", "rgb"] | None = None
    """What the study had its images turned into, if it did: `grey` or `rgb`."""


@dataclass(frozen=True)
class Prepared:
    """A data set: images uint8 (N, C, H, W), labels (N,), splits one below the other.

    Labels are uint8, beyond 256 classes uint16.
    """

    images: UInt8
    labels: Labels
    manifest: Manifest

    @property
    def classes(self) -> int:
        """How many there are."""
        return len(self.manifest.classes)

    def indices(self, split: Split) -> slice:
        """Where the split's examples lie along the first axis."""
        counts = self.manifest.counts
        start = sum(getattr(counts, name) for name in SPLITS[: SPLITS.index(split)])
        return slice(start, start + getattr(counts, split))

    def rows(self, split: Split) -> Rows:
        """The split's examples, as rows of all."""
        where = self.indices(split)
        return np.arange(where.start, where.stop)

    def divided(self, seed: int) -> Divided:
        """Train and validation as a replicate with this seed draws them anew.

        As many of each class validate as the source's own division has; equal images stay on one
        side. Where the source says which examples validate, every seed gives these.
        """
        counts = self.manifest.counts
        official = counts.train + counts.validation
        rows = np.arange(official)
        if self.manifest.gives_validation:
            return Divided(rows[: counts.train], rows[counts.train :])
        share = counts.validation / official
        held = held_out(self.labels[:official], self._groups[:official], share, seed=seed)
        return Divided(rows[~held], rows[held])

    @cached_property
    def _groups(self) -> Groups:
        return equal_images(self.images)

    def examples(self, split: Split) -> Examples:
        """The split's images and labels, as views."""
        where = self.indices(split)
        return Examples(self.images[where], self.labels[where])


def build(
    loaded: Loaded,
    *,
    name: DatasetName,
    stand_in: bool,
    licence: str,
    citation: str,
    classes: Sequence[str],
    reading: Reading = AS_IS,
) -> Prepared:
    """Bring a source's splits, read so, into the prepared form; `classes` names them by label.

    Raises DataError: shapes or types that do not fit, or labels that are not classes.
    """
    for split in SPLITS:
        _check(*loaded.splits[split], len(classes), origin=f"{name} {split}")
    images = np.concatenate([loaded.splits[split].images for split in SPLITS])
    labels = np.concatenate([loaded.splits[split].labels for split in SPLITS])
    labels = labels.astype(np.min_scalar_type(len(classes) - 1))
    tested = len(loaded.splits["test"].labels)
    mean, std = channel_moments(images[:-tested])
    ends = np.cumsum([len(loaded.splits[split].labels) for split in SPLITS])
    groups = equal_images(images)
    by_split = dict(zip(SPLITS, np.split(groups, ends[:-1]), strict=True))
    manifest = Manifest(
        name=name,
        stand_in=stand_in,
        image_shape=images.shape[1:],
        counts=Counts(**{split: len(loaded.splits[split].labels) for split in SPLITS}),
        gives_validation=loaded.gives_validation,
        images_sha256=sha256(images),
        labels_sha256=sha256(labels),
        channel_mean=mean,
        channel_std=std,
        classes=tuple(classes),
        equal_images=counts_of_equal(by_split),
        contradictions=count_of_contradictions(labels, groups),
        source_sha256=dict(loaded.source_sha256),
        licence=licence,
        citation=citation,
        size=reading.size,
        colour=reading.colour,
    )
    return Prepared(images, labels, manifest)


def save(prepared: Prepared, npz_path: Path, manifest_path: Path) -> None:
    """Write both files atomically, the manifest last. The same data give the same bytes."""
    text = prepared.manifest.model_dump_json(indent=2) + "\n"
    with atomic(npz_path) as temporary, temporary.open("wb") as file:
        # NumPy dates the members of an archive 1980, so that no clock enters the bytes.
        np.savez(
            file,
            images=prepared.images,
            labels=prepared.labels,
            manifest=np.frombuffer(text.encode(), np.uint8),
        )
    write_text(manifest_path, text)


def load(npz_path: Path, manifest_path: Path | None = None) -> Prepared:
    """The prepared data set in `npz_path`, its arrays verified against its manifest.

    With `manifest_path` the file there must be the archive's own manifest as well.

    Raises DataError: a file is missing, damaged, or belongs to another data set.
    """
    try:
        with np.load(npz_path, allow_pickle=False) as archive:
            images, labels = archive["images"], archive["labels"]
            text = archive["manifest"].tobytes().decode()
        manifest = Manifest.model_validate_json(text)
        beside = text if manifest_path is None else manifest_path.read_text(encoding="utf-8")
    except Exception as error:  # a damaged archive can raise nearly anything
        raise DataError(
            f"{npz_path}: not a readable prepared data set ({one_line(error)})"
        ) from error
    if beside != text:
        raise DataError(f"{manifest_path}: is not the manifest of {npz_path}; prepare both again")
    return _verified(Prepared(images, labels, manifest), origin=str(npz_path))


def channel_moments(images: UInt8) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation by channel of images (N, C, H, W), 255 counting as 1.

    From integer histograms: exact sums, hence the same digits on every machine.
    """
    levels = np.arange(256)
    histograms = [
        np.bincount(images[:, channel].reshape(-1), minlength=256)
        for channel in range(images.shape[1])
    ]
    pixels = int(histograms[0].sum())
    totals = [int(levels @ histogram) for histogram in histograms]
    squares = [int(levels**2 @ histogram) for histogram in histograms]
    mean = tuple(total / pixels / 255 for total in totals)
    std = tuple(
        (pixels * square - total**2) ** 0.5 / pixels / 255
        for total, square in zip(totals, squares, strict=True)
    )
    return mean, std


def _verified(prepared: Prepared, *, origin: str) -> Prepared:
    _check(prepared.images, prepared.labels, prepared.classes, origin=origin)
    manifest = prepared.manifest
    shape = (sum(manifest.counts.model_dump().values()), *manifest.image_shape)
    if prepared.images.shape != shape:
        raise DataError(f"{origin}: images have shape {prepared.images.shape}; allowed: {shape}")
    for name, array in (("images", prepared.images), ("labels", prepared.labels)):
        if (found := sha256(array)) != (wanted := getattr(manifest, f"{name}_sha256")):
            raise DataError(f"{origin}: {name} have SHA-256 {found}; the manifest says {wanted}")
    return prepared


def _check(images: UInt8, labels: Labels, classes: int, *, origin: str) -> None:
    if images.dtype != np.uint8 or labels.dtype not in (np.uint8, np.uint16):
        raise DataError(
            f"{origin}: images {images.dtype}, labels {labels.dtype};"
            " allowed: uint8, and uint16 for labels"
        )
    if images.ndim != 4 or labels.shape != images.shape[:1] or not labels.size:
        raise DataError(
            f"{origin}: images {images.shape}, labels {labels.shape}; "
            "allowed: (N, C, H, W) and (N,)"
        )
    if labels.max() >= classes:
        raise DataError(f"{origin}: holds the label {labels.max()}; allowed: 0 to {classes - 1}")
