import math

import numpy as np
import pytest
import torch

from lossbench.cards.loss import LOSSES as CARDS
from lossbench.networks.heads import Forward, build_head, initialise
from lossbench.networks.losses import LOSSES, cross_entropy
from lossbench.networks.margins import MARGINS, angular_decay, annealed
from lossbench.study.grid import RESCALED, Annealing, Margin, Rescaling

H, K, B = 6, 10, 16


def l_margin(m, weight=0.0):
    """L-Softmax with a constant blend λ."""
    return Margin(m=m, annealing=Annealing(start=1e-300, floor=weight))


def problem(name, margin, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    head = build_head(CARDS[name].head, H, K, scale=margin.s)
    initialise(head, generator)
    features = torch.randn(B, H, generator=generator)
    labels = torch.randint(0, K, (B,), generator=generator)
    return head.to(dtype), features.to(dtype), labels


def margined(name, margin, head, features, labels, progress=0.0):
    done = torch.tensor(progress, dtype=torch.float64)
    return MARGINS[name](head(features), head.weight, labels, margin, done)


def psi(theta, m):
    """ψ as the paper writes it, interval by interval."""
    k = min(int(theta * m / math.pi), m - 1)
    return (-1) ** k * math.cos(m * theta) - 2 * k


DEFINITIONS = {
    "sm_softmax": lambda margin, z, lengths, theta, true: z - margin.m * true,
    "am_softmax": lambda margin, z, lengths, theta, true: (
        margin.s * (math.cos(theta) - margin.m * true)
    ),
    "l_softmax": lambda margin, z, lengths, theta, true: (
        (margin.annealing.floor * z + lengths * psi(theta, int(margin.m)))
        / (1 + margin.annealing.floor)
        if true
        else z
    ),
}
"""One class's margined logit: from its plain logit z = W_j·x + b_j, ‖W_j‖‖x‖, the angle that
arccos gives, and whether it is the true class."""


def definition(name, margin, x, W, b, y):
    """The margined logits (N, K), entry by entry."""
    logits = np.empty((len(x), len(W)))
    for i, j in np.ndindex(logits.shape):
        lengths = np.linalg.norm(W[j]) * np.linalg.norm(x[i])
        theta = math.acos(W[j] @ x[i] / lengths)
        logits[i, j] = DEFINITIONS[name](margin, W[j] @ x[i] + b[j], lengths, theta, j == y[i])
    return logits


def rescaled(k, target):
    """MSE on logits as Hui and Belkin write it, of one example's logits and true class."""
    return lambda z, y: np.mean(
        [k * (z_j - target) ** 2 if j == y else z_j**2 for j, z_j in enumerate(z)]
    )


@pytest.mark.parametrize("classes", [2, 3, 26, 100])
@pytest.mark.parametrize(("k", "target"), [(1, 1), (15, 30), (0.5, 2.0)])
@pytest.mark.parametrize("loss", RESCALED)
def test_rescaled_squared_error_is_the_paper_s(loss, k, target, classes):
    generator = torch.Generator().manual_seed(classes)
    logits = 3 * torch.randn(B, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, classes, (B,), generator=generator)
    logits.requires_grad_()
    seen = MARGINS[loss](
        Forward(logits, logits), logits, labels, Rescaling(k=k, M=target), torch.tensor(0.0)
    )
    losses = LOSSES[loss](seen, labels)
    expected = [rescaled(k, target)(z, y) for z, y in zip(logits.tolist(), labels, strict=True)]
    np.testing.assert_allclose(losses.detach(), expected)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    true = torch.nn.functional.one_hot(labels, classes)
    by_hand = 2 / classes * torch.where(true == 1, k * (logits - target), logits)
    torch.testing.assert_close(gradient, by_hand.detach())
    if k == target == 1:
        torch.testing.assert_close(seen, logits)


CASES = [
    ("sm_softmax", Margin(m=0.3)),
    ("am_softmax", Margin(m=0.37, s=9.0)),
    *(("l_softmax", l_margin(m, blend)) for m in (1, 2, 3, 4) for blend in (0.0, 5.0)),
]
IDS = [f"{name}-{margin.label}-{i}" for i, (name, margin) in enumerate(CASES)]
UNBLENDED = [case for case in CASES if not case[1].annealing or case[1].annealing.floor == 0]
UNBLENDED_IDS = [f"{name}-{margin.label}" for name, margin in UNBLENDED]


def test_every_margin_has_a_definition_and_a_case():
    assert set(DEFINITIONS) == {name for name, _ in CASES} == set(MARGINS) - set(RESCALED)


@pytest.mark.parametrize(("name", "margin"), CASES, ids=IDS)
def test_logits_are_the_definition_and_loss_gradients_those_of_finite_differences(name, margin):
    head, x, labels = problem(name, margin)
    bias = getattr(head, "bias", None)
    b = np.zeros(K) if bias is None else bias.detach().numpy()
    expected = definition(name, margin, x.numpy(), head.weight.detach().numpy(), b, labels.numpy())
    found = margined(name, margin, head, x, labels).detach()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)

    def loss(x, weight):
        output = torch.func.functional_call(head, {"weight": weight}, (x,))
        logits = MARGINS[name](output, weight, labels, margin, torch.tensor(0.0))
        return LOSSES[name](logits, labels)

    weight = head.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(loss, (x.requires_grad_(), weight))


