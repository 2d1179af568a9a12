import numpy as np
import pytest
import torch
from scipy.special import expit, log_expit, log_softmax, softmax
from torch import nn

from lossbench.cards.loss import LOSSES as CARDS
from lossbench.networks.losses import LOSSES, logit_gradient, saturation
from lossbench.networks.margins import MARGINS

PLAIN = ["cross_entropy", "mse_softmax", "mse_sigmoid", "mse_logits", "bce_sigmoid"]
SATURATING = ["mse_softmax", "mse_sigmoid"]
K = 10


def logits_and_labels(scale, dtype=torch.float64, examples=64):
    generator = torch.Generator().manual_seed(3)
    logits = scale * torch.randn(examples, K, generator=generator, dtype=torch.float64)
    return logits.to(dtype), torch.randint(0, K, (examples,), generator=generator)


def definition(loss, z, y):
    """The protocol's formulas in NumPy, float64. Products with a target of zero are zero."""
    t = np.eye(K)[y]
    match loss:
        case "cross_entropy":
            return -(t * log_softmax(z, axis=1)).sum(axis=1)
        case "mse_softmax":
            return ((softmax(z, axis=1) - t) ** 2).mean(axis=1)
        case "mse_sigmoid":
            return ((expit(z) - t) ** 2).mean(axis=1)
        case "mse_logits":
            return ((z - t) ** 2).mean(axis=1)
        case "bce_sigmoid":
            return (-t * log_expit(z) - (1 - t) * log_expit(-z)).mean(axis=1)


def gradient_formula(loss, z, y):
    """Derivatives by hand: of the softmax, ∂p_j/∂z_i = p_i(δ_ij − p_j)."""
    t, p, s = np.eye(K)[y], softmax(z, axis=1), expit(z)
    match loss:
        case "cross_entropy":
            return p - t
        case "mse_softmax":
            return 2 / K * p * ((p - t) - ((p - t) * p).sum(axis=1, keepdims=True))
        case "mse_sigmoid":
            return 2 / K * (s - t) * s * (1 - s)
        case "mse_logits":
            return 2 / K * (z - t)
        case "bce_sigmoid":
            return (s - t) / K


def test_there_is_a_loss_for_every_name():
    assert set(LOSSES) == set(CARDS)
    assert {name for name, loss in LOSSES.items() if loss.margin} == set(MARGINS)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize("name", PLAIN)
