"""The tables of contrasts: each loss to the reference, paired by seed, and times to target."""

from collections.abc import Sequence

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.tables.rows import Tables, rows_of
from lossbench.words.findings import select
from lossbench.words.names import in_sentence

CONFOUNDED = f"Confounded: the rate suits {in_sentence(REFERENCE)}, not the other loss."


def speed(tables: Tables) -> DataTable:
    """Paired ratios of steps to every target, each loss to the reference."""
    return _ratios(
        rows_of(tables, "contrasts", rates="tuned", scale="ratio"),
        name="speed",
        caption=f"Steps to each target, as a ratio to {in_sentence(REFERENCE)}, paired by seed",
        note="Target 3 is the hardest and carries the verdict. A pair is censored where either "
        "run never reached the target; its time then counts as the budget. Verdicts follow the "
        "corrected p.",
    )


def same_rate_speed(tables: Tables) -> DataTable:
    """The same at the one rate that suits the reference, in the tuning runs: confounded."""
    return _ratios(
        rows_of(tables, "contrasts", rates="same_rate", scale="ratio"),
        name="same-rate-speed",
        caption=f"At the rate chosen for {in_sentence(REFERENCE)} (confounded): steps to each "
        "target in the tuning runs, as a ratio",
        note=CONFOUNDED,
    )


def survival(tables: Tables) -> DataTable:
    """Median times to each target, and how many runs reached it."""
    return data_table(
        rows_of(tables, "survival"),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
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
        name="survival",
        caption="Time to target: Kaplan–Meier medians and reach rates",
        note="∞: most runs never reached the target within their budget.",
    )


def error_contrasts(tables: Tables) -> DataTable:
    """Paired differences in final metrics, each loss to the reference."""
    frame = select(tables, "error")
    return _differences(
        frame,
        name="error-contrasts",
        caption=f"Difference in final test error to {in_sentence(REFERENCE)}, paired by seed",
        note="Equivalent: the equivalence interval lies inside the margin on both sides of zero. "
        "The one primary contrast for each data set is MSE on softmax; all others are "
        "exploratory. Better and worse follow the p corrected by Holm, so an interval beside an "
        "undecided verdict may exclude zero.",
    )


def same_rate(tables: Tables) -> DataTable:
    """Paired differences at the one rate that suits the reference: confounded."""
    frame = rows_of(tables, "contrasts", rates="same_rate", scale="difference")
    return _differences(
        frame,
        name="same-rate",
        caption=f"At the rate chosen for {in_sentence(REFERENCE)} (confounded): difference in "
        "validation error of tuning runs",
        note=CONFOUNDED,
    )


def _differences(frame: pd.DataFrame, *, name: str, caption: str, note: str) -> DataTable:
    shown: Sequence[Shown] = (
        columns.DATASET,
        columns.NETWORK,
        columns.LOSS,
        columns.points("value", "Difference"),
        columns.points("ci_low", "from"),
        columns.points("ci_high", "to"),
        columns.VERDICT,
        Shown("test_images", "Test images", columns.whole, numeric=True, optional=True),
        columns.width("margin", "Margin"),
        columns.p_value("p_value", "Sign-flip p"),
        columns.p_value("p_adjusted", "t-test p, Holm"),
        Shown("improvement", "Wins", "{:.0%}".format, numeric=True),
        columns.PAIRS,
        columns.FAMILY,
        columns.METHOD,
    )
    return data_table(frame, shown, name=name, caption=caption, note=note)


def _ratios(frame: pd.DataFrame, *, name: str, caption: str, note: str) -> DataTable:
    target = frame["metric"].str.rpartition("_")[2].astype(int)
    hardest_first = frame.assign(target=target).sort_values("target", ascending=False)
    shown = (
        columns.DATASET,
        columns.NETWORK,
        columns.LOSS,
        columns.TARGET,
        columns.factor("value", "Ratio of steps"),
        columns.factor("ci_low", "from"),
        columns.factor("ci_high", "to"),
        columns.VERDICT,
        columns.p_value("p_value", "Sign-flip p"),
        columns.p_value("p_adjusted", "t-test p, Holm"),
        columns.PAIRS,
        columns.count("censored_pairs", "Censored pairs"),
        columns.FAMILY,
        columns.METHOD,
    )
    return data_table(hardest_first, shown, name=name, caption=caption, note=note)
