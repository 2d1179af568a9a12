import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.study_tables import PLACE
from lossbench.stats import multiplicity
from lossbench.study.config import Study
from test_stats_contrasts import make_study


def rejected_by_steps(p_values: list[float], alpha: float) -> list[bool]:
    """Holm's procedure as first stated: step down until a p is too large."""
    rejected = [False] * len(p_values)
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[index] > alpha / (len(p_values) - step):
            break
        rejected[index] = True
    return rejected


def test_holm_of_a_worked_example_in_which_a_missing_p_is_no_test() -> None:
    # Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.04 → kept from falling.
    found = multiplicity.holm(np.array([0.03, 0.01, 0.04, 0.02]))
    np.testing.assert_allclose(found, [0.06, 0.04, 0.06, 0.06])
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


def test_many_sets_of_p_are_corrected_at_once() -> None:
    p = np.random.default_rng(0).uniform(size=(3, 4, 5))
    p[0, 0, 2] = p[1, 2, 0] = np.nan
    expected = np.apply_along_axis(multiplicity.holm, -1, p)
    np.testing.assert_allclose(multiplicity.holm(p), expected)


@pytest.mark.parametrize(
    ("contrast", "expected"),
    [
        ({}, "primary"),
        ({"metric": "speed"}, "primary"),
        ({"metric": "reach"}, "exploratory"),
        ({"metric": "nll"}, "exploratory"),
        ({"loss": "mse_logits"}, "exploratory"),
        ({"rates": "same_rate"}, "exploratory"),
        ({"metric": "within"}, ""),
        ({"metric": "own_cosine"}, ""),
    ],
)
def test_what_is_primary_exploratory_or_not_asked(contrast: dict[str, str], expected: str) -> None:
    whole = {"rates": "tuned", "metric": "error", "loss": "mse_softmax", **contrast}
    assert multiplicity.label(whole, main=True) == expected
    assert multiplicity.label(whole, main=False) == (expected and "exploratory")


def test_families_part_by_comparison_question_and_rates() -> None:
    def of(metric: str, label: str = "exploratory", **other: str) -> object:
        row = PLACE | {"rates": "tuned", "metric": metric}
        return multiplicity.family({**row, "family": label, **other})

    assert of("error", "primary") == of("error", "primary", model="lenet", recipe="adamw")
    assert of("nll") == of("ece")
    families = [of("error"), of("nll"), of("speed"), of("reach"), of("scatter_ratio")]
    families += [of("error", "primary"), of("speed", "primary")]
    families += [of("error", model="lenet"), of("error", rates="same_rate")]
    families += [of("error", recipe="constant"), of("error", epochs="9")]
    assert len(set(families)) == len(families)


RECIPES = [
    {"name": "annealed"},
    {"name": "adamw", "optimiser": "adamw"},
    {"name": "constant", "schedule": "constant", "tuned_for": "speed"},
    {"name": "confident", "schedule": "constant", "tuned_for": "speed"},
]


def asked_of(*compared: tuple[str, int]) -> dict[str, set[tuple[str, int]]]:
    """The recipe and length that answer for error and for speed, of those compared."""
    usual = make_study().model_dump()
    [comparison] = usual["comparisons"]
    comparisons = [
        comparison | {"recipe": recipe, "epochs": epochs, "tuning_epochs": 8}
        for recipe, epochs in compared
    ]
    recipes = [each for each in RECIPES if each["name"] in dict(compared)]
    fields = {"recipes": recipes, "comparisons": comparisons}
    study = Study.model_validate(usual | fields)
    found = multiplicity.main_places(study)
    return {goal: {place[2:] for place in places} for goal, places in found.items()}


def test_error_and_speed_are_asked_of_the_first_comparison_tuned_for_them() -> None:
    found = asked_of(("constant", 2), ("annealed", 1), ("annealed", 5), ("adamw", 8))
    assert found == {"error": {("annealed", 1)}, "speed": {("constant", 2)}}
    found = asked_of(("confident", 4), ("constant", 3))
    assert found == {"error": {("confident", 4)}, "speed": {("confident", 4)}}
    assert asked_of(("annealed", 2), ("annealed", 1))["speed"] == {("annealed", 2)}


@pytest.mark.parametrize(
    ("metric", "goal"),
    [("speed", "speed"), ("reach", "speed"), ("error", "error"), ("nll", "error")],
)
def test_speed_and_reach_are_asked_where_speed_is_and_all_else_where_the_error_is(
    metric: str, goal: str
) -> None:
    main = {name: {("mnist", "mlp", f"for {name}", 3)} for name in ("error", "speed")}
    row = {"dataset": "mnist", "model": "mlp", "epochs": 3, "metric": metric}
    for other in main:
        contrast = row | {"recipe": f"for {other}"}
        assert multiplicity.is_main(contrast, main) == (other == goal)
