"""Read a folder of images or an .npz archive, check it, and write its prepared form."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.datasets.own import prepare_own
from lossbench.datasets.prepared import save
from lossbench.verbs import Out


def adopt(
    dataset: Annotated[str, typer.Argument(help="What the study calls it.")],
    source: Annotated[Path, typer.Option(help="A folder of images or an .npz archive.")],
    out: Out,
    manifest: Annotated[Path, typer.Option(help="Where its description goes.")],
) -> None:
    prepared = prepare_own(dataset, source.expanduser())
    save(prepared, out, manifest)
    for pair, images in prepared.manifest.equal_images.items():
        split, _, other = pair.partition(" in ")
        print(f"{dataset}: {images} images of {split} are equal to images of {other}")
    if contradictions := prepared.manifest.contradictions:
        print(f"{dataset}: {contradictions} images are equal to one with another label")
