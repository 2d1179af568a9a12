"""Every value that losses are compared on, one row a run: from metrics, levels and geometry.

At two choices of `rates`. `tuned`: the evaluation runs, each loss at its own chosen rate.
`same_rate`: the tuning runs at the rate chosen for cross-entropy. The second is confounded, since
a shared rate favours the loss that it suits, and is labelled so; it has validation metrics alone,
since tuning runs never touch the test set.
"""

import numpy as np
import pandas as pd

from lossbench.analysis.outcomes import KEY
from lossbench.cards.loss import REFERENCE
from lossbench.tables.rows import of_comparisons
from lossbench.tables.runs import COMPARISON

PLACE = list(COMPARISON)
COLUMNS = [*PLACE, "rates", "metric", "loss", "seed", "value", "failed"]


def observations(
    metrics: pd.DataFrame,
    runs: pd.DataFrame,
    steps: pd.DataFrame,
    choices: pd.DataFrame,
    geometry: pd.DataFrame,
) -> pd.DataFrame:
    """Columns COLUMNS. Metrics on the validation split are named with `validation_` before.

    `failed`: the run diverged.
    """
    parts = [_of_metrics(metrics), _of_steps(steps), _of_geometry(geometry, runs)]
    values = pd.concat(parts).merge(runs[[*KEY, "diverged"]], on=KEY)
    found = at_both_rates(values.rename(columns={"diverged": "failed"}), choices)
    is_page_bound = (found["rates"] == "same_rate") | (found["metric"] != "validation_error")
    return found.loc[is_page_bound, COLUMNS].reset_index(drop=True)


def at_both_rates(runs: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """The rows of `runs` that are compared, with the column `rates`."""
    tuned = runs[runs["stage"] == "evaluation"].assign(rates="tuned")
    tuning = runs[runs["stage"] == "tuning"]
    same = _at_reference_rate(tuning, choices).assign(rates="same_rate")
    return pd.concat([tuned, same], ignore_index=True)


def image_counts(metrics: pd.DataFrame) -> dict[str, int]:
    """How many test images each data set has."""
    images = metrics[metrics["metric"] == "images"].dropna()
    counts = images.groupby("dataset")["value"].max()
    return {str(dataset): int(count) for dataset, count in counts.items()}


def _of_metrics(metrics: pd.DataFrame) -> pd.DataFrame:
    values = metrics[metrics["metric"] != "images"]
    prefix = np.where(values["split"] == "validation", "validation_", "")
    return values.assign(metric=prefix + values["metric"])


def _of_steps(steps: pd.DataFrame) -> pd.DataFrame:
    """The share of the levels that each run reaches."""
    reached = steps.groupby(KEY)["reached"].mean().rename("value").reset_index()
    return reached.assign(metric="reach")


def _of_geometry(geometry: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The measures of every evaluation run; missing for one that diverged."""
    if geometry.empty:
        return pd.DataFrame(columns=[*KEY, "metric", "value"])
    measures = geometry[[*PLACE, "measure"]].drop_duplicates()
    wanted = runs.loc[runs["stage"] == "evaluation", KEY].merge(measures, on=PLACE)
    values = wanted.merge(geometry, on=[*KEY, "measure"], how="left")
    return values.assign(metric=values["measure"])


def _at_reference_rate(tuning: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """Tuning runs at the rate that their replicate chose for the reference.

    Of a margin loss, those with the margin that it chose for the loss.
    """
    chosen = choices.assign(seed=choices["tuning_seed"])
    at_rate, at_margin = [*PLACE, "seed", "learning_rate"], [*PLACE, "seed", "loss", "setting"]
    rates = chosen.loc[chosen["loss"] == REFERENCE, at_rate]
    shared = of_comparisons(tuning, choices).merge(rates, on=at_rate)
    return shared.merge(chosen[at_margin], on=at_margin)
