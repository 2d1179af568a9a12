"""Images that tell two losses apart."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from builders.study_tables import IDENTITY
from lossbench.analysis import gallery
from lossbench.tables.parquet import check
from lossbench.tables.runs import PREDICTIONS

# Predicted class of each example (columns) by loss and seed (rows); the label is 0 everywhere.
PREDICTED = {
    ("cross_entropy", 0): [0, 0, 1, 0, 2],
    ("cross_entropy", 1): [0, 0, 1, 0, 2],
    ("cross_entropy", 2): [0, 0, 5, 0, 2],
    ("mse_softmax", 0): [3, 0, 0, 4, 0],
    ("mse_softmax", 1): [3, 5, 0, 6, 1],
    ("mse_softmax", 2): [2, 5, 0, 8, 1],
}


def predictions() -> pd.DataFrame:
    rows = []
    for (loss, seed), classes in PREDICTED.items():
        for example, predicted in enumerate(classes):
            run = IDENTITY | {"loss": loss, "seed": seed, "output": "softmax", "label": 0}
            rows.append(run | {"example": example, "logits": 1.0 * (np.arange(10) == predicted)})
    return check(pd.DataFrame(rows), PREDICTIONS)


def test_picks_what_one_loss_always_and_the_other_never_gets_right():
    picked = gallery.pick(predictions(), {})
    right = picked.set_index(["right", "example"])
    assert list(right.index) == [("cross_entropy", 0), ("cross_entropy", 3), ("mse_softmax", 2)]
    assert right.loc[("cross_entropy", 0), ["predicted", "votes", "seeds"]].tolist() == [3, 2, 3]
    assert right.loc[("cross_entropy", 3), ["predicted", "votes"]].tolist() == [4, 1]
    assert picked.query("right == 'cross_entropy'")["total"].tolist() == [2, 2]
    assert (picked["png"] == "").all()


def test_chance_is_the_mean_over_all_swaps_of_each_seed_s_two_runs():
    right = {run: np.array(classes) == 0 for run, classes in PREDICTED.items()}
    other = {"cross_entropy": "mse_softmax", "mse_softmax": "cross_entropy"}
    separated = []
    for losses in product(other, repeat=3):
        alone = [right[loss, seed] & ~right[other[loss], seed] for seed, loss in enumerate(losses)]
        separated.append(np.logical_and.reduce(alone).sum())
    assert set(gallery.pick(predictions(), {})["by_chance"]) == {np.mean(separated)}


def test_shows_the_first_ones_and_counts_all():
    many = predictions()
    copies = [many.assign(example=many["example"] + 5 * k) for k in range(10)]
    picked = gallery.pick(check(pd.concat(copies), PREDICTIONS), {})
    mine = picked.query("right == 'cross_entropy'")
    assert mine["example"].tolist() == [0, 3, 5, 8, 10, 13]
    assert set(mine["total"]) == {20}


def test_is_empty_without_the_pair():
    alone = predictions().query("loss == 'cross_entropy'")
    assert gallery.pick(alone, {}).empty
    assert gallery.pick(alone.iloc[:0], {}).empty


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32)])
def test_images_survive_as_png(shape):
    images = np.random.default_rng(0).integers(0, 256, size=(5, *shape), dtype=np.uint8)
    picked = gallery.pick(predictions(), {"mnist": images})
    for row in picked.itertuples():
        found = gallery.pixels(row.png)
        expected = images[row.example]
        np.testing.assert_array_equal(np.atleast_3d(found), np.moveaxis(expected, 0, -1))
