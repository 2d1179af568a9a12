"""Read images of the study's own, check them, and write their prepared form."""

from pathlib import Path
from typing import Annotated

import typer

from lossbench.datasets.own import prepare_own
from lossbench.datasets.prepared import save
from lossbench.errors import ConfigError, one_line
from lossbench.study.data import Reading
from lossbench.verbs import Out


def adopt(
    dataset: Annotated[str, typer.Argument(help="What the study calls it.")],
    source: Annotated[
        Path, typer.Option(help="Images, IDX or Parquet files, an .npz archive, or such as mnist.")
    ],
    out: Out,
    manifest: Annotated[Path, typer.Option(help="Where its description goes.")],
    reading: Annotated[str, typer.Option(help="Size, colour and classes, as JSON.")] = "{}",
    data_dir: Annotated[Path, typer.Option(help="Where built-in data are.")] = Path("data"),
) -> None:
    try:
        read = Reading.model_validate_json(reading)
        own, built_in = source.expanduser(), data_dir.expanduser()
    except (ValueError, RuntimeError) as error:  # no JSON of a reading; no home folder
        raise ConfigError(one_line(error)) from error
    prepared = prepare_own(dataset, own, read, data_dir=built_in)
    save(prepared, out, manifest)
    for pair, images in prepared.manifest.equal_images.items():
        split, _, other = pair.partition(" in ")
        print(f"{dataset}: {images} images of {split} are equal to images of {other}")
    if contradictions := prepared.manifest.contradictions:
        print(f"{dataset}: {contradictions} images are equal to one with another label")
