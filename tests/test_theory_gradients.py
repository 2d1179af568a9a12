"""Gradients in outputs and logits, against autograd."""

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax

from lossbench.theory import gradients
from lossbench.theory.sigmoid import SLOPES


@pytest.mark.parametrize("classes", [2, 5, 10, 1000])
@pytest.mark.parametrize("scale", [0.1, 8.0])
@pytest.mark.parametrize("loss", gradients.SOFTMAX_LOSSES)
def test_logit_gradient_is_autograds(classes, scale, loss):
    generator = np.random.default_rng(classes)
    logits = generator.normal(0, scale, (6, classes))
    labels = generator.integers(0, classes, 6)
    z, t = torch.tensor(logits, requires_grad=True), torch.tensor(labels)
    if loss == "cross_entropy":
        value = torch.nn.functional.cross_entropy(z, t, reduction="sum")
    else:
        goal = torch.nn.functional.one_hot(t, classes).double()
        value = ((torch.softmax(z, 1) - goal) ** 2).mean(1).sum()
    value.backward()
    found = gradients.logit_gradient(softmax(logits, axis=1), labels, loss)
    np.testing.assert_allclose(found, z.grad, rtol=1e-9, atol=1e-13)


def test_output_gradients_are_the_slopes_in_z_and_alike_at_both_ends_for_the_squared_loss():
    frame = gradients.output_gradients()
    inner = frame[frame["output"].between(0.01, 0.99)]
    z = np.log(inner["output"] / (1 - inner["output"]))
    for (loss, target), rows in inner.groupby(["loss", "target"]):
        expected = SLOPES[loss](z[rows.index], target)
        np.testing.assert_allclose(rows["gradient"], expected, rtol=1e-12)
    ends = frame[frame["output"].isin([0.0, 1.0])].set_index(["loss", "target", "output"])
    assert (ends.loc["mse_sigmoid", "gradient"] == 0).all()
    assert ends.loc[("bce_sigmoid", 0, 1.0), "gradient"] == 1
    assert ends.loc[("bce_sigmoid", 1, 0.0), "gradient"] == -1
    assert frame.query("loss == 'mse_sigmoid'")["gradient"].abs().max() <= 4 / 27


def test_checks_agree_and_would_notice_a_wrong_formula(monkeypatch):
    def checks():
        return gradients.gradient_checks(generator=np.random.default_rng(0), classes=(2, 10))

    assert checks()["largest_difference"].max() < 1e-11
    right = gradients.logit_gradient
    monkeypatch.setattr(gradients, "logit_gradient", lambda p, y, loss: 1.001 * right(p, y, loss))
    wrong = checks().query("classes > 1")
    assert wrong["largest_difference"].min() > 1e-6
    # Relative to each draw's own length: of two classes some direction lies nearly along it.
    of_two = wrong.query("classes == 2")["largest_difference"]
    np.testing.assert_allclose(of_two, 0.001 / 1.001, rtol=0.01)


def test_sigmoid_curve_is_the_sigmoid_and_its_finite_difference():
    frame = gradients.sigmoid_curve()
    z = frame["z"].to_numpy()
    assert (z[0], z[-1]) == (-10, 10)
    np.testing.assert_allclose(frame["output"], expit(z))
    difference = (expit(z + 1e-5) - expit(z - 1e-5)) / 2e-5
    np.testing.assert_allclose(frame["slope"], difference, atol=1e-9)


@pytest.mark.parametrize("loss", gradients.OUTPUT_LOSSES)
def test_one_wrong_draw_of_fifty_is_noticed(monkeypatch, loss):
    slope, logit_gradient = SLOPES[loss], gradients.logit_gradient
    first = 1 + 0.001 * (np.arange(gradients.DRAWS) == 0)
    monkeypatch.setitem(gradients.SLOPES, loss, lambda z, y: first * slope(z, y))
    monkeypatch.setattr(
        gradients, "logit_gradient", lambda *of: first[:, None] * logit_gradient(*of)
    )
    found = gradients.gradient_checks(generator=np.random.default_rng(0), classes=(2,))
    wrong = (found["loss"] == loss) | (found["classes"] == 2)
    assert ((found["largest_difference"] > 1e-5) == wrong).all()
