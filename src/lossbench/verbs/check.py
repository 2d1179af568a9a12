"""Check a study file, and try its own losses and networks before anything is trained."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.cards.dataset import DATASETS
from lossbench.datasets.source_files import kind
from lossbench.errors import ConfigError, DataError
from lossbench.files import read_json
from lossbench.study.config import Study
from lossbench.study.fields import on_disk
from lossbench.study.loading import load_study
from lossbench.study.paths import manifest
from lossbench.study.plan import groups
from lossbench.training.determinants import expected_device
from lossbench.words.numbers import count
from lossbench.words.terminal import print_table


def check(
    study: Annotated[Path, typer.Argument(help="The study file, such as focal.yaml.")],
) -> None:
    found = load_study(study)
    for dataset in found.datasets:
        if dataset.source is not None:
            _require(dataset.name, dataset.source)
    runs = sum(group.runs for group in groups(found))
    losses = {grid.loss for each in found.comparisons for grid in each.losses}
    print(
        f"{study}: a valid study of {count(len(losses), 'loss', 'losses')},"
        f" {count(len(found.comparisons), 'comparison')} and {count(runs, 'run')}"
    )
    if found.losses or found.networks:
        _try(found)


def _require(name: str, source: Path) -> None:
    try:
        kind(on_disk(source))
    except DataError as error:
        raise ConfigError(f"datasets, {name}: {error}") from error


def _try(study: Study) -> None:
    from lossbench.networks.own_trials import try_own

    on_gpu = expected_device(study.compute.accelerator) == "cuda"
    data = _data(study)
    shapes = {name: shape for name, (shape, _) in data.items()}
    classes = {classes for _, classes in data.values()} or {10}
    networks = {network.name for network in study.networks}
    for comparison in study.comparisons:
        if comparison.model in networks and comparison.dataset not in shapes:
            print(f"{comparison.folder}: the network is tried once the data set is prepared")
    tried = []
    for each in try_own(study, shapes, classes=classes, on_gpu=on_gpu):
        rows = [(trial.name, trial.outcome, trial.said) for trial in each.trials]
        print_table(f"{each.name}: {each.source}", ("Tried", "Outcome", "Found"), rows)
        tried.append(each)
    if refusals := [line for each in tried for line in each.refusals]:
        raise ConfigError("\n".join(refusals))


def _data(study: Study) -> dict[str, tuple[tuple[int, int, int], int]]:
    """(C, H, W) and the classes of the data sets that are built in or prepared here."""
    found = {}
    for dataset in study.datasets:
        name, built_in = dataset.name, str(dataset.source or dataset.name)
        if built_in in DATASETS and not dataset.size and not dataset.colour:
            card = DATASETS[built_in]
            found[name] = card.image_shape, len(dataset.classes or card.classes)
        elif manifest(name).exists():
            known = read_json(manifest(name))
            channels, height, width = known["image_shape"]
            found[name] = (channels, height, width), len(known["classes"])
    return found
