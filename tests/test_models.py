"""Networks have the shapes, sizes and draws that the protocol asks for."""

import math

import pytest
import torch
import torch.nn.functional as F

from lossbench.cards.network import NETWORKS
from lossbench.networks.models import MODELS, build, count_flops, count_parameters
from lossbench.study.fields import NetworkName

SHAPES = {"lenet": (1, 28, 28), "lenet_2d": (1, 28, 28)}


def network(model: NetworkName, seed: int = 0, head="linear", scale=None):
    shape = SHAPES.get(model, (3, 32, 32))
    return build(model, head, shape, classes=10, seed=seed, scale=scale), shape


def test_every_card_has_a_network():
    assert set(MODELS) == set(NETWORKS)


class Layers:
    """Layers in plain PyTorch, of widths given by hand, on a network's parameters in their order.

    They count the multiplications of one example on the way.
    """

    def __init__(self, net):
        self.left, self.taken, self.products = list(net.parameters()), 0, []

    def take(self, *shape):
        parameter = self.left.pop(0)
        assert parameter.shape == shape
        self.taken += math.prod(shape)
        return parameter

    def linear(self, x, width):
        self.products.append(x.shape[1] * width)
        return F.linear(x, self.take(width, x.shape[1]), self.take(width))

    def conv(self, x, width, side, *, bias=False, **how):
        weight = self.take(width, x.shape[1], side, side)
        maps = F.conv2d(x, weight, self.take(width) if bias else None, **how)
        self.products.append(maps[0, 0].numel() * width * x.shape[1] * side * side)
        return maps

    def norm(self, x):
        gain, shift = self.take(x.shape[1]), self.take(x.shape[1])
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), correction=0, keepdim=True)
        return gain[:, None, None] * (x - mean) / (var + 1e-5).sqrt() + shift[:, None, None]

    def mlp(self, x, activation=torch.relu):
        return activation(self.linear(x.flatten(1), 256))

    def mlp_sigmoid(self, x):
        return self.mlp(x, torch.sigmoid)

    def lenet(self, x):
        for width in (16, 32):
            x = F.max_pool2d(torch.relu(self.conv(x, width, 5, bias=True)), 2)
        return torch.relu(self.linear(x.flatten(1), 128))

    def lenet_2d(self, x):
        x = self.linear(self.lenet(x), 2)
        return torch.where(x > 0, x, self.take(1) * x)

    def convnet(self, x, pool=torch.mean):
        x = torch.relu(self.norm(self.conv(x, 24, 4, stride=2, padding=1)))
        for width in (48, 96):
            x = F.max_pool2d(self.conv(x, width, 3, padding=1), 2)
            x = torch.relu(self.norm(x))
        return pool(torch.relu(self.norm(self.conv(x, 192, 3, padding=1))), (2, 3))

    def convnet_max(self, x):
        return self.convnet(x, torch.amax)

    def resnet18(self, x):
        x = torch.relu(self.norm(self.conv(x, 64, 3, padding=1)))
        for place in range(8):
            width, stride = 64 * 2 ** (place // 2), 2 if place in (2, 4, 6) else 1
            inner = torch.relu(self.norm(self.conv(x, width, 3, padding=1, stride=stride)))
            inner = self.norm(self.conv(inner, width, 3, padding=1))
            if stride == 2:
                x = self.norm(self.conv(x, width, 1, stride=2))
            x = torch.relu(inner + x)
        return x.mean((2, 3))


@pytest.mark.parametrize("model", MODELS)
def test_a_network_is_its_layers_and_its_size_is_theirs(model):
    shape = (3, 32, 24)
    net = build(model, "linear", shape, classes=10, seed=0)
    generator = torch.Generator().manual_seed(0)
    for parameter in net.parameters():  # those of BatchNorm and PReLU as well
        with torch.no_grad():
            parameter.add_(torch.rand(parameter.shape, generator=generator), alpha=0.1)
    images = torch.randn(4, *shape, generator=generator)
    layers = Layers(net)
    features = getattr(layers, model)(images)
    logits = layers.linear(features, 10)
    assert not layers.left
    found = net(images)
    torch.testing.assert_close(found.features, features, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found.logits, logits, rtol=1e-4, atol=1e-4)
    assert net.body.width == features.shape[1]
    assert count_parameters(net) == layers.taken
    # Forward, weights' gradient, inputs' gradient, the last not for the images; 2 operations each.
    flops = 2 * (3 * sum(layers.products) - layers.products[0])
    assert count_flops(net, shape) == flops
    assert count_flops(net.to("meta"), shape) == flops, "wherever the network is"


def test_resnet18_has_the_size_that_is_known_of_it():
    """As github.com/kuangliu/pytorch-cifar has it; there 0.56 G counts multiplications, forward."""
    net, shape = network("resnet18")
    assert count_parameters(net) == 11_173_962
    assert count_flops(net, shape) / 6 == pytest.approx(0.56e9, rel=0.01)


@pytest.mark.parametrize("model", MODELS)
def test_a_seed_gives_one_body_whatever_the_head(model):
    plain, cosine = network(model)[0], network(model, head="cosine", scale=10.0)[0]
    other = network(model, seed=1)[0]
    for name, weight in plain.body.state_dict().items():
        assert torch.equal(weight, cosine.body.state_dict()[name])
    assert torch.equal(plain.head.weight, cosine.head.weight)
    first = next(plain.body.parameters())
    assert not torch.equal(first, next(other.body.parameters()))


@pytest.mark.parametrize("model", MODELS)
def test_weights_are_drawn_layer_by_layer_from_the_seed_s_generators(model):
    net = network(model, seed=3)[0]
    for part, seed in ((net.body, 6), (net.head, 7)):
        generator = torch.Generator().manual_seed(seed)
        drawn = [each for each in part.modules() if getattr(each, "weight", torch.ones(1)).ndim > 1]
        for layer in drawn:
            bound = 1 / math.sqrt(layer.weight[0].numel())
            for weights in layer.parameters():
                expected = torch.empty_like(weights).uniform_(-bound, bound, generator=generator)
                assert torch.equal(weights, expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_card_has_the_arithmetic_of_its_network(name):
    network = build(name, "linear", (1, 28, 28), classes=10, seed=0)
    assert NETWORKS[name].flops == pytest.approx(count_flops(network, (1, 28, 28)), rel=0.01)
