"""The story's constants: each found by numerical search, next to what its formula gives."""

from collections.abc import Callable
from dataclasses import dataclass
from math import acosh, log, sqrt

import numpy as np
import pandas as pd
import scipy
from scipy.special import expit

from lossbench.study.settings import Theory
from lossbench.tables.parquet import check
from lossbench.tables.theory import THEORY_CONSTANTS
from lossbench.theory.gradients import favouring, logit_gradient
from lossbench.theory.neuron import SLOWDOWN_OUTPUT, flow_epochs
from lossbench.theory.sigmoid import CURVATURES, SLOPES, sigmoid_slope

SHOWN_CLASSES = 10
"""K of the one softmax constant that depends on it."""
DRAWN = 10.0
"""σ′ is judged over z in [−DRAWN, DRAWN]."""


@dataclass(frozen=True)
class Constant:
    """A row of `theory_constants`; its name is the key under which it is looked up."""

    value: float
    expected: float
    formula: str
    meaning: str


def constants(settings: Theory) -> pd.DataFrame:
    """Every constant of the chapter: the table `theory_constants`."""
    found = {**_slopes(), **_curvatures(), **_saturation(), **_slowdown(settings.learning_rate)}
    rows = [{"name": name, **vars(constant)} for name, constant in found.items()]
    return check(pd.DataFrame(rows), THEORY_CONSTANTS)


def _slopes() -> dict[str, Constant]:
    steepest = _argmax(lambda z: float(SLOPES["mse_sigmoid"](z, 0)), -6, 6)
    top = _argmax(lambda z: float(sigmoid_slope(z)), -6, 6)
    return {
        "sigmoid_slope_max": Constant(
            float(sigmoid_slope(top)), 1 / 4, "1/4", "largest slope of the sigmoid"
        ),
        "mse_slope_max": Constant(
            float(SLOPES["mse_sigmoid"](steepest, 0)),
            4 / 27,
            "4/27",
            "largest slope of ½σ(z)², the squared loss with target 0",
        ),
        "mse_slope_max_output": Constant(
            float(expit(steepest)), 2 / 3, "2/3", "output at which that slope is reached"
        ),
        "cross_entropy_slope_max": Constant(
            float(SLOPES["bce_sigmoid"](40.0, 0)),
            1.0,
            "1",
            "slope that cross-entropy approaches as the output becomes totally wrong",
        ),
    }


def _curvatures() -> dict[str, Constant]:
    # From each end of the concave region into the convex one: the curvature changes sign once.
    above = scipy.optimize.brentq(
        lambda z: float(CURVATURES["mse_sigmoid"](z, 0)), -3, 6, xtol=1e-13
    )
    below = scipy.optimize.brentq(
        lambda z: float(CURVATURES["mse_sigmoid"](z, 1)), -6, 3, xtol=1e-13
    )
    lowest = _argmax(lambda z: -float(CURVATURES["mse_sigmoid"](z, 0)), 0, 6)
    share = (15 + sqrt(33)) / 24
    return {
        "concave_above": Constant(
            float(expit(above)), 2 / 3, "2/3", "target 0: squared loss concave above this output"
        ),
        "concave_below": Constant(
            float(expit(below)), 1 / 3, "1/3", "target 1: squared loss concave below this output"
        ),
        "mse_curvature_min": Constant(
            float(CURVATURES["mse_sigmoid"](lowest, 0)),
            share**2 * (1 - share) * (2 - 3 * share),
            "a²(1 − a)(2 − 3a) at a = (15 + √33)/24",
            "most negative curvature of the squared loss",
        ),
    }


def _saturation() -> dict[str, Constant]:
    edge = scipy.optimize.brentq(lambda z: float(sigmoid_slope(z)) - 1 / 40, 0, DRAWN, xtol=1e-13)
    uniform = favouring(SHOWN_CLASSES, np.array([1 - 1 / SHOWN_CLASSES]))
    label = np.array([0])
    squared = np.linalg.norm(logit_gradient(uniform, label, "mse_softmax"))
    entropy = np.linalg.norm(logit_gradient(uniform, label, "cross_entropy"))
    return {
        "saturated_share": Constant(
            float(1 - edge / DRAWN),
            1 - 2 * acosh(sqrt(10)) / DRAWN,
            "1 − 2 arcosh(√10)/10",
            "share of −10 ≤ z ≤ 10 in which σ′ is below a tenth of its largest value",
        ),
        "softmax_initial_ratio": Constant(
            float(squared / entropy),
            2 / SHOWN_CLASSES**2,
            "2/K² with K = 10",
            "softmax at equal logits: MSE's gradient over cross-entropy's",
        ),
    }


def _slowdown(rate: float) -> dict[str, Constant]:
    starts = np.array([29.0, 30.0])
    squared = flow_epochs(starts, SLOWDOWN_OUTPUT, "mse_sigmoid", rate=rate)
    entropy = flow_epochs(starts, SLOWDOWN_OUTPUT, "bce_sigmoid", rate=rate)
    return {
        "mse_epochs_growth": Constant(
            float(log(squared[1] / squared[0])),
            1.0,
            "1",
            "squared loss, far out: growth of ln(epochs) for each unit of the start z₀",
        ),
        "cross_entropy_epochs_growth": Constant(
            float(entropy[1] - entropy[0]),
            1 / (2 * rate),
            "1/(2η)",
            "cross-entropy, far out: growth of the epochs for each unit of the start z₀",
        ),
    }


def _argmax(function: Callable[[float], float], low: float, high: float) -> float:
    found = scipy.optimize.minimize_scalar(
        lambda z: -function(z), bounds=(low, high), method="bounded", options={"xatol": 1e-10}
    )
    return float(found.x)
