"""Where the images of a user's folder are: its parts and their class folders.

Read in every plan, so that a wrong folder is refused before anything starts: no NumPy here.
"""

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
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "test": "test",
    "testing": "test",
}
"""A folder's name → the part that it is, if it holds class folders."""
IDX_NAMES = {
    "train images": "train-images-idx3-ubyte",
    "train labels": "train-labels-idx1-ubyte",
    "test images": "t10k-images-idx3-ubyte",
    "test labels": "t10k-labels-idx1-ubyte",
}
"""What the IDX files of a folder are called; `t10k` may be `test`."""
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
                f"{printable(source)}: only one of {first} and {part} has {listed(differing)}"
            )
    return found


def image_files(folder: Path) -> list[Path]:
    """The images of a class and of the folders within, in the order of their files' names.

    Raises DataError: there is none, or something else is there. OSError: it cannot be read.
    """
    paths = sorted(_visible(folder), key=os.fsencode)
    within = [path for path in paths if path.is_dir()]
    paths = [path for path in paths if path not in within]
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{printable(path)}: is no image; allowed: {', '.join(SUFFIXES)}")
        if not path.is_file():
            what = "a broken link" if path.is_symlink() else "no file"
            raise DataError(f"{printable(path)}: is {what}; allowed: an image")
    paths += [path for inner in within for path in image_files(inner)]
    if not paths:
        raise DataError(f"{printable(folder)}: holds no image; allowed: at least one a class")
    return paths


def unreadable(error: OSError) -> DataError:
    """What to say of a file or folder that cannot be read."""
    return DataError(
        f"{printable(Path(os.fsdecode(error.filename)))}: cannot be read ({error.strerror})"
    )


def _parts(source: Path) -> dict[str, Path]:
    """Part → folder; {"all": source} without parts."""
    folders = _folders(source)
    parts: dict[str, Path] = {}
    for folder in folders:
        part = PARTS.get(folder.name.lower())
        if part is None:
            _refuse_part(folder)
            continue
        if not _folders(folder):
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
    if "train" not in parts or len(parts) == 1:
        raise DataError(
            f"{printable(source)}: has {', '.join(parts)}; allowed: train with test or validation,"
            f" or none of them, by the names {', '.join(PARTS)}"
        )
    if others := [_name(folder) for folder in folders if folder not in parts.values()]:
        raise DataError(
            f"{printable(source)}: has {listed(others)} beside {', '.join(parts)}; allowed there:"
            f" {', '.join(PARTS)}, each with class folders"
        )
    return parts


def _refuse_part(folder: Path) -> None:
    """Raises DataError: by its name and contents it may be a part, such as `train2017`."""
    if folder.name.lower().startswith("train") and any(path.is_dir() for path in _visible(folder)):
        raise DataError(
            f"{printable(folder)}: holds folders, as a part does; allowed names of parts:"
            f" {', '.join(PARTS)}"
        )


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
    if not found:
        files = listed(sorted(map(_name, _visible(folder))))
        raise DataError(
            f"{printable(folder)}: {f'has {files}, but no folder' if files else 'is empty'};"
            f" allowed: {CLASSES[0]} to {CLASSES[-1]} folders, one a class, or Parquet files"
            f" (.parquet), or the IDX files {', '.join(IDX_NAMES.values())}"
        )
    if len(found) not in CLASSES:
        raise DataError(
            f"{printable(folder)}: has {len(found)} subfolders ({listed(sorted(found))});"
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
    """The folders in one of parts or classes.

    Raises DataError: an image is beside them, or a link that leads nowhere and may be one of them.
    """
    visible = sorted(_visible(folder))
    for path in visible:
        if path.is_symlink() and not path.exists() and path.suffix.lower() not in SUFFIXES:
            raise DataError(f"{printable(path)}: is a broken link; allowed: a folder of images")
    folders = [path for path in visible if path.is_dir()]
    images = (path for path in visible if path.suffix.lower() in SUFFIXES and path not in folders)
    if folders and (image := next(images, None)):
        raise DataError(f"{printable(image)}: lies in no class folder")
    return folders


def _visible(folder: Path) -> Iterator[Path]:
    """What a user sees in the folder."""
    return (
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.name not in CLUTTER
    )


def listed(names: list[str]) -> str:
    """At most a dozen names."""
    shown = ", ".join(printable(name) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown}, …"
