"""What the file of a network says of it. No PyTorch: a job whose runs are all cached needs none."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from lossbench import __version__
from lossbench.files import atomic
from lossbench.run_cache import key_of
from lossbench.study.fields import Frozen
from lossbench.study.job import Cell

KEY = "lossbench"
"""The one key of the file's metadata. The library writes several in any order: files of equal
networks would differ."""


class Described(Frozen):
    """What the file says of its network: which run's it is, and which images it takes."""

    cell: Cell
    run: str
    """The run's key, a digest of all that determines it."""
    seed: int
    code: str
    """A digest of the code that trained it."""
    versions: dict[str, str]
    own: dict[str, str]
    """The source of the run's own loss and network, by its entry in `networks.loader.ADDED`."""
    diverged: bool
    classes: tuple[str, ...]
    """Their names, by label."""
    image_shape: tuple[int, int, int]
    channel_mean: tuple[float, ...]
    """On the scale on which 255 is 1."""
    channel_std: tuple[float, ...]
    size: int | None
    """Height and width to which images of other sizes are resized, if the data set's were."""
    colour: Literal["grey", "rgb"] | None
    """What images are turned into, if the data set's were."""
    sha256: str = ""
    """Of the tensors."""


def describe(
    cell: Cell, determinants: Mapping[str, Any], place: Mapping[str, Any], *, diverged: bool
) -> Described:
    """What there is to say of the network of a run of this cell, with these determinants.

    `place` is what the study adds that determines no run: see `of_study`.
    """
    return Described(
        cell=cell,
        run=key_of(determinants),
        seed=determinants["replicate"]["seed"],
        code=determinants["code"],
        versions={"lossbench": __version__, **determinants["versions"]},
        diverged=diverged,
        **place,
    )


def of_study(manifest: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """What a data set's manifest and the places of own code say, another in another study."""
    taken = ("classes", "image_shape", "channel_mean", "channel_std", "size", "colour")
    return {"own": dict(own), **{name: manifest.get(name) for name in taken}}


def relabel(path: Path, place: Mapping[str, Any]) -> None:
    """Let a file say what this study does, where the one that trained the network says otherwise.

    It starts with the length of its header, eight bytes, and the header, as JSON.
    """
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    said = header["__metadata__"][KEY]
    wanted = Described(**(json.loads(said) | place)).model_dump_json()
    if said == wanted:
        return
    header["__metadata__"][KEY] = wanted
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with atomic(path) as temporary:
        temporary.write_bytes(len(text).to_bytes(8, "little") + text + content[end:])
