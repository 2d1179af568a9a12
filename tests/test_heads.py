from typing import get_args

import pytest
import torch
from torch import nn
from torch.func import functional_call

from lossbench.cards.kinds import HeadName
from lossbench.errors import ConfigError
from lossbench.networks.heads import HEADS, build_head, initialise

H, K = 6, 10
KINDS = list(get_args(HeadName))


def drawn(kind, seed=0, dtype=torch.float32):
    head = build_head(kind, H, K, scale=10.0 if kind == "cosine" else None)
    initialise(head, torch.Generator().manual_seed(seed))
    return head.to(dtype)


def features(*shape, seed=1, dtype=torch.float32):
    return torch.randn(*shape, H, generator=torch.Generator().manual_seed(seed)).to(dtype)


def test_there_is_a_head_for_every_kind():
    assert list(HEADS) == KINDS


def test_linear_heads_are_torch_s():
    for kind in ("linear", "linear_no_bias"):
        head, x = drawn(kind), features(5)
        reference = nn.Linear(H, K, bias=kind == "linear")
        reference.load_state_dict(head.state_dict())
        torch.testing.assert_close(head(x).logits, reference(x))


def test_cosine_head_is_the_scaled_cosine_similarity():
    head, x = drawn("cosine"), features(5)
    expected = 10 * nn.functional.cosine_similarity(x[:, None], head.weight[None], dim=-1)
    torch.testing.assert_close(head(x).logits, expected)
    torch.testing.assert_close(head(1000 * x).logits, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_features_come_back_as_they_were_and_the_gradient_is_that_of_finite_differences(kind):
    x = features(5)
    assert drawn(kind)(x).features is x
    head, x = drawn(kind, dtype=torch.float64), features(3, dtype=torch.float64)
    parameters = [p.requires_grad_() for p in head.parameters()]
    names = [name for name, _ in head.named_parameters()]

    def logits(x, *values):
        return functional_call(head, dict(zip(names, values, strict=True)), (x,)).logits

    assert torch.autograd.gradcheck(logits, (x.requires_grad_(), *parameters))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("size", [0.0, 1e-7, 1e4])
def test_cosine_head_has_no_singularity(dtype, size):
    head = drawn("cosine", dtype=dtype)
    with torch.no_grad():
        head.weight[3] = 0.0
    x = (size * features(4)).to(dtype).requires_grad_()
    logits = head(x).logits
    logits.sum().backward()
    assert logits.isfinite().all()
    assert logits.abs().max() <= 10 * (1 + 1e-2)
    assert (logits[:, 3] == 0).all()
    if size < 1e-6:
        assert (logits == 0).all()
        assert (x.grad == 0).all()
    assert x.grad.isfinite().all()
    assert head.weight.grad.isfinite().all()
    assert (head.weight.grad[3] == 0).all()


def test_initialisation_is_torch_s_default_in_distribution():
    torch.manual_seed(0)
    head, reference = build_head("linear", 400, 1000), nn.Linear(400, 1000)
    initialise(head, torch.Generator().manual_seed(0))
    for found, expected in ((head.weight, reference.weight), (head.bias, reference.bias)):
        assert found.abs().max().item() == pytest.approx(1 / 20, rel=1e-2)
        assert found.std().item() == pytest.approx(expected.std().item(), rel=0.1)
        assert found.mean().item() == pytest.approx(0.0, abs=3e-3)


def test_all_heads_start_with_the_same_weights_and_leave_the_global_generator_alone():
    first, *others = (drawn(kind).weight for kind in KINDS)
    for other in others:
        assert torch.equal(first, other)
    assert not torch.equal(first, drawn(KINDS[0], seed=1).weight)
    before = torch.get_rng_state()
    for kind in KINDS:
        drawn(kind)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("kind", "scale"), [("cosine", None), ("linear", 10.0)])
def test_scale_belongs_to_the_cosine_head_alone(kind, scale):
    with pytest.raises(ConfigError, match=f"head {kind}: scale is {scale}; allowed"):
        build_head(kind, H, K, scale=scale)
