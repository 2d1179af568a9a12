"""MNIST and CIFAR-10: found in torchvision's layout, or downloaded into it; verified; parsed.

Files stand in `MNIST/raw` (plain or gzip) and `cifar-10-batches-py` under the data folder. Every
byte is compared with the official SHA-256 before it is parsed. Validation is the last 5,000
examples of the official training files; the official test sets stay whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lossbench.datasets.cifar import parse_batch
from lossbench.datasets.digests import CIFAR10_FILES, CIFAR10_TAR, MNIST_FILES, verify
from lossbench.datasets.download import Patience, extract, fetch
from lossbench.datasets.idx import decompress, parse_idx
from lossbench.datasets.prepared import Examples, Loaded
from lossbench.errors import DataError
from lossbench.files import atomic, scratch


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
    patience: Patience = field(default_factory=Patience)


MNIST = Official(
    title="MNIST",
    folder=Path("MNIST/raw"),
    files=MNIST_FILES,
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)
CIFAR10 = Official(
    title="CIFAR-10",
    folder=Path("cifar-10-batches-py"),
    files=CIFAR10_FILES,
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    archive="cifar-10-python.tar.gz",
    archive_sha256=CIFAR10_TAR,
)


def load_mnist(data_dir: Path, official: Official = MNIST) -> Loaded:
    """MNIST's splits, images (N, 1, 28, 28).

    Raises DataError: a file is missing and cannot be downloaded, or is not the official one.
    """
    folder = data_dir / official.folder
    for name in official.files:
        if not _there(_mnist_path(folder, name)):
            _fetch_mnist(name, data_dir, official)
    arrays = []
    for name, sha256 in official.files.items():
        path = _mnist_path(folder, name)
        content = decompress(_read(path), origin=str(path))
        _verify_found(content, sha256, path)
        arrays.append(parse_idx(content, origin=str(path)))
    training, test = (
        Examples(arrays[0][:, None], arrays[1]),
        Examples(arrays[2][:, None], arrays[3]),
    )
    return _split(training, test, official)


def load_cifar10(data_dir: Path, official: Official = CIFAR10) -> Loaded:
    """CIFAR-10's splits, images (N, 3, 32, 32), the training batches in order.

    Raises DataError: a file is missing and cannot be downloaded, or is not the official one.
    """
    folder = data_dir / official.folder
    if not all(_there(folder / name) for name in official.files):
        _fetch_cifar10(data_dir, official)
    batches = {}
    for name, sha256 in official.files.items():
        content = _read(folder / name)
        _verify_found(content, sha256, folder / name)
        if name != "batches.meta":  # verified, but the names of the classes are not needed
            batches[name] = parse_batch(content, origin=str(folder / name))
    test = batches.pop("test_batch")
    training = Examples(
        np.concatenate([batch.images for batch in batches.values()]),
        np.concatenate([batch.labels for batch in batches.values()]),
    )
    return _split(training, test, official)


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


def _mnist_path(folder: Path, name: str) -> Path:
    """The file's place: gzip only where the plain file is not there."""
    plain, packed = folder / name, folder / f"{name}.gz"
    return packed if _there(packed) and not _there(plain) else plain


def _there(path: Path) -> bool:
    """Whether the name is taken, by a broken link too: what a user put there is never replaced."""
    return path.exists() or path.is_symlink()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


def _verify_found(content: bytes, sha256: str, path: Path) -> None:
    try:
        verify(content, sha256, origin=str(path))
    except DataError as error:
        raise DataError(f"{error}; remove the file, and it is downloaded again") from error


def _fetch_mnist(name: str, data_dir: Path, official: Official) -> None:
    """Download one file. It is kept decompressed: what lies there is what was verified."""
    target = data_dir / official.folder / name

    def keep(download: Path) -> None:
        content = decompress(download.read_bytes(), origin="answer")
        verify(content, official.files[name], origin="answer")
        with atomic(target) as temporary:
            temporary.write_bytes(content)

    try:
        urls = [f"{mirror}{name}.gz" for mirror in official.mirrors]
        fetch(urls, target.parent, keep, patience=official.patience)
    except (DataError, OSError) as error:
        raise _missing(data_dir, official, error) from error


def _fetch_cifar10(data_dir: Path, official: Official) -> None:
    """Take the missing files from the archive: as it lies in `data_dir`, or from a mirror."""

    def keep(archive: Path) -> None:
        verify(archive.read_bytes(), official.archive_sha256, origin=official.archive)
        with scratch(data_dir, "unpack") as inside:
            extract(archive, [f"{official.folder}/{name}" for name in official.files], inside)
            for name in official.files:
                _install(inside / name, data_dir / official.folder / name)

    try:
        if (local := data_dir / official.archive).exists():
            keep(local)
        else:
            urls = [mirror + official.archive for mirror in official.mirrors]
            fetch(urls, data_dir, keep, patience=official.patience)
    except (DataError, OSError) as error:
        raise _missing(data_dir, official, error) from error


def _install(source: Path, target: Path) -> None:
    if not _there(target):
        target.parent.mkdir(exist_ok=True)
        source.replace(target)


def _missing(data_dir: Path, official: Official, error: Exception) -> DataError:
    folder = data_dir / official.folder
    missing = [name for name in official.files if not _there(_mnist_path(folder, name))]
    return DataError(
        f"data_dir {data_dir}: lacks {official.title}. Put {', '.join(missing)} into {folder}, "
        f"or set data_dir to a folder that has them; `make demo` needs no download. "
        f"Downloading failed ({' '.join(str(error).split())})"
    )
