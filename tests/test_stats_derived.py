"""All that is derived from the runs of an invented study: the tables agree with each other."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from builders import synthetic
from lossbench.analysis import metrics, selection
from lossbench.cards.metric import OF_PREDICTIONS
from lossbench.stats import derived
from lossbench.study.config import Study
from lossbench.tables import runs
from lossbench.tables.parquet import empty
from lossbench.tables.runs import COMPARISON

Tables = dict[str, pd.DataFrame]


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
    made["targets"] = selection.targets(*tuned)
    names = ("metrics", "history", "runs", "targets", "choices", "geometry")
    return made | derived.derived_tables(study, *(made[name] for name in names)), study


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
        found = selection.choose(history, runs_, grid, epochs=6).drop(columns="trials")
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
        if np.ptp(pair[row.loss] - pair["cross_entropy"]) > 0.01:
            assert row.t_p_value == pytest.approx(test.pvalue)
        assert row.test_images == pytest.approx(row.value * synthetic.EXAMPLES)


def test_what_is_compared(plain: Tables) -> None:
    names = plain["contrasts"].groupby("rates")["metric"].agg(set).to_dict()
    times = {f"steps_to_target_{target}" for target in (1, 2, 3)}
    assert names["same_rate"] == times | {"validation_error"}
    geometry = {"within", "between", "scatter_ratio", "own_cosine", "other_cosine"}
    described = set(OF_PREDICTIONS) - {"images"}
    assert names["tuned"] == times | {"validation_error"} | geometry | described
    primary = only(plain["contrasts"], family="primary")
    assert set(primary["metric"]) == {"error", "steps_to_target_3"}
    assert (primary["loss"] == "mse_softmax").all()


def test_the_same_rate_takes_tuning_runs_at_the_references_rate(plain: Tables) -> None:
    choice = only(plain["choices"], dataset="mnist", model="mlp", loss="cross_entropy")
    at_rate = plain["metrics"]["learning_rate"] == choice["learning_rate"].iloc[0]
    shared = only(plain["metrics"][at_rate], dataset="mnist", model="mlp", stage="tuning")
    means = shared.groupby("loss")["value"].mean()
    rows = only(plain["contrasts"], rates="same_rate", metric="validation_error")
    rows = only(rows, dataset="mnist", model="mlp").set_index("loss")["value"]
    for loss, value in rows.items():
        assert value == pytest.approx(means[loss] - means["cross_entropy"])


def test_survival_and_curves_agree_with_the_times(plain: Tables) -> None:
    key = [*COMPARISON, "loss", "target"]
    times = only(plain["times_to_target"], stage="evaluation").groupby(key)
    summary = plain["survival"].set_index(key)
    pd.testing.assert_series_equal(
        summary["restricted_mean_steps"], times["steps"].mean(), check_names=False
    )
    last = plain["kaplan_meier"].sort_values("steps").groupby(key)["reached"].last()
    pd.testing.assert_series_equal(last, summary["reach_rate"], check_names=False)


def test_a_loss_that_never_reaches_is_reported_as_such() -> None:
    tables, _ = compared(censored=True, diverged=True)
    summary = only(tables["survival"], loss="mse_sigmoid")
    assert (summary["reach_rate"] == 0).all()
    assert np.isinf(summary["median_steps"]).all()
    times = only(tables["contrasts"], rates="tuned", metric="steps_to_target_3")
    stalled = only(times, loss="mse_sigmoid")
    assert (stalled["censored_pairs"] == 4).all()
    assert (stalled["verdict"] == "worse").all()
    lost = only(tables["contrasts"], rates="tuned", metric="nll", loss="mse_softmax")
    assert lost["method"].str.contains("seed 0: a run diverged").all()


def test_a_data_set_without_runs_and_no_geometry(plain: Tables) -> None:
    _, whole = synthetic.build(seeds=4, missing_dataset=True)
    assert {comparison.dataset for comparison in whole.comparisons} == {"mnist", "cifar10"}
    names = ("metrics", "history", "runs", "targets", "choices")
    bare = derived.derived_tables(whole, *(plain[name] for name in names), empty(runs.GEOMETRY))
    assert set(bare["contrasts"]["dataset"]) == {"mnist"}
    assert "scatter_ratio" not in set(bare["contrasts"]["metric"])


def test_the_order_of_rows_changes_nothing(plain: Tables) -> None:
    _, study = compared()
    names = ("metrics", "history", "runs", "targets", "choices", "geometry")
    shuffled = [plain[name].sample(frac=1, random_state=1) for name in names]
    for name, table in derived.derived_tables(study, *shuffled).items():
        pd.testing.assert_frame_equal(table, plain[name])
