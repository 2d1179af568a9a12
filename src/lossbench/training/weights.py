"""A trained network as a safetensors file, with all that is needed to classify with it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lossbench.cards.network import NETWORKS
from lossbench.datasets.prepared import UInt8
from lossbench.errors import ConfigError, DataError, one_line, printable
from lossbench.files import atomic
from lossbench.networks.loader import add_network
from lossbench.networks.models import Network, build
from lossbench.study.job import Cell
from lossbench.study.own_code import code_of, problem
from lossbench.training.block import Block
from lossbench.training.described import KEY, Described
from lossbench.training.device import CPU
from lossbench.training.examples import normalise
from lossbench.training.measure import outputs


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
        raise DataError(f"{origin}: not a readable safetensors file ({one_line(error)})") from error
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
