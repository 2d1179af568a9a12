"""Regression with either loss, against least squares and a minimiser written out here."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.model_selection import KFold, StratifiedKFold

from builders.theory_tables import made
from lossbench.theory import regression
from lossbench.theory.regression import BINS, FOLDS, PENALTIES, bin_targets, targets


@pytest.fixture(scope="module")
def errors() -> pd.DataFrame:
    return made()["regression_errors"]


def test_two_real_targets_are_tried_in_every_fold_with_both_losses(errors):
    assert {name: data.shape for name, (data, _) in targets().items()} == {
        "disease progression": (442, 10),
        "alcohol of wines": (178, 12),
    }
    assert len(errors) == 2 * FOLDS * 2
    examples = errors.drop_duplicates(["target", "fold"]).groupby("target")["test"].sum()
    assert examples.to_dict() == {"disease progression": 442, "alcohol of wines": 178}
    assert errors["squared_error"].between(0.1, 1.5).all()


def test_bins_hold_equal_counts_know_their_means_and_are_fewer_for_few_values():
    values = np.random.default_rng(3).gamma(2.0, size=200)
    bins, means = bin_targets(values)
    expected = pd.qcut(values, BINS, labels=False)
    np.testing.assert_array_equal(bins, expected)
    np.testing.assert_allclose(means, pd.Series(values).groupby(expected).mean())
    bins, means = bin_targets(np.array([1.0, 1.0, 1.0, 2.0, 2.0, 5.0]))
    assert means.tolist() == [1.0, 2.0, 5.0]
    assert bins.tolist() == [0, 0, 0, 1, 1, 2]


def folds(name: str):
    """Standardised training and test features, and targets, of every fold."""
    features, target = targets()[name]
    for train, test in KFold(FOLDS, shuffle=True, random_state=0).split(target):
        mean, deviation = features[train].mean(0), features[train].std(0)
        seen, unseen = ((features[part] - mean) / deviation for part in (train, test))
        yield seen, target[train], unseen, target[test]


def share(predicted, target, train) -> float:
    return float(np.mean((predicted - target) ** 2) / np.var(train))


def best_penalty(loss, folds) -> float:
    """That with the lowest mean of `loss(penalty, training rows, other rows)` over the folds."""
    folds = list(folds)
    return min(PENALTIES, key=lambda penalty: np.mean([loss(penalty, *each) for each in folds]))


@pytest.mark.parametrize("name", ["disease progression", "alcohol of wines"])
def test_squared_error_is_penalised_least_squares(errors, name):
    def predict(features, target, new, penalty):
        middle = features.mean(0)
        gram = (features - middle).T @ (features - middle)
        pull = (features - middle).T @ (target - target.mean())
        weights = np.linalg.solve(gram + penalty * np.eye(len(gram)), pull)
        return (new - middle) @ weights + target.mean()

    expected = []
    for seen, train, unseen, test in folds(name):

        def loss(penalty, a, b, seen=seen, train=train):
            return np.mean((predict(seen[a], train[a], seen[b], penalty) - train[b]) ** 2)

        best = best_penalty(loss, KFold(3).split(train))
        expected.append(share(predict(seen, train, unseen, best), test, train))
    found = errors.query("target == @name and loss == 'squared error'").sort_values("fold")
    assert found["squared_error"].tolist() == pytest.approx(expected)


def test_cross_entropy_is_that_of_the_bins_and_predicts_their_mean(errors):
    def fit(features, labels, penalty):
        """Weights and biases that minimise the summed cross-entropy and penalty · |w|²."""
        ones, classes = np.column_stack([features, np.ones(len(features))]), labels.max() + 1

        def value(flat):
            weights = flat.reshape(ones.shape[1], classes)
            scores = ones @ weights
            loss = -log_softmax(scores, axis=1)[np.arange(len(labels)), labels].sum()
            slope = ones.T @ (softmax(scores, axis=1) - np.eye(classes)[labels])
            shrunk = weights * np.r_[np.ones(len(weights) - 1), 0][:, None]
            return loss + penalty * (shrunk**2).sum(), (slope + 2 * penalty * shrunk).ravel()

        start = np.zeros(ones.shape[1] * classes)
        done = minimize(value, start, jac=True, method="L-BFGS-B", options={"maxiter": 5000})
        return done.x.reshape(-1, classes)

    def probabilities(weights, features):
        return softmax(np.column_stack([features, np.ones(len(features))]) @ weights, axis=1)

    def loss(penalty, a, b):
        found = probabilities(fit(seen[a], bins[a], penalty), seen[b])
        return -np.log(found[np.arange(len(b)), bins[b]]).mean()

    name = "alcohol of wines"
    seen, train, unseen, test = next(folds(name))
    bins, means = bin_targets(train)
    best = best_penalty(loss, StratifiedKFold(3).split(seen, bins))
    predicted = probabilities(fit(seen, bins, best), unseen) @ means
    found = errors.query("target == @name and fold == 0 and loss == 'cross-entropy'")
    assert found["squared_error"].item() == pytest.approx(share(predicted, test, train), rel=1e-3)


@pytest.mark.parametrize(("penalty", "learns"), [(1e6, False), (1.0, True)])
def test_both_losses_try_the_penalties_and_no_others(monkeypatch, penalty, learns):
    monkeypatch.setattr(regression, "PENALTIES", (penalty, 2 * penalty))
    monkeypatch.setattr(regression, "FOLDS", 2)
    data = targets()["alcohol of wines"]
    for row in regression._folds("alcohol of wines", *data):
        assert (row["squared_error"] < 0.8) == learns
