"""The official data sets: which files, where they lie under the data folder, and who has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from lossbench.datasets.digests import (
    CIFAR10_FILES,
    CIFAR10_TAR,
    CIFAR100_FILES,
    CIFAR100_TAR,
    FASHION_MNIST_FILES,
    KMNIST_FILES,
    MNIST_FILES,
)
from lossbench.datasets.download import Patience


@dataclass(frozen=True)
class Official:
    """An official data set: its files, where they lie, and where they can be downloaded."""

    title: str
    folder: Path
    """Under the data folder."""
    files: Mapping[str, str]
    """Name → SHA-256 of the content; training files first, in order. gzip is packed anew by some
    mirrors, so files are known unpacked, unless their names end in `.gz`."""
    mirrors: tuple[str, ...]
    """Addresses of folders, asked in this order."""
    archive: str = ""
    """The name of the one archive that holds `folder`; empty where files come singly."""
    archive_sha256: str = ""
    labels_key: bytes = b"labels"
    """What a CIFAR batch calls the labels."""
    validation: int = 5000
    """How many of the last training examples validate."""
    patterns: tuple[str, ...] = ()
    """Names by which a user may know its files, in lower case."""
    patience: Patience = field(default_factory=Patience)

    @property
    def batches(self) -> list[str]:
        """The names of CIFAR's files with examples; the others have the classes' names."""
        return [name for name in self.files if name not in ("batches.meta", "meta")]

    def may_be(self, path: Path) -> bool:
        """Whether a user may know one of its files by this name, in capitals or not."""
        return any(fnmatchcase(path.name.lower(), pattern) for pattern in self.patterns)


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
    patterns=("*cifar*10", "*cifar*10[!0]*", "data_batch_*", "test_batch*"),
)
FASHION_MNIST = Official(
    title="Fashion-MNIST",
    folder=Path("FashionMNIST/raw"),
    files=FASHION_MNIST_FILES,
    mirrors=(
        "https://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    patterns=("*fashion*",),
)
KMNIST = Official(
    title="KMNIST",
    folder=Path("KMNIST/raw"),
    files=KMNIST_FILES,
    mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    patterns=("*kmnist*",),
)
CIFAR100 = Official(
    title="CIFAR-100",
    folder=Path("cifar-100-python"),
    files=CIFAR100_FILES,
    mirrors=("https://www.cs.toronto.edu/~kriz/",),
    archive="cifar-100-python.tar.gz",
    archive_sha256=CIFAR100_TAR,
    labels_key=b"fine_labels",
    patterns=("*cifar*100*",),
)
