"""The surfaces and the paths on them."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss, mean_squared_error

from lossbench.theory import surfaces
from lossbench.theory.logistic import smoothness
from lossbench.theory.sigmoid import OUTPUT_LOSSES


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


def test_paths_descend_at_the_safe_rate_and_both_losses_share_their_starts():
    frame = surfaces.paths()
    for _, path in frame.groupby(["loss", "start"]):
        assert (path["value"].diff().dropna() <= 1e-15).all()
    first = frame[frame["step"] == 0].pivot(index="start", columns="loss", values="weight")
    assert (first["mse_sigmoid"] == first["bce_sigmoid"]).all()


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
def test_a_step_is_the_rate_times_the_finite_difference(loss):
    problem, start = surfaces.plane_problem(), np.array([1.0, -2.0])
    rate = 1 / smoothness(problem, loss)
    path = surfaces.descend(start, problem, loss, rate=rate, steps=1)
    shift = 1e-6 * np.eye(2)
    slope = [
        (surfaces.value(start + s, problem, loss) - surfaces.value(start - s, problem, loss)) / 2e-6
        for s in shift
    ]
    np.testing.assert_allclose(path[1], start - rate * np.array(slope), atol=1e-6)


def test_digits_table_holds_both_problems():
    frame = surfaces.digits()
    assert set(frame["problem"]) == {"overlapping", "separable"}
    means = frame.groupby(["problem", "label"])["direction"].mean().unstack()
    assert (means[1] > means[0]).all()
