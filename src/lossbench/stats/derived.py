"""From the study's runs to every table that the verdicts rest on."""

import pandas as pd

from lossbench.stats.contrasts import contrasts
from lossbench.stats.observations import image_counts, observations
from lossbench.stats.survival import kaplan_meier, survival, times_to_target
from lossbench.study.config import Study


def derived_tables(
    study: Study,
    metrics: pd.DataFrame,
    history: pd.DataFrame,
    runs: pd.DataFrame,
    targets: pd.DataFrame,
    choices: pd.DataFrame,
    geometry: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """The tables `times_to_target`, `kaplan_meier`, `survival` and `contrasts`.

    `history` and `runs` hold the runs of both stages; `geometry` may be empty.
    """
    times = times_to_target(history, runs, targets)
    observed = observations(metrics, history, runs, times, choices, geometry)
    return {
        "times_to_target": times,
        "kaplan_meier": kaplan_meier(times, history, runs, study.statistics.level),
        "survival": survival(times, history, runs),
        "contrasts": contrasts(observed, study, image_counts(metrics)),
    }
