"""Official data: found in torchvision's layout, or downloaded into it; verified; parsed.

Under the data folder lie such as `MNIST/raw` with its files, plain or gzip (also called
`train-images.idx3-ubyte`), and `cifar-10-batches-py` or the archive that holds it. Every byte is
compared with the official SHA-256 before it is parsed. Of the official training files 5,000
examples validate, other ones in every replicate; the official test sets stay whole.
"""

import io
import tarfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np

from lossbench.datasets.cifar import parse_batch
from lossbench.datasets.digests import sha256
from lossbench.datasets.download import download
from lossbench.datasets.idx import decompress, parse_idx
from lossbench.datasets.official import Official
from lossbench.datasets.prepared import Examples, Loaded
from lossbench.datasets.source_files import where_idx
from lossbench.errors import DataError, one_line, printable


def load_idx(data_dir: Path, official: Official) -> Loaded:
    """The splits of MNIST or of a set in its format, images (N, 1, 28, 28).

    Raises DataError: a file is missing and cannot be downloaded, or is not the official one.
    """
    arrays = []
    for name, expected in official.files.items():
        path = where_idx(data_dir / official.folder / name)
        unpack = bytes if name.endswith(".gz") else decompress
        if not _there(path):
            packed = f"{name.removesuffix('.gz')}.gz"
            _fetch(path, packed, expected, data_dir, official, unpack=unpack)
        content = _verified(path, expected, unpack=unpack)
        arrays.append(parse_idx(decompress(content), origin=str(path)))
    training = Examples(arrays[0][:, None], arrays[1])
    return _split(training, Examples(arrays[2][:, None], arrays[3]), official)


def load_cifar(data_dir: Path, official: Official) -> Loaded:
    """The splits of CIFAR-10 or CIFAR-100, images (N, 3, 32, 32), training batches in order.

    Raises DataError: a file is missing and cannot be downloaded, or is not the official one.
    """
    folder = data_dir / official.folder
    there = [name for name in official.files if _there(folder / name)]
    contents = {name: _verified(folder / name, official.files[name]) for name in there}
    if len(there) < len(official.files):
        contents = _archived(data_dir, official) | contents
    *training, test = (
        parse_batch(contents[name], official.labels_key, origin=str(folder / name))
        for name in official.batches
    )
    images = np.concatenate([batch.images for batch in training])
    labels = np.concatenate([batch.labels for batch in training])
    return _split(Examples(images, labels), test, official)


def _split(training: Examples, test: Examples, official: Official) -> Loaded:
    cut = len(training.labels) - official.validation
    if cut < 1:
        raise DataError(
            f"{official.title}: holds {len(training.labels)} training examples; "
            f"allowed: more than the {official.validation} that validate"
        )
    return Loaded(
        {
            "train": Examples(training.images[:cut], training.labels[:cut]),
            "validation": Examples(training.images[cut:], training.labels[cut:]),
            "test": test,
        },
        official.files,
    )


def _archived(data_dir: Path, official: Official) -> dict[str, bytes]:
    """The files in the archive. They are read where they are, so none can land anywhere."""
    path = data_dir / official.archive
    if not _there(path):
        _fetch(path, official.archive, official.archive_sha256, data_dir, official)
    content = _verified(path, official.archive_sha256)
    wanted = {f"{official.folder}/{name}": name for name in official.files}
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {
            wanted[member.name]: tar.extractfile(member).read()  # type: ignore[union-attr]
            for member in tar
            if member.name in wanted
        }


def _look_alikes(data_dir: Path, official: Official) -> str:
    """The end of a sentence on files that may be the missing ones."""
    wanted = {where_idx(data_dir / official.folder / name) for name in official.files}
    found = (
        path
        for depth in ("*", "*/*", "*/*/*")
        for path in sorted(filter(official.may_be, data_dir.glob(depth)))
        if path.is_file() and path not in wanted
    )
    listed = ", ".join(printable(path) for path in islice(found, 3))
    return f" Is this it, by another name or in another place: {listed}?" if listed else ""


def _there(path: Path) -> bool:
    """Whether the name is taken, by a broken link too: what a user put there is never replaced."""
    return path.exists() or path.is_symlink()


def _verified(path: Path, expected: str, unpack: Callable[[bytes], bytes] = bytes) -> bytes:
    """What the file holds, after `unpack`. Raises DataError: it has another SHA-256."""
    try:
        content = unpack(path.read_bytes())
        if (found := sha256(content)) != expected:
            raise DataError(f"has SHA-256 {found}; allowed: {expected}, the official content")
        return content
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except DataError as error:
        raise DataError(f"{path}: {error}; remove the file, and it is downloaded again") from error


def _fetch(
    path: Path,
    name: str,
    expected: str,
    data_dir: Path,
    official: Official,
    unpack: Callable[[bytes], bytes] = bytes,
) -> None:
    """Download `name` from a mirror; what then lies at `path` has the SHA-256 `expected`."""
    urls = [mirror + name for mirror in official.mirrors]
    try:
        download(urls, path, expected, patience=official.patience, unpack=unpack)
    except (DataError, OSError) as error:
        folder = data_dir / official.folder
        missing = [name for name in official.files if not _there(where_idx(folder / name))]
        raise DataError(
            f"data_dir {data_dir}: lacks {official.title}."
            f"{_look_alikes(data_dir, official)} Put {', '.join(missing)} into {folder}, "
            f"or set data_dir to a folder that has them; `make demo` needs no download. "
            f"Downloading failed ({one_line(error)})"
        ) from error
