"""Regression with either loss: least squares, and cross-entropy over a binned target.

The data are real and come with scikit-learn: disease progression of 442 diabetes patients by ten
measures, and the alcohol of 178 wines by their twelve other measures. Both methods are linear in
the same standardised features, and choose their L2 penalty among as many by cross-validation inside
each training part. Cross-entropy sorts the targets into bins of equal counts and learns the bin; it
predicts the mean of the bins' means, weighted by their probabilities.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.tables.parquet import check
from lossbench.tables.theory_problems import REGRESSION_ERRORS
from lossbench.theory.sigmoid import Array

FOLDS = 10
BINS = 10
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Candidates of the factor of |w|² beside the summed loss, for both."""


def targets() -> dict[str, tuple[Array, Array]]:
    """Features (N, D) and targets (N,), by what is predicted."""
    from sklearn.datasets import load_diabetes, load_wine  # here: the figures' job needs no data

    diabetes, wine = load_diabetes(), load_wine()
    alcohol = wine.feature_names.index("alcohol")
    return {
        "disease progression": (diabetes.data, diabetes.target),
        "alcohol of wines": (np.delete(wine.data, alcohol, axis=1), wine.data[:, alcohol]),
    }


def regression_errors() -> pd.DataFrame:
    """Both losses' test errors in every fold of every target: the table `regression_errors`."""
    rows = [row for name, data in targets().items() for row in _folds(name, *data)]
    return check(pd.DataFrame(rows), REGRESSION_ERRORS)


def bin_targets(target: Array) -> tuple[NDArray[np.intp], Array]:
    """The bin of each value (N,), and the mean of each bin's values: BINS of equal counts."""
    edges = np.quantile(target, np.linspace(0, 1, BINS + 1)[1:-1])
    found = np.searchsorted(edges, target, side="right")
    labels, numbered = np.unique(found, return_inverse=True)
    means = np.array([target[found == label].mean() for label in labels])
    return numbered, means


def _folds(name: str, features: Array, target: Array) -> Iterator[dict[str, object]]:
    from sklearn.linear_model import LogisticRegressionCV, RidgeCV
    from sklearn.model_selection import KFold
    from sklearn.preprocessing import StandardScaler

    strengths = [0.5 / penalty for penalty in PENALTIES]  # C weighs the loss, not ½ |w|²
    ridge = RidgeCV(PENALTIES, scoring="neg_mean_squared_error", cv=3)
    logistic = LogisticRegressionCV(
        Cs=strengths,
        l1_ratios=(0.0,),
        cv=3,
        scoring="neg_log_loss",
        solver="newton-cholesky",
        max_iter=1000,
        use_legacy_attributes=False,
    )
    for fold, (train, test) in enumerate(KFold(FOLDS, shuffle=True, random_state=0).split(target)):
        scaler = StandardScaler().fit(features[train])
        seen, unseen = scaler.transform(features[train]), scaler.transform(features[test])
        bins, means = bin_targets(target[train])
        predicted = {
            "squared error": ridge.fit(seen, target[train]).predict(unseen),
            "cross-entropy": logistic.fit(seen, bins).predict_proba(unseen) @ means,
        }
        for loss, values in predicted.items():
            yield {
                "target": name,
                "fold": fold,
                "loss": loss,
                "train": len(train),
                "test": len(test),
                "squared_error": float(np.mean((values - target[test]) ** 2) / target[train].var()),
            }
