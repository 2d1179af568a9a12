"""The surfaces and the paths on them."""

import pytest
from scipy.special import expit
from sklearn.metrics import log_loss, mean_squared_error

from lossbench.theory import surfaces


def test_surface_values_are_scikit_learns_losses():
    # Near the middle: far out 1 − output loses its digits in the expected value.
    problem = surfaces.plane_problem()
    frame = surfaces.surface_values(problem, extent=3, points=5)
    for _, row in frame.iterrows():
        output = expit(problem.features @ [row["weight"], row["bias"]])
        if row["loss"] == "mse_sigmoid":
            expected = mean_squared_error(problem.labels, output) / 2
        else:
            expected = log_loss(problem.labels, output)
        assert row["value"] == pytest.approx(expected, rel=1e-6)
