"""How wrong predictions vary over replicates and over test images, loss against reference."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.analysis.outcomes import chance_errors
from lossbench.cards.loss import REFERENCE
from lossbench.stats.intervals import mean_squares
from lossbench.tables.logits import predicted
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import MEAN_SQUARES

Floats = NDArray[np.float64]
FEWEST = 2
"""Replicates, and images, with which there is a variance."""


def error_mean_squares(predictions: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The MEAN_SQUARES rows of every loss but the reference, from the evaluation runs.

    A run that diverged is wrong on every image by the share that guessing gets wrong, so that its
    mean is the error that it counts with.
    """
    evaluated = runs[runs["stage"] == "evaluation"]
    identity = [*COMPARISON, "loss", "seed"]
    wrong = predicted(predictions) != predictions["label"]
    errors = predictions[[*identity, "example"]].assign(wrong=wrong)
    rows = [
        {**dict(zip(COMPARISON, place, strict=True)), **row}
        for place, found in errors.groupby(list(COMPARISON))
        for row in _of_place(found, _here(evaluated, place))
    ]
    return check(pd.DataFrame(rows), MEAN_SQUARES) if rows else empty(MEAN_SQUARES)


def _here(frame: pd.DataFrame, place: tuple[object, ...]) -> pd.DataFrame:
    return frame[(frame[list(COMPARISON)] == list(place)).all(axis=1)]


def _of_place(errors: pd.DataFrame, runs: pd.DataFrame) -> Iterator[dict[str, object]]:
    wide = errors.pivot(index=["loss", "seed"], columns="example", values="wrong").astype(float)
    lost = runs[runs["diverged"]]
    for *run, chance in lost[["loss", "seed"]].assign(chance=chance_errors(lost)).to_numpy():
        wide.loc[tuple(run), :] = chance
    by_loss = {str(loss): found.droplevel("loss") for loss, found in wide.groupby(level="loss")}
    reference = by_loss.pop(REFERENCE, None)
    for loss, ours in by_loss.items():
        shared = ours.index.intersection(reference.index) if reference is not None else []
        if reference is not None and min(len(shared), ours.shape[1]) >= FEWEST:
            found = mean_squares((ours.loc[shared] - reference.loc[shared]).to_numpy())
            yield {"loss": loss, **vars(found)}
