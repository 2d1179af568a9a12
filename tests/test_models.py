"""Networks have the shapes, sizes and draws that the protocol asks for."""

import math

import pytest
import torch
from torch import nn

from lossbench.cards.network import NETWORKS
from lossbench.networks.models import MODELS, build, count_flops, count_parameters, lenet
from lossbench.study.fields import NetworkName

SHAPES = {"lenet": (1, 28, 28), "lenet_2d": (1, 28, 28)}


def network(model: NetworkName, seed: int = 0, head="linear", scale=None):
    shape = SHAPES.get(model, (3, 32, 32))
    return build(model, head, shape, classes=10, seed=seed, scale=scale), shape


def test_every_card_has_a_network():
    assert set(MODELS) == set(NETWORKS)


@pytest.mark.parametrize("model", MODELS)
def test_images_become_logits_and_features(model):
    net, shape = network(model)
    logits, features = net(torch.randn(3, *shape))
    assert logits.shape == (3, 10)
    assert features.shape == (3, net.body.width)


@pytest.mark.parametrize("model", MODELS)
def test_a_seed_gives_one_body_whatever_the_head(model):
    plain, cosine = network(model)[0], network(model, head="cosine", scale=10.0)[0]
    other = network(model, seed=1)[0]
    for name, weight in plain.body.state_dict().items():
        assert torch.equal(weight, cosine.body.state_dict()[name])
    assert torch.equal(plain.head.weight, cosine.head.weight)
    first = next(plain.body.parameters())
    assert not torch.equal(first, next(other.body.parameters()))


def test_draws_have_pytorch_s_default_distribution():
    net, _ = network("lenet")
    for layer in net.body:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            default = type(layer)(*arguments(layer))
            bound = 1 / math.sqrt(layer.weight[0].numel())
            assert layer.weight.abs().max() <= bound
            assert layer.weight.std().item() == pytest.approx(default.weight.std().item(), rel=0.15)


def arguments(layer):
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    return layer.in_channels, layer.out_channels, layer.kernel_size


def test_building_leaves_the_global_generator_to_its_user():
    """Layers draw from the global generator as they are built; those draws must not matter."""
    torch.manual_seed(1)
    first = network("mlp")[0].body[1].weight
    torch.manual_seed(2)
    assert torch.equal(first, network("mlp")[0].body[1].weight)


def test_lenet_s_size_and_operations_by_hand():
    net, shape = network("lenet")
    sizes = [16 * 25 + 16, 32 * 16 * 25 + 32, 128 * 512 + 128, 10 * 128 + 10]
    assert count_parameters(net) == sum(sizes)
    products = [24 * 24 * 16 * 25, 8 * 8 * 32 * 16 * 25, 512 * 128, 128 * 10]
    # Forward, weights' gradient, inputs' gradient, the last not for the images; 2 operations each.
    assert count_flops(net, shape) == 2 * (3 * sum(products) - products[0])


def test_convnet_is_the_protocol_s_size():
    net, shape = network("convnet")
    assert 30e6 < count_flops(net, shape) < 50e6


def test_lenet_takes_other_sides_too():
    assert lenet((3, 32, 32))(torch.zeros(1, 3, 32, 32)).shape == (1, 128)
