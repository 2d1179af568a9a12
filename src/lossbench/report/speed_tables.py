"""The tables of learning: steps to each target against the reference, reach rates, curves."""

from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.report.templating import table_words
from lossbench.study.config import Study
from lossbench.study.paths import StudyPaths
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import COMPARISON

CELL = [*COMPARISON, "loss", "setting"]


def speed(tables: Tables) -> DataTable:
    """Paired ratios of steps to every target, each loss to the reference."""
    return _ratios(tables, "tuned", "tables/speed.txt.j2")


def same_rate_speed(tables: Tables) -> DataTable:
    """The same at the one rate that suits the reference, in the tuning runs: confounded."""
    return _ratios(tables, "same_rate", "tables/same-rate-speed.txt.j2")


def _ratios(tables: Tables, rates: str, words: str) -> DataTable:
    frame = rows_of(tables, "contrasts", rates=rates, scale="ratio")
    target = frame["metric"].str.rpartition("_")[2].astype(int)
    return data_table(
        frame.assign(target=target).sort_values("target", ascending=False),
        (
            *columns.CELL,
            columns.TARGET,
            *columns.estimate(columns.factor, "Ratio of steps"),
            columns.VERDICT,
            columns.p_value("p_value", "Sign-flip p"),
            columns.p_value("p_adjusted", "t-test p, Holm"),
            columns.PAIRS,
            columns.count("censored_pairs", "Censored pairs"),
            columns.FAMILY,
            columns.METHOD,
        ),
        **table_words(words),
    )


def survival(tables: Tables) -> DataTable:
    """Median times to each target, and how many runs reached it."""
    return data_table(
        rows_of(tables, "survival"),
        (
            *columns.CELL,
            columns.TARGET,
            columns.percent("validation_error", "Target error"),
            columns.count("reached_runs", "Reached"),
            columns.count("runs", "Runs"),
            columns.count("median_steps", "Median", "steps"),
            columns.count("restricted_mean_steps", "Restricted mean", "steps"),
            columns.factor("restricted_mean_ratio", "its ratio"),
            columns.count("budget_steps", "Budget", "steps"),
            columns.p_value("log_rank_p_adjusted", "Log-rank p, Holm"),
        ),
        **table_words("tables/survival.txt.j2"),
    )


def curves(tables: Tables, study: Study) -> DataTable:
    """The history at the early points and the ends of epochs: the median over seeds."""
    history = rows_of(tables, "history", stage="evaluation")
    ends = (history["epoch"] - history["epoch"].round()).abs() < 1e-9
    kept = history[ends | (history["epoch"] < 1)]
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
        **table_words("tables/curves.txt.j2", csv=StudyPaths(study.name).csv("history")),
        folded=True,
    )
