"""MNIST and CIFAR-10: found in torchvision's layout, or downloaded into it; verified; parsed.

Under the data folder lie `MNIST/raw` with its files, plain or gzip (also called
`train-images.idx3-ubyte`), and `cifar-10-batches-py` or
the archive that holds it. Every byte is compared with the official SHA-256 before it is parsed.
Of the official training files 5,000 examples validate, other ones in every replicate; the official
test sets stay
whole.
"""

import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from lossbench.datasets.cifar import parse_batch
from lossbench.datasets.digests import CIFAR10_FILES, CIFAR10_TAR, MNIST_FILES, sha256
from lossbench.datasets.download import Patience, download
from lossbench.datasets.idx import decompress, parse_idx
from lossbench.datasets.prepared import Examples, Loaded
from lossbench.datasets.source_files import where_idx
from lossbench.errors import DataError, printable


@dataclass(frozen=True)
class Official:
    """An official data set: its files, where they lie, and where they can be downloaded."""

    title: str
    folder: Path
    """Under the data folder."""
    files: Mapping[str, str]
    """Name → SHA-256 of the (decompressed) content; training files first, in order."""
    mirrors: tuple[str, ...]
    """Addresses of folders, asked in this order."""
    archive: str = ""
    """The name of the one archive that holds `folder`; empty where files come singly."""
    archive_sha256: str = ""
    validation: int = 5000
    """How many of the last training examples validate."""
    patterns: tuple[str, ...] = ()
    """Names by which a user may know its files."""
    patience: Patience = field(default_factory=Patience)


MNIST = Official(
    title="MNIST",
    folder=Path("MNIST/raw"),
    files=MNIST_FILES,
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    patterns=("*ubyte*", "*mnist*"),
)
CIFAR10 = Official(
    title="CIFAR-10",
    folder=Path("cifar-10-batches-py"),
    files=CIFAR10_FILES,
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    archive="cifar-10-python.tar.gz",
    archive_sha256=CIFAR10_TAR,
    patterns=("*cifar*10*", "data_batch_*", "test_batch*"),
)


def load_mnist(data_dir: Path, official: Official = MNIST) -> Loaded:
    """MNIST's splits, images (N, 1, 28, 28).

    Raises DataError: a file is missing and cannot be downloaded, or is not the official one.
    """
    arrays = []
    for name, expected in official.files.items():
        path = where_idx(data_dir / official.folder / name)
        if not _there(path):
            _fetch(path, f"{name}.gz", expected, data_dir, official, unpack=decompress)
        arrays.append(parse_idx(_verified(path, expected, unpack=decompress), origin=str(path)))
    training = Examples(arrays[0][:, None], arrays[1])
    return _split(training, Examples(arrays[2][:, None], arrays[3]), official)


def load_cifar10(data_dir: Path, official: Official = CIFAR10) -> Loaded:
    """CIFAR-10's splits, images (N, 3, 32, 32), the training batches in order.

    Raises DataError: a file is missing and cannot be downloaded, or is not the official one.
    """
    folder = data_dir / official.folder
    there = [name for name in official.files if _there(folder / name)]
    contents = {name: _verified(folder / name, official.files[name]) for name in there}
    if len(there) < len(official.files):
        contents = _archived(data_dir, official) | contents
    *training, test = (
        parse_batch(contents[name], origin=str(folder / name))
        for name in official.files
        if name != "batches.meta"  # verified, but the names of the classes are not needed
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
    wanted = {data_dir / official.folder / name for name in official.files}
    found = (
        path
        for depth in ("", "*/", "*/*/")
        for pattern in official.patterns
        for path in sorted(data_dir.glob(depth + pattern))
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
            f"Downloading failed ({' '.join(str(error).split())})"
        ) from error
