"""How a network does on each class: errors, and which class it takes for which."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lossbench.analysis.outcomes import KEY, chance_errors
from lossbench.tables import study
from lossbench.tables.logits import predicted
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import COMPARISON

CASE = [*COMPARISON, "loss"]
SHOWN = 20
"""Of more classes than this, figures and tables show so many: those that tell most."""


def class_names(named: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The CLASS_NAMES rows of data sets, from their classes' names by label."""
    rows = [
        {"dataset": dataset, "label": label, "name": name}
        for dataset, names in named.items()
        for label, name in enumerate(names)
    ]
    return check(pd.DataFrame(rows), study.CLASS_NAMES) if rows else empty(study.CLASS_NAMES)


def class_errors(predictions: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The CLASS_ERRORS rows of every evaluation run; a diverged one has the errors of chance.

    Classes without a test image have none.
    """
    wrong = predictions.assign(error=predicted(predictions) != predictions["label"])
    errors = wrong.groupby([*KEY, "label"])["error"].mean().reset_index()
    lost = runs[(runs["stage"] == "evaluation") & runs["diverged"]]
    guessed = lost[KEY].assign(
        error=chance_errors(lost), label=[np.arange(classes) for classes in lost["classes"]]
    )
    return check(pd.concat([errors, guessed.explode("label")]), study.CLASS_ERRORS)


def confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    """The CONFUSION rows: how many images of each class every run took for each class, if any."""
    taken = predictions[[*KEY, "label"]].assign(predicted=predicted(predictions))
    counts = taken.groupby([*KEY, "label", "predicted"]).size().rename("count")
    return check(counts.reset_index(), study.CONFUSION)


def mean_errors(errors: pd.DataFrame) -> pd.DataFrame:
    """The mean over runs of CLASS_ERRORS: a row a comparison, loss and label."""
    return errors.groupby([*CASE, "label"])["error"].mean().reset_index()


def most_different(errors: pd.DataFrame) -> list[int]:
    """The labels of one comparison to show, from its `mean_errors`: all, if there are few.

    Of many, those on which the losses differ most, that with the largest difference first.
    """
    by_class = errors.groupby("label")["error"]
    spread = (by_class.max() - by_class.min()).sort_values(ascending=False, kind="stable")
    return list(spread.index[:SHOWN]) if len(spread) > SHOWN else sorted(spread.index)


def confusions(counts: pd.DataFrame) -> pd.DataFrame:
    """From CONFUSION the images of a label that are taken for another class, mean over runs.

    A row a comparison, loss, label and predicted class, with `images` and, of all images of the
    label, their `share`.
    """
    runs = counts.groupby(CASE)["seed"].nunique().rename("runs")
    sums = counts.groupby([*CASE, "label", "predicted"])["count"].sum().rename("images")
    totals = sums.groupby([*CASE, "label"]).sum().rename("total")
    frame = sums.reset_index().join(totals, on=[*CASE, "label"]).join(runs, on=CASE)
    frame = frame[frame["label"] != frame["predicted"]]
    found = frame.assign(
        share=frame["images"] / frame["total"], images=frame["images"] / frame["runs"]
    )
    return found.drop(columns=["total", "runs"]).reset_index(drop=True)


def most_confused(found: pd.DataFrame) -> list[tuple[int, int]]:
    """The pairs (label, predicted) of one comparison's `confusions` with the largest shares."""
    largest = found.groupby(["label", "predicted"])["share"].max()
    ranked = largest.sort_values(ascending=False, kind="stable")
    return [(int(label), int(predicted)) for label, predicted in ranked.index[:SHOWN]]
