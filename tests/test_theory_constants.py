"""Every constant: found by search, by formula, and by SymPy."""

import pytest
import sympy

from lossbench.study.settings import Theory
from lossbench.theory.constants import constants

A = sympy.Symbol("a")


def value(name, settings=None):
    frame = constants(settings or Theory()).set_index("name")
    return frame.loc[name, "value"]


def test_search_and_formula_agree():
    frame = constants(Theory())
    for row in frame.itertuples():
        assert row.value == pytest.approx(row.expected, rel=1e-7), row.name


def test_sympy_finds_the_same_maxima():
    slope = A * (1 - A)
    squared = A**2 * (1 - A)
    best = next(root for root in sympy.solve(sympy.diff(squared, A)) if root > 0)
    assert best == sympy.Rational(2, 3)
    assert squared.subs(A, best) == sympy.Rational(4, 27)
    assert value("mse_slope_max") == pytest.approx(4 / 27, abs=1e-14)
    assert value("sigmoid_slope_max") == pytest.approx(
        float(slope.subs(A, sympy.solve(sympy.diff(slope, A))[0])), abs=1e-14
    )
    assert value("cross_entropy_slope_max") == pytest.approx(1, abs=1e-14)


def test_sympy_finds_the_same_curvature():
    curvature = A**2 * (1 - A) * (2 - 3 * A)
    edge = max(sympy.solve(curvature.diff(A)))
    assert value("mse_curvature_min") == pytest.approx(float(curvature.subs(A, edge)), abs=1e-12)
    assert value("concave_above") == pytest.approx(2 / 3, abs=1e-12)
    assert value("concave_below") == pytest.approx(1 / 3, abs=1e-12)


def test_cross_entropys_growth_follows_the_learning_rate():
    settings = Theory(learning_rate=0.5)
    assert value("cross_entropy_epochs_growth", settings) == pytest.approx(1.0)
