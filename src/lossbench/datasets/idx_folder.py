"""IDX files, as torchvision lays out MNIST, Fashion-MNIST, KMNIST and EMNIST's splits."""

from pathlib import Path

import numpy as np

from lossbench.datasets.digests import sha256
from lossbench.datasets.idx import decompress, parse_idx
from lossbench.datasets.image import read_arrays
from lossbench.datasets.layout import unreadable
from lossbench.datasets.prepared import Examples, UInt8
from lossbench.datasets.source import Source
from lossbench.datasets.source_files import IdxFiles, idx_files
from lossbench.errors import DataError, printable
from lossbench.study.data import Reading


def read_idx_folder(source: Path, reading: Reading) -> Source:
    """Images and labels of both parts, the labels that occur numbered from 0 on.

    Classes are called by their labels, or by the characters that EMNIST's mapping has for them.
    Its images lie on their side in the files, and are turned upright.

    Raises DataError: a file is damaged or no IDX file, or images and labels do not fit.
    """
    files = idx_files(source)
    assert files is not None, "layout.kind says so"
    digests: dict[str, str] = {}
    arrays = {role: _array(path, digests) for role, path in files.items() if role != "mapping"}
    labels = np.unique(arrays["train labels"])
    parts = {}
    for part in ("train", "test"):
        images, known = arrays[f"{part} images"], arrays[f"{part} labels"]
        examples = _examples(images, known, labels, source)
        upright = examples.images.swapaxes(2, 3) if "mapping" in files else examples.images
        pixels = read_arrays(np.ascontiguousarray(upright), reading, origin=printable(source))
        parts[part] = Examples(pixels, examples.labels)
    return Source(parts, digests, _names(files, labels.tolist()))


def _array(path: Path, digests: dict[str, str]) -> UInt8:
    try:
        content = decompress(path.read_bytes())
    except OSError as error:
        raise unreadable(error) from error
    except DataError as error:
        raise DataError(f"{printable(path)}: {error}") from error
    digests[path.name.removesuffix(".gz")] = sha256(content)
    return parse_idx(content, origin=printable(path))


def _examples(images: UInt8, labels: UInt8, known: UInt8, source: Path) -> Examples:
    if images.ndim != 3 or labels.shape != images.shape[:1] or not labels.size:
        raise DataError(
            f"{printable(source)}: images {images.shape}, labels {labels.shape};"
            " allowed: (N, H, W) and (N,)"
        )
    if strange := sorted(set(labels.tolist()) - set(known.tolist())):
        raise DataError(
            f"{printable(source)}: no training image has the label {strange[0]} of a test image"
        )
    return Examples(images[:, None], np.searchsorted(known, labels).astype(np.uint16))


def _names(files: IdxFiles, labels: list[int]) -> tuple[str, ...]:
    """`1 65 97` in EMNIST's mapping says that label 1 stands for A and a."""
    if "mapping" not in files:
        return tuple(map(str, labels))
    try:
        rows = [list(map(int, line.split())) for line in files["mapping"].read_text().splitlines()]
        characters = {label: "".join(map(chr, codes)) for label, *codes in filter(None, rows)}
        return tuple(characters[label] for label in labels)
    except (OSError, ValueError, KeyError, OverflowError) as error:
        path = printable(files["mapping"])
        raise DataError(f"{path}: is no mapping of these labels ({error!r})") from error
