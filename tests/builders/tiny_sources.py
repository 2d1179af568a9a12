"""Tiny MNIST and CIFAR-10 files with their digests, and a loopback server that misbehaves."""

import contextlib
import gzip
import io
import pickle
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from lossbench.datasets.digests import sha256
from lossbench.datasets.download import Patience
from lossbench.datasets.official import CIFAR10, CIFAR100, KMNIST, MNIST, Official
from lossbench.datasets.prepared import Loaded
from lossbench.datasets.sources import load_cifar, load_idx

HASTE = Patience(pauses_s=(0, 0.01), timeout_s=0.2, show_progress=False)
NOWHERE = ("http://127.0.0.1:9/",)  # the discard port: refused at once


def random_images(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@dataclass
class Tiny:
    """An official data set in miniature: its description, files by name, and arrays."""

    official: Official
    contents: dict[str, bytes]
    arrays: dict[str, np.ndarray]

    def load(self, data_dir: Path, **changes: Any) -> Loaded:
        """What the loader of its format reads; `changes` are laid over the description."""
        load = load_cifar if self.official.archive else load_idx
        return load(data_dir, replace(self.official, **changes))

    @property
    def packed(self) -> bytes:
        """Its files in an archive."""
        return tar(self.contents, self.official.folder)

    def write(self, data_dir: Path, change: dict[str, bytes | None] | None = None) -> Path:
        """Write the files, some of them changed, or left out where None."""
        folder = data_dir / self.official.folder
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in (self.contents | (change or {})).items():
            if content is not None:
                (folder / name).write_bytes(content)
        return folder


def tiny_mnist(*mirrors: str) -> Tiny:
    arrays = {
        "train-images-idx3-ubyte": random_images(7, 28, 28),
        "train-labels-idx1-ubyte": np.arange(7, dtype=np.uint8),
        "t10k-images-idx3-ubyte": random_images(3, 28, 28, seed=1),
        "t10k-labels-idx1-ubyte": np.array([9, 0, 5], np.uint8),
    }
    contents = {name: idx(array) for name, array in arrays.items()}
    return Tiny(_official(MNIST, contents, mirrors), contents, arrays)


def tiny_kmnist(*mirrors: str) -> Tiny:
    """Files that are known packed, as they are published."""
    mnist = tiny_mnist()
    contents = {
        f"{name}.gz": gzip.compress(content, mtime=0) for name, content in mnist.contents.items()
    }
    return Tiny(_official(KMNIST, contents, mirrors), contents, mnist.arrays)


def batch(images: np.ndarray, labels: list[int], key: bytes = b"labels") -> bytes:
    return pickle.dumps({b"data": images.reshape(len(images), -1), key: labels}, protocol=2)


def tiny_cifar10(*mirrors: str) -> Tiny:
    names = [name for name in CIFAR10.files if name != "batches.meta"]
    arrays = {name: random_images(2, 3, 32, 32, seed=k) for k, name in enumerate(names)}
    contents = {name: batch(array, [k, 9 - k]) for k, (name, array) in enumerate(arrays.items())}
    contents["batches.meta"] = pickle.dumps({b"label_names": []}, protocol=2)
    return Tiny(_official(CIFAR10, contents, mirrors), contents, arrays)


def tiny_cifar100(*mirrors: str) -> Tiny:
    arrays = {name: random_images(8, 3, 32, 32, seed=k) for k, name in enumerate(("train", "test"))}
    contents = {
        name: batch(array, list(range(92, 100)), b"fine_labels") for name, array in arrays.items()
    }
    contents["meta"] = pickle.dumps({b"fine_label_names": []}, protocol=2)
    return Tiny(_official(CIFAR100, contents, mirrors), contents, arrays)


def tar(contents: dict[str, bytes], folder: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    # gzip stores the time of packing; without it the digest is the same on every call
    plain = gzip.decompress(packed.getvalue())
    return gzip.compress(plain, mtime=0)


def _official(official: Official, contents: dict[str, bytes], mirrors: Sequence[str]) -> Official:
    digests = {name: sha256(content) for name, content in contents.items()}
    tiny = {"validation": 2, "patience": HASTE, "mirrors": mirrors or NOWHERE}
    if official.archive:
        tiny["archive_sha256"] = sha256(tar(contents, official.folder))
    return replace(official, files=digests, **tiny)


Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Mirror:
    """A server on loopback: each path's answers in turn, the last one for good."""

    address: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def mirror() -> Iterator[Mirror]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            answers = served.answers.get(self.path, [status(404)])
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            with contextlib.suppress(ConnectionError):
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Mirror(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def serve(content: bytes) -> Answer:
    return lambda handler: _send(handler, 200, content, len(content))


def cut(content: bytes) -> Answer:
    """Half of what the header promises, then the connection closes."""
    return lambda handler: _send(handler, 200, content[: len(content) // 2], len(content))


def status(code: int) -> Answer:
    return lambda handler: _send(handler, code, b"<html>sorry</html>", 18)


def redirect(path: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", path)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def stall(served: Mirror) -> Answer:
    """Nothing, until the test is over."""
    return lambda handler: served.released.wait(10) and None


def stall_midway(served: Mirror, content: bytes) -> Answer:
    """Half of what the header promises, then silence."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        cut(content)(handler)
        served.released.wait(10)

    return answer


def _send(handler: BaseHTTPRequestHandler, code: int, content: bytes, length: int) -> None:
    handler.send_response(code)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(content)
