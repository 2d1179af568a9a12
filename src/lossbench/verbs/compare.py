"""Compare two studies: what changed in verdicts, errors and times, beyond noise or not."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.cards.dataset import OwnDatasetCard
from lossbench.cards.loss import LossCard
from lossbench.cards.network import NetworkCard
from lossbench.cards.own_cards import OWN_DATASETS, OWN_LOSSES, OWN_NETWORKS, introduce
from lossbench.files import write_text
from lossbench.report.differences import READ, markdown
from lossbench.study.finished import finished
from lossbench.tables.rows import Tables
from lossbench.tables.stored import read_finished
from lossbench.verbs import StudyFolder


def compare(
    first: StudyFolder,
    second: StudyFolder,
    out: Annotated[Path | None, typer.Option(help="Markdown file to write.")] = None,
) -> None:
    one, other = _read_both(first, second)
    names = [first.name, second.name] if first.name != second.name else [str(first), str(second)]
    text = markdown(one, other, *names)
    if out is not None:
        write_text(out, text)
    print(text)


def _read_both(*studies: Path) -> list[Tables]:
    """Their tables; what both have of their own is known by its names from now on."""
    losses, networks = dict[str, LossCard](), dict[str, NetworkCard]()
    datasets = dict[str, OwnDatasetCard]()
    tables: list[Tables] = []
    for study in studies:
        tables.append(read_finished(finished(str(study), READ).root, *READ))
        losses |= OWN_LOSSES
        networks |= OWN_NETWORKS
        datasets |= OWN_DATASETS
    introduce(losses, networks, datasets)
    return tables
