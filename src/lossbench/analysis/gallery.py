"""Test images that tell two losses apart: one gets them right in every seed, the other in none."""

import base64
import io
from collections.abc import Iterator, Mapping
from itertools import permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.tables.logits import predicted
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import GALLERY

SHOWN = 6
"""Images shown of each kind: the first ones of the test set, so that nobody has picked them."""

PLACE = list(COMPARISON)


def pick(predictions: pd.DataFrame, images: Mapping[str, NDArray[np.uint8]]) -> pd.DataFrame:
    """The GALLERY rows of cross-entropy and the primary loss, or else the first other one.

    `images`: by data set, the test images, uint8 (N, C, H, W) with one or three channels.
    """
    others = [loss for loss in predictions["loss"].unique() if loss != REFERENCE]
    other = PRIMARY if PRIMARY in others else next(iter(others), PRIMARY)
    pair = predictions[predictions["loss"].isin([REFERENCE, other])]
    scored = pair[[*PLACE, "loss", "seed", "example", "label"]].assign(predicted=predicted(pair))
    rows = [rows for _, place in scored.groupby(PLACE) for rows in _separating(place)]
    if not rows:
        return empty(GALLERY)
    frame = pd.concat(rows, ignore_index=True)
    pngs = [
        png(images[dataset][example]) if dataset in images else ""
        for dataset, example in zip(frame["dataset"], frame["example"], strict=True)
    ]
    return check(frame.assign(png=pngs), GALLERY)


def png(image: NDArray[np.uint8]) -> str:
    """An image, uint8 (C, H, W) with one or three channels, as PNG in base64."""
    buffer = io.BytesIO()
    pixels = image[0] if len(image) == 1 else np.moveaxis(image, 0, -1)
    Image.fromarray(pixels).save(buffer, format="png", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def pixels(text: str) -> NDArray[np.uint8]:
    """The image that `png` encoded, uint8 (H, W) or (H, W, 3)."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def _separating(place: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows of one comparison, for each loss of the pair as the right one."""
    correct = place.assign(correct=place["predicted"] == place["label"])
    shares = correct.groupby(["example", "loss"])["correct"].mean().unstack("loss")
    if len(shares.columns) < 2:
        return
    seeds = place["seed"].nunique()
    runs = correct.pivot(index="example", columns=["seed", "loss"], values="correct")
    # Were the losses alike, each seed's two runs could be swapped: a coin for each seed.
    split = (runs.T.groupby("seed").sum() == 1).all()
    by_chance = float(split.sum() / 2**seeds)
    for right, wrong in permutations(shares.columns, 2):
        separated = shares.index[(shares[right] == 1) & (shares[wrong] == 0)]
        shown = place[place["example"].isin(separated[:SHOWN]) & (place["loss"] == wrong)]
        votes = shown.groupby([*PLACE, "example", "label"], as_index=False)["predicted"]
        found = votes.agg(lambda predicted: predicted.mode().iloc[0])
        counted = votes.agg(lambda predicted: int((predicted == predicted.mode().iloc[0]).sum()))
        if len(found):
            named = {"right": right, "wrong": wrong, "seeds": seeds, "total": len(separated)}
            named["by_chance"] = by_chance
            yield found.assign(votes=counted["predicted"], **named)
