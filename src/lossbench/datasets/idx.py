"""The IDX format of MNIST's files: a big-endian header, then the array's bytes.

The header is two zero bytes, a type code, the number of axes, and the length of each axis in 32
bits (described on MNIST's own page).
"""

import gzip
import io
import math
import zlib

import numpy as np

from lossbench.datasets.prepared import UInt8
from lossbench.errors import DataError

UINT8_CODE = 8
GZIP_MAGIC = b"\x1f\x8b"
LARGEST_BYTES = 2**26
"""More than the largest file of MNIST; no more than this is unpacked before it is verified."""


def parse_idx(content: bytes, *, origin: str) -> UInt8:
    """The uint8 array in a decompressed IDX file. Raises DataError: it is anything else."""
    axes = content[3] if len(content) > 3 else 0
    start = 4 + 4 * axes
    if content[:3] != bytes([0, 0, UINT8_CODE]) or axes == 0 or len(content) < start:
        raise DataError(f"{origin}: starts with {content[:4]!r}; allowed: an IDX file of uint8")
    shape = tuple(int(length) for length in np.frombuffer(content[4:start], ">u4"))
    values = np.frombuffer(content, np.uint8, offset=start)
    if values.size != math.prod(shape):
        raise DataError(f"{origin}: holds {values.size} values; allowed: its header's {shape}")
    return values.reshape(shape)


def decompress(content: bytes) -> bytes:
    """`content`, unpacked where it is gzip by its first bytes (not its name), else as it is.

    Raises DataError: damaged gzip. Of an oversized one the first LARGEST_BYTES are returned.
    """
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            return file.read(LARGEST_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"is damaged gzip ({error})") from error
