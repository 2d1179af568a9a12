"""The shape of the last hidden features: how compact the classes are, and how far apart.

With N examples x_i, class means μ_c over n_c examples and the mean μ of all,

    Σ_W = (1/N) Σ_i (x_i − μ_{y_i})(x_i − μ_{y_i})ᵀ    within the classes,
    Σ_B = (1/N) Σ_c n_c (μ_c − μ)(μ_c − μ)ᵀ            between them,

and Σ_W + Σ_B is the features' covariance. Cosines are those of x_i − μ and μ_c − μ: a shift that
all features share says nothing about classes, and behind a ReLU every uncentred cosine is
positive. Classes that form a regular simplex around μ, the most symmetric arrangement, have an
own cosine of 1 and an other cosine of −1/(K − 1).
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lossbench.errors import DataError

Array = NDArray[np.float64]

PROJECTED_CLASSES = 10
"""Of more classes the first ten are projected: no reader tells more colours apart."""

ABSENT = {
    "scatter_ratio": "the class means coincide, as where features are dead or one class is left",
    "own_cosine": "no example or class mean differs from the mean of all",
    "other_cosine": "no other class mean differs from the mean of all",
}
"""Why a measure of finite features can be missing; features that are not finite have none."""


def measures(features: NDArray[np.floating], labels: NDArray[np.integer]) -> dict[str, float]:
    """The geometry table's measures of features [N, H] with labels [N]; NaN where undefined.

    `within` is tr Σ_W, `between` tr Σ_B, `scatter_ratio` their quotient, which no scaling of the
    features changes; `own_cosine` is the mean cosine of an example to the mean of its class,
    `other_cosine` that to the nearest (largest cosine) mean of another. Examples and means that
    coincide with μ have no direction and are left out of the cosines; classes without examples
    are left out of everything. `ABSENT` says what makes a measure NaN.

    Raises DataError: no examples, or shapes that do not fit.
    """
    wide = _checked(features, labels)
    if not np.isfinite(wide).all():
        return dict.fromkeys(
            ("within", "between", "scatter_ratio", "own_cosine", "other_cosine"), np.nan
        )
    classes, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    centred = _centred(wide)
    means = _snapped(_class_means(centred, index, counts), wide)
    within = np.square(centred - means[index]).sum() / len(wide)
    between = (counts * np.square(means).sum(axis=1)).sum() / len(wide)
    cosines = _cosines(centred, means)
    own = np.arange(len(classes)) == index[:, np.newaxis]
    return {
        "within": float(within),
        "between": float(between),
        "scatter_ratio": float(within / between) if between > 0 else np.nan,
        "own_cosine": _mean(cosines[own]),
        "other_cosine": _mean(_largest(np.where(own, np.nan, cosines))),
    }


def projection(
    features: NDArray[np.floating], labels: NDArray[np.integer], *, examples: int
) -> pd.DataFrame:
    """Features [N, H] in the plane: columns example, label, x and y, for up to `examples` of them.

    Two-dimensional features are given as they are; others as their first two principal
    components, which all N determine, each with the sign that makes its largest weight positive.
    Features without variance lie at the origin. The examples are spread evenly over the N, since
    the halves of MNIST's test set differ in difficulty. Of more classes the first
    PROJECTED_CLASSES are given. Features that are not finite give no rows.

    Raises DataError: no examples, or shapes that do not fit.
    """
    wide = _checked(features, labels)
    if not np.isfinite(wide).all():
        wide, labels = wide[:0], labels[:0]
    plane = wide if wide.shape[1] == 2 or not len(wide) else _principal_components(wide)
    shown = np.flatnonzero(labels < PROJECTED_CLASSES)
    chosen = shown[
        np.linspace(0, len(shown), min(examples, len(shown)), endpoint=False).astype(int)
    ]
    return pd.DataFrame(
        {
            "example": chosen,
            "label": labels[chosen],
            "x": plane[chosen, 0],
            "y": plane[chosen, 1],
        }
    )


def layer(width: int) -> str:
    """The geometry and projections tables' name of a last hidden layer of `width` features."""
    return "last_hidden_2d" if width == 2 else "last_hidden"


def _checked(features: NDArray[np.floating], labels: NDArray[np.integer]) -> Array:
    """The features in float64: float32 sums lose digits that a small ratio needs."""
    if features.ndim != 2 or labels.shape != features.shape[:1] or not features.size:
        raise DataError(
            f"features: shape {features.shape} with labels {labels.shape}; "
            "allowed: (N, H) with (N,), neither N nor H 0"
        )
    return features.astype(np.float64)


def _class_means(features: Array, index: NDArray[np.intp], counts: NDArray[np.intp]) -> Array:
    """Means [C, H] of the features [N, H] of each class; index [N] is an example's class."""
    memberships = np.zeros((len(counts), len(features)))
    memberships[index, np.arange(len(features))] = 1 / counts[index]
    means: Array = memberships @ features
    return means


def _centred(features: Array) -> Array:
    return _snapped(features - features.mean(axis=0), features)


def _snapped(values: Array, features: Array) -> Array:
    """Values with zeros where they are rounding error beside the features they come from."""
    return np.where(np.abs(values) <= 1e-12 * np.abs(features).max(), 0.0, values)


def _cosines(vectors: Array, directions: Array) -> Array:
    """Cosines [N, C] between the rows of [N, H] and [C, H]; NaN where a row has no length."""
    cosines: Array = _normalised(vectors) @ _normalised(directions).T
    return cosines


def _normalised(vectors: Array) -> Array:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, np.nan)


def _largest(cosines: Array) -> Array:
    """The largest number of each row; NaN where there is none."""
    largest = np.where(np.isnan(cosines), -np.inf, cosines).max(axis=1)
    return np.where(np.isinf(largest), np.nan, largest)


def _mean(values: Array) -> float:
    """The mean of the numbers among the values; NaN where there is none."""
    numbers = values[~np.isnan(values)]
    return float(numbers.mean()) if len(numbers) else np.nan


def _principal_components(features: Array) -> Array:
    """Coordinates [N, 2] along the two directions of largest variance of features [N, H]."""
    centred = _centred(features)
    _, spread, directions = np.linalg.svd(centred, full_matrices=False)
    found = directions[:2][spread[:2] > 1e-12 * spread[0]]
    strongest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
    axes = np.zeros((2, features.shape[1]))
    axes[: len(found)] = found * np.sign(strongest)[:, np.newaxis]
    coordinates: Array = centred @ axes.T
    return coordinates
