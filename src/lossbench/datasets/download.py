"""Downloads: pooch asks the mirrors in order, in rounds, and keeps nothing of another SHA-256."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pooch

from lossbench.errors import DataError, one_line
from lossbench.files import scratch


@dataclass(frozen=True)
class Patience:
    """How hard a download is tried."""

    pauses_s: tuple[float, ...] = (0, 2, 4)
    """Wait before each request, by round; every mirror is asked once a round."""
    timeout_s: float = 20.0
    """Longest silence of a server, before its answer or within it."""
    show_progress: bool = True
    """Whether a bar is drawn on the error stream."""


def download(
    urls: Sequence[str],
    path: Path,
    sha256: str,
    *,
    patience: Patience,
    unpack: Callable[[bytes], bytes] = bytes,
) -> None:
    """Make `path` the first answer of `urls` that, after `unpack`, has the SHA-256.

    Raises DataError: no mirror delivered it, with the last failure of each. OSError: its folder
    takes no file.
    """
    http = pooch.HTTPDownloader(progressbar=patience.show_progress, timeout=patience.timeout_s)

    def transfer(url: str, file: str, store: object) -> None:
        http(url, file, store)
        Path(file).write_bytes(unpack(Path(file).read_bytes()))

    pooch.get_logger().setLevel("WARNING")
    path.parent.mkdir(parents=True, exist_ok=True)
    failures: dict[str, str] = {}
    with scratch(path.parent.absolute(), "download") as inside:
        for pause_s, url in product(patience.pauses_s, urls):
            time.sleep(pause_s)
            try:
                Path(pooch.retrieve(url, sha256, path.name, inside, None, transfer)).replace(path)
                return
            # The errors of requests are OSErrors; of another SHA-256 pooch makes a ValueError.
            except (OSError, ValueError, DataError) as error:
                failures[url] = _reason(error)
    raise DataError("; ".join(f"{url}: {failure}" for url, failure in failures.items()))


def _reason(error: BaseException) -> str:
    """One short line: requests wraps a plain cause in several lines of its own."""
    while not isinstance(error, DataError) and error.__context__ is not None:
        error = error.__context__
    return one_line(error).partition(" for url: ")[0]
