"""The cards of a study's own losses, networks and data sets, beside the built-in ones.

A process works on one study at a time: whenever a study is validated, its own cards take the place
of those of the study before it.
"""

from collections.abc import Mapping

from lossbench.cards.dataset import DATASETS, DatasetCard, OwnDatasetCard
from lossbench.cards.loss import LOSSES, LossCard
from lossbench.cards.network import NETWORKS, NetworkCard

OWN_LOSSES: dict[str, LossCard] = {}
OWN_NETWORKS: dict[str, NetworkCard] = {}
OWN_DATASETS: dict[str, OwnDatasetCard] = {}


def introduce(
    losses: Mapping[str, LossCard],
    networks: Mapping[str, NetworkCard],
    datasets: Mapping[str, OwnDatasetCard],
) -> None:
    """Take up a study's own cards, by key, and forget those of another study."""
    OWN_LOSSES.clear()
    OWN_LOSSES.update(losses)
    OWN_NETWORKS.clear()
    OWN_NETWORKS.update(networks)
    OWN_DATASETS.clear()
    OWN_DATASETS.update(datasets)


def loss_cards() -> dict[str, LossCard]:
    """All losses' cards by key, in the order in which figures and tables list them."""
    return LOSSES | OWN_LOSSES


def network_cards() -> dict[str, NetworkCard]:
    """All networks' cards by key, in the order in which figures and tables list them."""
    return NETWORKS | OWN_NETWORKS


def dataset_cards() -> dict[str, DatasetCard | OwnDatasetCard]:
    """All data sets' cards by key, in the order in which figures and tables list them."""
    found: dict[str, DatasetCard | OwnDatasetCard] = {}
    for key, card in DATASETS.items():
        found[key] = card
        found.update({own: each for own, each in OWN_DATASETS.items() if each.part_of == key})
    return found | OWN_DATASETS


def stand_ins() -> set[str]:
    """The data sets that stand in for real ones, parts of them included."""
    return {key for key, card in dataset_cards().items() if card.is_stand_in}
