"""A study's own losses and networks, added to the registries before they are trained."""

import importlib
import sys
import traceback
from collections.abc import Callable
from functools import cache
from importlib import util
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lossbench.code.registry import Registry
from lossbench.errors import ConfigError, LossbenchError, one_line
from lossbench.networks.heads import at_least_float32
from lossbench.networks.losses import LOSSES
from lossbench.networks.models import MODELS, Body, ImageShape
from lossbench.study.own_code import LIBRARY, PACKAGES, code_of, local_modules, problem


def own_loss(source: str) -> Callable[..., Tensor]:
    """The loss at a source: of logits (B, K), labels (B) and settings, one value each (B).

    Logits come in at least float32. A class is made once for each setting and device, with
    reduction="none". Raises ConfigError: it cannot be loaded.
    """
    found = load(source)
    if isinstance(found, nn.Module):
        _require_no_parameters(found)
    if not isinstance(found, type):
        return lambda logits, labels, **settings: found(
            at_least_float32(logits), labels, **settings
        )

    @cache
    def made(device: torch.device, **settings: float) -> nn.Module:
        loss = found(**settings, reduction="none")
        if not isinstance(loss, nn.Module):
            raise ConfigError("is a class, but no torch.nn.Module; allowed: that, or a function")
        _require_no_parameters(loss)
        return loss.to(device)

    def loss(logits: Tensor, labels: Tensor, **settings: float) -> Tensor:
        value: Tensor = made(logits.device, **settings)(at_least_float32(logits), labels)
        return value

    return loss


def _require_no_parameters(loss: nn.Module) -> None:
    if any(True for _ in loss.parameters()):
        raise ConfigError("has parameters to train; allowed: settings alone")


def own_body(source: str, shape: ImageShape) -> Body:
    """The network at a source, for images of this shape; it has drawn its weights itself.

    Its width is found by a forward pass on zeros. Raises ConfigError: it cannot be loaded or built.
    """
    network = load(source)
    try:
        module, features = _built(network, shape)
    except LossbenchError as error:
        raise ConfigError(f"{source}: {error}") from error
    except (Exception, SystemExit) as error:  # own code can raise anything
        what = f"cannot be built for images {shape}"
        raise ConfigError(f"{source}: {what}: {said(error)}") from error
    return Body(module.train(), width=features.shape[-1], is_drawn=True)


def _built(network: Callable[[ImageShape], Any], shape: ImageShape) -> tuple[nn.Module, Tensor]:
    """The module and its features of two images of zeros."""
    module = network(shape)
    if not isinstance(module, nn.Module):
        raise ConfigError(f"makes {type(module).__name__} of a shape; allowed: a torch.nn.Module")
    module.eval()
    with torch.no_grad():
        features = module(torch.zeros(2, *shape))
    if not isinstance(features, Tensor) or not features.ndim:
        raise ConfigError(f"makes {type(features).__name__} of images; allowed: features (B, H)")
    return module, features


def load(source: str) -> Any:
    """What the source names. Raises ConfigError: it is not there, or importing it fails."""
    if why := problem(source):
        raise ConfigError(f"{source}: {why}")
    place, _, attribute = source.rpartition(":")
    usual = torch.get_default_dtype()
    try:
        is_file = place.endswith(".py")
        module = _file_module(Path(place)) if is_file else importlib.import_module(place)
        found = getattr(module, attribute)
    except (Exception, SystemExit) as error:  # a user's module can raise anything
        raise ConfigError(f"{source}: cannot be imported ({said(error)})") from error
    if torch.get_default_dtype() != usual:
        torch.set_default_dtype(usual)
        raise ConfigError(f"{source}: sets PyTorch's default dtype; allowed: {usual}")
    for name, file in local_modules(source).items():
        loaded = getattr(sys.modules.get(name), "__file__", None)
        if loaded is not None and not file.samefile(loaded):
            raise ConfigError(
                f"{source}: imports {name} from {loaded} instead of {file}; rename it"
            )
    if not callable(found):
        raise ConfigError(f"{source}: is {type(found).__name__}; allowed: a function or a class")
    return found


def said(error: BaseException) -> str:
    """What an error of a user's code says, on one line, and where it was raised there."""
    kind, text = type(error).__name__, one_line(error)
    cut = text if len(text) <= 200 else f"{text[:200]}…"
    return (kind if text == kind else f"{kind}: {cut}") + _raised_at(error)


def _raised_at(error: BaseException) -> str:
    """Such as ` at my_losses.py:12`: the last line of code that is neither ours nor installed."""
    ours = Path(__file__).parents[1]
    lines = [
        f" at {path.name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_file()
        and not path.is_relative_to(ours)
        and not any(map(path.is_relative_to, LIBRARY))
        and not PACKAGES & set(path.parts)
    ]
    return lines[-1] if lines else ""


@cache
def _file_module(file: Path) -> Any:
    """The module in a file, imported with its folder first in the path."""
    folder = str(file.absolute().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    sys.modules.setdefault(file.stem, module)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(file.stem, None)
        raise
    return module


def add_loss(name: str, source: str, code: str) -> None:
    """Call the loss at a source `name`. Raises ConfigError: its code has another digest."""
    _require_same_code(source, code)
    LOSSES[name] = own_loss(source)


def add_network(name: str, source: str, code: str) -> None:
    """Call the network at a source `name`. Raises ConfigError: its code has another digest."""
    _require_same_code(source, code)
    load(source)  # now: what importing it draws must not come between a seed and its weights
    MODELS[name] = lambda shape: own_body(source, shape)


def _require_same_code(source: str, code: str) -> None:
    if code_of(source) != code:
        raise ConfigError(f"{source}: was changed after the study was planned; run it again")


ADDED: Registry[Callable[[str, str, str], None]] = {
    "own_loss": add_loss,
    "own_network": add_network,
}
"""What adds code to the registries: of a name, its source, and the digest that it must have."""
