"""Errors that a user can act on. The command line shows them as one line, without a traceback."""

import os
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class LossbenchError(Exception):
    """What is wrong, with the offending value and what is allowed instead."""


class ConfigError(LossbenchError):
    """The study's configuration is not one that can be run."""


class DataError(LossbenchError):
    """A data file is missing, damaged, or not what its name says."""


class TableError(LossbenchError):
    """A table breaks its schema: a column, a type, a key, or a missing value."""


class FileError(LossbenchError):
    """A file cannot be written, since the disk is full or takes no files; or cannot be read."""


class DeviceError(LossbenchError):
    """A job does not fit into the memory of its device."""


def one_line(error: BaseException) -> str:
    """What any error says, on one line; its type where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def printable(name: str | Path) -> str:
    """A name as it stands, in UTF-8; escaped where a terminal would do more than show it."""
    text = utf8(name) if isinstance(name, Path) else name
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def utf8(path: Path) -> str:
    """A path of this system as text, whatever the locale; surrogates stand for what is no UTF-8."""
    return os.fsencode(path).decode("utf-8", "surrogateescape")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that it resembles, if any."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
