"""The curvature of the last layer, against the Hessian that autograd takes."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from lossbench.datasets.preparation import prepare
from lossbench.datasets.prepared import Prepared
from lossbench.networks.losses import LOSSES
from lossbench.networks.models import build
from lossbench.training.examples import labelled
from lossbench.training.last_layer import last_layer, measures

EXAMPLES = 60


def hessian(loss: str, features: torch.Tensor, layer: torch.Tensor) -> torch.Tensor:
    """Autograd's Hessian of the mean loss in the last layer's weights and biases (K, H + 1)."""
    labels = torch.arange(len(features)) % len(layer)
    with_ones = torch.cat([torch.ones(len(features), 1, dtype=features.dtype), features], dim=1)

    def mean_loss(flat: torch.Tensor) -> torch.Tensor:
        return LOSSES[loss](with_ones @ flat.view_as(layer).T, labels).mean()

    return torch.autograd.functional.hessian(mean_loss, layer.flatten())


@pytest.fixture
def features() -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return 1.5 + 2 * torch.randn(EXAMPLES, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("classes", [2, 10, 26])
@pytest.mark.parametrize("size", [0.0, 3.0])
def test_the_curvature_is_the_largest_eigenvalue_of_autograds_hessian_anywhere(
    features, size, classes
):
    generator = torch.Generator().manual_seed(6)
    layer = size * torch.randn(classes, 4, generator=generator, dtype=torch.float64)
    eigenvalues = torch.linalg.eigvalsh(hessian("mse_logits", features, layer))
    assert measures(features, classes)["curvature"] == pytest.approx(
        eigenvalues[-1].item(), rel=1e-10
    )


def test_cross_entropy_starts_with_half_of_it_and_loses_it(features):
    curvature = measures(features, 10)["curvature"]
    equal = torch.linalg.eigvalsh(hessian("cross_entropy", features, torch.zeros(10, 4).double()))
    assert equal[-1].item() == pytest.approx(curvature / 2, rel=1e-10)
    sure = torch.zeros(10, 4).double()
    sure[0, 0] = 30.0
    assert torch.linalg.eigvalsh(hessian("cross_entropy", features, sure))[-1] < 1e-9 * curvature


def test_length_and_mean_are_those_of_numpy_and_zero_features_leave_the_bias_alone(features):
    array = features.numpy()
    length = np.mean(np.linalg.norm(array, axis=1) ** 2)
    found = measures(features, 10)
    assert found["squared_length"] == pytest.approx(length)
    spread = np.trace(np.cov(array.T, bias=True))
    assert found["mean_share"] == pytest.approx(1 - spread / length)
    found = measures(torch.zeros(8, 3), 10)
    assert found["curvature"] == pytest.approx(0.2)
    assert math.isnan(found["mean_share"])


@pytest.fixture(scope="module")
def digits() -> Prepared:
    return prepare("digits", Path("needs none"))


def test_a_row_a_seed_from_the_networks_that_training_starts_with(digits):
    table = last_layer("lenet", (0, 4), digits, examples=EXAMPLES, threads=1)
    assert table["seed"].tolist() == [0, 4]
    assert set(table["dataset"]) == {"digits"}
    images = labelled(digits, [np.arange(EXAMPLES)], torch.device("cpu"))[0][0]
    network = build("lenet", "linear", digits.manifest.image_shape, classes=10, seed=4)
    expected = measures(network(images).features.detach(), 10)
    assert table.iloc[1][list(expected)].to_dict() == pytest.approx(expected)


def test_large_features_make_the_max_pool_network_steeper(digits):
    average, largest = (
        last_layer(model, (0,), digits, examples=EXAMPLES, threads=1)["curvature"].item()
        for model in ("convnet", "convnet_max")
    )
    assert largest > 5 * average


@pytest.mark.parametrize("lost", [math.inf, math.nan])
def test_one_feature_that_is_not_finite_leaves_no_curvature(lost):
    features = torch.ones(5, 3)
    features[2, 1] = lost
    assert math.isnan(measures(features, 10)["curvature"])
