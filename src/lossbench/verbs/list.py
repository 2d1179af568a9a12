"""List losses, networks, data sets and recipes, and the studies here with what is finished."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from lossbench.cards.dataset import DATASETS
from lossbench.cards.loss import LOSSES
from lossbench.cards.network import NETWORKS
from lossbench.errors import ConfigError
from lossbench.study.config import Study
from lossbench.study.finished import started
from lossbench.study.loading import load_study
from lossbench.study.paths import StudyPaths, prepared
from lossbench.study.progress import progress, total
from lossbench.study.settings import ANNEALED
from lossbench.words.recipes import described
from lossbench.words.terminal import print_table

FOLDERS = (Path(), Path("config"))
"""Where study files are looked for."""


def list() -> None:
    # Counted one by one: the next study's own losses replace these.
    begun = {paths.name: (study, _finished(study, paths)) for study, paths in started()}
    files = {study.name: (study, path) for study, path in _files()}
    studies = {name: study for name, (study, _) in [*files.items(), *begun.items()]}
    losses = {key: (card.name, card.output, card.source) for key, card in LOSSES.items()}
    networks = {key: (card.name, "built in") for key, card in NETWORKS.items()}
    datasets = {key: (card.name, "built in") for key, card in DATASETS.items()}
    recipes = {ANNEALED.name: ANNEALED}
    for study in studies.values():
        losses |= {own.name: (own.label, own.output, own.source) for own in study.losses}
        networks |= {own.name: (own.label, own.source) for own in study.networks}
        datasets |= {
            own.name: (own.card.name, str(own.source)) for own in study.datasets if own.source
        }
        recipes |= {recipe.name: recipe for recipe in study.recipes}
    _show("Losses", ("Name", "Output", "Source"), losses)
    _show("Networks", ("Name", "Source"), networks)
    here = {key: ("prepared" if prepared(key).exists() else "",) for key in datasets}
    _show("Data sets", ("Name", "Source", "Here"), {key: datasets[key] + here[key] for key in here})
    print_table("Recipes", ("Name", "What"), [(key, described(recipes[key])) for key in recipes])
    rows = []
    for name in studies:
        path = str(files[name][1]) if name in files else ""
        rows.append((name, path, *(begun[name][1] if name in begun else ("", ""))))
    print_table("Studies", ("Name", "File", "Runs", "Page"), rows)


def _show(title: str, columns: tuple[str, ...], rows: Mapping[str, tuple[str, ...]]) -> None:
    print_table(title, ("Key", *columns), [(key, *row) for key, row in rows.items()])


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
