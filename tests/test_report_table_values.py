"""The page's tables against the tables that they come from: every number, counted again by hand.

A row is found again by what names it; its values are NumPy's, of the rows of the source alone.
"""

import re

import numpy as np
import pandas as pd
import pytest

from builders import synthetic
from lossbench.report import (
    answer_tables,
    error_tables,
    feature_tables,
    run_status,
    speed_tables,
    tuning_tables,
)
from lossbench.report.data_tables import Cell, DataTable
from lossbench.study.config import Study
from lossbench.tables.logits import matrix
from lossbench.words.questions import SPEED

NAMES = ("dataset", "model", "recipe", "epochs", "loss", "setting", "learning_rate", "stage")
PLACE = NAMES[:4]


def tables() -> dict[str, pd.DataFrame]:
    """Those of an invented study, when a test asks: to make them takes seconds."""
    return synthetic.build(networks=1, diverged=True, censored=True)[0]


def study() -> Study:
    """The study that they are of."""
    return synthetic.build(networks=1, diverged=True, censored=True)[1]


def source(name: str, row: dict[str, str], **wanted: object) -> pd.DataFrame:
    """The rows of a table of the study that are those of a row of the page."""
    found = tables()[name]
    named = {key: row[key] for key in (*NAMES, "seed", "level", "step") if key in row}
    for key, value in (named | wanted).items():
        if key in found:
            kind = float if pd.api.types.is_numeric_dtype(found[key]) else str
            found = found[found[key] == kind(value)]
    assert len(found), (name, row, wanted)
    return found


def rows(table: DataTable) -> list[dict[str, str]]:
    """The exact values of the cells, by the names of their columns, each as its text says."""
    for row in table.rows:
        for cell in row.cells:
            if cell.column.numeric and cell.raw:
                assert_reads_as_it_is(cell)
    return [{cell.column.name: cell.raw for cell in row.cells} for row in table.rows]


def assert_reads_as_it_is(cell: Cell) -> None:
    """The text is the value in the column's unit, rounded to the digits that it shows."""
    text = cell.text.replace("−", "-").replace("\u202f", "").replace(",", "")
    if not (found := re.search(r"-?\d+(\.\d+)?(e-?\d+)?", text)) or "<" in text:
        return
    is_share = cell.column.unit in ("%", "pp") or text.endswith("%")
    digits = len((found[1] or ".")[1:])
    expected = float(cell.raw) * (100 if is_share else 1)
    if cell.column.label == "Again":  # rounded down, and never a certainty
        expected = np.clip(expected - 0.5, 0, 99)
    room = 0.51 * 10.0**-digits if not found[2] else 0.01 * abs(expected)
    assert float(found[0]) == pytest.approx(expected, abs=room), (cell.column.label, cell.text)


def agree(row: dict[str, str], **expected: float) -> None:
    for name, value in expected.items():
        found = float(row[name]) if row[name] else np.nan
        assert found == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), (name, row)


def test_errors():
    found = rows(error_tables.errors(tables()))
    assert len(found) == sum(len(each.losses) for each in study().comparisons)
    for row in found:
        values = {
            metric: source("metrics", row, stage="evaluation", split="test", metric=metric)["value"]
            for metric in ("error", "nll", "brier", "ece")
        }
        errors = values.pop("error").to_numpy()
        agree(row, mean=errors.sum() / 4, std=errors.std(ddof=1), min=min(errors), max=max(errors))
        agree(row, seeds=4)
        for metric, each in values.items():
            agree(row, **{metric: each.to_numpy().sum() / 4})  # of a diverged run it is missing


def test_errors_of_seeds_and_classes():
    for row in rows(error_tables.seed_errors(tables())):
        for loss in synthetic.TRAITS:
            wanted = {"stage": "evaluation", "split": "test", "metric": "error", "loss": loss}
            agree(row, **{loss: source("metrics", row, **wanted)["value"].item()})
    names = tables()["class_names"]
    for row in rows(error_tables.class_errors(tables())):
        here = names[(names["dataset"] == row["dataset"]) & (names["name"] == row["label_name"])]
        for loss in synthetic.TRAITS:
            errors = source("class_errors", row, loss=loss, label=here["label"].item())["error"]
            agree(row, **{loss: errors.to_numpy().mean()})


def test_confusion():
    names = tables()["class_names"].set_index(["dataset", "name"])["label"]
    predictions = tables()["predictions"].copy()
    predictions["taken"] = matrix(predictions).argmax(axis=1)
    for row in rows(error_tables.confusion(tables())):
        label, taken = (
            names[row["dataset"], row[f"{name}_name"]] for name in ("label", "predicted")
        )
        assert label != taken
        here = predictions[(predictions["label"] == label) & (predictions["model"] == row["model"])]
        here = here[here["dataset"] == row["dataset"]]
        for loss in synthetic.TRAITS:
            mine = here[here["loss"] == loss]
            shares = [np.mean(run["taken"] == taken) for _, run in mine.groupby("seed")]
            agree(row, **{loss: np.median(shares)})


def test_features():
    for row in rows(feature_tables.geometry(tables())):
        for measure in ("within", "between", "scatter_ratio", "own_cosine", "other_cosine"):
            values = source("geometry", row, stage="evaluation", measure=measure)["value"]
            agree(row, **{measure: values.to_numpy().sum() / len(values)})
    for row in rows(feature_tables.last_layer(tables(), study())):
        values = source("last_layer", row)
        for name in ("features", "squared_length", "mean_share", "curvature"):
            agree(row, **{name: np.average(values[name])})
        first = {"rates": "tuned", "metric": "error", "loss": "mse_logits", "main": True}
        agree(row, difference=source("contrasts", row, **first)["value"].iloc[0])


