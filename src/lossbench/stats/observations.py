"""Every value that losses are compared on, one row a run: from metrics, times and geometry.

At two choices of `rates`. `tuned`: the evaluation runs, each loss at its own chosen rate.
`same_rate`: the tuning runs at the rate chosen for cross-entropy. The second is confounded, since
a shared rate favours the loss that it suits, and is labelled so; it has validation metrics alone,
since tuning runs never touch the test set.
"""

import numpy as np
import pandas as pd

from lossbench.analysis.outcomes import KEY
from lossbench.cards.loss import REFERENCE
from lossbench.stats.survival import PLACE, resolutions
from lossbench.tables.rows import of_comparisons

COLUMNS = [*PLACE, "rates", "metric", "loss", "seed", "value", "failed", "resolution"]
TIME = "steps_to_target_"


def observations(
    metrics: pd.DataFrame,
    history: pd.DataFrame,
    runs: pd.DataFrame,
    times: pd.DataFrame,
    choices: pd.DataFrame,
    geometry: pd.DataFrame,
) -> pd.DataFrame:
    """Columns COLUMNS. Metrics on the validation split are named with `validation_` before.

    `failed`: the run diverged, or is censored before the target. `resolution`: the step between
    neighbouring values that could have been measured, on the scale of the contrast; 0: unknown.
    """
    values = pd.concat(
        [_of_metrics(metrics, runs), _of_times(times, history), _of_geometry(geometry, runs)]
    )
    tuned = values[values["stage"] == "evaluation"].assign(rates="tuned")
    tuning = values[values["stage"] == "tuning"]
    same = _at_reference_rate(tuning, choices).assign(rates="same_rate")
    return pd.concat([tuned, same], ignore_index=True)[COLUMNS]


def image_counts(metrics: pd.DataFrame) -> dict[str, int]:
    """How many test images each data set has."""
    images = metrics[metrics["metric"] == "images"].dropna()
    counts = images.groupby("dataset")["value"].max()
    return {str(dataset): int(count) for dataset, count in counts.items()}


def _of_metrics(metrics: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    values = metrics[metrics["metric"] != "images"].merge(runs[[*KEY, "diverged"]], on=KEY)
    images = values["dataset"].map(image_counts(metrics)).astype(float)
    is_test_error = (values["metric"] == "error") & (values["split"] == "test")
    prefix = np.where(values["split"] == "validation", "validation_", "")
    return values.assign(
        metric=prefix + values["metric"],
        failed=values["diverged"],
        resolution=np.where(is_test_error, 1 / images, 0.0),
    )


def _of_times(times: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    return times.assign(
        metric=TIME + times["target"].astype(str),
        value=times["steps"].clip(lower=1).astype(float),
        failed=~times["reached"],
        resolution=resolutions(times, history),
    )


def _of_geometry(geometry: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """The measures of every evaluation run; missing for one that diverged."""
    if geometry.empty:
        return pd.DataFrame(columns=[*KEY, "metric", "value", "failed", "resolution"])
    measures = geometry[[*PLACE, "measure"]].drop_duplicates()
    evaluated = runs.loc[runs["stage"] == "evaluation", [*KEY, "diverged"]]
    wanted = evaluated.merge(measures, on=PLACE)
    values = wanted.merge(geometry, on=[*KEY, "measure"], how="left")
    return values.assign(metric=values["measure"], failed=values["diverged"], resolution=0.0)


def _at_reference_rate(tuning: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """Tuning runs at the rate that their replicate chose for the reference.

    Of a margin loss, those with the margin that it chose for the loss.
    """
    chosen = choices.assign(seed=choices["tuning_seed"])
    at_rate, at_margin = [*PLACE, "seed", "learning_rate"], [*PLACE, "seed", "loss", "setting"]
    rates = chosen.loc[chosen["loss"] == REFERENCE, at_rate]
    shared = of_comparisons(tuning, choices).merge(rates, on=at_rate)
    return shared.merge(chosen[at_margin], on=at_margin)
