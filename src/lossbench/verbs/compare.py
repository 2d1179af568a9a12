"""Compare two studies: what changed in verdicts, errors and times, beyond noise or not."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from lossbench.cards.dataset import OwnDatasetCard
from lossbench.cards.loss import LossCard
from lossbench.cards.network import NetworkCard
from lossbench.cards.own_cards import OWN_DATASETS, OWN_LOSSES, OWN_NETWORKS, introduce
from lossbench.errors import ConfigError
from lossbench.files import write_text
from lossbench.report.differences import READ, markdown
from lossbench.study.finished import finished
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.rows import Tables
from lossbench.tables.stored import read_finished
from lossbench.verbs import StudyFolder


def compare(
    first: StudyFolder,
    second: StudyFolder,
    out: Annotated[Path | None, typer.Option(help="Markdown file to write.")] = None,
) -> None:
    one, other = (_read(folder) for folder in (first, second))
    _introduce_own(first, second)
    names = [first.name, second.name] if first.name != second.name else [str(first), str(second)]
    text = markdown(one, other, *names)
    if out is not None:
        write_text(out, text)
    print(text)


def _introduce_own(*folders: Path) -> None:
    """Let what these studies have of their own be known by its names."""
    losses, networks = dict[str, LossCard](), dict[str, NetworkCard]()
    datasets = dict[str, OwnDatasetCard]()
    for folder in folders:
        with suppress(ConfigError):  # of another version, or published without its configuration
            read_study(StudyPaths(folder.resolve().name, folder.resolve().parent).study)
            losses |= OWN_LOSSES
            networks |= OWN_NETWORKS
            datasets |= OWN_DATASETS
    introduce(losses, networks, datasets)


def _read(study: Path) -> Tables:
    return read_finished(finished(str(study), READ).root, *READ)
