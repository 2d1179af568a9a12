"""Convexity of the two losses of logistic regression: Hessians, and separate local minima.

For target 0, ½σ(z)² has the curvature σ²(1 − σ)(2 − 3σ): concave exactly where σ(z) > 2/3. For
target 1 it is the mirror image: concave where σ(z) < 1/3. Cross-entropy's curvature σ(1 − σ) is
positive everywhere, so its Hessian Xᵀ diag(σ(1 − σ)) X / N is positive semidefinite everywhere.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from lossbench.tables.parquet import check
from lossbench.tables.theory_problems import (
    CURVATURE,
    HESSIANS,
    LOCAL_MINIMA,
    LOCAL_MINIMA_EXAMPLES,
    LOCAL_MINIMA_SURFACES,
)
from lossbench.theory.logistic import (
    DIGIT_PAIRS,
    Problem,
    digits_problem,
    gradient,
    hessian,
    numerical_hessian,
    value,
    with_ones,
)
from lossbench.theory.sigmoid import (
    CURVATURES,
    OUTPUT_LOSSES,
    SLOPES,
    STEEPEST,
    VALUES,
    Array,
    OutputLoss,
)
from lossbench.theory.solving import quasi_newton
from lossbench.theory.surfaces import POINTS, surface_values

SCALES = (1.0, 3.0)
"""Standard deviations of the random points at which Hessians are taken."""
TWO_MINIMA = Problem(
    with_ones(np.array([[6.0], [-9.0], [2.0], [3.0], [1.0]])),
    np.array([0.0, 0.0, 0.0, 1.0, 1.0]),
    np.arange(5),
)
"""Five examples, one feature and a bias: found by a random search for two strict minima."""
RADIUS = 0.5
"""Of the circles that certify the minima."""


def curvature(*, limit: float = 6.0, points: int = 241) -> pd.DataFrame:
    """Value, slope and curvature of both losses for both targets: the table `curvature`."""
    z = np.linspace(-limit, limit, points)
    frames = [
        pd.DataFrame(
            {
                "loss": loss,
                "target": target,
                "z": z,
                "output": expit(z),
                "value": VALUES[loss](z, target),
                "slope": SLOPES[loss](z, target),
                "curvature": CURVATURES[loss](z, target),
            }
        )
        for loss in OUTPUT_LOSSES
        for target in (0, 1)
    ]
    return check(pd.concat(frames, ignore_index=True), CURVATURE)


def hessians(*, generator: np.random.Generator, points: int = 200) -> pd.DataFrame:
    """Eigenvalues of both losses' Hessians at the same random points: the table `hessians`."""
    problem = digits_problem(*DIGIT_PAIRS["overlapping"])
    scales = np.repeat(SCALES, points // len(SCALES))
    places = generator.normal(0, 1, (len(scales), problem.features.shape[1])) * scales[:, None]
    rows = [
        {"loss": loss, "point": number, "scale": scale, **_eigenvalues(place, problem, loss)}
        for loss in OUTPUT_LOSSES
        for number, (scale, place) in enumerate(zip(scales, places, strict=True))
    ]
    return check(pd.DataFrame(rows), HESSIANS)


def _eigenvalues(place: Array, problem: Problem, loss: OutputLoss) -> dict[str, float]:
    closed = hessian(place, problem, loss)
    eigenvalues = np.linalg.eigvalsh(closed)
    return {
        "smallest_eigenvalue": float(eigenvalues[0]),
        "largest_eigenvalue": float(eigenvalues[-1]),
        "difference": float(np.abs(closed - numerical_hessian(place, problem, loss)).max()),
    }


def minima(problem: Problem, loss: OutputLoss, starts: Array) -> list[tuple[Array, int]]:
    """The strict minima where L-BFGS ends from starts (S, D), best first, with their numbers.

    An end counts where the gradient vanishes and the Hessian is positive definite: on a plateau
    far out neither a minimum nor progress is to be had, and such ends are left out.
    """
    found: list[tuple[Array, int]] = []
    for start in starts:
        end = _settle(start, problem, loss)
        if end is None:
            continue
        known = [bool(np.linalg.norm(end - place) < 1e-3) for place, _ in found]
        if any(known):
            place, count = found[known.index(True)]
            found[known.index(True)] = (place, count + 1)
        else:
            found.append((end, 1))
    return sorted(found, key=lambda entry: float(value(entry[0], problem, loss)))


def _settle(start: Array, problem: Problem, loss: OutputLoss) -> Array | None:
    place, _ = quasi_newton(start, problem, loss, steps=1000)
    smallest = np.linalg.eigvalsh(hessian(place, problem, loss))[0]
    flat = np.linalg.norm(gradient(place, problem, loss)) < 1e-6
    return place if flat and smallest > 1e-4 else None


def circle_bound(
    centre: Array, radius: float, problem: Problem, loss: OutputLoss, *, points: int = 20_000
) -> float:
    """A bound from below on the mean loss anywhere on the circle round `centre` (2,).

    The smallest of `points` evenly spaced values, less what the loss can fall between neighbours:
    half their arc times the Lipschitz constant, the steepest slope times the mean length of (x, 1).
    A strictly smaller value at the centre proves a local minimum inside the circle: the loss is
    continuous and attains its minimum over the disc, which then is not on the rim.
    """
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    rim = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    lipschitz = STEEPEST[loss] * np.linalg.norm(problem.features, axis=1).mean()
    slack = lipschitz * np.pi * radius / points
    return float(value(rim, problem, loss).min() - slack)


def local_minima(*, generator: np.random.Generator, starts: int = 60) -> pd.DataFrame:
    """The minima of both losses on the five examples, with certificates: `local_minima`."""
    places = generator.normal(0, 2, (starts, 2))
    rows = [
        {"loss": loss, "minimum": number, "starts": count, **_certificate(place, loss)}
        for loss in OUTPUT_LOSSES
        for number, (place, count) in enumerate(minima(TWO_MINIMA, loss, places))
    ]
    frame = pd.DataFrame(rows)
    frame["certified"] = (frame["value"] < frame["circle_bound"]) & _standing_apart(frame)
    return check(frame, LOCAL_MINIMA)


def _certificate(place: Array, loss: OutputLoss) -> dict[str, float]:
    return {
        "weight": float(place[0]),
        "bias": float(place[1]),
        "value": float(value(place, TWO_MINIMA, loss)),
        "gradient_norm": float(np.linalg.norm(gradient(place, TWO_MINIMA, loss))),
        "smallest_eigenvalue": float(np.linalg.eigvalsh(hessian(place, TWO_MINIMA, loss))[0]),
        "radius": RADIUS,
        "circle_bound": circle_bound(place, RADIUS, TWO_MINIMA, loss),
    }


def _standing_apart(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each minimum's circle meets no circle of the same loss's other minima."""
    places = frame[["weight", "bias"]].to_numpy()
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    losses = frame["loss"].to_numpy()
    others = (losses[:, None] == losses[None]) & ~np.eye(len(frame), dtype=bool)
    return np.asarray((np.where(others, distances, np.inf) > 2 * RADIUS).all(axis=1))


def local_minima_examples() -> pd.DataFrame:
    """The five examples: the table `local_minima_examples`."""
    columns = {
        "example": TWO_MINIMA.examples,
        "x": TWO_MINIMA.features[:, 0],
        "label": TWO_MINIMA.labels,
    }
    return check(pd.DataFrame(columns), LOCAL_MINIMA_EXAMPLES)


def local_minima_surfaces() -> pd.DataFrame:
    """Both losses' surfaces on the five examples: the table `local_minima_surfaces`."""
    return check(surface_values(TWO_MINIMA, extent=3.0, points=POINTS), LOCAL_MINIMA_SURFACES)
