"""Trials of a network: what must hold before it trains anything."""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor, nn

from lossbench.errors import LossbenchError
from lossbench.networks.loader import load, own_body
from lossbench.networks.models import Body, ImageShape, count_parameters
from lossbench.networks.trials import (
    EXAMPLES,
    Attempt,
    Trial,
    UnfitError,
    on_another_device,
    outcomes,
)


def try_network(
    source: str,
    shape: ImageShape,
    *,
    batch_size: int = EXAMPLES,
    on_gpu: bool = False,
) -> Iterator[Trial]:
    """Everything that is tried of the network at a source.

    `batch_size`: of the smallest batch that it trains on; `on_gpu`: whether a GPU trains it.
    """
    try:
        body, again, other = (_drawn(source, shape, each) for each in (0, 0, 1))
    except LossbenchError as error:
        yield Trial("shape", "not allowed", str(error).removeprefix(f"{source}: "))
        return
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(min(EXAMPLES, batch_size), *shape, generator=generator)
    images = images.contiguous(memory_format=torch.channels_last)  # as batches come
    yield from outcomes(
        [
            Attempt("shape", lambda: _features(body, images)),
            Attempt("seeded start", lambda: _seeded(body, again, other)),
            Attempt("repeatable", lambda: _steady(body, images)),
            Attempt("gradient", lambda: _trains(body, images)),
            Attempt("examples apart", lambda: _images_apart(body, images)),
            Attempt(
                "on a GPU",
                lambda: _elsewhere(body, images),
                "not allowed" if on_gpu else "warning",
            ),
        ]
    )


def _drawn(source: str, shape: ImageShape, seed: int) -> Body:
    load(source)  # before the seed, as training does
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(seed)
        return own_body(source, shape)


def _features(body: Body, images: Tensor) -> str:
    features = _evaluated(body, images)
    if features.ndim != 2 or len(features) != len(images):
        raise UnfitError(
            f"returns the shape {tuple(features.shape)} for {len(images)} images; allowed:"
            f" ({len(images)}, H), the features that the last layer makes logits of"
        )
    if features.dtype != torch.float32:
        raise UnfitError(f"returns {features.dtype} for float32 images; allowed: torch.float32")
    if not features.isfinite().all():
        raise UnfitError("its features are not finite; allowed: finite")
    if not body.width:
        raise UnfitError("makes no features of an image; allowed: at least one")
    if not any(True for _ in body.parameters()):
        raise UnfitError("has no parameters; allowed: a network that can learn")
    if odd := {each.dtype for each in body.parameters()} - {torch.float32}:
        raise UnfitError(f"has parameters of {odd.pop()}; allowed: torch.float32")
    return (
        f"{tuple(images.shape[1:])} to {body.width} features, {count_parameters(body):,} parameters"
    )


def _seeded(body: Body, again: Body, other: Body) -> str:
    states = [list(each.state_dict().values()) for each in (body, again, other)]
    if not all(map(torch.equal, states[0], states[1])):
        raise UnfitError(
            "one seed gives two starts; allowed: weights drawn by PyTorch's own generator"
        )
    if all(map(torch.equal, states[0], states[2])):
        raise UnfitError("two seeds give one start; allowed: weights drawn anew for each network")
    return "a seed gives one start"


def _steady(body: Body, images: Tensor) -> str:
    kept = body.state_dict()
    before = {name: each.clone() for name, each in body.named_buffers() if name not in kept}
    with torch.no_grad():
        batches = [images.clone() for _ in range(2)]
        one, other = (body.train()(batch) for batch in batches)
    if not all(torch.equal(images, batch) for batch in batches):
        raise UnfitError("changes the images that it is given; allowed: none of that")
    if one.shape != (wanted := (len(images), body.width)):
        raise UnfitError(
            f"returns the shape {tuple(one.shape)} in training mode; allowed: {wanted}, as in"
            " evaluation mode"
        )
    if not torch.equal(one, other):
        raise UnfitError(
            "two passes in training mode differ; allowed: no dropout or other randomness"
        )
    after = dict(body.named_buffers())
    if lost := [name for name, each in before.items() if not torch.equal(each, after[name])]:
        raise UnfitError(
            f"keeps state in the buffer {lost[0].removeprefix('0.')}, which is not in its"
            " state_dict and would be lost; allowed: persistent buffers"
        )
    return "two passes in training mode give the same"


def _trains(body: Body, images: Tensor) -> str:
    total = body.train()(images).square().sum()
    if total.requires_grad:
        total.backward()
    gradients = [parameter.grad for parameter in body.parameters()]
    body.zero_grad()
    reached = [each for each in gradients if each is not None and each.abs().sum() > 0]
    if not reached:
        raise UnfitError("no parameter has a gradient; allowed: a network that can learn")
    unused = len(gradients) - len(reached)
    return "reaches every parameter" if not unused else f"does not reach {unused} parameters"


def _images_apart(body: Body, images: Tensor) -> str:
    together = _evaluated(body, images)
    alone = torch.cat([_evaluated(body, images[k : k + 1]) for k in range(len(images))])
    if not torch.allclose(together, alone, rtol=1e-3, atol=1e-4):
        raise UnfitError("mixes the images of a batch in evaluation mode; allowed: each by itself")
    return "each image's features are its own"


def _elsewhere(body: Body, images: Tensor) -> str:
    """Whether everything follows the network to its device, tried on one without numbers."""
    moved = deepcopy(body).to("meta")
    return on_another_device(lambda: moved(images.to("meta")).sum().backward())


def _evaluated(body: nn.Module, images: Tensor) -> Tensor:
    with torch.no_grad():
        features: Tensor = body.eval()(images)
    return features
