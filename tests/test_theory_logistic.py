"""Logistic regression: many points at once, separability, ties, the direction of the means."""

import numpy as np
import pytest

from lossbench.theory.logistic import (
    DIGIT_PAIRS,
    Problem,
    along_the_means,
    digits_problem,
    error,
    gradient,
    separable,
    value,
    with_ones,
)
from lossbench.theory.sigmoid import OUTPUT_LOSSES

PROBLEM = digits_problem(*DIGIT_PAIRS["overlapping"])
PLACES = np.random.default_rng(3).normal(0, 2, (4, 3))


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
def test_many_points_at_once_are_each_alone(loss):
    alone = [value(place, PROBLEM, loss) for place in PLACES]
    np.testing.assert_allclose(value(PLACES, PROBLEM, loss), alone)
    slopes = [gradient(place, PROBLEM, loss) for place in PLACES]
    np.testing.assert_allclose(gradient(PLACES, PROBLEM, loss), slopes)


@pytest.mark.parametrize(
    ("labels", "expected"), [([0, 0, 1, 1], True), ([0, 1, 0, 1], False), ([1, 1, 1, 1], True)]
)
def test_separable_by_hand(labels, expected):
    features = with_ones(np.array([[0.0], [1.0], [2.0], [3.0]]))
    problem = Problem(features, np.array(labels, dtype=float), np.arange(4))
    assert separable(problem) is expected


def test_an_output_of_one_half_counts_as_1():
    assert error(np.zeros(3), PROBLEM) == pytest.approx(1 - PROBLEM.labels.mean())


def test_the_direction_leads_from_the_mean_of_zeros_to_the_mean_of_ones():
    rng = np.random.default_rng(4)
    labels = np.repeat([0.0, 1.0], [5, 9])
    features = rng.normal(3, 1, (14, 2)) + labels[:, None] * [1.0, -2.0]  # not centred
    found = along_the_means(Problem(with_ones(features), labels, np.arange(14)))
    zeros, ones = (sum(features[labels == label]) / (labels == label).sum() for label in (0, 1))
    along = np.array([row @ (ones - zeros) for row in features])
    np.testing.assert_allclose(found.features[:, 0], (along - np.mean(along)) / np.std(along))
    assert found.features[labels == 1, 0].mean() > found.features[labels == 0, 0].mean()
    assert (found.features[:, 1] == 1).all()