def test_tuning():
    for row in rows(tuning_tables.choices(tables())):
        chosen = source("choices", row)
        agree(row, replicates=len(chosen), validation_error=np.mean(chosen["validation_error"]))
        agree(row, trials=4)
        edge = float(row["learning_rate"]) in (synthetic.RATES[0], synthetic.RATES[-1])
        assert row["on_edge"] == ("on the edge" if edge else "inside")
    for row in rows(tuning_tables.trials(tables())):
        lengths = source("choices", {key: row[key] for key in (*PLACE, "loss") if key in row})
        tuned = {"stage": "tuning", "split": "validation", "metric": "error"}
        errors = source("metrics", row | {"epochs": lengths["tuning_epochs"].iloc[0]}, **tuned)[
            "value"
        ].to_numpy()
        agree(row, mean=errors.mean(), min=errors.min(), max=errors.max(), seeds=4)
        rates = lengths["learning_rate"].astype(str) == row["learning_rate"]
        agree(row, chosen=rates.sum())


CONTRASTS = {
    "error-contrasts": (error_tables.error_contrasts, {"rates": "tuned", "metric": "error"}),
    "same-rate": (error_tables.same_rate, {"rates": "same_rate", "metric": "validation_error"}),
    "speed": (speed_tables.speed, {"rates": "tuned", "metric": "speed"}),
    "same-rate-speed": (speed_tables.same_rate_speed, {"rates": "same_rate", "metric": "speed"}),
}
MEANING = {
    "Difference": "value",
    "Ratio of steps": "value",
    "replicates alone from": "replicates_low",
    "to": "ci_high",
    "Again": "replication",
    "Test images": "test_images",
    "Levels reached": "reach",
    "by the reference": "reference_reach",
    "Margin": "margin",
    "Sign-flip p": "p_value",
    "t-test p, Holm": "p_adjusted",
    "Wins": "improvement",
    "Replicates": "pairs",
    "from": "ci_low",
    "Verdict": "verdict",
    "Bound": "bound",
}


@pytest.mark.parametrize("name", CONTRASTS)
def test_contrasts(name):
    table, wanted = CONTRASTS[name]
    shown = table(tables())
    labels = [column.label for column in shown.columns]
    seconds = [place for place, label in enumerate(labels) if label == "to"][1:]
    meant = {
        column.name: MEANING[column.label]
        for place, column in enumerate(shown.columns)
        if column.label in MEANING and place not in seconds
    }
    assert all(shown.columns[place].name == "replicates_high" for place in seconds)
    assert len(meant) >= 10
    for row in rows(shown):
        contrast = source("contrasts", row, **wanted).squeeze()
        for column, meaning in meant.items():
            if isinstance(contrast[meaning], str):
                assert row[column] == contrast[meaning]
            else:
                agree(row, **{column: contrast[meaning] + (column == "margin_factor")})


def test_levels_and_curves():
    for row in rows(speed_tables.speed_by_level(tables(), study())):
        level = source("level_ratios", row).squeeze()
        for name in ("validation_error", "ratio", "ci_low", "ci_high", "pairs", "missed"):
            agree(row, **{name: level[name]})
    for row in rows(speed_tables.curves(tables(), study()))[::3]:
        points = source("history", row, stage="evaluation")
        errors = points["validation_error"].to_numpy()
        agree(row, median=np.median(errors), min=errors.min(), max=errors.max())
        for name in ("train_error", "logit_gradient_rms", "saturation"):
            agree(row, **{name: np.nanmedian(points[name])})


def test_headline():
    for row in rows(answer_tables.headline(tables())):
        final = {"main": True, "rates": "tuned", "loss": "mse_softmax"}
        error, speed = (
            source("contrasts", row, metric=metric, **final).squeeze()
            for metric in ("error", "speed")
        )
        agree(row, error_value=error["value"], steps_value=speed["value"])
        place = {name: error[name] for name in PLACE}
        means = {
            loss: source(
                "metrics", place, stage="evaluation", split="test", metric="error", loss=loss
            )["value"].mean()
            for loss in ("cross_entropy", "mse_softmax")
        }
        agree(row, **means, more=means["mse_softmax"] / means["cross_entropy"] - 1)
        assert (row["error_verdict"], row["steps_verdict"]) == (error["verdict"], speed["verdict"])


def test_a_loss_that_is_nowhere_compared_as_asked_says_so():
    made, words = tables()["contrasts"], "tables/other-speeds.txt.j2"
    kept = made[(made["loss"] != "mse_logits") | (made["metric"] != "speed")]
    found = answer_tables.others({"contrasts": kept}, SPEED, words)
    said = {row["loss"]: row["answer"] for row in rows(found)}
    assert said.pop("mse_logits") == "not compared there"
    assert not set(said.values()) & {"none", "not compared there"}


def test_runs():
    found = rows(run_status.run_table(study(), tables(), "snakemake"))
    for row in found[::7]:
        ends = [int(seed) for seed in re.findall(r"\d+", row["seeds"])]
        tuned = {"learning_rate": row["rates"]} if row["stage"] == "tuning" else {}

        def of(name, row=row, ends=ends, tuned=tuned, **wanted):
            runs = source(name, row, **tuned, **wanted)
            return runs[runs["seed"].between(ends[0], ends[-1])]

        agree(row, train_s=of("timing")["train_s"].to_numpy().sum())
        lost = of("runs")["diverged"].to_numpy()
        assert ("diverged" in row["status"]) == lost.any()
        for split in ("validation",) if tuned else ("validation", "test"):
            errors = of("metrics", split=split, metric="error")["value"].to_numpy()
            agree(row, **{f"{split}_error": errors.sum() / len(lost)})
