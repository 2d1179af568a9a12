import numpy as np
import pytest

from lossbench.stats import pairs
from test_stats_contrasts import observe

OURS = {2: (0.4, False), 0: (0.2, True), 7: (0.9, False)}
THEIRS = {0: (0.1, False), 2: (0.1, False), 5: (0.3, False)}


def test_shared_seeds_are_paired_in_order() -> None:
    found = pairs.pair(OURS, THEIRS)
    assert found.seeds == (0, 2)
    np.testing.assert_allclose(found.differences, [0.1, 0.3])
    assert found.failed.tolist() == [[True, False], [False, False]]


def test_observations_are_grouped_by_loss_and_seed() -> None:
    found = pairs.by_loss(observe({"cross_entropy": {1: 0.5}, "mse_softmax": {1: 0.6, 0: 0.7}}))
    assert found == {
        "cross_entropy": {1: (0.5, False)},
        "mse_softmax": {1: (0.6, False), 0: (0.7, False)},
    }


@pytest.mark.parametrize(
    ("ours", "metric", "reason"),
    [
        ({}, "error", "absent: one of the losses has no runs here"),
        ({9: (0.1, False)}, "error", "absent: one of the losses has no runs here"),
        ({0: (np.nan, True)}, "nll", "undefined: no value for seed 0: a run diverged"),
        (
            {0: (np.nan, False), 2: (np.nan, False)},
            "ece",
            "undefined: no value for seed 0, 2: the head states no probabilities",
        ),
        ({2: (np.nan, False)}, "within", "undefined: no value for seed 2: not measurable"),
        ({0: (0.9, True)}, "error", ""),
    ],
)
def test_why_a_pairing_says_nothing(
    ours: dict[int, pairs.Observed], metric: str, reason: str
) -> None:
    assert pairs.why_undefined(pairs.pair(ours, THEIRS), metric) == reason
