"""List losses, networks, data sets and recipes, and the studies here with what is finished."""

from collections.abc import Iterator
from pathlib import Path

from lossbench.cards.dataset import DATASETS
from lossbench.cards.own_cards import loss_cards, network_cards
from lossbench.errors import ConfigError
from lossbench.study.config import Study
from lossbench.study.loading import load_study, read_study
from lossbench.study.paths import RESULTS, StudyPaths, prepared
from lossbench.study.progress import progress, total
from lossbench.study.settings import ANNEALED
from lossbench.words.recipes import described
from lossbench.words.terminal import print_table

FOLDERS = (Path(), Path("config"))
"""Where study files are looked for."""


def list() -> None:
    started = {paths.name: (study, paths) for study, paths in _started()}
    files = {study.name: (study, path) for study, path in _files()}
    studies = {name: study for name, (study, _) in [*files.items(), *started.items()]}
    losses = {each.name: each for study in studies.values() for each in study.losses}
    networks = {each.name: each for study in studies.values() for each in study.networks}
    _losses({name: (own.label, own.output, own.source) for name, own in losses.items()})
    _networks({name: (own.label, own.source) for name, own in networks.items()})
    _datasets({each.name: str(each.source) for s in studies.values() for each in s.datasets})
    recipes = {each.name: each for study in studies.values() for each in study.recipes}
    shown = {ANNEALED.name: ANNEALED, **recipes}
    print_table("Recipes", ("Name", "What"), [(name, described(shown[name])) for name in shown])
    rows = []
    for name in studies:
        path = str(files[name][1]) if name in files else ""
        rows.append((name, path, *(_finished(*started[name]) if name in started else ("", ""))))
    print_table("Studies", ("Name", "File", "Runs", "Page"), rows)


def _losses(own: dict[str, tuple[str, str, str]]) -> None:
    cards = {k: (card.name, card.output, card.source) for k, card in loss_cards().items()}
    columns = ("Key", "Name", "Output", "Source")
    print_table("Losses", columns, [(key, *row) for key, row in {**cards, **own}.items()])


def _networks(own: dict[str, tuple[str, str]]) -> None:
    cards = {key: (card.name, "built in") for key, card in network_cards().items()}
    columns = ("Key", "Name", "Source")
    print_table("Networks", columns, [(key, *row) for key, row in {**cards, **own}.items()])


def _datasets(sources: dict[str, str]) -> None:
    rows = [
        (
            name,
            DATASETS[name].name if name in DATASETS else name,
            "built in" if name in DATASETS else sources[name],
            "prepared" if prepared(name).exists() else "",
        )
        for name in {**DATASETS, **sources}
    ]
    print_table("Data sets", ("Key", "Name", "Source", "Here"), rows)


def _started() -> Iterator[tuple[Study, StudyPaths]]:
    for path in sorted(RESULTS.glob("*/study.json")):
        try:
            yield read_study(path), StudyPaths.around(path.parent)
        except ConfigError:
            print(f"{path}: of another version of lossbench, left out")


def _files() -> Iterator[tuple[Study, Path]]:
    for path in sorted(path for folder in FOLDERS for path in folder.glob("*.yaml")):
        if "\ncomparisons:" in path.read_text("utf-8", errors="replace"):
            try:
                yield load_study(path), path
            except ConfigError as error:
                print(str(error).partition("\n")[0])


def _finished(study: Study, paths: StudyPaths) -> tuple[str, str]:
    """How many of its runs are done, and where its page is."""
    runs = total([*progress(study, paths)])
    return f"{runs['done']} of {runs.total()}", str(paths.page) if paths.page.exists() else ""
