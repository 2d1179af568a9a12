"""One network on one data set, and how several of them are listed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from lossbench.study.fields import DatasetName, NetworkName
from lossbench.words.names import dataset_name, network_name
from lossbench.words.numbers import join

if TYPE_CHECKING:  # what only names places, such as `lossbench status`, starts without it
    import pandas as pd


class Place(NamedTuple):
    """Where losses are compared: one network on one data set."""

    dataset: DatasetName
    model: NetworkName

    @classmethod
    def of(cls, compared: Any) -> Self:
        """Of a row of a table, or of a comparison of the study."""
        return cls(compared.dataset, compared.model)

    @property
    def heading(self) -> str:
        """Such as `MNIST · LeNet`."""
        return f"{dataset_name(self.dataset)} · {network_name(self.model)}"

    @property
    def in_sentence(self) -> str:
        """Such as `MNIST with LeNet`."""
        return f"{dataset_name(self.dataset)} with {network_name(self.model)}"

    def rows(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The rows of `frame` about this network on this data set."""
        return frame[(frame["dataset"] == self.dataset) & (frame["model"] == self.model)]


def on(places: Iterable[Place]) -> str:
    """Such as: on MNIST with MLP and LeNet and on CIFAR-10 with ConvNet."""
    networks: dict[str, list[str]] = {}
    for place in places:
        networks.setdefault(place.dataset, []).append(network_name(place.model))
    return join([f"on {dataset_name(name)} with {join(used)}" for name, used in networks.items()])
