"""What a misclassification costs: −ln p against (1 − p)², p the true class's probability."""

import numpy as np
import pandas as pd

from lossbench.tables.parquet import check
from lossbench.tables.theory import MISCLASSIFICATION_COST
from lossbench.theory.sigmoid import Array

SHOWN = (0.99, 0.9, 0.5, 0.1, 0.01, 0.001)
"""Probabilities that the text names; they stand in the table beside an even grid of logits."""


def costs() -> pd.DataFrame:
    """Cost and slope from nearly right to confidently wrong: `misclassification_cost`.

    With two classes the protocol's softmax MSE, (1/K) Σ (p − t)², is (1 − p)².
    """
    grid = 1 / (1 + np.exp(-np.linspace(-9, 9, 145)))
    probability = np.unique(np.append(grid, SHOWN))
    frames = [
        _frame("cross_entropy", probability, -np.log(probability), 1 / probability),
        _frame("mse_softmax", probability, (1 - probability) ** 2, 2 * (1 - probability)),
    ]
    return check(pd.concat(frames, ignore_index=True), MISCLASSIFICATION_COST)


def _frame(loss: str, probability: Array, cost: Array, slope: Array) -> pd.DataFrame:
    return pd.DataFrame({"loss": loss, "probability": probability, "cost": cost, "slope": slope})