@pytest.mark.parametrize(
    ("name", "margin"),
    [
        ("sm_softmax", Margin(m=0.0)),
        ("am_softmax", Margin(m=0.0, s=10.0)),
        ("l_softmax", l_margin(1)),
        ("l_softmax", l_margin(4, 1e15)),
    ],
    ids=["sm m=0", "am m=0", "l m=1", "l λ→∞"],
)
def test_limits_without_margin_are_plain_cross_entropy(name, margin):
    head, x, labels = problem(name, margin)
    found = cross_entropy(margined(name, margin, head, x, labels), labels)
    torch.testing.assert_close(found, cross_entropy(head(x).logits, labels))


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_psi_is_the_papers_and_falls_continuously_from_1_to_1_minus_2m(m):
    theta = torch.linspace(0, math.pi, 24_001, dtype=torch.float64)  # all ends of intervals too
    found = angular_decay(theta.cos(), m)
    expected = torch.tensor([psi(value, m) for value in theta.tolist()], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-9)
    assert (found.diff() <= 1e-12).all()
    assert found.diff().abs().max() <= 1.01 * m * math.pi / 24_000  # |ψ′| ≤ m: no jumps
    assert (found[0].item(), found[-1].item()) == pytest.approx((1.0, 1.0 - 2 * m))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(("name", "margin"), UNBLENDED, ids=UNBLENDED_IDS)
def test_angles_of_0_and_pi_and_extreme_norms_stay_finite(name, margin, dtype):
    head, x, labels = problem(name, margin, dtype=dtype)
    weight = head.weight.detach().clone()
    weight[labels[4]] = 0.0
    x[0], x[1] = 3 * weight[labels[0]], -3 * weight[labels[1]]
    x[2], x[3], x[5] = 0.0, 1e-7, 200 * x[5]  # 200² is too large for float16

    def mean_loss(weight, x):
        output = torch.func.functional_call(head, {"weight": weight}, (x,))
        logits = MARGINS[name](output, weight, labels, margin, torch.tensor(7.0))
        return LOSSES[name](logits, labels).mean()

    both = torch.func.grad_and_value(mean_loss, argnums=(0, 1))
    gradients, value = both(weight, x)
    assert value.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert all(gradient.abs().max() < 1000 for gradient in gradients)


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_features_without_length_keep_their_plain_logits(m):
    head, x, labels = problem("l_softmax", l_margin(m))
    x[0], x[1] = 0.0, 1e-9
    found = margined("l_softmax", l_margin(m), head, x, labels)
    torch.testing.assert_close(found[:2], head(x).logits[:2])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("name", "margin"), CASES, ids=IDS)
def test_half_precision_is_widened(name, margin, dtype):
    head, x, labels = problem(name, margin, dtype=dtype)
    found = margined(name, margin, head, x, labels)
    assert found.dtype == torch.float32
    expected = margined(name, margin, head.double(), x.double(), labels).float()
    torch.testing.assert_close(found, expected, rtol=0.1, atol=0.1)


@pytest.mark.parametrize("m", [2, 3, 4])
def test_the_angular_margin_at_0_and_pi(m):
    weight = torch.eye(K, H, dtype=torch.float64)
    x = torch.stack([2 * weight[1], -2 * weight[1]])
    labels = torch.tensor([1, 1])
    logits = MARGINS["l_softmax"](
        Forward(x @ weight.T, x), weight, labels, l_margin(m), torch.tensor(0.0)
    )
    assert logits[:, 1].tolist() == pytest.approx([2.0, 2.0 * (1 - 2 * m)])


def test_inputs_are_left_as_they_were():
    for name, margin in CASES:
        head, x, labels = problem(name, margin)
        output = head(x)
        logits, features = output.logits.clone(), output.features.clone()
        MARGINS[name](output, head.weight, labels, margin, torch.tensor(0.0))
        assert torch.equal(output.logits, logits)
        assert torch.equal(output.features, features)


def test_the_default_annealing_is_the_source_s_over_the_whole_run():
    """Its solver: base 1000, gamma 0.000025, power 35, over 30,000 iterations."""
    for iteration in (0, 1, 100, 8_000, 30_000):
        theirs = 1000.0 * (1 + 0.000025 * iteration) ** -35
        done = torch.tensor(iteration / 30_000, dtype=torch.float64)
        assert annealed(Annealing(), done).item() == pytest.approx(theirs)
