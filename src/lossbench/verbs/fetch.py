"""Find or download a data set, verify it, and write its prepared form."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.datasets.preparation import prepare
from lossbench.datasets.prepared import save
from lossbench.study.fields import DatasetName
from lossbench.verbs import Out

CARDS = ("dataset.is_stand_in", "dataset.licence", "dataset.citation", "dataset.classes")


def fetch(
    dataset: Annotated[DatasetName, typer.Argument(help="Which one.")],
    data_dir: Annotated[Path, typer.Option(help="Where the raw data are, or are downloaded to.")],
    out: Out,
    manifest: Annotated[Path, typer.Option(help="Where its description goes.")],
) -> None:
    save(prepare(dataset, data_dir.expanduser()), out, manifest)
