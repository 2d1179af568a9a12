"""Curvature against SymPy and mpmath; the certificate of separate minima, and that it can fail."""

import mpmath
import numpy as np
import pandas as pd
import pytest
import sympy

from lossbench.theory import convexity
from lossbench.theory.logistic import Problem, value, with_ones

Z = sympy.Symbol("z", real=True)
SIGMA = 1 / (1 + sympy.exp(-Z))
SYMBOLIC = {
    ("mse_sigmoid", 0): SIGMA**2 / 2,
    ("mse_sigmoid", 1): (SIGMA - 1) ** 2 / 2,
    ("bce_sigmoid", 0): -sympy.log(1 - SIGMA),
    ("bce_sigmoid", 1): -sympy.log(SIGMA),
}


def test_curves_are_sympys_derivatives():
    frame = convexity.curvature(limit=4, points=9)
    for (loss, target), rows in frame.groupby(["loss", "target"]):
        expression = SYMBOLIC[loss, target]
        for order, column in enumerate(("value", "slope", "curvature")):
            derivative = sympy.diff(expression, Z, order)
            expected = [float(derivative.subs(Z, z).evalf(30)) for z in rows["z"]]
            np.testing.assert_allclose(rows[column], expected, rtol=1e-11, atol=1e-15)


def test_squared_loss_is_concave_exactly_beyond_two_thirds_and_one_third():
    a = sympy.Symbol("a", positive=True)
    second = {
        target: sympy.factor(
            sympy.diff(SYMBOLIC["mse_sigmoid", target], Z, 2)
            .subs(Z, sympy.log(a / (1 - a)))
            .simplify()
        )
        for target in (0, 1)
    }
    assert sympy.simplify(second[0] - a**2 * (1 - a) * (2 - 3 * a)) == 0
    frame = convexity.curvature().query("loss == 'mse_sigmoid' and curvature.abs() > 1e-12")
    for target, region in ((0, frame["output"] > 2 / 3), (1, frame["output"] < 1 / 3)):
        rows = frame["target"] == target
        assert ((frame["curvature"] < 0) == region)[rows].all()


def test_only_the_squared_loss_has_negative_eigenvalues():
    frame = convexity.hessians(generator=np.random.default_rng(5), points=60)
    smallest = frame.groupby("loss")["smallest_eigenvalue"].min()
    assert smallest["mse_sigmoid"] < -1e-3
    assert smallest["bce_sigmoid"] > 0
    assert frame["difference"].max() < 1e-8


def test_the_pair_of_minima_is_certified_and_cross_entropy_has_one():
    frame = convexity.local_minima(generator=np.random.default_rng(0), starts=40)
    squared = frame[frame["loss"] == "mse_sigmoid"]
    assert len(squared) == 2
    assert squared["certified"].all()
    assert (frame["loss"] == "bce_sigmoid").sum() == 1
    apart = np.diff(squared[["weight", "bias"]].to_numpy(), axis=0)
    assert np.linalg.norm(apart) > 2 * convexity.RADIUS


def test_minima_are_minima_in_fifty_digits():
    frame = convexity.local_minima(generator=np.random.default_rng(0), starts=40)
    problem = convexity.TWO_MINIMA
    examples = list(zip(problem.features[:, 0].tolist(), problem.labels.tolist(), strict=True))

    def loss(w, b):
        outputs = [1 / (1 + mpmath.exp(-(w * x + b))) for x, _ in examples]
        return sum((a - y) ** 2 for a, (_, y) in zip(outputs, examples, strict=True)) / 10

    with mpmath.workdps(50):
        for _, row in frame.query("loss == 'mse_sigmoid'").iterrows():
            slopes = [
                lambda w, b: mpmath.diff(loss, (w, b), (1, 0)),
                lambda w, b: mpmath.diff(loss, (w, b), (0, 1)),
            ]
            exact = mpmath.findroot(slopes, (row["weight"], row["bias"]))
            assert float(abs(exact[0] - row["weight"])) < 1e-5
            at = (exact[0], exact[1])
            ww, wb, bb = (mpmath.diff(loss, at, n) for n in ((2, 0), (1, 1), (0, 2)))
            assert ww > 0
            assert ww * bb - wb**2 > 0


def test_the_bound_holds_on_a_far_finer_circle():
    centre, radius = np.array([-0.5, 1.6]), 0.5
    bound = convexity.circle_bound(centre, radius, convexity.TWO_MINIMA, "mse_sigmoid", points=200)
    angles = np.linspace(0, 2 * np.pi, 100_003)
    rim = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    lowest = value(rim, convexity.TWO_MINIMA, "mse_sigmoid").min()
    assert lowest - 0.02 < bound < lowest


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


@pytest.mark.parametrize("loss", ["mse_sigmoid", "bce_sigmoid"])
def test_no_slope_exceeds_the_lipschitz_constant(loss):
    slope = convexity.curvature(limit=30, points=6001).query("loss == @loss")["slope"].abs()
    assert convexity.STEEPEST[loss] * 0.9999 < slope.max() <= convexity.STEEPEST[loss] + 1e-15
