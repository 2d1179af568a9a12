"""All that is derived from the runs of an invented study: the tables agree with each other."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from builders import synthetic
from lossbench.analysis import metrics, selection
from lossbench.cards.metric import OF_PREDICTIONS
from lossbench.stats import derived
from lossbench.stats.images import error_mean_squares
from lossbench.stats.intervals import over_replicates
from lossbench.study.config import Study
from lossbench.tables import runs
from lossbench.tables.parquet import empty
from lossbench.tables.runs import COMPARISON

READ = ("metrics", "history", "runs", "levels", "choices", "geometry", "mean_squares")
Tables = dict[str, pd.DataFrame]


@cache
def compared(**knobs: bool) -> tuple[Tables, Study]:
    """One network of an invented study on one data set, by four seeds, and what is derived."""
    made, study = synthetic.build(seeds=4, missing_dataset=True, **knobs)
    statistics = study.statistics.model_copy(update={"resamples": 999})
    comparisons = study.comparisons[:1]
    study = study.model_copy(update={"statistics": statistics, "comparisons": comparisons})
    for name in ("history", "predictions", "runs", "geometry", "choices"):
        made[name] = only(made[name], dataset="mnist", model=comparisons[0].model)
    raw = (made["predictions"], made["runs"], made["history"])
    made["metrics"] = metrics.measure(*raw)
    tuned = [made[name] for name in ("history", "runs", "choices")]
    made["levels"] = selection.levels(*tuned)
    made["mean_squares"] = error_mean_squares(made["predictions"], made["runs"])
    return made | derived.derived_tables(study, *(made[name] for name in READ)), study


@pytest.fixture(scope="module")
def plain() -> Tables:
    return compared()[0]


def only(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table


def test_choices_agree_with_the_invented_ones() -> None:
    tables, study = compared()
    for grid in study.comparisons[0].losses:
        history, runs_ = (only(tables[name], loss=grid.loss) for name in ("history", "runs"))
        seeds = dict(zip(study.seeds.tuning, study.seeds.evaluation, strict=True))
        found = selection.choose(history, runs_, grid, seeds, epochs=6).drop(columns="trials")
        expected = only(tables["choices"], loss=grid.loss).drop(columns="trials")
        pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))


def test_every_tuned_error_contrast_is_the_mean_of_the_metrics(plain: Tables) -> None:
    errors = only(plain["metrics"], stage="evaluation", split="test", metric="error")
    wide = errors.pivot(index=[*COMPARISON, "seed"], columns="loss", values="value")
    contrasts = only(plain["contrasts"], rates="tuned", metric="error")
    assert len(contrasts) == 4
    for row in contrasts.itertuples():
        pair = wide.loc[row.dataset, row.model]
        test = scipy_stats.ttest_rel(pair[row.loss], pair["cross_entropy"])
        assert row.value == pytest.approx((pair[row.loss] - pair["cross_entropy"]).mean())
        low, high = test.confidence_interval(0.95)
        assert (row.replicates_low, row.replicates_high) == pytest.approx((low, high), nan_ok=True)
        assert row.ci_high - row.ci_low >= high - low
        assert row.test_images == pytest.approx(row.value * synthetic.EXAMPLES)


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


def test_the_same_rate_takes_tuning_runs_at_the_references_rate(plain: Tables) -> None:
    choice = only(plain["choices"], dataset="mnist", model="mlp", loss="cross_entropy")
    at_rate = plain["metrics"]["learning_rate"] == choice["learning_rate"].iloc[0]
    shared = only(plain["metrics"][at_rate], dataset="mnist", model="mlp", stage="tuning")
    means = shared.groupby("loss")["value"].mean()
    rows = only(plain["contrasts"], rates="same_rate", metric="validation_error")
    rows = only(rows, dataset="mnist", model="mlp").set_index("loss")["value"]
    for loss, value in rows.items():
        assert value == pytest.approx(means[loss] - means["cross_entropy"])


def test_the_ratios_of_steps_are_those_that_the_invented_curves_have(plain: Tables) -> None:
    """An invented loss that is `slowness` times as slow needs about so many times the steps."""
    rows = only(plain["contrasts"], rates="tuned", metric="speed").set_index("loss")
    for loss in ("mse_logits", "am_softmax"):
        slowness = synthetic.TRAITS[loss].slowness
        assert rows.loc[loss, "value"] == pytest.approx(slowness, rel=0.15)


def test_ratios_at_levels_and_over_them_agree(plain: Tables) -> None:
    rows = only(plain["contrasts"], rates="tuned", metric="speed").set_index("loss")
    ratios = plain["level_ratios"]
    complete = (
        ratios.groupby("loss")["missed"].sum() + ratios.groupby("loss")["reference_missed"].sum()
    )
    for loss in complete[complete == 0].index:
        mean = np.exp(np.log(only(ratios, loss=loss)["ratio"]).mean())
        assert rows.loc[loss, "value"] == pytest.approx(mean)


def test_bands_are_students_at_each_level(plain: Tables) -> None:
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
    _, whole = synthetic.build(seeds=4, missing_dataset=True)
    assert {comparison.dataset for comparison in whole.comparisons} == {"mnist", "cifar10"}
    without = plain | {"geometry": empty(runs.GEOMETRY)}
    bare = derived.derived_tables(whole, *(without[name] for name in READ))
    assert set(bare["contrasts"]["dataset"]) == {"mnist"}
    assert "scatter_ratio" not in set(bare["contrasts"]["metric"])


def test_the_order_of_rows_changes_nothing(plain: Tables) -> None:
    _, study = compared()
    shuffled = [plain[name].sample(frac=1, random_state=1) for name in READ]
    for name, table in derived.derived_tables(study, *shuffled).items():
        pd.testing.assert_frame_equal(table, plain[name])
