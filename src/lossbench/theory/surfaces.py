"""Loss surfaces of logistic regression over (weight, bias), with gradient descent's paths.

The data are real: images of 3 and 8, described by two features and placed on the line between the
class means. Both losses get the same starts and steps, and each the largest rate safe for it.
"""

import numpy as np
import pandas as pd

from lossbench.tables.parquet import check
from lossbench.tables.theory_problems import DESCENT_PATHS, DIGITS, LOSS_SURFACES
from lossbench.theory.logistic import (
    DIGIT_PAIRS,
    Problem,
    along_the_means,
    descend,
    digits_problem,
    gradient,
    value,
)
from lossbench.theory.sigmoid import OUTPUT_LOSSES, Array, OutputLoss

STARTS = np.array([(0.0, 0.0), (0.0, 9.0), (-8.0, -5.0), (8.0, -8.0)])
"""Each a (weight, bias)."""
STEPS = 500
EXTENT = 10.0
POINTS = 61
"""Of a surface, along each side."""


def digits() -> pd.DataFrame:
    """The examples of both digit problems: the table `theory_digits`."""
    frames = []
    for name, pair in DIGIT_PAIRS.items():
        problem = digits_problem(*pair)
        columns = {
            "problem": name,
            "example": problem.examples,
            "left_ink": problem.features[:, 0],
            "centre_ink": problem.features[:, 1],
            "direction": along_the_means(problem).features[:, 0],
            "label": problem.labels,
        }
        frames.append(pd.DataFrame(columns))
    return check(pd.concat(frames, ignore_index=True), DIGITS)


def plane_problem() -> Problem:
    """The one-feature problem whose two parameters span the plane of the surfaces."""
    return along_the_means(digits_problem(*DIGIT_PAIRS["overlapping"]))


def surface_values(problem: Problem, *, extent: float, points: int) -> pd.DataFrame:
    """Both losses' mean over a square grid of weight and bias in [−extent, extent]."""
    ticks = np.linspace(-extent, extent, points)
    weight, bias = (grid.ravel() for grid in np.meshgrid(ticks, ticks))
    parameters = np.column_stack([weight, bias])
    frames = [
        pd.DataFrame(
            {
                "loss": loss,
                "weight": weight,
                "bias": bias,
                "value": value(parameters, problem, loss),
            }
        )
        for loss in OUTPUT_LOSSES
    ]
    return pd.concat(frames, ignore_index=True)


def surfaces() -> pd.DataFrame:
    """The surfaces on the overlapping digits: the table `loss_surfaces`."""
    return check(surface_values(plane_problem(), extent=EXTENT, points=POINTS), LOSS_SURFACES)


def paths() -> pd.DataFrame:
    """Descent from each start under both losses: the table `descent_paths`."""
    problem = plane_problem()
    frames = [
        _path_frame(number, start, problem, loss)
        for number, start in enumerate(STARTS)
        for loss in OUTPUT_LOSSES
    ]
    return check(pd.concat(frames, ignore_index=True), DESCENT_PATHS)


def _path_frame(number: int, start: Array, problem: Problem, loss: OutputLoss) -> pd.DataFrame:
    path = descend(start, problem, loss, steps=STEPS)
    return pd.DataFrame(
        {
            "loss": loss,
            "start": number,
            "step": np.arange(STEPS + 1),
            "weight": path[:, 0],
            "bias": path[:, 1],
            "value": value(path, problem, loss),
            "gradient_norm": np.linalg.norm(gradient(path, problem, loss), axis=1),
        }
    )
