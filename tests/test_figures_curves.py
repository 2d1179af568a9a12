"""Curves of runs: long ones are thinned, and keep their ends."""

import numpy as np
import pandas as pd

from lossbench.figures.curves import thinned


def history(steps, loss: str) -> pd.DataFrame:
    return pd.DataFrame({"step": steps, "loss": loss})


def test_long_runs_are_thinned_but_keep_their_ends():
    long, short = history(np.arange(1, 2001), "mse_softmax"), history([3, 1, 3], "cross_entropy")
    kept = thinned(pd.concat([long, short]), 16)
    steps = kept[kept["loss"] == "mse_softmax"]["step"]
    assert 8 < len(steps) <= 16
    assert (steps.iloc[0], steps.iloc[-1]) == (1, 2000)
    assert list(kept[kept["loss"] == "cross_entropy"]["step"]) == [3, 1, 3]


def test_steps_are_thinned_evenly_on_a_log_axis():
    steps = thinned(history(np.arange(1, 100_001), "mse_softmax"), 11)["step"]
    ratios = np.diff(np.log10(steps))
    assert ratios[3:].min() > 0.45
    assert ratios.max() < 0.55
