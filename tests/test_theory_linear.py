"""Linear regression, against scikit-learn and NumPy's least squares."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from lossbench.theory import linear

PROBLEMS = linear.problems()


def test_full_rank_solution_is_scikit_learns():
    features, target = PROBLEMS["full rank"]
    fitted = LinearRegression().fit(features[:, :-1], target)
    found = linear.normal_equations(features, target)
    np.testing.assert_allclose(found, [*fitted.coef_, fitted.intercept_], atol=1e-12)


def test_rank_deficient_solution_is_the_shortest():
    features, target = PROBLEMS["rank deficient"]
    expected = np.linalg.lstsq(features, target, rcond=None)[0]
    np.testing.assert_allclose(linear.normal_equations(features, target), expected, atol=1e-10)


def test_descent_meets_the_closed_form():
    frame = linear.linear_solutions(generator=np.random.default_rng(0))
    full, deficient = (frame[frame["problem"] == name] for name in ("full rank", "rank deficient"))
    assert full["parameter_difference"].max() < 1e-8
    assert frame["prediction_difference"].max() < 1e-8
    assert (deficient["rank"] == deficient["parameters"] - 1).all()
    from_zero = deficient.query("method == 'gradient descent' and start == 0")
    elsewhere = deficient.query("method == 'gradient descent' and start > 0")
    assert from_zero["parameter_difference"].max() < 1e-8
    assert elsewhere["parameter_difference"].min() > 0.01
    assert np.ptp(frame["value"]) < 1e-12


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_hessian_is_that_of_finite_differences_and_semidefinite(problem):
    features, target = PROBLEMS[problem]
    width, step = features.shape[1], 1e-3
    at = np.random.default_rng(0).normal(size=width)
    shifts = step * np.eye(width)

    def f(p):
        return linear.half_mean_square(p, features, target)

    numerical = np.array(
        [
            [
                (f(at + a + b) - f(at + a - b) - f(at - a + b) + f(at - a - b)) / (4 * step**2)
                for b in shifts
            ]
            for a in shifts
        ]
    )
    np.testing.assert_allclose(features.T @ features / len(target), numerical, atol=1e-7)
    rows = linear.linear_solutions(generator=np.random.default_rng(0)).query("problem == @problem")
    smallest = np.linalg.eigvalsh(numerical)[0]
    np.testing.assert_allclose(rows["smallest_eigenvalue"], smallest, atol=1e-6)
    assert (rows["smallest_eigenvalue"] > -1e-12).all()


def test_descent_stops_at_its_budget():
    features, target = PROBLEMS["full rank"]
    assert linear.descend(np.ones(4), features, target, budget=3)[1] == 3
