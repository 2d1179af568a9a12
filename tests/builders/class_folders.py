"""Ten class folders of small images, and the rights of a user who is not root."""

import contextlib
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

NAMES = ("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay")
NOBODY = 65534


def png(pixels: np.ndarray) -> bytes:
    """The image as a file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def write_classes(
    folder: Path,
    each: int = 4,
    *,
    names: Sequence[str] = NAMES,
    shape: tuple[int, ...] = (16, 20),
    seed: int = 0,
) -> Path:
    """Ten class folders, or those named, with so many images of random pixels."""
    generator = np.random.default_rng(seed)
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(each):
            pixels = generator.integers(0, 256, shape, np.uint8)
            (folder / name / f"{index}.png").write_bytes(png(pixels))
    return folder


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """With the rights of a user to whom files can be closed, even if tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
