import numpy as np
import pytest
import torch
from scipy.special import expit, log_expit, log_softmax, softmax

from lossbench.cards.loss import LOSSES as CARDS
from lossbench.cards.loss import of_family
from lossbench.networks.losses import LOSSES, logit_gradient, saturation
from lossbench.networks.margins import MARGINS
from lossbench.study.grid import RESCALED

K = 10

DEFINITIONS = {
    "cross_entropy": lambda z, t: -(t * log_softmax(z, axis=1)).sum(axis=1),
    "cross_entropy_again": lambda z, t: -(t * log_softmax(z, axis=1)).sum(axis=1),
    "bce_sigmoid": lambda z, t: -(t * log_expit(z) + (1 - t) * log_expit(-z)).mean(axis=1),
    "mse_softmax": lambda z, t: ((softmax(z, axis=1) - t) ** 2).mean(axis=1),
    "mse_logits": lambda z, t: ((z - t) ** 2).mean(axis=1),
    "mse_rescaled": lambda z, t: ((z - t) ** 2).mean(axis=1),
    "mse_sigmoid": lambda z, t: ((expit(z) - t) ** 2).mean(axis=1),
}
"""Each loss that is no margin loss, in NumPy: logits z and one-hot targets t (N, K) to (N,)."""


def logits_and_labels(scale, dtype=torch.float64, examples=64):
    generator = torch.Generator().manual_seed(3)
    logits = scale * torch.randn(examples, K, generator=generator, dtype=torch.float64)
    return logits.to(dtype), torch.randint(0, K, (examples,), generator=generator)


def extreme_logits_and_labels(dtype):
    logits = torch.full((4, K), -1e4, dtype=dtype)
    logits[1] = 1e4
    logits[2, ::2] = 1e4
    logits[3, 7] = 1e4
    return logits, torch.tensor([0, 1, 3, 7])


def definition(name, logits, labels):
    """The loss of each example (N,), float64."""
    return DEFINITIONS[name](logits.double().numpy(), np.eye(K)[labels])


def numerical_gradient(name, logits, labels, step=1e-3):
    """The definition's gradient (N, K) by central differences of fourth order, float64."""
    z, t = logits.double().numpy(), np.eye(K)[labels]
    gradient = np.empty_like(z)
    for k, toward in enumerate(step * np.eye(K)):
        far, near = (
            DEFINITIONS[name](z + n * toward, t) - DEFINITIONS[name](z - n * toward, t)
            for n in (2, 1)
        )
        gradient[:, k] = (8 * near - far) / (12 * step)
    return gradient


def test_every_card_has_a_function_and_every_function_a_definition():
    assert set(LOSSES) == set(CARDS)
    margins = set(of_family("margin"))
    assert set(MARGINS) == margins | set(RESCALED)
    assert set(DEFINITIONS) == set(LOSSES) - margins
    assert {LOSSES[name] for name in margins} == {LOSSES["cross_entropy"]}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_value_is_the_definition(name, scale, dtype):
    logits, labels = logits_and_labels(scale, dtype)
    found = LOSSES[name](logits, labels)
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == torch.float64 else 2e-6
    expected = definition(name, logits, labels)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_extreme_logits_give_the_definition_and_finite_gradients(name, dtype):
    logits, labels = extreme_logits_and_labels(dtype)
    found, expected = LOSSES[name](logits, labels), definition(name, logits, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    gradient = logit_gradient(LOSSES[name], logits, labels)
    expected = numerical_gradient(name, logits, labels)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("scale", [1.0, 3.0])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_gradient_is_the_definition_s(name, scale):
    logits, labels = logits_and_labels(scale)
    found = logit_gradient(LOSSES[name], logits, labels)
    expected = numerical_gradient(name, logits, labels)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_half_precision_is_widened(name, dtype):
    logits, labels = logits_and_labels(300.0, dtype)
    found = LOSSES[name](logits, labels)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, LOSSES[name](logits.float(), labels))
    assert logit_gradient(LOSSES[name], logits, labels).isfinite().all()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_logit_gradient_needs_no_recording_around_it(mode):
    logits, labels = logits_and_labels(1.0)
    expected = logit_gradient(LOSSES["mse_softmax"], logits, labels)
    with mode():
        found = logit_gradient(LOSSES["mse_softmax"], logits + 0, labels)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("output", "function"),
    [("softmax", lambda z: z.softmax(-1)), ("sigmoid", torch.sigmoid), ("none", torch.clone)],
)
def test_saturation_is_the_mean_diagonal_of_the_output_s_jacobian(output, function):
    logits, _ = logits_and_labels(3.0, examples=5)
    expected = [torch.func.jacrev(function)(row).diagonal().mean() for row in logits]
    torch.testing.assert_close(saturation(logits, output), torch.stack(expected))


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_saturation_sees_slopes_that_float32_rounds_to_zero(output):
    logits = torch.full((1, K), 0.0)
    logits[0, 0] = 25.0
    if output == "sigmoid":
        logits[0] = 25.0
    tail = np.exp(-25.0)
    expected = (2 * (K - 1) * tail / K) if output == "softmax" else tail
    assert saturation(logits, output).item() == pytest.approx(expected, rel=1e-4)
