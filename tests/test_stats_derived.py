"""All that is derived from the runs of an invented study: the tables agree with each other."""

import numpy as np
import pandas as pd
import pytest

from builders import synthetic
from lossbench.cards.metric import OF_PREDICTIONS
from lossbench.stats import derived
from lossbench.stats.intervals import over_replicates
from lossbench.study.config import Study
from lossbench.study.paths import COMPARED
from lossbench.tables import runs
from lossbench.tables.parquet import empty

READ = ("metrics", "history", "runs", "levels", "choices", "geometry", "mean_squares")
Tables = dict[str, pd.DataFrame]


def compared(**knobs: bool) -> tuple[Tables, Study]:
    """One network of an invented study on one data set, by four seeds, and what is derived."""
    return synthetic.build(missing_dataset=True, networks=1, **knobs)


@pytest.fixture(scope="module")
def plain() -> Tables:
    return compared()[0]


def only(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def test_what_is_compared(plain: Tables) -> None:
    names = plain["contrasts"].groupby("rates")["metric"].agg(set).to_dict()
    assert names["same_rate"] == {"speed", "reach", "validation_error"}
    geometry = {"within", "between", "scatter_ratio", "own_cosine", "other_cosine"}
    described = set(OF_PREDICTIONS) - {"images"}
    assert names["tuned"] == {"speed", "reach"} | geometry | described
    primary = only(plain["contrasts"], family="primary")
    assert set(primary["metric"]) == {"error", "speed"}
    assert (primary["loss"] == "mse_softmax").all()
    asked = plain["contrasts"]["verdict"] != ""
    assert set(plain["contrasts"].loc[asked, "metric"]) == {
        *("error", "speed", "reach", "nll", "brier", "ece", "scatter_ratio", "validation_error")
    }


def test_differences_of_error_are_told_in_images_of_the_data_set_s_own(plain: Tables) -> None:
    errors = only(plain["contrasts"], rates="tuned", metric="error")
    assert len(errors) == 4
    assert errors["test_images"].tolist() == pytest.approx(errors["value"] * synthetic.EXAMPLES)


def test_the_same_rate_takes_tuning_runs_at_the_references_rate(plain: Tables) -> None:
    choice = only(plain["choices"], dataset="mnist", model="mlp", loss="cross_entropy")
    at_rate = plain["metrics"]["learning_rate"] == choice["learning_rate"].iloc[0]
    shared = only(plain["metrics"][at_rate], dataset="mnist", model="mlp", stage="tuning")
    means = shared.groupby("loss")["value"].mean()
    rows = only(plain["contrasts"], rates="same_rate", metric="validation_error")
    rows = only(rows, dataset="mnist", model="mlp").set_index("loss")["value"]
    for loss, value in rows.items():
        assert value == pytest.approx(means[loss] - means["cross_entropy"])


def test_ratios_at_levels_agree_with_those_over_them_and_have_students_bands(plain: Tables) -> None:
    rows = only(plain["contrasts"], rates="tuned", metric="speed").set_index("loss")
    ratios = plain["level_ratios"]
    complete = (
        ratios.groupby("loss")["missed"].sum() + ratios.groupby("loss")["reference_missed"].sum()
    )
    for loss in complete[complete == 0].index:
        mean = np.exp(np.log(only(ratios, loss=loss)["ratio"]).mean())
        assert rows.loc[loss, "value"] == pytest.approx(mean)
    steps = only(plain["steps_to_level"], stage="evaluation")
    wide = np.log(steps.pivot(index=["level", "seed"], columns="loss", values="steps"))
    logs = wide.loc[5, "mse_logits"] - wide.loc[5, "cross_entropy"]
    row = only(plain["level_ratios"], loss="mse_logits").set_index("level").loc[5]
    low, high = over_replicates(logs.to_numpy()).interval(0.95)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((np.exp(low), np.exp(high)))


def test_a_loss_that_never_reaches_is_reported_as_such() -> None:
    tables, _ = compared(censored=True, diverged=True)
    speeds = only(tables["contrasts"], rates="tuned", metric="speed").set_index("loss")
    assert (speeds.loc["mse_sigmoid", "reach"], speeds.loc["mse_sigmoid", "scale"]) == (0, "reach")
    assert np.isnan(speeds.loc["mse_sigmoid", "value"])
    # Four pairs without any spread: the sign-flip test's smallest p is 1/8.
    assert speeds.loc["mse_sigmoid", "verdict"] == "undecided"
    assert speeds.loc["mse_softmax", "bound"] == "at least"
    lost = only(tables["contrasts"], rates="tuned", metric="nll", loss="mse_softmax")
    assert lost["method"].str.contains("seed 0: a run diverged").all()


def test_a_data_set_without_runs_and_no_geometry(plain: Tables) -> None:
    study = compared()[1]
    assert {comparison.dataset for comparison in study.comparisons} == {"mnist", "cifar10"}
    without = plain | {"geometry": empty(runs.GEOMETRY)}
    bare = derived.derived_tables(study, without)
    assert set(bare["contrasts"]["dataset"]) == {"mnist"}
    assert "scatter_ratio" not in set(bare["contrasts"]["metric"])


def test_two_studies_together_are_one_with_the_replicates_of_both() -> None:
    tables, study = synthetic.build(missing_dataset=True, networks=1, seeds=8)
    # Of half as many replicates, with the same variances of images and of the rest.
    spreads = tables["mean_squares"].assign(replicates=4)
    spreads["of_images"] = (spreads["of_images"] + spreads["of_residual"]) / 2
    halves = []
    for kept in ({*range(4), *range(100, 104)}, {*range(4, 8), *range(104, 108)}):
        half = {name: tables[name][tables[name]["seed"].isin(kept)] for name in COMPARED[:-1]}
        half |= {"mean_squares": spreads}
        halves.append(half | {"contrasts": derived.contrasts_of(study, half)})
    made = derived.repeated(study, *halves, "again")
    whole = only(tables["contrasts"], rates="tuned")
    found = only(made["together"], rates="tuned")
    assert len(found) == (whole["verdict"] != "").sum() > 20
    expected = whole[whole["verdict"] != ""].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected)
    assert set(found["pairs"]) == {8}
    assert set(made["repetition"]["study"]) == {"again"}


def test_the_order_of_rows_changes_nothing(plain: Tables) -> None:
    _, study = compared()
    shuffled = {name: plain[name].sample(frac=1, random_state=1) for name in READ}
    for name, table in derived.derived_tables(study, shuffled).items():
        pd.testing.assert_frame_equal(table, plain[name])
