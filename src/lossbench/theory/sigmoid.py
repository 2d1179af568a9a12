"""One sigmoid output a = σ(z) and its two losses: value, slope and curvature in z.

`mse_sigmoid` is ½(a − y)², `bce_sigmoid` is −y ln a − (1 − y) ln(1 − a); targets y are 0 or 1.
All functions broadcast, and stay exact where the sigmoid saturates.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
OutputLoss = Literal["mse_sigmoid", "bce_sigmoid"]
OUTPUT_LOSSES: tuple[OutputLoss, ...] = ("mse_sigmoid", "bce_sigmoid")


def sigmoid_slope(z: ArrayLike) -> Array:
    """σ′(z) = σ(z) σ(−z); at most 1/4, at z = 0."""
    z = np.asarray(z, dtype=np.float64)
    return np.asarray(scipy.special.expit(z) * scipy.special.expit(-z))


def output_error(z: ArrayLike, target: ArrayLike) -> Array:
    """The error a − y, without cancellation: σ(z) for target 0, −σ(−z) for target 1."""
    side = 1.0 - 2.0 * np.asarray(target)
    return np.asarray(side * scipy.special.expit(side * np.asarray(z)))


def _squared_value(z: ArrayLike, target: ArrayLike) -> Array:
    return 0.5 * output_error(z, target) ** 2


def _squared_slope(z: ArrayLike, target: ArrayLike) -> Array:
    return output_error(z, target) * sigmoid_slope(z)


def _squared_curvature(z: ArrayLike, target: ArrayLike) -> Array:
    # With σ″ = σ′(1 − 2σ): σ′² + (a − y) σ″. Negative for target 0 where σ > 2/3.
    tilt = output_error(z, target) * (1 - 2 * scipy.special.expit(np.asarray(z, dtype=np.float64)))
    return np.asarray(sigmoid_slope(z) * (sigmoid_slope(z) + tilt))


def _entropy_value(z: ArrayLike, target: ArrayLike) -> Array:
    side = 1.0 - 2.0 * np.asarray(target)
    return np.asarray(np.logaddexp(0, side * np.asarray(z)))


def _entropy_curvature(z: ArrayLike, target: ArrayLike) -> Array:
    return sigmoid_slope(z) + np.zeros_like(target, dtype=np.float64)


VALUES: dict[OutputLoss, Callable[[ArrayLike, ArrayLike], Array]] = {
    "mse_sigmoid": _squared_value,
    "bce_sigmoid": _entropy_value,
}
SLOPES: dict[OutputLoss, Callable[[ArrayLike, ArrayLike], Array]] = {
    "mse_sigmoid": _squared_slope,
    "bce_sigmoid": output_error,
}
CURVATURES: dict[OutputLoss, Callable[[ArrayLike, ArrayLike], Array]] = {
    "mse_sigmoid": _squared_curvature,
    "bce_sigmoid": _entropy_curvature,
}
STEEPEST: dict[OutputLoss, float] = {"mse_sigmoid": 4 / 27, "bce_sigmoid": 1.0}
"""No slope dC/dz is steeper: the Lipschitz constant of each loss in z."""
