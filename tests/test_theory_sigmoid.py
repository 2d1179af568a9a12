"""One sigmoid output: mixed targets and the far ends; test_theory_convexity.py has the curves."""

import numpy as np

from lossbench.theory.sigmoid import CURVATURES, OUTPUT_LOSSES, SLOPES, VALUES, sigmoid_slope

Z = np.linspace(-15, 15, 61)


def test_targets_mix_within_one_call():
    target = np.arange(len(Z)) % 2
    for loss in OUTPUT_LOSSES:
        for table in (VALUES, SLOPES, CURVATURES):
            mixed = table[loss](Z, target)
            apart = np.where(target == 1, table[loss](Z, 1), table[loss](Z, 0))
            np.testing.assert_array_equal(mixed, apart)


def test_far_out_nothing_cancels_or_overflows():
    z = np.array([-700.0, 40.0, 700.0])
    np.testing.assert_allclose(SLOPES["bce_sigmoid"](z, 1), [-1, -np.exp(-40.0), -np.exp(-700.0)])
    np.testing.assert_allclose(sigmoid_slope(z), np.exp(-np.abs(z)), rtol=1e-15)
    np.testing.assert_allclose(VALUES["bce_sigmoid"](z, 0)[1:], [40, 700], rtol=1e-12)
