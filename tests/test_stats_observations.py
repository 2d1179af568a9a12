import numpy as np
import pandas as pd

from builders.study_tables import IDENTITY, PLACE, make_history, make_runs
from lossbench.stats import levels, observations
from lossbench.tables import runs, study
from lossbench.tables.parquet import check, empty


def choice(loss: str, rate: float, setting: str = "") -> dict[str, object]:
    place = PLACE | {"tuning_epochs": 4, "loss": loss, "setting": setting}
    made = {"learning_rate": rate, "trials": 3, "validation_error": 0.1, "on_edge": False}
    return {**place, "seed": 0, "tuning_seed": 100, **made}


CHOICES = check(
    pd.DataFrame([choice("cross_entropy", 0.1), choice("sm_softmax", 1.0, "m=0.5")]), study.CHOICES
)
LEVELS = pd.DataFrame(
    [
        PLACE | {"tuning_epochs": 4, "level": level, "validation_error": error}
        for level, error in ((1, 0.2), (2, 0.05))
    ]
)


def observed(
    parts: list[tuple[dict[str, object], dict[int, bool]]], geometry: pd.DataFrame | None = None
) -> pd.DataFrame:
    """From runs given by identity and seed → diverged; each learns 0.9, 0.3, 0.1."""
    all_runs = pd.concat([make_runs(lost, 300, **identity) for identity, lost in parts])
    history = pd.concat(
        [make_history({seed: [0.9, 0.3, 0.1] for seed in lost}, **each) for each, lost in parts]
    )
    rows = all_runs[list(runs.RUN_KEY)].assign(value=np.where(all_runs["diverged"], 0.9, 0.1))
    test = rows[rows["stage"] == "evaluation"].assign(split="test")
    images = test.assign(metric="images", value=500.0)
    measured = pd.concat([rows.assign(split="validation"), test]).assign(metric="error")
    measured = check(pd.concat([measured, images]), study.METRICS)
    steps = levels.steps_to_level(history, all_runs, LEVELS)
    measures = empty(runs.GEOMETRY) if geometry is None else geometry
    return observations.observations(measured, all_runs, steps, CHOICES, measures)


def test_evaluation_runs_are_tuned_and_failures_are_marked() -> None:
    table = observed([({}, {0: False, 1: True})])
    assert (table["rates"] == "tuned").all()
    found = table.set_index(["metric", "seed"])
    assert set(table["metric"]) == {"error", "reach"}
    assert found.loc[("error", 0), ["value", "failed"]].tolist() == [0.1, False]
    assert found.loc[("error", 1), ["value", "failed"]].tolist() == [0.9, True]
    # One of the two levels is met; by a run that diverged, none.
    assert found.loc["reach", "value"].tolist() == [0.5, 0.0]


def test_the_same_rate_is_the_references_with_each_losss_own_margin() -> None:
    tuning = {"stage": "tuning"}
    margin = {**tuning, "loss": "sm_softmax"}
    table = observed(
        [
            (tuning, {100: False}),
            ({**tuning, "learning_rate": 1.0}, {100: False}),
            ({**margin, "setting": "m=0.5"}, {100: False}),
            ({**margin, "setting": "m=0.2"}, {100: False}),
            ({**margin, "setting": "m=0.5", "learning_rate": 1.0}, {100: False}),
        ]
    )
    assert (table["rates"] == "same_rate").all()
    errors = table[table["metric"] == "validation_error"]
    assert errors["loss"].tolist() == ["cross_entropy", "sm_softmax"]


def test_geometry_enters_like_a_metric_and_is_missing_for_a_diverged_run() -> None:
    row = {**IDENTITY, "seed": 0, "layer": "last_hidden", "measure": "scatter_ratio", "value": 0.5}
    geometry = check(pd.DataFrame([row]), runs.GEOMETRY)
    table = observed([({}, {0: False, 1: True})], geometry)
    found = table[table["metric"] == "scatter_ratio"].set_index("seed")
    assert found["value"].iloc[0] == 0.5
    assert np.isnan(found.loc[1, "value"])
    assert found["failed"].tolist() == [False, True]
