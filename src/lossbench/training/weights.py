"""A trained network as a safetensors file, with all that is needed to classify with it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lossbench import __version__
from lossbench.cards.network import NETWORKS
from lossbench.datasets.prepared import Manifest, UInt8
from lossbench.errors import ConfigError, DataError, printable
from lossbench.files import atomic
from lossbench.networks.loader import add_network
from lossbench.networks.models import ImageShape, Network, build
from lossbench.run_cache import key_of
from lossbench.study.fields import Frozen
from lossbench.study.job import Cell
from lossbench.study.own_code import code_of, problem
from lossbench.training.block import Block
from lossbench.training.device import CPU
from lossbench.training.examples import normalise
from lossbench.training.measure import outputs

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
    image_shape: ImageShape
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
    cell: Cell,
    determinants: Mapping[str, Any],
    manifest: Manifest,
    own: Mapping[str, str],
    *,
    diverged: bool,
) -> Described:
    """What there is to say of the network of a run of this cell, with these determinants."""
    return Described(
        cell=cell,
        run=key_of(determinants),
        seed=determinants["replicate"]["seed"],
        code=determinants["code"],
        versions={"lossbench": __version__, **determinants["versions"]},
        own=dict(own),
        diverged=diverged,
        **{name: getattr(manifest, name) for name in TAKEN},
    )


TAKEN = ("classes", "image_shape", "channel_mean", "channel_std", "size", "colour")
"""Fields of the data set's manifest."""


def save(network: Network, described: Described, path: Path) -> None:
    """Write the file, atomically. The same network gives the same bytes. Raises FileError."""
    tensors = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in network.state_dict().items()
    }
    described = described.model_copy(update={"sha256": _sha256(tensors)})
    content = safetensors.torch.save(tensors, {KEY: described.model_dump_json()})
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def load(path: Path, source: str | None = None) -> tuple[Network, Described]:
    """The network in a file, on the CPU, and what the file says of it.

    `source` is that of an own network which is no longer where the file says. Raises DataError:
    the file is damaged, or holds something else. ConfigError: the network's code is not here, or
    is not what was trained.
    """
    origin = printable(path)
    tensors, described = _read(path, origin)
    cell = described.cell
    if cell.own_network:
        _add_own(cell, source or described.own["own_network"], origin)
    elif source or cell.model not in NETWORKS:
        why = "is built in and has no source" if source else "is none of this lossbench's"
        raise ConfigError(f"{origin}: its network, {cell.model}, {why}")
    classes = len(described.classes)
    network = build(
        cell.model, cell.head, described.image_shape, classes=classes, seed=0, scale=cell.scale
    )
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise DataError(
            f"{origin}: its tensors do not fit this lossbench's {cell.model}"
        ) from error
    return network, described


def logits(network: Network, described: Described, images: UInt8) -> NDArray[np.float32]:
    """The logits (N, K) of images (N, C, H, W)."""
    pixels = torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, 1, -1)))
    mean, std = torch.tensor(described.channel_mean), torch.tensor(described.channel_std)
    block = Block([network], CPU, layout=torch.channels_last)
    found: NDArray[np.float32]
    found = outputs(block, normalise(pixels, mean, std).unsqueeze(0)).logits[0].float().numpy()
    return found


def _read(path: Path, origin: str) -> tuple[dict[str, Tensor], Described]:
    """The tensors in a file and what it says of them."""
    try:
        with path.open("rb"), safe_open(path, framework="pt") as file:
            said = (file.metadata() or {}).get(KEY)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{origin}: not a readable safetensors file ({reason})") from error
    if said is None:
        raise DataError(f"{origin}: not a network that lossbench has kept")
    try:
        described = Described.model_validate_json(said)
    except ValueError as error:
        raise DataError(f"{origin}: of another version of lossbench") from error
    if described.sha256 != _sha256(tensors):
        raise DataError(f"{origin}: is damaged: its tensors do not match their digest")
    if described.diverged:
        raise DataError(
            f"{origin}: its run diverged; allowed: a network that was trained to its end"
        )
    return tensors, described


def _add_own(cell: Cell, source: str, origin: str) -> None:
    if why := problem(source):
        raise ConfigError(
            f"{origin}: its network is {source}, and {why}; --network says where it is"
        )
    if code_of(source) != cell.own_network:
        raise ConfigError(
            f"{origin}: its network is {source}, whose code, or a package that it imports, is no"
            " longer what was trained"
        )
    add_network(cell.model, source, cell.own_network)


def _sha256(tensors: Mapping[str, Tensor]) -> str:
    """Of their names and bytes, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name}\n".encode())
        digest.update(tensors[name].flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
