"""Small tables of the study for tests: valid rows with the values that a test cares about."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lossbench.tables import runs
from lossbench.tables.parquet import check
from lossbench.tables.study import CONTRASTS

PLACE: dict[str, Any] = {"dataset": "mnist", "model": "mlp", "recipe": "annealed", "epochs": 4}
IDENTITY: dict[str, Any] = {
    **PLACE,
    "loss": "cross_entropy",
    "setting": "",
    "learning_rate": 0.1,
    "stage": "evaluation",
}


def make_runs(diverged: Mapping[int, bool], steps: int = 400, **identity: Any) -> pd.DataFrame:
    """RUNS: one run for each seed in `diverged`."""
    rows = [
        {
            **IDENTITY,
            **identity,
            "seed": seed,
            "diverged": has_diverged,
            "steps": steps,
            "classes": 10,
            "parameters": 10,
            "flops_per_example": 60,
        }
        for seed, has_diverged in diverged.items()
    ]
    return check(pd.DataFrame(rows), runs.RUNS)


def make_history(
    errors: Mapping[int, Sequence[float]], every: int = 100, **identity: Any
) -> pd.DataFrame:
    """HISTORY: validation errors of each seed, measured every so many steps; 100 an epoch."""
    rows = [
        {
            **IDENTITY,
            **identity,
            "seed": seed,
            "step": every * (index + 1),
            "epoch": every * (index + 1) / 100,
            "examples_seen": every * (index + 1) * 10,
            "train_loss": 1.0,
            "train_error": error,
            "validation_error": error,
            "logit_gradient_rms": 0.1,
            "saturation": 0.1,
            "scheduled_learning_rate": 0.1,
        }
        for seed, run in errors.items()
        for index, error in enumerate(run)
    ]
    return check(pd.DataFrame(rows), runs.HISTORY)


def make_contrasts(rows: Sequence[Mapping[str, Any]], **identity: Any) -> pd.DataFrame:
    """CONTRASTS: one row each, of five seeds and without intervals where nothing is said."""
    usual = {
        **PLACE,
        "rates": "tuned",
        "metric": "error",
        "loss": "mse_softmax",
        "reference": "cross_entropy",
        "scale": "difference",
        "value": 1.5,
        "level": 0.95,
        "pairs": 5,
        "bound": "",
        "main": True,
        "family": "exploratory",
        "verdict": "undecided",
        "method": "",
    }
    optional = {column.name: np.nan for column in CONTRASTS.columns if column.optional}
    return check(
        pd.DataFrame([{**optional, **usual, **identity, **row} for row in rows]), CONTRASTS
    )
