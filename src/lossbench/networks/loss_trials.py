"""Trials of a loss: what must hold before it trains anything."""

import time
from collections.abc import Iterator
from statistics import median

import torch
from torch import Tensor
from torch.nn import functional

from lossbench.networks.losses import Loss, cross_entropy, logit_gradient
from lossbench.networks.trials import (
    EXAMPLES,
    Attempt,
    Trial,
    UnfitError,
    on_another_device,
    outcomes,
)

FAR = 1e4
"""Logits as large as this, or as a cosine head's scale, must give finite losses and gradients."""


def try_loss(
    loss: Loss,
    *,
    classes: int,
    fewest: int | None = None,
    on_gpu: bool = False,
    scale: float | None = None,
) -> Iterator[Trial]:
    """Everything that is tried of a loss of logits (B, K) and labels (B), its settings filled in.

    `classes`: K; `fewest`: of the data set with the fewest. `on_gpu`: whether a GPU will train it.
    `scale`: of a cosine head, which gives no logits beyond.
    """
    generator = torch.Generator().manual_seed(0)
    wide = 2 * torch.randn(EXAMPLES, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (EXAMPLES,), generator=generator)
    signs, thrice = _corners(labels, classes, generator), labels.repeat(3)
    small, limit = wide, FAR
    if scale is not None:
        wide, limit = scale * wide.tanh(), scale
        small = wide / 10  # `_apart` takes up to ten times these
    logits = wide.float()  # as in training
    narrow = logits[:, :fewest].clone(), labels % (fewest or classes)
    yield from outcomes(
        [
            Attempt("shape", lambda: _shape(loss, logits, labels)),
            Attempt("fewest classes", lambda: _shape(loss, *narrow)),
            Attempt("repeatable", lambda: _repeats(loss, logits, labels)),
            Attempt(f"finite at ±{limit:g}", lambda: _finite(loss, limit * signs, thrice)),
            Attempt("gradient", lambda: _has_gradient(loss, logits, labels)),
            Attempt("labels", lambda: _heeds(loss, logits, labels)),
            Attempt("sign", lambda: _descends(loss, logits, labels), "warning"),
            Attempt("finite differences", lambda: _differences(loss, wide, labels), "warning"),
            Attempt("examples apart", lambda: _apart(loss, small, labels)),
            Attempt(
                "on a GPU",
                lambda: _elsewhere(loss, classes),
                "not allowed" if on_gpu else "warning",
            ),
            Attempt("time of a step", lambda: _time(loss, classes)),
        ]
    )


def _corners(labels: Tensor, classes: int, generator: torch.Generator) -> Tensor:
    """Signs of logits: drawn, then each example surely right, then surely wrong."""
    drawn = torch.randint(2, (len(labels), classes), generator=generator)
    right = functional.one_hot(labels, classes)
    return (2 * torch.cat([drawn, right, 1 - right]) - 1).float()


