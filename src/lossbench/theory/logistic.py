"""Logistic regression under both losses: mean loss, gradient, Hessian, and gradient descent.

Features are (N, D) and hold a column of ones where there is a bias; parameters are (D,) or, for
many points at once, (S, D); labels are (N,) of 0 and 1.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from lossbench.theory.sigmoid import CURVATURES, SLOPES, VALUES, Array, OutputLoss


@dataclass(frozen=True)
class Problem:
    """Features (N, D) with a column of ones last, labels (N,), and where the examples are from."""

    features: Array
    labels: Array
    examples: NDArray[np.int64]


def value(parameters: Array, problem: Problem, loss: OutputLoss) -> Array:
    """Mean loss: a scalar array for (D,), shape (S,) for (S, D)."""
    return np.asarray(VALUES[loss](parameters @ problem.features.T, problem.labels).mean(axis=-1))


def gradient(parameters: Array, problem: Problem, loss: OutputLoss) -> Array:
    """Gradient of the mean loss, in the parameters' shape: Xᵀ C′(z) / N."""
    slopes = SLOPES[loss](parameters @ problem.features.T, problem.labels)
    return np.asarray(slopes @ problem.features / len(problem.labels))


def hessian(parameters: Array, problem: Problem, loss: OutputLoss) -> Array:
    """Hessian (D, D) of the mean loss at the parameters (D,): Xᵀ diag(C″(z)) X / N."""
    curvatures = CURVATURES[loss](problem.features @ parameters, problem.labels)
    return np.asarray((problem.features.T * curvatures) @ problem.features / len(problem.labels))


def numerical_hessian(parameters: Array, problem: Problem, loss: OutputLoss) -> Array:
    """The same Hessian from central differences of the gradient."""
    step = 1e-5
    shifts = step * np.eye(len(parameters))
    ahead = gradient(parameters + shifts, problem, loss)
    behind = gradient(parameters - shifts, problem, loss)
    return (ahead - behind) / (2 * step)


def smoothness(problem: Problem, loss: OutputLoss) -> float:
    """Bound on the mean loss's curvature in any direction, from max |C″| and the features.

    Gradient descent with the rate 1/bound never raises the loss.
    """
    steepest = np.abs(CURVATURES[loss](np.linspace(-12, 12, 4801), 0)).max()
    return float(steepest * np.linalg.eigvalsh(problem.features.T @ problem.features)[-1]) / len(
        problem.labels
    )


def descend(start: Array, problem: Problem, loss: OutputLoss, *, steps: int) -> Array:
    """The places (steps + 1, …) of gradient descent from `start`, (D,) or (S, D).

    At the largest rate that is safe for the loss: 1 / its `smoothness`.
    """
    rate = 1 / smoothness(problem, loss)
    places = [start]
    for _ in range(steps):
        places.append(places[-1] - rate * gradient(places[-1], problem, loss))
    return np.stack(places)


def error(parameters: Array, problem: Problem) -> Array:
    """Classification error: the share of examples on the wrong side (output ½ counts as 1)."""
    guesses = parameters @ problem.features.T >= 0
    return np.asarray((guesses != (problem.labels == 1)).mean(axis=-1))


def separable(problem: Problem) -> bool:
    """Whether some line puts every example on its side with room, by linear programming."""
    signed = problem.features * (1 - 2 * problem.labels)[:, None]
    width = problem.features.shape[1]
    found = scipy.optimize.linprog(
        np.zeros(width), A_ub=signed, b_ub=-np.ones(len(signed)), bounds=[(None, None)] * width
    )
    return bool(found.status == 0)


def digits_problem(smaller: int, larger: int) -> Problem:
    """Two of scikit-learn's 8 × 8 digits by two features: ink of the left half, and of the centre.

    Both are standardised. Label 1 is the larger digit.
    """
    from sklearn.datasets import load_digits  # here: the figures' job needs no data

    digits = load_digits()
    chosen = np.flatnonzero((digits.target == smaller) | (digits.target == larger))
    images = digits.images[chosen]
    ink = np.stack([images[:, :, :4].mean((1, 2)), images[:, 3:5, 3:5].mean((1, 2))], axis=1)
    labels = (digits.target[chosen] == larger).astype(np.float64)
    return Problem(with_ones(scipy.stats.zscore(ink)), labels, chosen)


def along_the_means(problem: Problem) -> Problem:
    """The problem with one feature: the standardised position between the class means."""
    features = problem.features[:, :-1]
    ones = problem.labels == 1
    direction = features[ones].mean(axis=0) - features[~ones].mean(axis=0)
    position = scipy.stats.zscore(features @ direction)
    return Problem(with_ones(position), problem.labels, problem.examples)


def with_ones(values: Array) -> Array:
    """The columns and, last, a column of ones: its parameter is the bias."""
    return np.column_stack([values, np.ones(len(values))])


DIGIT_PAIRS: dict[str, tuple[int, int]] = {"overlapping": (3, 8), "separable": (0, 1)}
"""Pairs of digits that no line divides in these features, and that one does."""
