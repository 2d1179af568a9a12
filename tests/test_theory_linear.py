"""Linear regression, against scikit-learn and NumPy's least squares."""

import numpy as np
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


def test_descent_stops_at_its_budget():
    features, target = PROBLEMS["full rank"]
    assert linear.descend(np.ones(4), features, target, budget=3)[1] == 3
