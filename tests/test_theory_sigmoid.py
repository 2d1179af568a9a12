"""Value, slope and curvature of one sigmoid output, against torch's autograd."""

import numpy as np
import pytest
import torch

from lossbench.theory.sigmoid import CURVATURES, OUTPUT_LOSSES, SLOPES, VALUES, sigmoid_slope

Z = np.linspace(-15, 15, 61)


def torch_loss(z, target, loss):
    goal = torch.full_like(z, float(target))
    if loss == "mse_sigmoid":
        return 0.5 * torch.nn.functional.mse_loss(torch.sigmoid(z), goal, reduction="sum")
    return torch.nn.functional.binary_cross_entropy_with_logits(z, goal, reduction="sum")


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
@pytest.mark.parametrize("target", [0, 1])
def test_slope_and_curvature_are_autograds(loss, target):
    z = torch.tensor(Z, requires_grad=True)
    value = torch_loss(z, target, loss)
    (slope,) = torch.autograd.grad(value, z, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), z)
    assert VALUES[loss](Z, target).sum() == pytest.approx(value.item(), rel=1e-12)
    np.testing.assert_allclose(SLOPES[loss](Z, target), slope.detach(), rtol=1e-7, atol=1e-13)
    np.testing.assert_allclose(CURVATURES[loss](Z, target), curvature, rtol=1e-6, atol=1e-12)


def test_targets_mix_within_one_call():
    target = np.arange(len(Z)) % 2
    for loss in OUTPUT_LOSSES:
        for table in (VALUES, SLOPES, CURVATURES):
            mixed = table[loss](Z, target)
            apart = np.where(target == 1, table[loss](Z, 1), table[loss](Z, 0))
            np.testing.assert_array_equal(mixed, apart)


def test_far_out_nothing_cancels_or_overflows():
    z = np.array([-700.0, 40.0, 700.0])
    np.testing.assert_allclose(SLOPES["bce_sigmoid"](z, 1), [-1, -np.exp(-40.0), -np.exp(-700.0)])
    np.testing.assert_allclose(sigmoid_slope(z), np.exp(-np.abs(z)), rtol=1e-15)
    np.testing.assert_allclose(VALUES["bce_sigmoid"](z, 0)[1:], [40, 700], rtol=1e-12)
