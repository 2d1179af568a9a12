import numpy as np
import pytest

from lossbench.stats import pairs
from test_stats_contrasts import observe

OURS = {2: (0.4, False, 0.03), 0: (0.2, True, 0.01), 7: (0.9, False, 0.0)}
THEIRS = {0: (0.1, False, 0.02), 2: (0.1, False, 0.04), 5: (0.3, False, 0.0)}


def test_shared_seeds_are_paired_in_order() -> None:
    found = pairs.pair(OURS, THEIRS)
    assert found.seeds == (0, 2)
    np.testing.assert_allclose(found.differences(is_ratio=False), [0.1, 0.3])
    np.testing.assert_allclose(found.differences(is_ratio=True), np.log([2, 4]))
    assert found.failed.tolist() == [[True, False], [False, False]]


def test_rounding_adds_the_variances_of_two_uniform_errors() -> None:
    # Uniform of width w: w²/12. Pairs: (0.01² + 0.02²)/12 and (0.03² + 0.04²)/12, averaged.
    expected = np.sqrt((0.0005 + 0.0025) / 2 / 12)
    assert pairs.pair(OURS, THEIRS).rounding == pytest.approx(expected)
    draws = np.random.default_rng(0).uniform(-0.5, 0.5, size=(100_000, 2)) * [0.03, 0.04]
    alone = pairs.pair({2: OURS[2]}, {2: THEIRS[2]})
    assert alone.rounding == pytest.approx(np.std(draws[:, 0] - draws[:, 1]), rel=0.01)


def test_observations_are_grouped_by_loss_and_seed() -> None:
    found = pairs.by_loss(observe({"cross_entropy": {1: 0.5}, "mse_softmax": {1: 0.6, 0: 0.7}}))
    assert found == {
        "cross_entropy": {1: (0.5, False, 0.0)},
        "mse_softmax": {1: (0.6, False, 0.0), 0: (0.7, False, 0.0)},
    }


@pytest.mark.parametrize(
    ("ours", "metric", "reason"),
    [
        ({}, "error", "absent: one of the losses has no runs here"),
        ({9: (0.1, False, 0.0)}, "error", "absent: one of the losses has no runs here"),
        ({0: (np.nan, True, 0.0)}, "nll", "undefined: no value for seed 0: a run diverged"),
        (
            {0: (np.nan, False, 0.0), 2: (np.nan, False, 0.0)},
            "ece",
            "undefined: no value for seed 0, 2: the head states no probabilities",
        ),
        (
            {2: (np.nan, False, 0.0)},
            "class_error_1",
            "undefined: no value for seed 2: not measurable",
        ),
        ({0: (0.9, True, 0.0)}, "error", ""),
    ],
)
def test_why_a_pairing_says_nothing(
    ours: dict[int, pairs.Observed], metric: str, reason: str
) -> None:
    assert pairs.why_undefined(pairs.pair(ours, THEIRS), metric) == reason


def test_a_pairing_of_failures_alone_says_nothing() -> None:
    failed = {0: (400.0, True, 0.0), 1: (400.0, True, 0.0)}
    both = pairs.pair(failed, failed)
    assert pairs.why_undefined(both, "steps_to_target_1").endswith("either loss reached the target")
    assert pairs.why_undefined(both, "error").endswith("either loss ended with a network")
    assert pairs.why_undefined(pairs.pair(failed, THEIRS), "error") == ""
