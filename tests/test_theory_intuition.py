"""The cost of a misclassification, against scikit-learn and finite differences."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from lossbench.theory import intuition


def test_costs_are_scikit_learns_and_slopes_finite_differences_and_one_is_bounded():
    frame = intuition.costs()
    for p in intuition.SHOWN:
        rows = frame[frame["probability"] == p].set_index("loss")["cost"]
        assert rows["cross_entropy"] == pytest.approx(log_loss([1], [p], labels=[0, 1]))
        assert rows["mse_softmax"] == pytest.approx(brier_score_loss([1], [p], pos_label=1))
    for _, rows in frame[frame["probability"].between(0.05, 0.95)].groupby("loss"):
        p = rows["probability"].to_numpy()
        numerical = -np.gradient(rows["cost"].to_numpy(), p)
        np.testing.assert_allclose(rows["slope"].to_numpy()[1:-1], numerical[1:-1], rtol=0.01)
    costs = frame.groupby("loss")["cost"].max()
    assert costs["mse_softmax"] <= 1
    assert costs["cross_entropy"] > 8
