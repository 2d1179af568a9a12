"""Numbers in words."""

import pytest

from builders.theory_tables import made
from lossbench.claims import theory_numbers


@pytest.mark.parametrize(
    ("x", "text"), [(0.0, "0"), (3.2e-14, "3 × 10⁻¹⁴"), (6e-5, "6 × 10⁻⁵"), (2e3, "2 × 10³")]
)
def test_small_numbers_stand_in_powers_of_ten(x, text):
    assert theory_numbers.small(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.0, "0"), (1.39e-14, "2 × 10⁻¹⁴"), (2e-14, "2 × 10⁻¹⁴"), (9.1e-3, "1 × 10⁻²")],
)
def test_bounds_are_rounded_up(x, text):
    assert theory_numbers.within(x) == text


def test_runs_that_missed_and_that_stopped_are_counted():
    runs = made()["solver_runs"].query("loss == 'mse_sigmoid' and solver == 'L-BFGS'")
    runs = runs.assign(reached=True, gradient_norm=1e-9)
    runs.loc[runs.index[:3], "reached"] = False
    runs.loc[runs.index[0], "gradient_norm"] = 0.1
    assert theory_numbers.missed(runs) == (
        "3 of 20 by L-BFGS from starts of scale 0.1; none from starts of scale 3 and 10"
    )
    assert theory_numbers.stuck(runs) == 2


def test_disagreement_is_the_largest():
    frame = made()["logistic_solutions"]
    frame.loc[(frame["method"] == "L-BFGS") & (frame["parameter"] == "bias"), "value"] += 0.5
    assert theory_numbers.disagreement({"logistic_solutions": frame}) == pytest.approx(
        0.5, abs=1e-6
    )
