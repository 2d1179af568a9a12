"""The whole theory chapter: every table from the study's settings, in a few seconds."""

import numpy as np
import pandas as pd

from lossbench.study.settings import Theory
from lossbench.theory import (
    constants,
    convexity,
    gradients,
    intuition,
    linear,
    neuron,
    regression,
    solving,
    surfaces,
)

SEED = 2021
"""Of the random points and starts; each table draws from a generator of its own."""


def chapter(settings: Theory) -> dict[str, pd.DataFrame]:
    """Every table of the chapter by name, checked against its schema; the same on every call."""
    return {
        "theory_constants": constants.constants(settings),
        "neuron_trajectories": neuron.trajectories(settings),
        "neuron_times": neuron.times(settings),
        "neuron_slowdown": neuron.slowdown(settings),
        "sigmoid": gradients.sigmoid_curve(),
        "output_gradients": gradients.output_gradients(),
        "softmax_gradients": gradients.softmax_gradients(),
        "gradient_checks": gradients.gradient_checks(generator=_generator(0)),
        "theory_digits": surfaces.digits(),
        "loss_surfaces": surfaces.surfaces(),
        "descent_paths": surfaces.paths(),
        "curvature": convexity.curvature(),
        "hessians": convexity.hessians(generator=_generator(1)),
        "local_minima": convexity.local_minima(generator=_generator(2)),
        "local_minima_surfaces": convexity.local_minima_surfaces(),
        "local_minima_examples": convexity.local_minima_examples(),
        "solver_runs": solving.solver_runs(generator=_generator(3)),
        "logistic_solutions": solving.logistic_solutions(),
        "separable_descent": solving.separable_descent(),
        "linear_solutions": linear.linear_solutions(generator=_generator(4)),
        "regression_errors": regression.regression_errors(),
        "misclassification_cost": intuition.costs(),
    }


def _generator(table: int) -> np.random.Generator:
    return np.random.default_rng([SEED, table])
