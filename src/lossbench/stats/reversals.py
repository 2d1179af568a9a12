"""Two losses of which one gives the lower likelihood loss and the other the lower error."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.cards.loss import PLACEBO
from lossbench.stats.intervals import over_replicates
from lossbench.stats.multiplicity import holm
from lossbench.tables.runs import COMPARISON

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reversal:
    """In one comparison, `likely` has the lower NLL and `right` the lower error."""

    dataset: str
    model: str
    recipe: str
    epochs: int
    likely: str
    right: str
    nll: tuple[float, float]
    """Mean NLL in nats of `likely` and of `right`."""
    error: tuple[float, float]
    """Mean test error of `likely` and of `right`."""
    seeds: int
    p: float
    """Student t p that both differences are real: the larger of the two."""
    p_adjusted: float = np.nan
    """The same after Holm's correction over all pairs of losses that were searched."""
    is_resolved: bool = False


def find_reversal(metrics: pd.DataFrame, *, alpha: float) -> Reversal | None:
    """The clearest reversal in the test metrics of the evaluation runs; None if there is none.

    Losses are paired by seed; seeds at which either has no probabilities are left out. A reversal
    is resolved where its adjusted p is at most `alpha`. Pairs that agree count in the correction.
    """
    found, searched = [], 0
    for place, values in _by_place(metrics):
        for likely, right in permutations(values["nll"].columns, 2):
            searched += likely < right and len(values["nll"][[likely, right]].dropna()) > 0
            reversal = _reversal(place, values, likely, right)
            found += [reversal] if reversal else []
    if not found:
        return None
    agreeing = [1.0] * (searched - len(found))
    p = np.nan_to_num([each.p for each in found], nan=1.0)
    clearest = min(range(len(found)), key=lambda index: (p[index], _gap(found[index])))
    adjusted = float(holm(np.array([*p, *agreeing]))[clearest])
    return replace(found[clearest], p_adjusted=adjusted, is_resolved=adjusted <= alpha)


def _by_place(metrics: pd.DataFrame) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """Each comparison with an NLL: seeds by metric and loss; a placebo is no other loss."""
    test = metrics[(metrics["stage"] == "evaluation") & (metrics["split"] == "test")]
    test = test[(test["loss"] != PLACEBO) & test["metric"].isin(("nll", "error"))]
    for place, group in test.groupby(list(COMPARISON)):
        wide = group.pivot(index="seed", columns=["metric", "loss"], values="value")
        if "nll" in wide:
            yield place, wide


def _reversal(
    place: tuple[Any, ...], values: pd.DataFrame, likely: str, right: str
) -> Reversal | None:
    pair = [likely, right]
    both = values["nll"][pair].dropna()
    nll, error = both.to_numpy(), values["error"].loc[both.index, pair].to_numpy()
    if not len(nll) or not (nll.mean(axis=0)[0] < nll.mean(axis=0)[1]):
        return None
    if not error.mean(axis=0)[0] > error.mean(axis=0)[1]:
        return None
    return Reversal(
        **dict(zip(COMPARISON, place, strict=True)),
        likely=likely,
        right=right,
        nll=(float(nll[:, 0].mean()), float(nll[:, 1].mean())),
        error=(float(error[:, 0].mean()), float(error[:, 1].mean())),
        seeds=len(nll),
        p=max(over_replicates(each[:, 0] - each[:, 1]).p_value for each in (nll, error)),
    )


def _gap(reversal: Reversal) -> float:
    """Smaller is clearer: minus the difference in error."""
    return reversal.error[1] - reversal.error[0]
