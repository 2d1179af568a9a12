"""The tables of learning: ratios of steps to the reference, over all levels and at each, curves."""

import pandas as pd

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.stats.multiplicity import main_places
from lossbench.study.config import Study
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON

CELL = [*COMPARISON, "loss", "setting"]


def speed(tables: Tables) -> DataTable:
    """Paired ratios of steps, each loss to the reference, and the shares of levels reached."""
    return _ratios(tables, "tuned", "tables/speed.txt.j2")


def same_rate_speed(tables: Tables) -> DataTable:
    """The same at the one rate that suits the reference, in the tuning runs: confounded."""
    return _ratios(tables, "same_rate", "tables/same-rate-speed.txt.j2")


def _ratios(tables: Tables, rates: str, words: str) -> DataTable:
    rows = rows_of(tables, "contrasts", rates=rates, metric="speed")
    return data_table(
        rows.assign(margin_factor=1 + rows["margin"]),
        (
            *columns.CELL,
            columns.BOUND,
            *columns.estimate(columns.factor, "Ratio of steps"),
            columns.VERDICT,
            columns.AGAIN,
            columns.percent("reach", "Levels reached"),
            columns.percent("reference_reach", "by the reference"),
            columns.factor("margin_factor", "Margin"),
            *columns.P_VALUES,
            columns.PAIRS,
            columns.FAMILY,
            columns.METHOD,
        ),
        **table_words(words),
    )


def speed_by_level(tables: Tables, study: Study) -> DataTable:
    """The ratio of steps at every fourth level, the hardest included, and how many runs miss it."""
    ratios = _drawn(rows_of(tables, "level_ratios"), study)
    from_hardest = ratios.groupby([*COMPARISON, "loss"])["level"].rank("dense", ascending=False)
    return data_table(
        ratios[from_hardest % 4 == 1],
        (
            *columns.CELL,
            columns.count("level", "Level"),
            columns.percent("validation_error", "Validation error"),
            *columns.estimate(columns.factor, "Ratio of steps", "ratio"),
            columns.PAIRS,
            columns.count("missed", "Runs that miss it"),
            columns.count("reference_missed", "of the reference"),
        ),
        **table_words("tables/speed-by-level.txt.j2"),
        folded=True,
    )


def curves(tables: Tables, study: Study) -> DataTable:
    """The history at every fourth measurement and the last: the median over seeds."""
    history = _drawn(rows_of(tables, "history", stage="evaluation"), study)
    from_last = history.groupby(CELL)["step"].rank("dense", ascending=False)
    kept = history[from_last % 4 == 1]  # the same steps of all seeds, also of one that broke off
    errors = kept.groupby([*CELL, "step"])["validation_error"].agg(["median", "min", "max"])
    middle = kept.groupby([*CELL, "step"])[
        ["epoch", "train_error", "logit_gradient_rms", "saturation"]
    ].median()
    return data_table(
        errors.join(middle).reset_index(),
        (
            *columns.CELL,
            columns.count("step", "Step"),
            Shown("epoch", "Epoch", lambda value: f"{value:.2f}", numeric=True),
            columns.percent("median", "Validation error, median"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            columns.percent("train_error", "Training error, median"),
            columns.decimal("logit_gradient_rms", "Logit gradient, RMS"),
            columns.decimal("saturation", "Slope of the output", digits=4),
        ),
        **table_words("tables/curves.txt.j2"),
        folded=True,
    )


def _drawn(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The rows of comparisons that answer for their network: of the others no curve is drawn."""
    answering = set().union(*main_places(study).values())
    keys = frame[list(COMPARISON)].itertuples(index=False, name=None)
    return frame[[key in answering for key in keys]]
