"""From the study's runs to every table that the verdicts rest on."""

import pandas as pd

from lossbench.stats.contrasts import contrasts
from lossbench.stats.levels import level_ratios, steps_to_level
from lossbench.stats.observations import at_both_rates, image_counts, observations
from lossbench.study.config import Study


def derived_tables(
    study: Study,
    metrics: pd.DataFrame,
    history: pd.DataFrame,
    runs: pd.DataFrame,
    levels: pd.DataFrame,
    choices: pd.DataFrame,
    geometry: pd.DataFrame,
    mean_squares: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """The tables `steps_to_level`, `level_ratios` and `contrasts`.

    `history` and `runs` hold the runs of both stages; `geometry` may be empty.
    """
    steps = steps_to_level(history, runs, levels)
    observed = observations(metrics, runs, steps, choices, geometry)
    at_rates = at_both_rates(steps, choices)
    images = image_counts(metrics)
    return {
        "steps_to_level": steps,
        "level_ratios": level_ratios(steps, study.statistics.level),
        "contrasts": contrasts(observed, at_rates, mean_squares, study, images),
    }
