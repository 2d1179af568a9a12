"""Solving logistic regression under both losses, from many starts, with two kinds of solver.

Gradient descent takes the largest rate that is safe for the loss at hand, 1/L with L the bound on
its curvature, so neither loss is held back by the other's rate. L-BFGS is SciPy's.
"""

import numpy as np
import pandas as pd
import scipy

from lossbench.tables.parquet import check
from lossbench.tables.theory_problems import LOGISTIC_SOLUTIONS, SEPARABLE_DESCENT, SOLVER_RUNS
from lossbench.theory.logistic import (
    DIGIT_PAIRS,
    Problem,
    descend,
    digits_problem,
    error,
    gradient,
    separable,
    value,
)
from lossbench.theory.sigmoid import OUTPUT_LOSSES, Array, OutputLoss

SCALES = (0.1, 3.0, 10.0)
"""Standard deviations of the starts: near zero, as nets start; away from it; and far out."""
STARTS = 20
STEPS = 1000
NEAR = 1e-3
"""A run has reached where its loss exceeds the best by at most this share of the best."""
PARAMETERS = ("left_ink", "centre_ink", "bias")


def quasi_newton(
    start: Array, problem: Problem, loss: OutputLoss, *, steps: int
) -> tuple[Array, Array]:
    """L-BFGS from `start` (D,): its end (D,) and the values after 0, 1, … iterations."""
    values = [float(value(start, problem, loss))]

    def height(place: Array) -> float:
        return float(value(place, problem, loss))

    def slope(place: Array) -> Array:
        return gradient(place, problem, loss)

    def record(intermediate_result: "scipy.optimize.OptimizeResult") -> None:
        values.append(float(intermediate_result.fun))

    ended = scipy.optimize.minimize(
        height,
        start,
        jac=slope,
        method="L-BFGS-B",
        callback=record,
        options={"maxiter": steps, "ftol": 1e-15, "gtol": 1e-9},
    )
    return np.asarray(ended.x), np.array(values)


def solver_runs(*, generator: np.random.Generator) -> pd.DataFrame:
    """Both losses and solvers from the same random starts: the table `solver_runs`."""
    problem = digits_problem(*DIGIT_PAIRS["overlapping"])
    scales = np.repeat(SCALES, STARTS)
    starts = generator.normal(0, 1, (len(scales), len(PARAMETERS))) * scales[:, None]
    frames = []
    for loss in OUTPUT_LOSSES:
        paths = descend(starts, problem, loss, steps=STEPS)
        values = np.stack([value(places, problem, loss) for places in paths])
        runs = list(zip(paths[-1], values.T, strict=True))
        newton = [quasi_newton(start, problem, loss, steps=STEPS) for start in starts]
        best = min(curve[-1] for _, curve in runs + newton)
        frames.append(_runs_frame("gradient descent", runs, scales, problem, loss, best))
        frames.append(_runs_frame("L-BFGS", newton, scales, problem, loss, best))
    return check(pd.concat(frames, ignore_index=True), SOLVER_RUNS)


def _runs_frame(
    solver: str,
    runs: list[tuple[Array, Array]],
    scales: Array,
    problem: Problem,
    loss: OutputLoss,
    best: float,
) -> pd.DataFrame:
    ends = np.stack([end for end, _ in runs])
    final = np.array([curve[-1] for _, curve in runs])
    return pd.DataFrame(
        {
            "loss": loss,
            "solver": solver,
            "start_scale": scales,
            "start": np.arange(len(runs)),
            "value": final,
            "excess": final - best,
            "reached": final <= best * (1 + NEAR),
            "iterations": [_first_near(curve, best) for _, curve in runs],
            "gradient_norm": np.linalg.norm(gradient(ends, problem, loss), axis=1),
            "error": error(ends, problem),
        }
    )


def _first_near(curve: Array, best: float) -> int:
    near = np.flatnonzero(curve <= best * (1 + NEAR))
    return int(near[0]) if len(near) else len(curve) - 1


def logistic_solutions() -> pd.DataFrame:
    """Cross-entropy's minimiser by three methods: the table `logistic_solutions`.

    Only the overlapping digits have one: on separable data none exists, and none is listed.
    """
    problem = digits_problem(*DIGIT_PAIRS["overlapping"])
    zeros = np.zeros(len(PARAMETERS))
    found = {
        "gradient descent": descend(zeros, problem, "bce_sigmoid", steps=STEPS)[-1],
        "L-BFGS": quasi_newton(zeros, problem, "bce_sigmoid", steps=STEPS)[0],
        "scikit-learn": _scikit_learn(problem),
    }
    rows = [
        {"problem": "overlapping", "method": method, "parameter": name, "value": entry}
        for method, solution in found.items()
        for name, entry in zip(PARAMETERS, solution, strict=True)
    ]
    return check(pd.DataFrame(rows), LOGISTIC_SOLUTIONS)


def _scikit_learn(problem: Problem) -> Array:
    # An infinite C is no penalty, in the versions before and after `penalty=None` alike.
    from sklearn.linear_model import LogisticRegression  # here: it starts slowly

    model = LogisticRegression(C=np.inf, tol=1e-9, max_iter=1000)
    model.fit(problem.features[:, :-1], problem.labels)
    return np.append(model.coef_[0], model.intercept_[0])


def separable_descent(*, doublings: int = 13) -> pd.DataFrame:
    """Gradient descent on cross-entropy with and without a dividing line: `separable_descent`.

    Measured after 0, 1, 2, 4, … steps from zeros, at the rate 1/L.
    """
    frames = [
        _separable_frame(name, digits_problem(*pair), doublings)
        for name, pair in DIGIT_PAIRS.items()
    ]
    return check(pd.concat(frames, ignore_index=True), SEPARABLE_DESCENT)


def _separable_frame(name: str, problem: Problem, doublings: int) -> pd.DataFrame:
    steps = np.append(0, 2 ** np.arange(doublings))
    ends = descend(np.zeros(len(PARAMETERS)), problem, "bce_sigmoid", steps=steps[-1])[steps]
    return pd.DataFrame(
        {
            "problem": name,
            "step": steps,
            "value": value(ends, problem, "bce_sigmoid"),
            "parameter_norm": np.linalg.norm(ends, axis=1),
            "error": error(ends, problem),
            "separable": separable(problem),
        }
    )
