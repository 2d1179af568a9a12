"""Curvature against SymPy; the certificate of separate minima, and that it can fail."""

import numpy as np
import pandas as pd
import pytest
import sympy
from scipy.special import expit

from lossbench.theory import convexity
from lossbench.theory.logistic import Problem, with_ones

Z = sympy.Symbol("z", real=True)
SIGMA = 1 / (1 + sympy.exp(-Z))
SYMBOLIC = {
    ("mse_sigmoid", 0): SIGMA**2 / 2,
    ("mse_sigmoid", 1): (SIGMA - 1) ** 2 / 2,
    ("bce_sigmoid", 0): -sympy.log(1 - SIGMA),
    ("bce_sigmoid", 1): -sympy.log(SIGMA),
}


def test_curves_are_sympys_derivatives():
    frame = convexity.curvature(limit=15, points=31)
    np.testing.assert_allclose(frame["output"], expit(frame["z"]))
    for (loss, target), rows in frame.groupby(["loss", "target"]):
        expression = SYMBOLIC[loss, target]
        for order, column in enumerate(("value", "slope", "curvature")):
            derivative = sympy.diff(expression, Z, order)
            expected = [float(derivative.subs(Z, sympy.Rational(z)).evalf(30)) for z in rows["z"]]
            np.testing.assert_allclose(rows[column], expected, rtol=1e-11, atol=1e-15)


def test_a_slope_is_not_certified(monkeypatch):
    monkeypatch.setattr(
        convexity, "minima", lambda *_: [(np.array([0.5, 2.5]), 1), (np.array([3.5, 2.5]), 1)]
    )
    frame = convexity.local_minima(generator=np.random.default_rng(0))
    assert convexity._standing_apart(frame).all()
    assert not frame["certified"].any()


def test_minima_too_close_are_not_called_separate(monkeypatch):
    real = convexity.minima(
        convexity.TWO_MINIMA, "mse_sigmoid", np.random.default_rng(0).normal(0, 2, (10, 2))
    )[0][0]
    monkeypatch.setattr(convexity, "minima", lambda *_: [(real, 1), (real + 1e-3, 1)])
    frame = convexity.local_minima(generator=np.random.default_rng(0))
    assert not frame.query("loss == 'mse_sigmoid'")["certified"].any()


@pytest.mark.parametrize(("share", "apart"), [(0.99, False), (1.01, True)])
def test_circles_of_one_loss_may_not_meet(share, apart):
    width = 2 * convexity.RADIUS * share
    places = {
        "loss": ["a", "a", "b"],
        "weight": [0.0, 0.6 * width, 0.0],
        "bias": [0, 0.8 * width, 0],
    }
    found = convexity._standing_apart(pd.DataFrame(places))
    assert found.tolist() == [apart, apart, True]


def test_a_plateau_is_no_minimum():
    problem = Problem(with_ones(np.array([[-1.0], [1.0]])), np.array([0.0, 1.0]), np.arange(2))
    assert convexity.minima(problem, "mse_sigmoid", np.array([[30.0, 0.0]])) == []


def test_the_largest_difference_to_a_numerical_hessian_is_kept(monkeypatch):
    def off(place, problem, loss):
        closed = convexity.hessian(place, problem, loss)
        return closed + np.arange(closed.size).reshape(closed.shape)

    monkeypatch.setattr(convexity, "numerical_hessian", off)
    found = convexity.hessians(generator=np.random.default_rng(1), points=len(convexity.SCALES))
    (size,) = set(np.sqrt(found["difference"] + 1).round(6))
    assert size == int(size) > 1
