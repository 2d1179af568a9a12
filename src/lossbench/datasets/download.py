"""Downloads: mirrors in order, with retries and a progress bar; nothing unverified is kept."""

import shutil
import tarfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pooch

from lossbench.errors import DataError
from lossbench.files import scratch


@dataclass(frozen=True)
class Patience:
    """How hard a download is tried."""

    rounds: int = 3
    """Times that every mirror is asked."""
    pause_s: float = 2.0
    """Wait before the second round; it doubles with every further one."""
    timeout_s: float = 20.0
    """Longest silence of a server, before its answer or within it."""
    show_progress: bool = True
    """Whether a bar is drawn on the error stream."""


def fetch(
    urls: Sequence[str], folder: Path, receive: Callable[[Path], None], *, patience: Patience
) -> None:
    """Download the first of `urls` that answers with what `receive` accepts.

    `receive` takes the path of the complete download, a temporary file in `folder`, and raises
    DataError where it is not the wanted file; the next mirror is then asked.

    Raises DataError: no mirror delivered, with the last failure of each. OSError: no file can be
    made in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    transfer = pooch.HTTPDownloader(progressbar=patience.show_progress, timeout=patience.timeout_s)
    failures: dict[str, str] = {}
    with scratch(folder, "download") as inside:
        download = inside / "content"
        for round_ in range(patience.rounds):
            time.sleep(patience.pause_s * 2 ** (round_ - 1) if round_ else 0)
            for url in urls:
                try:
                    transfer(url, str(download), None)
                    return receive(download)
                except (OSError, DataError) as error:  # those of requests are OSErrors
                    failures[url] = _reason(error)
    raise DataError("; ".join(f"{url}: {failure}" for url, failure in failures.items()))


def _reason(error: BaseException) -> str:
    """One short line: requests wraps a plain cause in several lines of its own."""
    while not isinstance(error, DataError) and error.__context__ is not None:
        error = error.__context__
    text = " ".join(str(error).split()).partition(" for url: ")[0]
    return text or type(error).__name__


def extract(tar: Path, names: Iterable[str], folder: Path) -> None:
    """Write the members `names` of a tar into `folder`, each under the last part of its name.

    Nothing else is unpacked, so no member can land elsewhere. Raises DataError: the tar is damaged,
    or a member is missing or no file.
    """
    try:
        with tarfile.open(tar) as archive:
            for name in names:
                _write(archive.extractfile(name), folder / Path(name).name)
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        reason = str(error).strip('"')  # a KeyError quotes its message
        raise DataError(f"{tar.name}: cannot be unpacked ({reason})") from error


def _write(content: IO[bytes] | None, target: Path) -> None:
    if content is None:  # a folder or a device
        raise tarfile.TarError(f"{target.name} is no file")
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)
