import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.study_tables import PLACE
from lossbench.stats import multiplicity


def rejected_by_steps(p_values: list[float], alpha: float) -> list[bool]:
    """Holm's procedure as first stated: step down until a p is too large."""
    rejected = [False] * len(p_values)
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > alpha / (len(p_values) - step):
            break
        rejected[index] = True
    return rejected


def test_holm_of_a_worked_example() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.04 → kept from falling.
    found = multiplicity.holm(np.array([0.03, 0.01, 0.04, 0.02]))
    np.testing.assert_allclose(found, [0.06, 0.04, 0.06, 0.06])


def test_a_missing_p_is_no_test() -> None:
    found = multiplicity.holm(np.array([np.nan, 0.02, 0.8]))
    np.testing.assert_allclose(found, [np.nan, 0.04, 0.8])
    assert multiplicity.holm(np.array([])).size == 0
    assert np.isnan(multiplicity.holm(np.array([np.nan]))).all()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.sampled_from([0.01, 0.05, 0.2]))
def test_adjusted_p_rejects_what_the_stepwise_procedure_rejects(
    p_values: list[float], alpha: float
) -> None:
    adjusted = multiplicity.holm(np.array(p_values))
    is_near = np.isclose(adjusted, alpha, rtol=1e-9)
    expected = np.array(rejected_by_steps(p_values, alpha))
    assert ((adjusted <= alpha) == expected)[~is_near].all()


@pytest.mark.parametrize(
    ("rates", "metric", "loss", "expected"),
    [
        ("tuned", "error", "mse_softmax", True),
        ("tuned", "steps_to_target_3", "mse_softmax", True),
        ("tuned", "steps_to_target_2", "mse_softmax", False),
        ("tuned", "error", "mse_logits", False),
        ("tuned", "nll", "mse_softmax", False),
        ("same_rate", "steps_to_target_3", "mse_softmax", False),
    ],
)
def test_the_primary_family(rates: str, metric: str, loss: str, expected: bool) -> None:
    assert multiplicity.is_primary(rates, metric, loss) is expected


def test_families_part_by_network_question_and_rates() -> None:
    def of(metric: str, label: str = "exploratory", **other: str) -> object:
        row = PLACE | {"rates": "tuned", "metric": metric}
        return multiplicity.family(pd.Series({**row, "family": label, **other}))

    assert of("error", "primary") == of("steps_to_target_3", "primary")
    assert of("steps_to_target_1") == of("steps_to_target_3")
    assert of("class_error_1") == of("class_error_9")
    assert of("nll") == of("ece")
    families = [of("error"), of("nll"), of("class_error_1"), of("steps_to_target_1")]
    families += [of("error", "primary"), of("scatter_ratio"), of("validation_error")]
    families += [of("error", model="lenet"), of("error", rates="same_rate")]
    assert len(set(families)) == len(families)
