"""Where the images of a user's folder are: its parts and their class folders.

Read in every plan, so that a wrong folder is refused before anything starts: no NumPy here.
"""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from lossbench.errors import DataError, printable, utf8

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
PARTS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
}
"""A folder's name → the part that it is, if it holds class folders."""
CLASSES = range(2, 1001)
"""How many class folders there may be."""
CLUTTER = {"Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir"}
"""What systems leave in folders, besides hidden files such as `.DS_Store`."""

Layout = dict[str, dict[str, Path]]
"""Part, or "all" without parts → class → its folder; classes are in natural order."""


def layout(source: Path) -> Layout:
    """The class folders of each part of a folder of images.

    Raises DataError: other parts or classes than allowed, or a folder that cannot be read.
    """
    try:
        parts = _parts(source)
        found = {part: _classes(folder) for part, folder in parts.items()}
    except OSError as error:
        raise unreadable(error) from error
    first = next(iter(found))
    for part in found:
        if differing := sorted(set(found[part]) ^ set(found[first])):
            raise DataError(
                f"{printable(source)}: only one of {first} and {part} has {_listed(differing)}"
            )
    return found


def image_files(folder: Path) -> list[Path]:
    """The images of a class, in the order of their files' names.

    Raises DataError: there is none, or something else is there. OSError: it cannot be read.
    """
    paths = sorted(_visible(folder), key=os.fsencode)
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{printable(path)}: is no image; allowed: {', '.join(SUFFIXES)}")
        if not path.is_file():
            what = "a broken link" if path.is_symlink() else "no file"
            raise DataError(f"{printable(path)}: is {what}; allowed: an image")
    if not paths:
        raise DataError(f"{printable(folder)}: holds no image; allowed: at least one a class")
    return paths


def source_digest(source: Path) -> str:
    """A digest of all that is read of a source: names and contents, not times or place.

    Raises DataError: it is neither a folder of images nor an .npz archive, or cannot be read.
    """
    digest = hashlib.sha256()
    try:
        for path in _files(source):
            digest.update(os.fsencode(path.relative_to(source)) + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError as error:
        raise unreadable(error) from error
    return digest.hexdigest()[:16]


def is_archive(source: Path) -> bool:
    """Whether the source is an archive, else it is a folder. Raises DataError: it is neither."""
    if source.is_dir():
        return False
    if source.is_file() and source.suffix.lower() == ".npz":
        return True
    what = "is neither" if source.exists() else "does not exist"
    allowed = "allowed: a folder of images or an .npz archive"
    raise DataError(f"source {printable(source)}: {what}; {allowed}")


def unreadable(error: OSError) -> DataError:
    """What to say of a file or folder that cannot be read."""
    return DataError(
        f"{printable(Path(os.fsdecode(error.filename)))}: cannot be read ({error.strerror})"
    )


def _files(source: Path) -> Iterator[Path]:
    if is_archive(source):
        yield source
        return
    for classes in layout(source).values():
        for folder in classes.values():
            yield from image_files(folder)


def _parts(source: Path) -> dict[str, Path]:
    """Part → folder; {"all": source} without parts."""
    if images := [path for path in _visible(source) if path.suffix.lower() in SUFFIXES]:
        raise DataError(f"{printable(images[0])}: lies in no class folder")
    folders = _folders(source)
    parts: dict[str, Path] = {}
    for folder in folders:
        part = PARTS.get(folder.name.lower())
        if part is None or not _folders(folder):
            continue
        if part in parts:
            raise DataError(
                f"{printable(source)}: has {parts[part].name} and {folder.name};"
                f" allowed: one of them, which is {part}"
            )
        parts[part] = folder
    if not parts:
        return {"all": source}
    parts = {part: parts[part] for part in ("train", "validation", "test") if part in parts}
    if not {"train", "test"} <= set(parts):
        raise DataError(
            f"{printable(source)}: has {', '.join(parts)}; allowed: both train and test, or none"
        )
    if others := [_name(folder) for folder in folders if folder not in parts.values()]:
        raise DataError(
            f"{printable(source)}: has {_listed(others)} beside {', '.join(parts)}; allowed there:"
            " train, test and validation (or val, or valid), each with class folders"
        )
    return parts


def _classes(folder: Path) -> dict[str, Path]:
    """Class → its folder, in natural order: 2 before 10."""
    found: dict[str, Path] = {}
    for path in _folders(folder):
        # macOS takes names apart that Linux keeps together: é may be one character or two.
        name = unicodedata.normalize("NFC", _name(path))
        if not name.isprintable():
            raise DataError(f"{printable(path)}: is no name for a class; allowed: printable UTF-8")
        if name in found:
            raise DataError(f"{printable(folder)}: has two class folders {name}")
        found[name] = path
    if len(found) not in CLASSES:
        listed = f" ({_listed(sorted(found))})" if found else ""
        raise DataError(
            f"{printable(folder)}: has {len(found)} subfolders{listed};"
            f" allowed: {CLASSES[0]} to {CLASSES[-1]}, one a class"
        )
    return dict(sorted(found.items(), key=lambda item: _natural(item[0])))


def _natural(name: str) -> tuple[list[str | int], str]:
    """Numbers in a name count as numbers."""
    texts = re.split(r"([0-9]+)", name)
    return [int(text) if index % 2 else text for index, text in enumerate(texts)], name


def _name(path: Path) -> str:
    return utf8(Path(path.name))


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in _visible(folder) if path.is_dir())


def _visible(folder: Path) -> Iterator[Path]:
    """What a user sees in the folder."""
    return (
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name not in CLUTTER
    )


def _listed(names: list[str]) -> str:
    """At most a dozen names."""
    shown = ", ".join(printable(name) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown}, …"
