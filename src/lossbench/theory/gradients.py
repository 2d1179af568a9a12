"""Gradients against outputs: where each loss's gradient is large, and where it vanishes.

The closed forms are met by complex-step differentiation, which is exact to rounding: it evaluates
the loss alone, at z + ih·v, and reads the derivative along v from the imaginary part.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, softmax

from lossbench.tables.parquet import check
from lossbench.tables.theory import GRADIENT_CHECKS, OUTPUT_GRADIENTS, SIGMOID, SOFTMAX_GRADIENTS
from lossbench.theory.sigmoid import OUTPUT_LOSSES, SLOPES, Array, OutputLoss, sigmoid_slope

SoftmaxLoss = Literal["mse_softmax", "cross_entropy"]
SOFTMAX_LOSSES: tuple[SoftmaxLoss, ...] = ("mse_softmax", "cross_entropy")
CLASSES = (2, 3, 10, 30, 100, 300, 1000)
DRAWS = 50
"""Random logits that each formula is checked at."""
_COMPLEX_STEP = 1e-30


def sigmoid_curve() -> pd.DataFrame:
    """The sigmoid and its slope on [−10, 10]: the table `sigmoid`."""
    z = np.linspace(-10, 10, 201)
    return check(pd.DataFrame({"z": z, "output": expit(z), "slope": sigmoid_slope(z)}), SIGMOID)


def output_gradient(output: Array, target: int, loss: OutputLoss) -> Array:
    """dC/dz as a function of the output a in [0, 1] itself: a − y, times a(1 − a) for MSE."""
    error = output - target
    return error * output * (1 - output) if loss == "mse_sigmoid" else error


def output_gradients() -> pd.DataFrame:
    """dC/dz over the outputs 0 … 1 for both targets and losses: the table `output_gradients`."""
    output = np.linspace(0, 1, 201)
    frames = [
        pd.DataFrame(
            {
                "loss": loss,
                "target": target,
                "output": output,
                "error": np.abs(output - target),
                "gradient": output_gradient(output, target, loss),
            }
        )
        for loss in OUTPUT_LOSSES
        for target in (0, 1)
    ]
    return check(pd.concat(frames, ignore_index=True), OUTPUT_GRADIENTS)


def logit_gradient(probabilities: Array, labels: NDArray[np.int64], loss: SoftmaxLoss) -> Array:
    """Gradient of the loss in the logits, (B, K), from the softmax's probabilities (B, K).

    Cross-entropy: p − t. Mean squared error: (2/K) J (p − t) with the softmax's Jacobian
    J = diag(p) − p pᵀ, written without the K × K matrix.
    """
    error = probabilities - np.eye(probabilities.shape[1])[labels]
    if loss == "cross_entropy":
        return error
    along = (probabilities * error).sum(axis=1, keepdims=True)
    return np.asarray(2 / probabilities.shape[1] * probabilities * (error - along))


def favouring(classes: int, doubts: Array) -> Array:
    """Probabilities (B, K): 1 − doubt for class 0, the doubt shared evenly by the others."""
    shared = np.repeat(doubts[:, None] / (classes - 1), classes, axis=1)
    shared[:, 0] = 1 - doubts
    return shared


def softmax_gradients() -> pd.DataFrame:
    """Length of the logit gradient from uniform to saturated: the table `softmax_gradients`.

    The doubt falls from 1 − 1/K (all logits equal, as at the start of training) to a millionth.
    """
    frames = [
        _softmax_frame(classes, case, label, loss)
        for classes in CLASSES
        for case, label in (("right", 0), ("wrong", 1))
        for loss in SOFTMAX_LOSSES
    ]
    return check(pd.concat(frames, ignore_index=True), SOFTMAX_GRADIENTS)


def _softmax_frame(classes: int, case: str, label: int, loss: SoftmaxLoss) -> pd.DataFrame:
    doubts = np.geomspace(1 - 1 / classes, 1e-6, 25)
    labels = np.full(len(doubts), label)
    gradient = logit_gradient(favouring(classes, doubts), labels, loss)
    norms = np.linalg.norm(gradient, axis=1)
    return pd.DataFrame(
        {"loss": loss, "classes": classes, "case": case, "doubt": doubts, "gradient_norm": norms}
    )


def gradient_checks(
    *, generator: np.random.Generator, classes: tuple[int, ...] = CLASSES
) -> pd.DataFrame:
    """Every gradient formula against the complex step at random logits: `gradient_checks`."""
    rows: list[tuple[str, int, float]] = [
        (loss, 1, _check_output(loss, generator)) for loss in OUTPUT_LOSSES
    ]
    rows += [
        (loss, count, _check_softmax(loss, count, generator))
        for loss in SOFTMAX_LOSSES
        for count in classes
    ]
    columns = ["loss", "classes", "largest_difference"]
    return check(pd.DataFrame(rows, columns=columns).assign(draws=DRAWS), GRADIENT_CHECKS)


def _check_output(loss: OutputLoss, generator: np.random.Generator) -> float:
    z = generator.normal(0, 3, DRAWS)
    target = generator.integers(0, 2, DRAWS)
    found = _COMPLEX_OUTPUT[loss](z + 1j * _COMPLEX_STEP, target).imag / _COMPLEX_STEP
    formula = SLOPES[loss](z, target)
    return float(np.max(np.abs(found - formula) / np.abs(formula)))


def _check_softmax(loss: SoftmaxLoss, classes: int, generator: np.random.Generator) -> float:
    logits = generator.normal(0, 2, (DRAWS, classes))
    labels = generator.integers(0, classes, DRAWS)
    along = generator.normal(0, 1, (DRAWS, classes))
    step = logits + 1j * _COMPLEX_STEP * along
    found = _COMPLEX_SOFTMAX[loss](step, labels).imag / _COMPLEX_STEP
    formula = logit_gradient(softmax(logits, axis=1), labels, loss)
    scale = np.linalg.norm(formula, axis=1) * np.linalg.norm(along, axis=1)
    return float(np.max(np.abs(found - (formula * along).sum(axis=1)) / scale))


Complex = NDArray[Any]


def _complex_squared(z: Complex, target: NDArray[np.int64]) -> Complex:
    return np.asarray(0.5 * (1 / (1 + np.exp(-z)) - target) ** 2)


def _complex_entropy(z: Complex, target: NDArray[np.int64]) -> Complex:
    return np.asarray(np.log(1 + np.exp(z)) - target * z)


def _complex_softmax_squared(logits: Complex, labels: NDArray[np.int64]) -> Complex:
    powers = np.exp(logits)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    mean: Complex = ((probabilities - np.eye(logits.shape[1])[labels]) ** 2).mean(axis=1)
    return mean


def _complex_softmax_entropy(logits: Complex, labels: NDArray[np.int64]) -> Complex:
    return np.asarray(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels])


_COMPLEX_OUTPUT: dict[OutputLoss, Callable[[Complex, NDArray[np.int64]], Complex]] = {
    "mse_sigmoid": _complex_squared,
    "bce_sigmoid": _complex_entropy,
}
_COMPLEX_SOFTMAX: dict[SoftmaxLoss, Callable[[Complex, NDArray[np.int64]], Complex]] = {
    "mse_softmax": _complex_softmax_squared,
    "cross_entropy": _complex_softmax_entropy,
}
