"""Trials of all own code of a study."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from lossbench.errors import LossbenchError
from lossbench.networks.loader import own_loss
from lossbench.networks.loss_trials import try_loss
from lossbench.networks.models import ImageShape
from lossbench.networks.network_trials import try_network
from lossbench.networks.trials import Trial
from lossbench.study.config import Study
from lossbench.study.own_fields import OwnLoss


@dataclass(frozen=True)
class Tried:
    """One own loss at one setting, or one own network on images of one shape."""

    name: str
    """Where the study file has it, such as `losses, focal (gamma=2)`."""
    source: str
    trials: tuple[Trial, ...]

    @property
    def refusals(self) -> list[str]:
        """A line for each trial that must hold and does not."""
        return [
            f"{self.name}: {self.source} is not allowed: {trial.said}"
            for trial in self.trials
            if trial.outcome == "not allowed"
        ]


def try_own(
    study: Study, shapes: Mapping[str, ImageShape], *, classes: Collection[int], on_gpu: bool
) -> Iterator[Tried]:
    """Every own loss at each of its settings, every own network on the shapes of its data sets.

    `shapes`: (C, H, W) by data set, as far as they are known, and `classes` how many these have.
    `on_gpu`: whether a GPU trains.
    """
    for loss in study.losses:
        yield from _losses(loss, classes=classes, on_gpu=on_gpu)
    for network in study.networks:
        used = [each for each in study.comparisons if each.model == network.name]
        smallest = min(each.batch_size for each in used)
        for shape in sorted({shapes[each.dataset] for each in used if each.dataset in shapes}):
            trials = try_network(network.source, shape, batch_size=smallest, on_gpu=on_gpu)
            sides = "×".join(map(str, shape))
            yield Tried(f"networks, {network.name} ({sides})", network.source, tuple(trials))


def _losses(own: OwnLoss, *, classes: Collection[int], on_gpu: bool) -> Iterator[Tried]:
    try:
        loss = own_loss(own.source)
    except LossbenchError as error:
        trial = Trial("import", "not allowed", str(error).removeprefix(f"{own.source}: "))
        yield Tried(f"losses, {own.name}", own.source, (trial,))
        return
    for setting in own.settings or (None,):
        arguments = dict(setting.arguments) if setting else {}
        scale = setting.s if setting and own.head == "cosine" else None
        filled = partial(loss, **arguments)
        most, fewest = max(classes), min(classes)
        trials = try_loss(filled, classes=most, fewest=fewest, on_gpu=on_gpu, scale=scale)
        name = f"losses, {own.name}" + (f" ({setting.label})" if setting else "")
        yield Tried(name, own.source, tuple(trials))
