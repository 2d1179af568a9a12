import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss

from builders.study_tables import IDENTITY, make_history, make_runs
from lossbench.analysis import metrics
from lossbench.cards.metric import METRICS, OF_PREDICTIONS
from lossbench.errors import TableError
from lossbench.tables import runs as schemas
from lossbench.tables.logits import column
from lossbench.tables.parquet import empty


def make_predictions(
    logits: np.ndarray, labels: np.ndarray, output: str = "softmax", seed: int = 0, **identity: Any
) -> pd.DataFrame:
    frame = pd.DataFrame({"logits": column(logits), "label": labels.astype(np.int16)})
    keys = {**IDENTITY, **identity, "seed": seed, "output": output}
    return frame.assign(**keys, example=np.arange(len(labels)))


def draw(seed: int, examples: int = 400, classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(classes, size=examples)
    logits = generator.normal(size=(examples, classes)) + 2 * np.eye(classes)[labels]
    return logits.astype(np.float32).astype(np.float64), labels


def measured(predictions: pd.DataFrame, seed: int = 0, split: str = "test") -> dict[str, float]:
    seeds = sorted(set(predictions["seed"]))
    runs = make_runs(dict.fromkeys(seeds, False))
    table = metrics.measure(predictions, runs, make_history({s: [0.25] for s in seeds}))
    rows = table[(table["seed"] == seed) & (table["split"] == split)]
    return dict(zip(rows["metric"], rows["value"], strict=True))


def normalised_sigmoid(logits: np.ndarray) -> np.ndarray:
    scores = expit(logits)
    result: np.ndarray = scores / scores.sum(axis=1, keepdims=True)
    return result


@pytest.mark.parametrize("classes", [2, 3, 10, 26, 100])
@pytest.mark.parametrize(
    ("output", "probabilities"),
    [("softmax", lambda z: softmax(z, axis=1)), ("sigmoid", normalised_sigmoid)],
)
def test_scores_agree_with_scikit_learn(output: str, probabilities: Any, classes: int) -> None:
    logits, labels = draw(1, classes=classes)
    found = measured(make_predictions(logits, labels, output))
    p = probabilities(logits)
    assert found["error"] == pytest.approx(1 - accuracy_score(labels, logits.argmax(axis=1)))
    assert found["nll"] == pytest.approx(log_loss(labels, p, labels=range(classes)), rel=1e-9)
    expected = brier_score_loss(labels, p, labels=range(classes), scale_by_half=False)
    assert found["brier"] == pytest.approx(expected, rel=1e-9)
    assert found["images"] == 400


def test_runs_and_outputs_in_one_table_do_not_mix() -> None:
    parts = [
        make_predictions(*draw(seed), output=output, seed=seed)
        for seed, output in enumerate(["softmax", "none", "sigmoid"])
    ]
    together = pd.concat(parts).sample(frac=1, random_state=3)
    for seed, part in enumerate(parts):
        assert measured(together, seed) == pytest.approx(measured(part, seed), nan_ok=True)


def test_extreme_logits_stay_finite() -> None:
    logits = np.zeros((2, 10))
    logits[:, 0] = 4000.0
    found = measured(make_predictions(logits, np.array([0, 1])))
    assert found["nll"] == pytest.approx(2000.0)
    # Sigmoid of −4000 underflows, its logarithm must not: all scores equal, so p = 1/10 exactly.
    low = measured(make_predictions(np.full((2, 10), -4000.0), np.array([0, 1]), "sigmoid"))
    assert low["nll"] == pytest.approx(np.log(10))


def test_calibration_error_of_a_worked_example() -> None:
    # Bins of width 1/15: 0.95 and 0.97 share the last (both right: gap 2 − 1.92), 0.5 lies in
    # (7/15, 8/15] (wrong: gap −0.5). ECE = (0.08 + 0.5) / 3.
    found = metrics.expected_calibration_error(
        np.array([0.95, 0.97, 0.5]), np.array([True, True, False])
    )
    assert found == pytest.approx(0.58 / 3)
    unknown = metrics.expected_calibration_error(np.array([0.9, np.nan]), np.array([True, False]))
    assert np.isnan(unknown)


def test_calibration_bins_close_on_the_right_and_hold_zero_and_one() -> None:
    confidence = np.array([1 / 15, 1.0, 0.0])
    correct = np.array([False, True, True])
    found = metrics.expected_calibration_error(confidence, correct)
    # 1/15 and 0 share the first bin: |(0 − 1/15) + (1 − 0)| / 3.
    assert found == pytest.approx(14 / 45)


def test_raw_logits_have_errors_but_no_probabilities() -> None:
    logits, labels = draw(4)
    found = measured(make_predictions(logits, labels, "none"))
    assert np.isnan([found["nll"], found["brier"], found["ece"]]).all()
    assert found["error"] == pytest.approx((logits.argmax(axis=1) != labels).mean())


def test_a_diverged_run_counts_as_chance_and_stays_in_the_table() -> None:
    runs = make_runs({0: False, 1: True})
    history = make_history({0: [0.9, 0.2], 1: [0.3]})
    table = metrics.measure(make_predictions(*draw(6)), runs, history)
    row = table[table["seed"] == 1].set_index(["split", "metric"])["value"]
    assert row["test", "error"] == row["validation", "error"] == 0.9
    assert row[[("test", "nll"), ("test", "brier"), ("test", "ece")]].isna().all()


@pytest.mark.parametrize(("classes", "chance"), [(2, 0.5), (3, 2 / 3), (10, 0.9), (100, 0.99)])
def test_chance_is_that_of_as_many_classes(classes: int, chance: float) -> None:
    runs = make_runs({0: True, 1: True}).assign(classes=classes)
    table = metrics.measure(empty(schemas.PREDICTIONS), runs, empty(schemas.HISTORY))
    errors = table[table["metric"] == "error"]["value"]
    assert errors.tolist() == pytest.approx([chance] * 4)  # validation and test, two runs


def test_data_sets_of_several_numbers_of_classes_do_not_mix() -> None:
    drawn = {"mnist": draw(11), "pairs": draw(12, classes=100), "two": draw(13, classes=2)}
    frames = [make_predictions(*each, dataset=name) for name, each in drawn.items()]
    runs = pd.concat(make_runs({0: False}, dataset=name) for name in drawn)
    history = pd.concat(make_history({0: [0.25]}, dataset=name) for name in drawn)
    table = metrics.measure(pd.concat(frames).sample(frac=1, random_state=4), runs, history)
    found = table[(table["metric"] == "error") & (table["split"] == "test")]
    errors = found.set_index("dataset")["value"].to_dict()
    assert errors == {
        name: pytest.approx(1 - accuracy_score(labels, logits.argmax(axis=1)))
        for name, (logits, labels) in drawn.items()
    }


def test_tuning_runs_have_a_validation_error_and_no_test_metric() -> None:
    runs = make_runs({0: False}, stage="tuning")
    history = make_history({0: [0.9, 0.2]}, stage="tuning")
    table = metrics.measure(empty(schemas.PREDICTIONS), runs, history)
    assert table[["stage", "split", "metric", "value"]].to_numpy().tolist() == [
        ["tuning", "validation", "error", 0.2]
    ]


def test_missing_predictions_unknown_outputs_and_infinite_logits_are_errors() -> None:
    predictions = make_predictions(*draw(7))
    runs, history = make_runs({0: False, 1: False}), make_history({0: [0.1], 1: [0.1]})
    with pytest.raises(TableError, match=r"predictions.*'seed': 1"):
        metrics.measure(predictions, runs, history)
    with pytest.raises(TableError, match="output 'tanh'; allowed: softmax, sigmoid, none"):
        measured(predictions.assign(output="tanh"))
    for lost in (np.inf, -np.inf, np.nan):
        logits = np.zeros((400, 10))
        logits[37, 4] = lost
        with pytest.raises(TableError, match="not finite"):
            measured(predictions.assign(logits=column(logits)))


def test_every_metric_is_described() -> None:
    assert set(measured(make_predictions(*draw(8)))) == set(OF_PREDICTIONS)
    assert all(metric.meaning for metric in METRICS.values())


def test_many_runs_take_seconds() -> None:
    logits, labels = draw(9, examples=10_000)
    frame = pd.concat([make_predictions(logits, labels, seed=seed) for seed in range(80)])
    started = time.perf_counter()
    measured(frame)
    assert time.perf_counter() - started < 15


def test_reliability_agrees_with_scikit_learn_and_adds_up_to_the_calibration_error() -> None:
    drawn = {seed: draw(20 + seed) for seed in (0, 1)}
    frame = pd.concat([make_predictions(*drawn[seed], seed=seed) for seed in drawn])
    silent = make_predictions(*draw(22), output="none", loss="mse_logits")
    table = metrics.reliability(pd.concat([frame, silent]))
    assert set(table["loss"]) == {"cross_entropy"}
    for seed, (logits, labels) in drawn.items():
        found = table[table["seed"] == seed]
        confidence = softmax(logits, axis=1).max(axis=1)
        correct = logits.argmax(axis=1) == labels
        accuracy, mean = calibration_curve(correct, confidence, n_bins=metrics.BINS)
        np.testing.assert_allclose(found["accuracy"], accuracy)
        np.testing.assert_allclose(found["confidence"], mean)
        assert found["count"].sum() == len(labels)
        gaps = (found["accuracy"] - found["confidence"]).abs()
        expected = (gaps * found["count"]).sum() / len(labels)
        assert measured(frame, seed)["ece"] == pytest.approx(expected)


def test_there_is_no_reliability_without_predictions() -> None:
    assert metrics.reliability(empty(schemas.PREDICTIONS)).empty
