"""Mean squares of wrong predictions, from tables; a diverged run is wrong as guessing is."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from builders.study_tables import IDENTITY, make_runs
from lossbench.stats.images import error_mean_squares
from lossbench.stats.intervals import mean_squares
from lossbench.tables.logits import column

IMAGES = 12
Wrong = Mapping[str, Mapping[int, np.ndarray | None]]
"""Loss → seed → whether each image is taken for another class; None where the run diverged."""


def found(wrong: Wrong) -> pd.DataFrame:
    parts, runs = [], []
    for loss, by_seed in wrong.items():
        runs.append(make_runs({seed: each is None for seed, each in by_seed.items()}, loss=loss))
        for seed, each in by_seed.items():
            if each is not None:
                scores = np.zeros((IMAGES, 10))
                scores[np.arange(IMAGES), np.where(each, 3, 7)] = 1
                frame = pd.DataFrame({"logits": column(scores), "label": 7})
                row = {**IDENTITY, "loss": loss, "seed": seed, "example": np.arange(IMAGES)}
                parts.append(frame.assign(**row))
    shuffled = pd.concat(parts).sample(frac=1, random_state=1)
    return error_mean_squares(shuffled, pd.concat(runs))


def drawn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=IMAGES) < 0.4


def test_they_are_those_of_the_paired_differences() -> None:
    ours, theirs = ({seed: drawn(10 * seed + at) for seed in range(4)} for at in (1, 2))
    row = found({"cross_entropy": theirs, "mse_softmax": ours}).iloc[0]
    cells = np.array([ours[seed] * 1.0 - theirs[seed] for seed in range(4)])
    expected = mean_squares(cells)
    assert (row["replicates"], row["images"]) == cells.shape
    for name in ("of_replicates", "of_images", "of_residual"):
        assert row[name] == pytest.approx(getattr(expected, name))


def test_a_diverged_run_is_wrong_on_every_image_as_guessing_is() -> None:
    ours = {0: drawn(1), 1: None, 2: drawn(3)}
    theirs = {0: drawn(4), 1: drawn(5), 2: drawn(6)}
    row = found({"cross_entropy": theirs, "mse_softmax": ours}).iloc[0]
    mine = np.array([ours[0] * 1.0, np.full(IMAGES, 0.9), ours[2] * 1.0])
    expected = mean_squares(mine - np.array([theirs[seed] * 1.0 for seed in range(3)]))
    assert row["of_replicates"] == pytest.approx(expected.of_replicates)
    assert row["of_images"] == pytest.approx(expected.of_images)


def test_only_shared_seeds_count_and_one_has_no_variance() -> None:
    ours = {0: drawn(1), 1: drawn(2), 5: drawn(3)}
    theirs = {0: drawn(4), 1: drawn(5), 7: drawn(6)}
    assert found({"cross_entropy": theirs, "mse_softmax": ours})["replicates"].tolist() == [2]
    assert found({"cross_entropy": {0: drawn(1)}, "mse_softmax": {0: drawn(2)}}).empty
    assert found({"mse_softmax": ours}).empty