def _shape(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    before = logits.clone(), labels.clone()
    values = loss(logits, labels)
    if not isinstance(values, Tensor):
        raise UnfitError(
            f"returns {type(values).__name__}; allowed: a tensor of one value an example"
        )
    if values.shape != labels.shape:
        raise UnfitError(
            f"returns the shape {tuple(values.shape)} for {len(labels)} examples; allowed:"
            f" ({len(labels)},), one value an example and no mean"
        )
    if not values.is_floating_point():
        raise UnfitError(f"returns {values.dtype}; allowed: floating-point numbers")
    if not all(map(torch.equal, (logits, labels), before)):
        raise UnfitError("changes the logits or labels that it is given; allowed: none of that")
    return f"{tuple(logits.shape)} to {tuple(values.shape)}"


def _repeats(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    if not torch.equal(loss(logits, labels), loss(logits, labels)):
        raise UnfitError("two calls give two values; allowed: no random numbers")
    return "two calls give the same"


def _finite(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    values = loss(logits, labels)
    gradient = logit_gradient(loss, logits, labels)
    for name, found in (("value", values), ("gradient", gradient)):
        if not found.isfinite().all():
            limit = logits.abs().max()
            raise UnfitError(f"the {name} is not finite at logits of ±{limit:g}; allowed: finite")
    return f"values up to {values.abs().max():.4g}"


def _has_gradient(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    inputs = logits.clone().requires_grad_()
    total = loss(inputs, labels).sum()
    if not total.requires_grad:
        raise UnfitError("has no gradient by the logits; allowed: operations that autograd follows")
    (gradient,) = torch.autograd.grad(total, inputs)
    if not gradient.abs().sum() > 0:
        raise UnfitError("its gradient by the logits is zero, so that nothing would learn")
    if not torch.allclose(logit_gradient(loss, logits, labels), gradient):
        raise UnfitError("torch.func.grad finds another gradient than autograd; allowed: the same")
    return f"up to {gradient.abs().max():.3g}"


def _heeds(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    if torch.equal(loss(logits, labels), loss(logits, (labels + 1) % logits.shape[-1])):
        raise UnfitError("other labels give the same values, so that nothing would be learned")
    return "other labels give other values"


def _descends(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    """Whether a small step from equal logits raises those of the true classes over the others."""
    gradient = logit_gradient(loss, torch.zeros_like(logits), labels)
    rise = (gradient.mean(-1) - gradient.gather(-1, labels.unsqueeze(-1)).squeeze(-1)).mean()
    if rise < 0:
        raise UnfitError("a step lowers the true class among equal logits; is its sign right?")
    return "a step raises the true class"


def _is_wide(loss: Loss, logits: Tensor, labels: Tensor) -> bool:
    """Whether it computes in float64 if the logits come so, which in training they never do."""
    try:
        return loss(logits, labels).dtype == torch.float64
    except Exception:  # own code can raise anything
        return False


def _differences(loss: Loss, logits: Tensor, labels: Tensor, step: float = 1e-6) -> str:
    """The gradient by autograd against central differences of the sum, in float64."""
    if not _is_wide(loss, logits, labels):
        return "cannot be told of a loss in float32"
    gradient = logit_gradient(loss, logits, labels)
    moves = step * torch.eye(logits.numel(), dtype=logits.dtype).view(-1, *logits.shape)
    sums = [loss(logits + move, labels).sum() - loss(logits - move, labels).sum() for move in moves]
    expected = torch.stack(sums).view_as(logits) / (2 * step)
    gap = (gradient - expected).abs().max().item() / max(1.0, gradient.abs().max().item())
    if not gap < 1e-5:
        raise UnfitError(f"autograd and finite differences are {gap:.2g} apart; is it meant so?")
    return f"{gap:.1g} apart"


def _apart(loss: Loss, logits: Tensor, labels: Tensor) -> str:
    """Each value as if its example were alone, in a batch of small and of large logits."""
    rtol, atol = 1e-9, 1e-12
    if not _is_wide(loss, logits, labels):
        logits, rtol, atol = logits.float(), 1e-4, 1e-4
    logits = logits * torch.logspace(-2, 1, len(logits), dtype=logits.dtype).unsqueeze(-1)
    together = loss(logits, labels)
    alone = torch.cat([loss(logits[k : k + 1], labels[k : k + 1]) for k in range(len(labels))])
    if not torch.allclose(together, alone, rtol=rtol, atol=atol):
        gap = (together - alone).abs().max().item()
        raise UnfitError(
            f"mixes the examples of a batch: alone, a value differs by up to {gap:.3g};"
            " allowed: each value from its own logits and label"
        )
    return "each value is its own example's"


def _elsewhere(loss: Loss, classes: int) -> str:
    """Whether everything follows the logits to their device, tried on one without numbers."""
    logits = torch.empty(EXAMPLES, classes, device="meta", requires_grad=True)
    labels = torch.empty(EXAMPLES, device="meta", dtype=torch.int64)
    return on_another_device(lambda: loss(logits, labels).sum().backward())


def _time(loss: Loss, classes: int, batch: int = 128) -> str:
    """A forward and backward pass against cross-entropy's."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(batch, classes, generator=generator)
    labels = torch.randint(classes, (batch,), generator=generator)
    own, reference = (_seconds(each, logits, labels) for each in (loss, cross_entropy))
    return f"{1e6 * own:.0f} µs, {own / reference:.1f} × cross-entropy's (batch of {batch})"


def _seconds(loss: Loss, logits: Tensor, labels: Tensor, repeats: int = 50) -> float:
    times = []
    for _ in range(repeats):
        inputs = logits.clone().requires_grad_()
        started = time.perf_counter()
        loss(inputs, labels).mean().backward()
        times.append(time.perf_counter() - started)
    return median(times)
