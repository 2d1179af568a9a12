"""Logistic regression's value, gradient and Hessian, against autograd; separability."""

import numpy as np
import pytest
import torch

from lossbench.theory.logistic import (
    DIGIT_PAIRS,
    Problem,
    along_the_means,
    digits_problem,
    error,
    gradient,
    hessian,
    numerical_hessian,
    separable,
    smoothness,
    value,
    with_ones,
)
from lossbench.theory.sigmoid import OUTPUT_LOSSES

PROBLEM = digits_problem(*DIGIT_PAIRS["overlapping"])
PLACES = np.random.default_rng(3).normal(0, 2, (4, 3))


def torch_value(parameters, loss):
    z = torch.tensor(PROBLEM.features) @ parameters
    y = torch.tensor(PROBLEM.labels)
    if loss == "bce_sigmoid":
        return torch.nn.functional.binary_cross_entropy_with_logits(z, y)
    return 0.5 * torch.nn.functional.mse_loss(torch.sigmoid(z), y)


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
def test_value_gradient_and_hessian_are_autograds(loss):
    for place in PLACES:
        at = torch.tensor(place, requires_grad=True)
        expected = torch_value(at, loss)
        expected.backward()
        second = torch.autograd.functional.hessian(lambda p: torch_value(p, loss), at.detach())
        assert value(place, PROBLEM, loss) == pytest.approx(expected.item(), rel=1e-12)
        np.testing.assert_allclose(gradient(place, PROBLEM, loss), at.grad, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(hessian(place, PROBLEM, loss), second, rtol=1e-7, atol=1e-12)
        numerical = numerical_hessian(place, PROBLEM, loss)
        np.testing.assert_allclose(numerical, second, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
def test_many_points_at_once_are_each_alone(loss):
    alone = [value(place, PROBLEM, loss) for place in PLACES]
    np.testing.assert_allclose(value(PLACES, PROBLEM, loss), alone)
    slopes = [gradient(place, PROBLEM, loss) for place in PLACES]
    np.testing.assert_allclose(gradient(PLACES, PROBLEM, loss), slopes)


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
def test_no_curvature_exceeds_the_smoothness_bound(loss):
    bound = smoothness(PROBLEM, loss)
    places = np.vstack([np.zeros(3), np.random.default_rng(0).normal(0, 2, (200, 3))])
    curvatures = [np.abs(np.linalg.eigvalsh(hessian(p, PROBLEM, loss))).max() for p in places]
    assert max(curvatures) <= bound
    if loss == "bce_sigmoid":
        assert curvatures[0] == pytest.approx(bound)


def test_features_are_standardised_ink_of_the_chosen_digits():
    np.testing.assert_allclose(PROBLEM.features[:, :2].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(PROBLEM.features[:, :2].std(axis=0), 1)
    assert (PROBLEM.features[:, 2] == 1).all()
    assert len(PROBLEM.labels) == 183 + 174  # scikit-learn documents these counts of 3 and 8


@pytest.mark.parametrize(
    ("labels", "expected"), [([0, 0, 1, 1], True), ([0, 1, 0, 1], False), ([1, 1, 1, 1], True)]
)
def test_separable_by_hand(labels, expected):
    features = with_ones(np.array([[0.0], [1.0], [2.0], [3.0]]))
    problem = Problem(features, np.array(labels, dtype=float), np.arange(4))
    assert separable(problem) is expected


def test_error_is_the_share_of_wrong_sides():
    problem = Problem(
        with_ones(np.array([[-1.0], [1.0], [2.0]])), np.array([0.0, 1, 0]), np.arange(3)
    )
    assert error(np.array([1.0, 0.0]), problem) == pytest.approx(1 / 3)


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
