"""A training job's state on disk, so that a job that was cut goes on where it stopped.

One hidden file beside the job's tables holds the tables of the cells that are done and the state
of the cell in training. It serves the same job, code, data and device only, and starts with the
SHA-256 of the rest: what is damaged or foreign is ignored, and the job starts anew.
"""

import hashlib
import io
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from lossbench.code.code_digest import code_digest
from lossbench.datasets.prepared import Manifest
from lossbench.errors import FileError
from lossbench.files import atomic, remove_leftovers
from lossbench.study.job import Job
from lossbench.study.settings import Compute
from lossbench.tables.parquet import check
from lossbench.tables.runs import RUN_TABLES
from lossbench.training.device import device_name, pick_device

Tables = dict[str, pd.DataFrame]
State = dict[str, Any]
"""Tensors, numbers and text in mappings and lists: what can be read without running anything."""

FILE_NAME = ".checkpoint"
DIGEST_BYTES = hashlib.sha256().digest_size


class Checkpoint:
    """What is saved of one job: the tables of `finished` cells, the state of the `running` one."""

    def __init__(self, path: Path, identity: Mapping[str, str], *, every_s: float) -> None:
        """Take up what `path` holds, if it was saved under the same `identity`."""
        self.path, self.identity, self.every_s = path, dict(identity), every_s
        self.finished, self.running = self._load()
        self.due_s = time.monotonic() + every_s

    def offer(self, state: Callable[[], State]) -> None:
        """Save the running cell's state if `every_s` have passed since the last time.

        A disk that takes no checkpoint does not end the training: the job says so and goes on.
        """
        if time.monotonic() < self.due_s:
            return
        finished = [
            {name: frame.to_dict("list") for name, frame in tables.items()}
            for tables in self.finished
        ]
        content = {"identity": self.identity, "finished": finished, "running": state()}
        try:
            _write(self.path, content)
        except FileError as error:
            print(f"no checkpoint: {error}")
        self.due_s = time.monotonic() + self.every_s

    def finish(self, tables: Tables) -> None:
        """Keep a trained cell's tables; they are saved with the next cell's state."""
        self.finished.append(tables)
        self.running = {}

    def remove(self) -> None:
        """Delete the file: the job is done."""
        remove_leftovers(self.path.parent, self.path.name)
        self.path.unlink(missing_ok=True)

    def _load(self) -> tuple[list[Tables], State]:
        if not self.path.exists():
            return [], {}
        try:
            content = _read(self.path)
            finished = [_tables(columns) for columns in content["finished"]]
            running, saved = dict(content["running"]), dict(content["identity"])
        except Exception as error:  # a damaged file can raise nearly anything
            reason = " ".join(str(error).split()) or type(error).__name__
            print(f"{self.path}: ignored, not a readable checkpoint ({reason})")
            return [], {}
        if others := [name for name in self.identity if saved.get(name) != self.identity[name]]:
            print(f"{self.path}: ignored, saved under another {', '.join(others)}")
            return [], {}
        print(f"{self.path}: resuming; finished cells: {len(finished)}")
        return finished, running


def identity(job: Job, manifest: Manifest, compute: Compute) -> dict[str, str]:
    """All that a job's numbers depend on, down to the last bit. Raises ConfigError: no CUDA."""
    return {
        "job": _sha256(job.model_dump_json()),
        "data": _sha256(manifest.json_text),
        "code": code_digest("train", *job.entries),
        "PyTorch": str(torch.__version__),
        "device": device_name(pick_device(compute.accelerator)),
        "number of threads": str(compute.threads),
    }


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


def _tables(columns: Mapping[str, Mapping[str, list[Any]]]) -> Tables:
    return {name: check(pd.DataFrame(part), RUN_TABLES[name]) for name, part in columns.items()}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
