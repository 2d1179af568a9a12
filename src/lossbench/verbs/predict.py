"""Classify image files with the network of a run, kept by `compute.keep_weights`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from lossbench.analysis.metrics import log_probabilities
from lossbench.datasets.image import read_image, size_and_colour
from lossbench.datasets.prepared import UInt8
from lossbench.errors import DataError, printable
from lossbench.study.data import Reading
from lossbench.training.described import Described
from lossbench.training.weights import load, logits
from lossbench.words.numbers import number


def predict(
    weights: Annotated[Path, typer.Argument(help="The network: a run's weights.safetensors.")],
    images: Annotated[list[Path], typer.Argument(help="Image files.")],
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with every class's logit.")] = False,
    network: Annotated[
        str | None, typer.Option(help="Where its own network is now: FILE.py:attribute.")
    ] = None,
) -> None:
    trained, described = load(weights, network)
    pixels = np.stack([_pixels(path, described) for path in images])
    found = _predictions(images, logits(trained, described, pixels), described)
    if csv:
        found.to_csv(sys.stdout, index=False)
    else:
        print("\n".join(_lines(found, described)))


def _pixels(path: Path, described: Described) -> UInt8:
    """The image (C, H, W) in a file, read as those of the network's data set were."""
    reading = Reading(size=described.size, colour=described.colour)
    try:
        image = read_image(path.read_bytes(), reading, origin=printable(path))
        if image.shape != described.image_shape:
            raise DataError(f"{printable(path)}: is {size_and_colour(image.shape)}")
    except OSError as error:
        raise DataError(f"{printable(path)}: cannot be read ({error.strerror})") from error
    except DataError as error:
        taken = size_and_colour(described.image_shape)
        raise DataError(f"{error}; the network takes {taken}") from error
    return image


def _predictions(
    images: list[Path], logits: NDArray[np.float32], described: Described
) -> pd.DataFrame:
    """A row for each image: its file, class, the class's probability, and the logits (N, K)."""
    if not np.isfinite(logits).all():
        raise DataError("the network's logits are not finite on these images")
    probabilities = np.exp(log_probabilities(logits.astype(np.float64), described.cell.output))
    found = pd.DataFrame(logits, columns=[f"logit {name}" for name in described.classes])
    found.insert(0, "file", [printable(path) for path in images])
    found.insert(1, "class", np.array(described.classes)[logits.argmax(axis=1)])
    found.insert(2, "probability", probabilities.max(axis=1))
    return found


def _lines(found: pd.DataFrame, described: Described) -> Iterator[str]:
    """Each prediction in words; what states no probability has its logit in that place."""
    loss, has_probability = described.cell.loss, described.cell.output != "none"
    for row in found.to_dict("records"):
        name, logit = row["class"], number(row[f"logit {row['class']}"])
        without = f"logit {logit}; {loss} states no probability"
        stated = f"probability {number(row['probability'], 4)}" if has_probability else without
        yield f"{row['file']}: {name}, {stated}"
