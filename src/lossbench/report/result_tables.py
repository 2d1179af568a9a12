"""The tables of results: what stands behind the answer, the curves, and the final errors."""

import pandas as pd

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.cards.metric import METRICS
from lossbench.report import columns
from lossbench.report.data_tables import DataTable, Shown, data_table
from lossbench.stats.multiplicity import ERROR, SPEED
from lossbench.study.config import Study
from lossbench.study.paths import StudyPaths
from lossbench.tables.rows import Tables, rows_of
from lossbench.tables.runs import CLASSES
from lossbench.words.findings import select
from lossbench.words.names import in_sentence, loss_name, metric_name

PLACE = ["dataset", "model"]
CELL = [*PLACE, "loss", "setting"]


def headline(tables: Tables) -> DataTable:
    """The primary contrast, one row a data set and network: final error and speed."""
    errors = _mean_error(tables)
    final = _contrast(tables, ERROR, "error_")
    speed = _contrast(tables, SPEED, "steps_")
    frame = errors.merge(final, on=PLACE, how="left").merge(speed, on=PLACE, how="left")
    return data_table(
        frame,
        (
            columns.DATASET,
            columns.NETWORK,
            columns.percent(REFERENCE, loss_name(REFERENCE)),
            columns.percent(PRIMARY, loss_name(PRIMARY)),
            columns.points("error_value", "Difference"),
            columns.points("error_ci_low", "from"),
            columns.points("error_ci_high", "to"),
            _verdict("error_verdict", "Final error"),
            columns.factor("steps_value", "Steps to target"),
            columns.factor("steps_ci_low", "from"),
            columns.factor("steps_ci_high", "to"),
            _verdict("steps_verdict", "Speed"),
            columns.count("error_pairs", "Seeds"),
        ),
        name="headline",
        caption=f"{loss_name(PRIMARY)} against {in_sentence(REFERENCE)}: test error, and steps "
        "to the last target",
        note="Mean test error over seeds. Difference and ratio: MSE on softmax to cross-entropy; "
        "from, to: their intervals. A run that never reached the target counts with its budget. "
        "Verdicts are on MSE on softmax.",
        folded=False,
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
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.count("step", "Step"),
            Shown("epoch", "Epoch", lambda value: f"{value:.2f}", numeric=True),
            columns.percent("median", "Validation error, median"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            columns.percent("train_error", "Training error, median"),
            columns.decimal("logit_gradient_rms", "Logit gradient, RMS"),
            columns.decimal("saturation", "Slope of the output", digits=4),
        ),
        name="curves",
        caption="Learning curves: medians over seeds at early steps and at the ends of epochs",
        note=f"Every seed and every point: {StudyPaths(study.name).csv('history')}.",
        folded=True,
    )


def errors(tables: Tables) -> DataTable:
    """Final metrics of each loss over its seeds."""
    wide = _wide_metrics(tables)
    groups = wide.groupby(CELL)
    spread = groups["error"].agg(["mean", "std", "min", "max", "count"])
    others = [name for name in ("nll", "brier", "ece") if name in wide]
    frame = spread.join(groups[others].mean()).reset_index().rename(columns={"count": "seeds"})
    return data_table(
        frame,
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.SETTING,
            columns.count("seeds", "Seeds"),
            columns.percent("mean", "Mean test error"),
            columns.percent("std", "SD"),
            columns.percent("min", "lowest"),
            columns.percent("max", "highest"),
            *(_metric_column(name) for name in others),
        ),
        name="errors",
        caption="Final test error over seeds, and how good the probabilities are",
        note="Read once, after the last epoch. A diverged run counts with the error of chance. "
        "MSE on logits states no probabilities, so it has no likelihood, Brier score or "
        "calibration.",
    )


def seed_errors(tables: Tables) -> DataTable:
    """The final test error of every run, one row a seed: the pairs behind the contrasts."""
    found = rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")
    wide = found.pivot_table(index=[*PLACE, "seed"], columns="loss", values="value")
    return data_table(
        wide.reset_index(),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.SEED,
            *(columns.percent(loss, loss_name(loss)) for loss in wide.columns),
        ),
        name="seed-errors",
        caption="Final test error of every seed, paired",
        folded=True,
    )


def class_errors(tables: Tables) -> DataTable:
    """Mean error on the test images of each class."""
    wide = _wide_metrics(tables)
    names = [f"class_error_{label}" for label in range(CLASSES) if f"class_error_{label}" in wide]
    return data_table(
        wide.groupby(CELL)[names].mean().reset_index(),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            *(columns.percent(name, f"class {name.rpartition('_')[2]}") for name in names),
        ),
        name="class-errors",
        caption="Test error by class, mean over seeds",
        folded=True,
    )


def confusion(tables: Tables) -> DataTable:
    """How many test images of each class every loss took for each class, mean over seeds."""
    found = rows_of(tables, "confusion", stage="evaluation")
    mean = found.groupby([*CELL, "label", "predicted"])["count"].mean().unstack("predicted")
    mean.columns = [f"predicted_{predicted}" for predicted in mean.columns]
    return data_table(
        mean.reset_index(),
        (
            columns.DATASET,
            columns.NETWORK,
            columns.LOSS,
            columns.count("label", "True class"),
            *(
                columns.decimal(name, f"as {name.rpartition('_')[2]}", digits=1)
                for name in mean.columns
            ),
        ),
        name="confusion",
        caption="Test images of each class by the class they were taken for, mean over seeds",
        folded=True,
    )


def claims(tables: Tables, figures: frozenset[str]) -> DataTable:
    """Every claim with its verdict and the numbers behind it; links to the figures that stand."""
    frame = rows_of(tables, "claims")
    number = frame["claim"].str.removeprefix("C").astype(int)
    known = frame["figure"].where(frame["figure"].isin(figures), pd.NA)
    return data_table(
        frame.assign(figure=known).loc[number.sort_values().index],
        (
            Shown("claim", "Claim", header=True),
            Shown("statement", "What it says", style="prose-cell"),
            columns.VERDICT,
            Shown("numbers", "The numbers", style="prose-cell"),
            Shown("limits", "Limits", style="prose-cell"),
            Shown("figure", "Figure", lambda name: name.replace("-", " "), link="figure-{}"),
        ),
        name="claims",
        caption="The claims, put to the test",
        folded=False,
    )


def _mean_error(tables: Tables) -> pd.DataFrame:
    found = rows_of(tables, "metrics", split="test", metric="error", stage="evaluation")
    mean = found.pivot_table(index=PLACE, columns="loss", values="value")
    return mean.reindex(columns=[REFERENCE, PRIMARY]).reset_index()


def _contrast(tables: Tables, metric: str, prefix: str) -> pd.DataFrame:
    found = select(tables, metric, PRIMARY)
    kept = found[[*PLACE, "value", "ci_low", "ci_high", "verdict", "pairs"]]
    return kept.rename(columns=lambda name: name if name in PLACE else prefix + name)


def _wide_metrics(tables: Tables) -> pd.DataFrame:
    found = rows_of(tables, "metrics", split="test", stage="evaluation")
    return found.pivot(index=[*CELL, "seed"], columns="metric", values="value").reset_index()


def _metric_column(name: str) -> Shown:
    label = metric_name(name)
    if METRICS[name].unit == "fraction":
        return columns.percent(name, label)
    return columns.decimal(name, label, METRICS[name].unit)


def _verdict(name: str, label: str) -> Shown:
    return Shown(name, label, style="name verdict-{}")
