"""From the study's runs to every table that the verdicts rest on."""

import pandas as pd

from lossbench.stats.contrasts import contrasts
from lossbench.stats.levels import level_ratios, steps_to_level
from lossbench.stats.observations import at_both_rates, image_counts, observations
from lossbench.stats.repetition import repetition
from lossbench.study.config import Study
from lossbench.study.paths import COMPARED
from lossbench.tables.parquet import check
from lossbench.tables.rows import Tables
from lossbench.tables.study import CONTRASTED_KEY, TOGETHER


def derived_tables(study: Study, tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables `steps_to_level`, `level_ratios` and `contrasts`.

    From `history`, `levels` and COMPARED, of which `geometry` may be empty.
    """
    steps = steps_to_level(tables["history"], tables["runs"], tables["levels"])
    return {
        "steps_to_level": steps,
        "level_ratios": level_ratios(steps, study.statistics.level),
        "contrasts": contrasts_of(study, {**tables, "steps_to_level": steps}),
    }


def repeated(study: Study, tables: Tables, again: Tables, name: str) -> dict[str, pd.DataFrame]:
    """The tables `repetition` and `together`: what the study `name` said again, and both as one.

    `tables` and `again`: COMPARED and `contrasts` of each.
    """
    shared = repetition(tables["contrasts"], again["contrasts"], name)
    whole = contrasts_of(study, {each: pd.concat([tables[each], again[each]]) for each in COMPARED})
    together = whole.merge(shared[list(CONTRASTED_KEY)])
    return {"repetition": shared, "together": check(together, TOGETHER)}


def contrasts_of(study: Study, tables: Tables) -> pd.DataFrame:
    """The CONTRASTS rows of the COMPARED tables, of one study or of several with other seeds."""
    metrics, runs, steps, choices, geometry, spreads = (tables[name] for name in COMPARED)
    observed = observations(metrics, runs, steps, choices, geometry)
    at_rates = at_both_rates(steps, choices)
    return contrasts(observed, at_rates, spreads, study, image_counts(metrics))
