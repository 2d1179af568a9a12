"""One sigmoid neuron with input 1 and target 0, trained by plain gradient descent.

The experiment is Nielsen's (Neural Networks and Deep Learning, chapter 3): weight and bias both
move by −η dC/dz, so z = weight + bias moves by −2η dC/dz an epoch. Under gradient flow
dz/dt = −2η dC/dz the time between two values of z has a closed form for either loss.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit

from lossbench.study.settings import NeuronStart, Theory
from lossbench.tables.parquet import check
from lossbench.tables.theory import NEURON_SLOWDOWN, NEURON_TIMES, NEURON_TRAJECTORIES
from lossbench.theory.sigmoid import OUTPUT_LOSSES, SLOPES, STEEPEST, VALUES, Array, OutputLoss

OUTPUTS = (0.5, 0.2, 0.1)
"""Outputs whose first epoch is reported."""
SLOWDOWN_OUTPUT = 0.2
SLOWDOWN_STARTS = np.linspace(0, 8, 33)
BUDGET = 20_000
"""Epochs after which a simulation gives up."""


def trajectory(start_z: float, loss: OutputLoss, *, rate: float, epochs: int) -> Array:
    """Values of z after 0 … `epochs` updates from `start_z` (epochs + 1 values)."""
    z = np.empty(epochs + 1)
    z[0] = start_z
    for epoch in range(epochs):
        z[epoch + 1] = z[epoch] - 2 * rate * SLOPES[loss](z[epoch], 0)
    return z


def first_epochs(
    start_z: ArrayLike, output: float, loss: OutputLoss, *, rate: float, budget: int = BUDGET
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each start, the first epoch with a ≤ `output` (or the budget), and whether it came."""
    z = np.array(start_z, dtype=np.float64)
    epochs = np.zeros(len(z), dtype=np.int64)
    waiting = expit(z) > output
    while waiting.any() and epochs.max() < budget:
        z[waiting] -= 2 * rate * SLOPES[loss](z[waiting], 0)
        epochs[waiting] += 1
        waiting = expit(z) > output
    return epochs, ~waiting


def flow_epochs(start_z: ArrayLike, output: float, loss: OutputLoss, *, rate: float) -> Array:
    """Epochs until a = `output` under gradient flow; 0 where the start is already below.

    With a = σ(z): ∫ dz/a = z − e^(−z) for cross-entropy, and for the squared loss
    ∫ dz/(a²(1 − a)) = 3z + e^z − 3e^(−z) − ½e^(−2z). Infinite where e^z overflows.
    """
    start, end = np.asarray(start_z, dtype=np.float64), np.asarray(logit(output))
    integral = _INTEGRALS[loss]
    with np.errstate(over="ignore"):
        return np.where(start <= end, 0.0, (integral(start) - integral(end)) / (2 * rate))


def trajectories(settings: Theory) -> pd.DataFrame:
    """Output, cost and gradient of every start under both losses: `neuron_trajectories`."""
    frames = [
        _trajectory_frame(start, loss, settings)
        for start in settings.starts
        for loss in OUTPUT_LOSSES
    ]
    return check(pd.concat(frames, ignore_index=True), NEURON_TRAJECTORIES)


def times(settings: Theory) -> pd.DataFrame:
    """First epochs at or below each output, simulated and by gradient flow: `neuron_times`.

    Once at the study's rate for both losses, which favours the one with the larger gradient, and
    once at rates whose largest steps are equal.
    """
    starts = pd.DataFrame([start.model_dump() for start in settings.starts]).add_prefix("start_")
    start_z = (starts["start_weight"] + starts["start_bias"]).to_numpy()
    frames = [
        starts.assign(rates=rates, learning_rate=rate, **_times(start_z, output, loss, rate))
        for loss in OUTPUT_LOSSES
        for rates, steepest in (("shared", 1.0), ("equal steps", STEEPEST[loss]))
        for rate in (settings.learning_rate / steepest,)
        for output in OUTPUTS
    ]
    return check(pd.concat(frames, ignore_index=True), NEURON_TIMES)


def slowdown(settings: Theory) -> pd.DataFrame:
    """Epochs to reach `SLOWDOWN_OUTPUT` against the start: the table `neuron_slowdown`."""
    frames = [
        pd.DataFrame({"start_z": SLOWDOWN_STARTS}).assign(
            **_times(SLOWDOWN_STARTS, SLOWDOWN_OUTPUT, loss, settings.learning_rate)
        )
        for loss in OUTPUT_LOSSES
    ]
    return check(pd.concat(frames, ignore_index=True), NEURON_SLOWDOWN)


def _times(start_z: Array, output: float, loss: OutputLoss, rate: float) -> dict[str, Any]:
    epochs, reached = first_epochs(start_z, output, loss, rate=rate)
    flow = flow_epochs(start_z, output, loss, rate=rate)
    return {
        "loss": loss,
        "output": output,
        "epochs": epochs,
        "reached": reached,
        "flow_epochs": flow,
    }


def _trajectory_frame(start: NeuronStart, loss: OutputLoss, settings: Theory) -> pd.DataFrame:
    z = trajectory(
        start.weight + start.bias, loss, rate=settings.learning_rate, epochs=settings.epochs
    )
    return pd.DataFrame(
        {
            "start_weight": start.weight,
            "start_bias": start.bias,
            "loss": loss,
            "epoch": np.arange(len(z)),
            "z": z,
            "output": expit(z),
            "cost": VALUES[loss](z, 0),
            "gradient": SLOPES[loss](z, 0),
        }
    )


def _squared_integral(z: Array) -> Array:
    return np.asarray(3 * z + np.exp(z) - 3 * np.exp(-z) - np.exp(-2 * z) / 2)


def _entropy_integral(z: Array) -> Array:
    return np.asarray(z - np.exp(-z))


_INTEGRALS = {"mse_sigmoid": _squared_integral, "bce_sigmoid": _entropy_integral}
