"""Solvers from many starts, against scikit-learn's other solvers and SciPy's Newton."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from builders.theory_tables import made
from lossbench.theory import solving
from lossbench.theory.logistic import DIGIT_PAIRS, digits_problem, gradient, hessian, value

PROBLEM = digits_problem(*DIGIT_PAIRS["overlapping"])


def test_every_method_finds_what_newton_finds():
    newton = minimize(
        lambda p: value(p, PROBLEM, "bce_sigmoid"), np.zeros(3), method="trust-exact",
        jac=lambda p: gradient(p, PROBLEM, "bce_sigmoid"),
        hess=lambda p: hessian(p, PROBLEM, "bce_sigmoid"),
        options={"gtol": 1e-12},
    ).x  # fmt: skip
    sag = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10)
    sag.fit(PROBLEM.features[:, :2], PROBLEM.labels)
    expected = dict(zip(solving.PARAMETERS, newton, strict=True))
    assert expected["bias"] == pytest.approx(sag.intercept_[0], abs=1e-6)
    frame = solving.logistic_solutions()
    assert set(frame["method"]) == {"gradient descent", "L-BFGS", "scikit-learn"}
    for row in frame.itertuples():
        assert row.value == pytest.approx(expected[row.parameter], abs=1e-6)


def test_cross_entropy_is_solved_from_every_start_and_the_squared_loss_is_not():
    runs = made()["solver_runs"]
    entropy, squared = (runs[runs["loss"] == f"{name}_sigmoid"] for name in ("bce", "mse"))
    assert entropy["reached"].all()
    assert entropy["value"].max() - entropy["value"].min() < 1e-12
    assert not squared[squared["start_scale"] == 10]["reached"].all()
    assert squared[squared["start_scale"] == 0.1]["reached"].all()
    assert (runs["excess"] >= 0).all()


def test_a_run_that_lbfgs_left_is_a_local_minimum_of_the_squared_loss():
    starts = np.random.default_rng(1).normal(0, 10, (60, 3))
    ends = [solving.quasi_newton(s, PROBLEM, "mse_sigmoid", steps=1000) for s in starts]
    best = min(values[-1] for _, values in ends)
    left = [place for place, values in ends if values[-1] > 1.01 * best]
    assert left
    assert all(np.linalg.norm(gradient(p, PROBLEM, "mse_sigmoid")) < 1e-6 for p in left)


def test_iterations_count_to_the_first_near():
    curve = np.array([3.0, 2.0, 1.0005, 1.0])
    assert solving._first_near(curve, 1.0) == 2
    assert solving._first_near(curve, 0.5) == 3


def test_a_run_is_told_by_its_last_place_from_a_start_of_its_scale(monkeypatch):
    monkeypatch.setattr(solving, "STEPS", 3)
    monkeypatch.setattr(solving, "STARTS", 2)
    runs = solving.solver_runs(generator=np.random.default_rng(5))
    rows = np.random.default_rng(5).normal(0, 1, (6, 3))
    starts = np.array([scale * row for scale, row in zip(runs["start_scale"], rows, strict=False)])
    for loss, found in runs.groupby("loss"):
        descent = solving.descend(starts, PROBLEM, loss, steps=3)[-1]
        newton = [solving.quasi_newton(start, PROBLEM, loss, steps=3)[0] for start in starts]
        expected = value(np.array([*newton, *descent]), PROBLEM, loss)
        np.testing.assert_allclose(found["value"], expected, rtol=1e-12)
        np.testing.assert_allclose(found["excess"], expected - expected.min(), atol=1e-14)
