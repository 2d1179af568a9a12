"""The neuron, against Nielsen's numbers, torch's SGD, and an ODE solver."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.special import expit, logit

from lossbench.study.settings import NeuronStart, Theory
from lossbench.theory import neuron
from lossbench.theory.sigmoid import OUTPUT_LOSSES, SLOPES


@pytest.mark.parametrize(
    ("start", "loss", "epoch"),
    [
        ((0.6, 0.9), "mse_sigmoid", 36),
        ((0.6, 0.9), "bce_sigmoid", 8),
        ((2.0, 2.0), "mse_sigmoid", 232),
        ((2.0, 2.0), "bce_sigmoid", 17),
    ],
)
def test_first_epoch_at_one_half(start, loss, epoch):
    times = neuron.times(Theory()).query("rates == 'shared'")
    row = times.set_index(["start_weight", "start_bias", "loss", "output"]).loc[(*start, loss, 0.5)]
    assert row["epochs"] == epoch
    assert row["reached"]


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
def test_trajectory_is_that_of_torch_sgd_on_weight_and_bias(loss):
    weight, bias = (torch.tensor(2.0, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimiser = torch.optim.SGD([weight, bias], lr=0.15)
    expected = []
    for _ in range(301):
        z = weight * 1.0 + bias
        expected.append(z.item())
        a = torch.sigmoid(z)
        cost = a**2 / 2 if loss == "mse_sigmoid" else -torch.log1p(-a)
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
    found = neuron.trajectories(Theory()).query("start_weight == 2 and loss == @loss")
    np.testing.assert_allclose(found["z"], expected, rtol=1e-10)
    np.testing.assert_allclose(found["output"], expit(expected), rtol=1e-10)


@pytest.mark.parametrize("loss", OUTPUT_LOSSES)
@pytest.mark.parametrize("start", [0.5, 1.5, 4.0, 7.0])
@pytest.mark.parametrize("output", [0.5, 0.2, 0.1])
def test_flow_time_is_what_an_ode_solver_finds(loss, start, output):
    def crossing(_, z):
        return z[0] - logit(output)

    crossing.terminal = True
    solved = solve_ivp(
        lambda _, z: -2 * 0.15 * SLOPES[loss](z, 0), (0, 1e5), [start],
        events=crossing, rtol=1e-9, atol=1e-12,
    )  # fmt: skip
    found = neuron.flow_epochs(start, output, loss, rate=0.15)
    assert found == pytest.approx(solved.t_events[0][0], rel=1e-6)


def test_flow_time_is_zero_below_the_output_and_infinite_beyond_arithmetic():
    assert neuron.flow_epochs(-3.0, 0.5, "mse_sigmoid", rate=0.15) == 0
    assert neuron.flow_epochs(800.0, 0.5, "mse_sigmoid", rate=0.15) == np.inf


def test_simulation_gives_up_at_its_budget():
    epochs, reached = neuron.first_epochs([-1.0, 20.0], 0.5, "mse_sigmoid", rate=0.15, budget=50)
    assert epochs.tolist() == [0, 50]
    assert reached.tolist() == [True, False]


def test_starts_and_rate_come_from_the_settings():
    settings = Theory(starts=(NeuronStart(weight=-1.0, bias=3.0),), learning_rate=0.5, epochs=7)
    frame = neuron.trajectories(settings)
    assert frame.groupby("loss").size().tolist() == [8, 8]
    assert (frame[frame["epoch"] == 0]["z"] == 2.0).all()
    slow, fast = (neuron.times(Theory(learning_rate=rate))["epochs"].sum() for rate in (0.15, 0.6))
    assert fast < slow
