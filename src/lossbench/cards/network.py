"""The networks' cards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkCard:
    """A network: its display name, its layers and its arithmetic."""

    name: str
    layers: str = ""
    """Between images and the last layer, which makes the logits; empty for one's own."""
    flops: int = 33_700_000
    """Of a training step on one grey image of 28×28: jobs are sized by it.

    A network of a study's own counts as the ConvNet.
    """


_CONVOLUTIONS = (
    "a 4×4 convolution of 24 channels and stride 2, 3×3 convolutions of 48, 96 and 192 channels,"
    " 2×2 max pooling after the first two of these, BatchNorm and ReLU after each"
)

NETWORKS: dict[str, NetworkCard] = {
    "mlp": NetworkCard("MLP", "a hidden layer of 256 ReLU units", flops=818_000),
    "mlp_sigmoid": NetworkCard(
        "MLP with sigmoids", "a hidden layer of 256 sigmoid units", flops=818_000
    ),
    "lenet": NetworkCard(
        "LeNet",
        "5×5 convolutions of 16 and 32 channels, each with 2×2 max pooling and ReLU, and a hidden"
        " layer of 128 ReLU units",
        flops=6_240_000,
    ),
    "lenet_2d": NetworkCard(
        "LeNet with 2-D features",
        "those of LeNet, and a layer of two PReLU units",
        flops=6_230_000,
    ),
    "convnet": NetworkCard("ConvNet", f"{_CONVOLUTIONS}, global average pooling", flops=33_700_000),
    "convnet_max": NetworkCard(
        "Max-pool ConvNet", f"{_CONVOLUTIONS}, global max pooling", flops=33_700_000
    ),
    "resnet18": NetworkCard(
        "ResNet-18",
        "that of He et al. (2016) in its form for CIFAR: a 3×3 stem, eight residual blocks of 64 to"
        " 512 channels, global average pooling",
        flops=2_730_000_000,
    ),
}
"""By key, in the order in which figures and tables list them."""
