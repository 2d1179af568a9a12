"""What things are called on the page: display names, with stand-ins marked wherever they appear."""

from collections.abc import Collection

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.cards.metric import METRICS
from lossbench.cards.own_cards import OWN_LOSSES, dataset_cards, loss_cards, network_cards


def loss_name(loss: str) -> str:
    """`mse_softmax` is MSE on softmax; of a loss without a card, its key."""
    cards = loss_cards()
    return cards[loss].name if loss in cards else loss


def in_sentence(loss: str) -> str:
    """The loss's name inside a sentence: `cross-entropy`, but `MSE on softmax`; own ones stay."""
    name = loss_name(loss)
    if loss in OWN_LOSSES:
        return name
    return name[0].lower() + name[1:] if name[1:2].islower() else name


def network_name(network: str) -> str:
    """`lenet` is LeNet; of a network without a card, its key."""
    cards = network_cards()
    return cards[network].name if network in cards else network


def metric_name(metric: str) -> str:
    """`nll` is Negative log-likelihood; of a metric without a card, its key."""
    return METRICS[metric].name if metric in METRICS else metric.capitalize()


def dataset_name(dataset: str) -> str:
    """The data set's name, marked where it stands in for a real one; without a card, its key."""
    cards = dataset_cards()
    if dataset not in cards:
        return dataset
    card = cards[dataset]
    return f"{card.name} (stand-in)" if card.is_stand_in else card.name


def focus(losses: Collection[str]) -> str | None:
    """The one of these losses that titles speak of: the study's own, the primary, or another."""
    order = (*OWN_LOSSES, PRIMARY, *loss_cards())
    return next((loss for loss in order if loss in losses and loss != REFERENCE), None)
