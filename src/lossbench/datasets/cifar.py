"""CIFAR's python versions: Python 2 pickles of dictionaries with arrays.

A pickle is a program. The unpickler here builds dictionaries, lists, text, numbers and NumPy
arrays, and refuses every other global before it is called.
"""

import io
import pickle
from typing import Any

import numpy as np

from lossbench.datasets.prepared import Examples, UInt8
from lossbench.errors import DataError

IMAGE_SHAPE = (3, 32, 32)
ALLOWED = frozenset(
    {
        ("numpy.core.multiarray", "_reconstruct"),  # NumPy 1, as in the official files
        ("numpy._core.multiarray", "_reconstruct"),  # NumPy 2
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),  # bytes, as Python 3 pickles them for Python 2
    }
)
"""Module and name of every global that a batch may use."""


def parse_batch(content: bytes, labels_key: bytes = b"labels", *, origin: str) -> Examples:
    """Images (N, 3, 32, 32) and labels (N,) of one batch file; `labels_key` is their name in it.

    Raises DataError: not a pickle, a pickle that asks for anything but arrays, or not a batch.
    """
    batch = unpickle(content, origin=origin)
    try:
        examples = Examples(_images(batch[b"data"]), np.array(batch[labels_key], np.uint8))
        if examples.labels.shape != examples.images.shape[:1]:
            raise ValueError(f"{examples.images.shape[0]} images, {examples.labels.size} labels")
        return examples
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise DataError(f"{origin}: is a pickle, but not a CIFAR batch ({error!r})") from error


def unpickle(content: bytes, *, origin: str) -> Any:
    """The object in a pickle, Python 2 strings as bytes. Runs nothing but ALLOWED."""
    try:
        return _Unpickler(io.BytesIO(content), encoding="bytes").load()
    except DataError as error:
        raise DataError(f"{origin}: {error}") from error
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise DataError(f"{origin}: is a damaged pickle ({error!r})") from error


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise DataError(f"asks for {module}.{name}; allowed: dictionaries, lists and arrays")
        if name == "_reconstruct":  # its home moved in NumPy 2
            return np.empty(0).__reduce__()[0]
        return super().find_class(module, name)


def _images(rows: UInt8) -> UInt8:
    """Rows (N, 3072) of red, green and blue planes as images."""
    if not isinstance(rows, np.ndarray) or rows.dtype != np.uint8:
        raise TypeError(f"data is {getattr(rows, 'dtype', type(rows).__name__)}; allowed: uint8")
    return rows.reshape(-1, *IMAGE_SHAPE)
