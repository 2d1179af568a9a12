"""Errors by class and confusions of 2 to 100 classes, against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix, recall_score

from builders.study_tables import IDENTITY, make_runs
from lossbench.analysis.class_errors import (
    SHOWN,
    class_errors,
    confusion,
    confusions,
    most_confused,
    most_different,
)
from lossbench.tables.logits import column, predicted


def predictions(
    classes: int, seed: int = 0, examples: int = 600, **identity: object
) -> pd.DataFrame:
    generator = np.random.default_rng([classes, seed])
    labels = generator.integers(classes, size=examples)
    logits = generator.normal(size=(examples, classes)) + 1.5 * np.eye(classes)[labels]
    frame = pd.DataFrame({"logits": column(logits), "label": labels, "example": range(examples)})
    return frame.assign(**{**IDENTITY, **identity, "seed": seed, "output": "softmax"})


@pytest.mark.parametrize("classes", [2, 3, 26, 100])
def test_they_agree_with_scikit_learn(classes: int) -> None:
    frame = predictions(classes)
    labels, taken = frame["label"], predicted(frame)
    errors = class_errors(frame, make_runs({0: False})).set_index("label")["error"]
    recall = recall_score(labels, taken, average=None, labels=sorted(set(labels)))
    np.testing.assert_allclose(errors, 1 - recall, atol=1e-12)
    counts = confusion(frame).set_index(["label", "predicted"])["count"]
    expected = confusion_matrix(labels, taken, labels=range(classes))
    found = np.zeros_like(expected)
    for (label, other), count in counts.items():
        found[label, other] = count
    np.testing.assert_array_equal(found, expected)
    assert (counts > 0).all()


def test_a_diverged_run_has_the_errors_of_chance_and_a_class_without_images_none() -> None:
    runs = make_runs({0: False, 1: True}).assign(classes=4)
    errors = class_errors(predictions(4), runs)
    lost = errors[errors["seed"] == 1]
    assert lost["label"].tolist() == [0, 1, 2, 3]
    assert lost["error"].tolist() == [0.75] * 4
    frame = predictions(5)
    errors = class_errors(frame[frame["label"] != 3], make_runs({0: False}))
    assert errors["label"].tolist() == [0, 1, 2, 4]


def test_confusions_are_medians_over_runs_and_leave_out_what_is_right() -> None:
    frame = pd.concat([predictions(30, seed) for seed in range(5)])
    found = confusions(confusion(frame)).set_index(["label", "predicted"])["share"]
    matrices = [
        confusion_matrix(run["label"], predicted(run), labels=range(30), normalize="true")
        for _, run in frame.groupby("seed")
    ]
    expected = np.median(matrices, axis=0)
    np.fill_diagonal(expected, 0)
    assert len(found) == np.count_nonzero(expected)  # of some pairs most runs confuse no image
    assert np.count_nonzero(np.sum(matrices, axis=0)) > len(found) + 30
    for pair, share in found.items():
        assert share == pytest.approx(expected[pair])


def test_one_run_that_hardly_learned_does_not_decide_what_is_confused_most() -> None:
    runs = pd.concat([predictions(3, seed) for seed in range(5)])
    spoiled = runs.copy()
    lost = np.tile(np.arange(3) == 1, (600, 1)).astype(float)  # it takes everything for 1
    spoiled.loc[(spoiled["seed"] == 4).to_numpy(), "logits"] = column(lost).to_numpy()
    assert confusions(confusion(spoiled))["share"].max() < 0.5


def test_of_many_classes_those_are_shown_that_tell_most() -> None:
    classes = 60
    ours = pd.DataFrame({"label": range(classes), "loss": "a", "error": 0.1})
    theirs = ours.assign(loss="b", error=0.1 + np.arange(classes) / 1000)
    both = pd.concat([ours, theirs]).sample(frac=1, random_state=0)
    assert most_different(both) == list(range(classes - 1, classes - 1 - SHOWN, -1))
    assert most_different(both[both["label"] < 7]) == list(range(7))


def test_the_pairs_shown_are_those_with_the_largest_share_of_any_loss() -> None:
    frame = pd.concat(
        [predictions(30, loss=loss, seed=seed) for loss in ("a", "b") for seed in (0, 1)]
    )
    found = confusions(confusion(frame))
    shown = most_confused(found)
    largest = found.groupby(["label", "predicted"])["share"].max()
    assert len(shown) == SHOWN
    assert min(largest[pair] for pair in shown) >= largest.drop(shown).max()
