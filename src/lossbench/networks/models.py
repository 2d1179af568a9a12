"""The networks: a body turns images into features, of which the loss's head makes logits.

Bodies are built here and initialised from a generator, so that a seed gives the same body whatever
the loss. Widths are multiples of 8, most of 24 or 32, which fill a CPU's vector units.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lossbench.cards.kinds import HeadName
from lossbench.code.registry import Registry
from lossbench.networks.heads import Forward, Head, build_head, initialise
from lossbench.study.fields import NetworkName

ImageShape = tuple[int, int, int]
"""Channels, height, width."""


class Body(nn.Sequential):
    """Layers from images (B, C, H, W) to the last hidden features (B, width)."""

    def __init__(self, *layers: nn.Module, width: int, is_drawn: bool = False) -> None:
        """Take layers; `is_drawn`: their weights were drawn when they were made, and stay."""
        super().__init__(*layers)
        self.width, self.is_drawn = width, is_drawn


class Network(nn.Module):
    """A body and the head that its loss asks for."""

    def __init__(self, body: Body, head: Head) -> None:
        super().__init__()
        self.body = body
        self.head = head

    def forward(self, images: Tensor) -> Forward:
        """Images (B, C, H, W) to margin-free logits (B, K) and features (B, width)."""
        output: Forward = self.head(self.body(images))
        return output


def build(
    model: NetworkName,
    head: HeadName,
    shape: ImageShape,
    *,
    classes: int,
    seed: int,
    scale: float | None = None,
    head_scale: float = 1.0,
) -> Network:
    """The network `model` with its head, initialised from `seed`; `scale` is the cosine head's.

    Body and head have a generator each, so a seed gives one body whatever the head. The head's
    initial weights are then multiplied by `head_scale`.
    """
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(2 * seed)  # for a body that draws by itself
        body = MODELS[model](shape)
    network = Network(body, build_head(head, body.width, classes, scale=scale))
    if not body.is_drawn:
        initialise_body(network.body, generator=torch.Generator().manual_seed(2 * seed))
    initialise(network.head, generator=torch.Generator().manual_seed(2 * seed + 1))
    with torch.no_grad():
        network.head.weight.mul_(head_scale)
    return network


def initialise_body(body: Body, *, generator: torch.Generator) -> None:
    """Draw weights as PyTorch does by default, U(±1/√fan_in), but from `generator`."""
    for layer in body.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue  # BatchNorm starts at the identity, as it was built
        bound = 1 / math.sqrt(layer.weight[0].numel())
        for parameter in layer.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)


def count_parameters(network: nn.Module) -> int:
    """Trained parameters."""
    return sum(each.numel() for each in network.parameters() if each.requires_grad)


def count_flops(network: nn.Module, shape: ImageShape) -> int:
    """Floating-point operations of one example's forward and backward pass, matrix products only.

    Counted by PyTorch's FlopCounterMode on a batch of two, since BatchNorm refuses a batch of one.
    """
    images = torch.zeros(2, *shape, device=next(network.parameters()).device)
    with FlopCounterMode(display=False) as counter:
        network(images).logits.sum().backward()
    network.zero_grad()
    return int(counter.get_total_flops()) // 2


def mlp(shape: ImageShape, activation: Callable[[], nn.Module] = nn.ReLU) -> Body:
    """One hidden layer of 256 units."""
    return Body(nn.Flatten(), nn.Linear(math.prod(shape), 256), activation(), width=256)


def mlp_sigmoid(shape: ImageShape) -> Body:
    """One hidden layer of sigmoid units: the network of the textbook argument."""
    return mlp(shape, nn.Sigmoid)


def lenet(shape: ImageShape) -> Body:
    """Two 5×5 convolutions, each pooled before its ReLU, and a hidden layer of 128 units."""
    channels, height, width = shape
    return Body(
        nn.Conv2d(channels, 16, 5),
        nn.MaxPool2d(2),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 32, 5),
        nn.MaxPool2d(2),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(32 * _lenet_side(height) * _lenet_side(width), 128),
        nn.ReLU(inplace=True),
        width=128,
    )


def lenet_2d(shape: ImageShape) -> Body:
    """`lenet` with two features before the head, so that they can be drawn as they are.

    PReLU after the narrow layer, as in Wen et al., A discriminative feature learning approach for
    deep face recognition, ECCV 2016: a ReLU would leave only a quadrant of the plane.
    """
    return Body(*lenet(shape), nn.Linear(128, 2), nn.PReLU(), width=2)


def _lenet_side(side: int) -> int:
    return ((side - 4) // 2 - 4) // 2


def convnet(shape: ImageShape, pool: type[nn.Module] = nn.AdaptiveAvgPool2d) -> Body:
    """A 4×4 stem of stride 2 and three 3×3 convolutions with BatchNorm, then average pooling.

    The stem and pooling before BatchNorm and ReLU keep the large maps few: per second of training
    this learns more than 3×3 convolutions with stride of the same cost.
    """
    return Body(
        nn.Conv2d(shape[0], 24, 4, stride=2, padding=1, bias=False),
        *_bn_relu(24),
        _conv(24, 48),
        nn.MaxPool2d(2),
        *_bn_relu(48),
        _conv(48, 96),
        nn.MaxPool2d(2),
        *_bn_relu(96),
        _conv(96, 192),
        *_bn_relu(192),
        pool(1),
        nn.Flatten(),
        width=192,
    )


def convnet_max(shape: ImageShape) -> Body:
    """`convnet` with global max pooling: large, uncentred features, which squared losses feel."""
    return convnet(shape, nn.AdaptiveMaxPool2d)


def resnet18(shape: ImageShape) -> Body:
    """ResNet-18 in its CIFAR form (He et al. 2016): 3×3 stem, no initial pooling."""
    widths = (64, 64, 128, 128, 256, 256, 512, 512)
    blocks = [
        Residual(before, after, stride=2 if after > before else 1)
        for before, after in zip((64, *widths), widths, strict=False)
    ]
    stem = [_conv(shape[0], 64), *_bn_relu(64)]
    return Body(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), width=512)


class Residual(nn.Module):
    """Two 3×3 convolutions beside a shortcut; a 1×1 convolution where the shape changes."""

    def __init__(self, before: int, after: int, *, stride: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            _conv(before, after, stride=stride),
            *_bn_relu(after),
            _conv(after, after),
            nn.BatchNorm2d(after),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or before != after:
            projection = nn.Conv2d(before, after, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(after))

    def forward(self, images: Tensor) -> Tensor:
        """(B, before, H, W) to (B, after, H/stride, W/stride)."""
        return nn.functional.relu(self.branch(images) + self.shortcut(images))


def _conv(before: int, after: int, *, stride: int = 1) -> nn.Conv2d:
    """A 3×3 convolution without bias, since BatchNorm's own shift replaces it."""
    return nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)


def _bn_relu(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]


MODELS: Registry[Callable[[ImageShape], Body]] = {
    "mlp": mlp,
    "mlp_sigmoid": mlp_sigmoid,
    "lenet": lenet,
    "lenet_2d": lenet_2d,
    "convnet": convnet,
    "convnet_max": convnet_max,
    "resnet18": resnet18,
}
