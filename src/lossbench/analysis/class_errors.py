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
    """From CONFUSION the `share` of a label's images that is taken for another class, if any is.

    It is the median over runs: a mean would tell of a single run that hardly learned. A row a
    comparison, loss, label and predicted class.
    """
    shares = _shares(counts)
    pair = [*CASE, "label", "predicted"]
    medians = [
        # A run has no row of a pair of classes that it never confuses.
        case.pivot(index=pair, columns="seed", values="share").fillna(0.0).median(axis=1)
        for _, case in shares.groupby(CASE)
    ]
    found = pd.concat([shares.set_index(pair)["share"].iloc[:0], *medians]).rename("share")
    frame = found.reset_index()
    is_confused = (frame["label"] != frame["predicted"]) & (frame["share"] > 0)
    return frame[is_confused].reset_index(drop=True)


def agreed_differences(counts: pd.DataFrame, loss: str, reference: str) -> pd.DataFrame:
    """By how much more of a label's images `loss` takes for another class, in one comparison.

    `counts`: the comparison's CONFUSION. The `difference` is the median over the replicates with a
    run of both losses, and is there only where these agree on its sign: all else may be noise. A
    row a label and predicted class.
    """
    shares = _shares(counts)
    seeds = (set(shares.loc[shares["loss"] == each, "seed"]) for each in (loss, reference))
    both = sorted(set.intersection(*seeds))
    wide = shares.pivot(index=["label", "predicted"], columns=["loss", "seed"], values="share")
    ours, theirs = (
        wide.reindex(columns=[(each, seed) for seed in both]).fillna(0.0).to_numpy()
        for each in (loss, reference)
    )
    excess = pd.DataFrame(ours - theirs, wide.index)
    agreed = (excess > 0).all(axis=1) | (excess < 0).all(axis=1)
    found = excess[agreed & bool(both)].median(axis=1).rename("difference").reset_index()
    return found[found["label"] != found["predicted"]]


def _shares(counts: pd.DataFrame) -> pd.DataFrame:
    """With the `share` of its label's images in its run."""
    of_label = counts.groupby([*CASE, "seed", "label"])["count"].transform("sum")
    return counts.assign(share=counts["count"] / of_label)


def most_confused(found: pd.DataFrame) -> list[tuple[int, int]]:
    """The pairs (label, predicted) of one comparison's `confusions` with the largest shares."""
    largest = found.groupby(["label", "predicted"])["share"].max()
    ranked = largest.sort_values(ascending=False, kind="stable")
    return [(int(label), int(predicted)) for label, predicted in ranked.index[:SHOWN]]
