"""A comparison as the page names it, and how several of them are listed."""

from collections import Counter
from collections.abc import Iterable
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from lossbench.study.fields import DatasetName, NetworkName, RecipeName
from lossbench.tables.runs import COMPARISON
from lossbench.words.names import dataset_name, network_name
from lossbench.words.numbers import count, join

if TYPE_CHECKING:  # what only names places, such as `lossbench status`, starts without it
    import pandas as pd


class Place(NamedTuple):
    """Where losses are compared: a data set, a network, a recipe and a length."""

    dataset: DatasetName
    model: NetworkName
    recipe: RecipeName
    epochs: int
    told: str = ""
    """What tells it from the other comparisons of its network; empty where there are none."""

    @classmethod
    def of(cls, compared: Any) -> Self:
        """Of a row of a table, told apart where `tell_apart` did so, or of a comparison."""
        key = {name: getattr(compared, name) for name in COMPARISON}
        return cls(**key, told=getattr(compared, "told", ""))

    @property
    def heading(self) -> str:
        """Such as `MNIST · LeNet`, or `MNIST · LeNet · annealed, 5 epochs`."""
        told = f" · {self.told}" if self.told else ""
        return f"{dataset_name(self.dataset)} · {network_name(self.model)}{told}"

    @property
    def in_sentence(self) -> str:
        """Such as `MNIST with LeNet`, or `MNIST with LeNet (annealed, 5 epochs)`."""
        return f"{dataset_name(self.dataset)} with {self.network}"

    @property
    def network(self) -> str:
        """Such as `LeNet`, or `LeNet (annealed, 5 epochs)`."""
        return network_name(self.model) + (f" ({self.told})" if self.told else "")

    def rows(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The rows of `frame` about this comparison."""
        mine = [frame[name] == value for name, value in zip(COMPARISON, self, strict=False)]
        return frame[reduce(and_, mine)]


def places(compared: Iterable[Any]) -> list[Place]:
    """The comparisons, each once; those of one network are told apart."""
    found = list(dict.fromkeys(map(Place.of, compared)))
    networks = Counter((place.dataset, place.model) for place in found)
    return [
        place._replace(told=f"{place.recipe}, {count(place.epochs, 'epoch', 'epochs')}")
        if networks[place.dataset, place.model] > 1
        else place
        for place in found
    ]


def places_in(frame: "pd.DataFrame") -> list[Place]:
    """The comparisons that `frame` has rows of."""
    return places(frame[list(COMPARISON)].drop_duplicates().itertuples(index=False))


def tell_apart(frame: "pd.DataFrame", among: "pd.DataFrame") -> "pd.DataFrame":
    """`frame` with a column `told`: what tells each row's comparison from the others `among`."""
    told = {place[:-1]: place.told for place in places_in(among)}
    keys = frame[list(COMPARISON)].itertuples(index=False, name=None)
    return frame.assign(told=[told[key] for key in keys])


def on(places: Iterable[Place]) -> str:
    """Such as: on MNIST with MLP and LeNet and on CIFAR-10 with ConvNet."""
    networks: dict[str, list[str]] = {}
    for place in places:
        networks.setdefault(place.dataset, []).append(place.network)
    return join([f"on {dataset_name(name)} with {join(used)}" for name, used in networks.items()])
