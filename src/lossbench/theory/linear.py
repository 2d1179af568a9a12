"""Linear regression: convex squared loss, its closed form, and the minimum that descent finds.

The data are real: disease progression of 442 diabetes patients (scikit-learn's `diabetes`) by
body-mass index, blood pressure and a blood-serum measure. The rank-deficient twin lists the index
twice, in two units: its Hessian is singular, so the minimum is a line of solutions, and the
normal equations are solved by the pseudo-inverse, which picks the shortest.
"""

import numpy as np
import pandas as pd
from scipy.stats import zscore

from lossbench.tables.parquet import check
from lossbench.tables.theory_problems import LINEAR_SOLUTIONS
from lossbench.theory.logistic import with_ones
from lossbench.theory.sigmoid import Array

MEASURES = ("bmi", "bp", "s5")
STARTS = 5
UNITS = 2.2
"""The repeated feature is the first one times this."""


def problems() -> dict[str, tuple[Array, Array]]:
    """Features with a column of ones (N, D), and standardised targets (N,), by problem."""
    from sklearn.datasets import load_diabetes  # here: the figures' job needs no data

    data = load_diabetes()
    columns = [data.feature_names.index(name) for name in MEASURES]
    features, target = zscore(data.data[:, columns]), zscore(data.target)
    repeated = np.column_stack([UNITS * features[:, 0], features])
    return {
        "full rank": (with_ones(features), target),
        "rank deficient": (with_ones(repeated), target),
    }


def half_mean_square(parameters: Array, features: Array, target: Array) -> float:
    """½ mean (Xw − y)², whose Hessian is XᵀX / N whatever w is."""
    return float(0.5 * np.mean((features @ parameters - target) ** 2))


def normal_equations(features: Array, target: Array) -> Array:
    """The shortest solution of XᵀX w = Xᵀy; the only one where X has full column rank."""
    return np.linalg.pinv(features.T @ features, hermitian=True) @ (features.T @ target)


def descend(
    start: Array, features: Array, target: Array, *, budget: int = 20_000
) -> tuple[Array, int]:
    """Gradient descent at the rate 1/λ_max until the gradient's length is at most 1e-10."""
    hessian, pull = features.T @ features / len(target), features.T @ target / len(target)
    rate = 1 / np.linalg.eigvalsh(hessian)[-1]
    place = start.copy()
    for step in range(budget):
        slope = hessian @ place - pull
        if np.linalg.norm(slope) <= 1e-10:
            return place, step
        place = place - rate * slope
    return place, budget


def linear_solutions(*, generator: np.random.Generator) -> pd.DataFrame:
    """Normal equations and descent from several starts: the table `linear_solutions`."""
    rows = []
    for name, (features, target) in problems().items():
        shortest = normal_equations(features, target)
        rows.append(_row(name, "normal equations", 0, (shortest, 0), features, target))
        places = generator.normal(0, 3, (STARTS, features.shape[1]))
        places[0] = 0
        for number, start in enumerate(places):
            found = descend(start, features, target)
            rows.append(_row(name, "gradient descent", number, found, features, target))
    return check(pd.DataFrame(rows), LINEAR_SOLUTIONS)


def _row(
    problem: str,
    method: str,
    start: int,
    found: tuple[Array, int],
    features: Array,
    target: Array,
) -> dict[str, object]:
    place, steps = found
    apart = place - normal_equations(features, target)
    eigenvalues = np.linalg.eigvalsh(features.T @ features / len(target))
    return {
        "problem": problem,
        "method": method,
        "start": start,
        "rank": np.linalg.matrix_rank(features),
        "parameters": len(place),
        "smallest_eigenvalue": eigenvalues[0],
        "largest_eigenvalue": eigenvalues[-1],
        "value": half_mean_square(place, features, target),
        "steps": steps,
        "parameter_norm": np.linalg.norm(place),
        "parameter_difference": np.linalg.norm(apart),
        "prediction_difference": np.abs(features @ apart).max(),
    }
