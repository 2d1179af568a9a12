"""Descent on the squared error gives up; test_theory_columns.py has the solutions."""

import numpy as np

from lossbench.theory import linear


def test_descent_stops_at_its_budget():
    features, target = linear.problems()["full rank"]
    assert linear.descend(np.ones(4), features, target, budget=3)[1] == 3
