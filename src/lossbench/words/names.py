"""What things are called on the page: display names, with stand-ins marked wherever they appear."""

from lossbench.cards.dataset import DATASETS
from lossbench.cards.loss import LOSSES
from lossbench.cards.metric import METRICS
from lossbench.cards.network import NETWORKS


def loss_name(loss: str) -> str:
    """`mse_softmax` is MSE on softmax."""
    return LOSSES[loss].name


def in_sentence(loss: str) -> str:
    """The loss's name inside a sentence: `cross-entropy`, but `MSE on softmax`."""
    name = loss_name(loss)
    return name[0].lower() + name[1:] if name[1].islower() else name


def network_name(network: str) -> str:
    """`lenet` is LeNet."""
    return NETWORKS[network].name


def metric_name(metric: str) -> str:
    """`nll` is Negative log-likelihood; of a metric without a card, its key."""
    return METRICS[metric].name if metric in METRICS else metric.capitalize()


def dataset_name(dataset: str) -> str:
    """The data set's name, marked where it stands in for a real one; of a user's own, its key."""
    if dataset not in DATASETS:
        return dataset
    card = DATASETS[dataset]
    return f"{card.name} (stand-in)" if card.is_stand_in else card.name


def class_names(dataset: str, count: int = 10) -> tuple[str, ...]:
    """What the classes of `dataset` are called: their names, or their numbers."""
    named = DATASETS[dataset].classes if dataset in DATASETS else ()
    return named or tuple(map(str, range(count)))


def heading(dataset: str, network: str) -> str:
    """A data set and a network as one heading, such as `MNIST · LeNet`."""
    return f"{dataset_name(dataset)} · {network_name(network)}"


def with_network(dataset: str, network: str) -> str:
    """A data set and a network in a sentence: MNIST with LeNet."""
    return f"{dataset_name(dataset)} with {network_name(network)}"
