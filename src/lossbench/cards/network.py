"""The networks' cards."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkCard:
    """A network: its display name."""

    name: str


NETWORKS: dict[str, NetworkCard] = {
    "mlp": NetworkCard("MLP"),
    "mlp_sigmoid": NetworkCard("MLP with sigmoids"),
    "lenet": NetworkCard("LeNet"),
    "lenet_2d": NetworkCard("LeNet with 2-D features"),
    "convnet": NetworkCard("ConvNet"),
    "convnet_max": NetworkCard("Max-pool ConvNet"),
    "resnet18": NetworkCard("ResNet-18"),
}
"""By key, in the order in which figures and tables list them."""
