"""The networks' cards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkCard:
    """A network: its display name and its arithmetic."""

    name: str
    flops: int = 33_700_000
    """Of a training step on one grey image of 28×28: jobs are sized by it.

    A network of a study's own counts as the ConvNet.
    """


NETWORKS: dict[str, NetworkCard] = {
    "mlp": NetworkCard("MLP", flops=818_000),
    "mlp_sigmoid": NetworkCard("MLP with sigmoids", flops=818_000),
    "lenet": NetworkCard("LeNet", flops=6_240_000),
    "lenet_2d": NetworkCard("LeNet with 2-D features", flops=6_230_000),
    "convnet": NetworkCard("ConvNet", flops=33_700_000),
    "convnet_max": NetworkCard("Max-pool ConvNet", flops=33_700_000),
    "resnet18": NetworkCard("ResNet-18", flops=2_730_000_000),
}
"""By key, in the order in which figures and tables list them."""
