"""The state of runs in training on disk, so that a job that was cut goes on where it stopped.

A file is named after its runs and the device that trains them, and starts with the SHA-256 of the
rest: what is damaged is ignored, and the runs start anew.
"""

import hashlib
import io
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from lossbench.errors import FileError, one_line
from lossbench.files import atomic, remove_leftovers

State = dict[str, Any]
"""Tensors, numbers and text in mappings and lists: what can be read without running anything."""

DIGEST_BYTES = hashlib.sha256().digest_size


class Checkpoint:
    """What is saved of runs in training, in a file of their own."""

    def __init__(self, path: Path, *, every_s: float) -> None:
        """Take up the state that `path` holds; {} where there is none."""
        self.path, self.every_s = path, every_s
        self.running = self._load()
        self.due_s = time.monotonic() + every_s

    def offer(self, state: Callable[[], State]) -> None:
        """Save the state if `every_s` have passed since the last time.

        A disk that takes no checkpoint does not end the training: the job says so and goes on.
        """
        if time.monotonic() < self.due_s:
            return
        try:
            _write(self.path, state())
        except FileError as error:
            print(f"no checkpoint: {error}")
        self.due_s = time.monotonic() + self.every_s

    def remove(self) -> None:
        """Delete the file: the runs are done. In a cache that is only read it stays."""
        with suppress(OSError):
            remove_leftovers(self.path.parent, self.path.name)
            self.path.unlink(missing_ok=True)

    def _load(self) -> State:
        if not self.path.exists():
            return {}
        try:
            found = _read(self.path)
        except Exception as error:  # a damaged file can raise nearly anything
            print(f"{self.path}: ignored, not a readable checkpoint ({one_line(error)})")
            return {}
        print(f"{self.path}: resuming")
        return found


def _write(path: Path, content: State) -> None:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with atomic(path) as temporary, temporary.open("wb") as file:
        file.write(hashlib.sha256(buffer.getbuffer()).digest())
        file.write(buffer.getbuffer())


def _read(path: Path) -> State:
    """The content of a checkpoint file. Raises ValueError: damaged."""
    file = path.read_bytes()
    digest, content = file[:DIGEST_BYTES], file[DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("its bytes do not match their digest")
    state: State = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return state