def test_value_is_the_definition(name, scale, dtype):
    logits, labels = logits_and_labels(scale, dtype)
    expected = definition(name, logits.double().numpy(), labels.numpy())
    found = LOSSES[name].per_example(logits, labels)
    assert found.dtype == dtype
    tolerance = 1e-12 if dtype == torch.float64 else 2e-6
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", PLAIN)
def test_extreme_logits_give_the_definition_and_finite_gradients(name, dtype):
    extreme = torch.full((4, K), -1e4, dtype=dtype)
    extreme[1] = 1e4
    extreme[2, ::2] = 1e4
    extreme[3, 7] = 1e4
    labels = torch.tensor([0, 1, 3, 7])
    found = LOSSES[name].per_example(extreme, labels)
    expected = definition(name, extreme.double().numpy(), labels.numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    gradient = logit_gradient(LOSSES[name], extreme, labels)
    by_hand = gradient_formula(name, extreme.double().numpy(), labels.numpy())
    np.testing.assert_allclose(gradient, by_hand, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", PLAIN)
def test_gradient_is_the_formula(name):
    logits, labels = logits_and_labels(3.0)
    found = logit_gradient(LOSSES[name], logits, labels)
    np.testing.assert_allclose(
        found, gradient_formula(name, logits.numpy(), labels.numpy()), rtol=1e-10, atol=1e-14
    )


@pytest.mark.parametrize("name", PLAIN)
def test_gradient_is_that_of_finite_differences(name):
    logits, labels = logits_and_labels(3.0, examples=4)
    per_example = LOSSES[name].per_example
    assert torch.autograd.gradcheck(lambda z: per_example(z, labels), logits.requires_grad_())


@pytest.mark.parametrize(
    ("name", "authority"),
    [
        ("cross_entropy", lambda z, y, t: nn.CrossEntropyLoss()(z, y)),
        ("mse_softmax", lambda z, y, t: nn.MSELoss()(z.softmax(1), t)),
        ("mse_sigmoid", lambda z, y, t: nn.MSELoss()(z.sigmoid(), t)),
        ("mse_logits", lambda z, y, t: nn.MSELoss()(z, t)),
        ("bce_sigmoid", lambda z, y, t: nn.BCEWithLogitsLoss()(z, t)),
    ],
)
def test_batch_mean_is_torch_s(name, authority):
    logits, labels = logits_and_labels(3.0)
    targets = torch.eye(K, dtype=logits.dtype)[labels]
    found = LOSSES[name].per_example(logits, labels).mean()
    torch.testing.assert_close(found, authority(logits, labels, targets))


@pytest.mark.parametrize("name", PLAIN)
def test_sigmoid_and_mse_saturate_at_the_wrong_end_and_cross_entropy_does_not(name):
    """The property that the study is about: all wrong with certainty."""
    logits, labels = torch.full((1, K), 40.0, dtype=torch.float64), torch.tensor([0])
    logits[0, 0] = -40.0
    steepest = logit_gradient(LOSSES[name], logits, labels).abs().max()
    assert (steepest < 1e-15) == (name in SATURATING)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", PLAIN)
def test_half_precision_is_widened(name, dtype):
    logits, labels = logits_and_labels(300.0, dtype)
    found = LOSSES[name].per_example(logits, labels)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, LOSSES[name].per_example(logits.float(), labels))
    assert logit_gradient(LOSSES[name], logits, labels).isfinite().all()


@pytest.mark.parametrize("name", PLAIN)
def test_vmap_over_seeds_is_the_loop(name):
    logits = torch.stack([logits_and_labels(scale)[0] for scale in (1.0, 3.0, 9.0)])
    labels = logits_and_labels(1.0)[1]
    per_example = LOSSES[name].per_example
    together = torch.vmap(per_example, in_dims=(0, None))(logits, labels)
    alone = torch.stack([per_example(one, labels) for one in logits])
    torch.testing.assert_close(together, alone)
    gradients = torch.vmap(lambda z, y: logit_gradient(LOSSES[name], z, y), in_dims=(0, None))
    loop = torch.stack([logit_gradient(LOSSES[name], one, labels) for one in logits])
    torch.testing.assert_close(gradients(logits, labels), loop)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_logit_gradient_needs_no_recording_around_it(mode):
    logits, labels = logits_and_labels(1.0)
    expected = logit_gradient(LOSSES["mse_softmax"], logits, labels)
    with mode():
        found = logit_gradient(LOSSES["mse_softmax"], logits + 0, labels)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_saturation_is_the_mean_diagonal_of_the_output_s_jacobian(output):
    logits, _ = logits_and_labels(3.0, examples=5)
    function = {"softmax": lambda z: z.softmax(-1), "sigmoid": torch.sigmoid}[output]
    expected = [torch.func.jacrev(function)(row).diagonal().mean() for row in logits]
    torch.testing.assert_close(saturation(logits, output), torch.stack(expected))


def test_saturation_of_no_output_is_one():
    found = saturation(logits_and_labels(1.0, torch.float32, examples=4)[0], "none")
    torch.testing.assert_close(found, torch.ones(4))


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_saturation_sees_slopes_that_float32_rounds_to_zero(output):
    logits = torch.full((1, K), 0.0)
    logits[0, 0] = 25.0
    if output == "sigmoid":
        logits[0] = 25.0
    tail = np.exp(-25.0)
    expected = (2 * (K - 1) * tail / K) if output == "softmax" else tail
    assert saturation(logits, output).item() == pytest.approx(expected, rel=1e-4)
