from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from builders.study_tables import make_history, make_runs
from lossbench.analysis import selection
from lossbench.errors import TableError
from lossbench.study.fields import Goal
from lossbench.study.grid import LossGrid, Margin

GRID = LossGrid(loss="cross_entropy", learning_rates=(0.01, 0.1, 1.0))
MARGIN, OTHER = Margin(m=0.5), Margin(m=0.2)


def choose(
    history: pd.DataFrame, runs: pd.DataFrame, grid: LossGrid, tuned_for: Goal = "error"
) -> pd.DataFrame:
    """What the runs tune for a comparison of eight epochs: seed k is judged with seed 100 + k."""
    seeds = {int(seed): 100 + int(seed) for seed in runs["seed"].unique()}
    return selection.choose(history, runs, grid, seeds, epochs=8, tuned_for=tuned_for)


def tuning(errors: dict[float, list[float | None]], **identity: Any) -> list[pd.DataFrame]:
    """History and runs of tuning: rate → final error by seed, None where diverged."""
    histories, runs = [], []
    for rate, finals in errors.items():
        keys = {"stage": "tuning", "learning_rate": rate, **identity}
        runs.append(make_runs({seed: e is None for seed, e in enumerate(finals)}, **keys))
        curves = {seed: [0.9] if e is None else [0.9, e] for seed, e in enumerate(finals)}
        histories.append(make_history(curves, **keys))
    return [pd.concat(histories), pd.concat(runs)]


def test_every_replicate_takes_its_own_lowest() -> None:
    history, runs = tuning({0.01: [0.3, 0.3], 0.1: [0.1, 0.2], 1.0: [0.05, 0.5]})
    found = choose(history, runs, GRID)
    assert found["learning_rate"].tolist() == [1.0, 0.1]
    assert found["seed"].tolist() == [100, 101]
    assert found["tuning_seed"].tolist() == [0, 1]
    assert found["validation_error"].tolist() == [0.05, 0.2]
    assert found["trials"].tolist() == [3, 3]
    assert found["on_edge"].tolist() == [True, False]


def test_a_diverged_run_counts_as_chance_and_ties_go_to_the_smaller_rate() -> None:
    history, runs = tuning({0.01: [0.3, 0.3], 0.1: [0.01, None], 1.0: [None, None]})
    assert choose(history, runs, GRID)["learning_rate"].tolist() == [0.1, 0.01]
    history, runs = tuning({0.01: [0.9], 0.1: [0.3], 1.0: [0.3]})
    row = choose(history, runs, GRID).iloc[0]
    assert row["learning_rate"] == 0.1
    assert not row["on_edge"]


@pytest.mark.parametrize(
    ("finals", "rate"),
    [
        ([0.3, 0.2, 0.1], 1.0),  # the top of the grid: nothing above is known to fail
        ([0.3, 0.2, 0.675], 0.01),  # three quarters of chance is a failure
        ([0.3, 0.2, 0.674], 0.1),
        ([0.3, 0.2, None], 0.01),
        ([0.3, 0.9, 0.1], 1.0),  # only the rate below the failed one is left out
        ([0.3, 0.9, 0.9], 0.01),  # nothing is clear of failure: the best of all
        ([0.9, 0.9, 0.9], 0.01),
    ],
)
def test_tuned_for_speed_a_rate_beside_a_failure_is_left_out(finals, rate) -> None:
    """Of two replicates: the other's failures say nothing."""
    other = [0.4, 0.3, 0.2]
    pairs = zip(GRID.learning_rates, zip(finals, other, strict=True), strict=True)
    history, runs = tuning({rate: list(pair) for rate, pair in pairs})
    assert choose(history, runs, GRID, "speed")["learning_rate"].tolist() == [rate, 1.0]


def test_tuned_for_speed_a_margin_is_not_beside_another() -> None:
    grid = LossGrid(loss="sm_softmax", learning_rates=(0.1, 1.0), margins=(MARGIN, OTHER))
    errors = {(MARGIN, 0.1): 0.2, (MARGIN, 1.0): 0.1, (OTHER, 0.1): 0.05, (OTHER, 1.0): 0.9}
    parts = [
        tuning({rate: [error]}, loss="sm_softmax", setting=margin.label)
        for (margin, rate), error in errors.items()
    ]
    history, runs = (pd.concat(tables) for tables in zip(*parts, strict=True))
    row = choose(history, runs, grid, "speed").iloc[0]
    assert (row["setting"], row["learning_rate"]) == (MARGIN.label, 1.0)


@pytest.mark.parametrize("best", [0.01, 1.0])
def test_a_winner_on_the_edge_is_flagged(best: float) -> None:
    errors: dict[float, list[float | None]] = {rate: [0.5] for rate in GRID.learning_rates}
    history, runs = tuning({**errors, best: [0.1]})
    assert choose(history, runs, GRID).iloc[0]["on_edge"]


def test_all_diverged_is_recorded_as_chance_on_the_edge_for_any_number_of_classes() -> None:
    history, runs = tuning({rate: [None] for rate in GRID.learning_rates})
    row = choose(history, runs, GRID).iloc[0]
    assert (row["learning_rate"], row["validation_error"], row["on_edge"]) == (0.01, 0.9, True)
    row = choose(history, runs.assign(classes=2), GRID).iloc[0]
    assert row["validation_error"] == 0.5


@pytest.mark.parametrize(
    ("best", "chosen"),
    [
        ([("m=0.2", 0.1), ("m=0.5", 0.1)], ("m=0.5", 0.1)),
        ([("m=0.2", 0.01), ("m=0.5", 0.1)], ("m=0.2", 0.01)),
    ],
)
def test_ties_of_margins_go_to_the_smaller_rate_then_to_the_first(best, chosen) -> None:
    margins = (MARGIN, OTHER)
    grid = LossGrid(loss="sm_softmax", learning_rates=(0.01, 0.1, 1.0), margins=margins)
    parts = [
        tuning(
            {rate: [0.1 if (margin.label, rate) in best else 0.4]},
            loss="sm_softmax",
            setting=margin.label,
        )
        for margin, rate in product(margins, grid.learning_rates)
    ]
    history, runs = (pd.concat(tables) for tables in zip(*parts, strict=True))
    row = choose(history, runs, grid).iloc[0]
    assert (row["setting"], row["learning_rate"], row["trials"]) == (*chosen, 6)


def test_runs_that_do_not_fill_the_grid_are_an_error() -> None:
    history, runs = tuning({0.01: [0.3], 0.1: [0.1]})
    with pytest.raises(TableError, match="rate 1, seed 0 of the grid is missing"):
        choose(history, runs, GRID)
    history, runs = tuning({0.01: [0.3], 0.1: [0.1], 1.0: [0.1, 0.1]})
    with pytest.raises(TableError, match=r"rate 0\.01, seed 1 of the grid is missing"):
        choose(history, runs, GRID)
    with pytest.raises(TableError, match="allowed: mse_softmax"):
        choose(history, runs, GRID.model_copy(update={"loss": "mse_softmax"}))


def chosen_pair(reference: list[float], primary: list[float] | None) -> list[pd.DataFrame]:
    """History, runs and choices of the primary pair, each tuned to its middle rate."""
    grids = {"cross_entropy": reference, "mse_softmax": primary}
    parts, choices = [], []
    for loss, errors in grids.items():
        if errors is not None:
            worse = [0.89] * len(errors)
            part = tuning({0.01: worse, 0.1: list(errors), 1.0: worse}, loss=loss)
            parts.append(part)
            choices.append(choose(*part, GRID.model_copy(update={"loss": loss})))
    history, runs = (pd.concat(tables) for tables in zip(*parts, strict=True))
    return [history, runs, pd.concat(choices)]


def declared(reference: list[float], primary: list[float] | None) -> list[float]:
    table = selection.levels(*chosen_pair(reference, primary))
    assert table["level"].tolist() == list(range(1, 21))
    found: list[float] = table["validation_error"].tolist()
    return found


def test_the_hardest_level_is_what_the_weaker_of_the_pair_reaches_in_its_median_run() -> None:
    found = declared([0.02, 0.01, 0.03], [0.03, 0.2, 0.01])
    assert (found[0], found[-1]) == pytest.approx((0.12, 0.03))
    found = declared([0.05, 0.05, 0.05], [0.01, 0.02, 0.01])
    assert (found[0], found[-1]) == pytest.approx((0.2, 0.05))
    steps = np.diff(np.log(found))
    assert steps == pytest.approx(np.full(19, -np.log(4) / 19))


def test_what_a_run_reaches_is_its_lowest_error() -> None:
    history, runs, choices = chosen_pair([0.04], [0.03])
    lower = history.assign(step=history["step"] - 50, validation_error=0.02)
    back = pd.concat([history, lower[lower["step"] == 150]])
    found = selection.levels(back, runs, choices)["validation_error"]
    assert found.min() == pytest.approx(0.02)


def test_levels_lie_between_next_to_nothing_and_chance_and_never_meet() -> None:
    # Four times 0.5 lies beyond chance: three quarters of 0.9.
    found = declared([0.5], [0.4])
    assert (found[0], found[-1]) == pytest.approx((0.675, 0.5))
    assert declared([0.88], [0.88])[::19] == pytest.approx([0.675, 0.54])
    assert declared([0.0], [0.0])[::19] == pytest.approx([0.004, 0.001])


@pytest.mark.parametrize(
    ("classes", "easiest", "hardest"),
    # Three quarters and six tenths of chance: a half, two thirds, 0.99.
    [(2, 0.375, 0.3), (3, 0.5, 0.4), (100, 0.7425, 0.594)],
)
def test_levels_of_a_hard_data_set_follow_its_number_of_classes(
    classes: int, easiest: float, hardest: float
) -> None:
    history, runs, choices = chosen_pair([0.88], [0.88])
    found = selection.levels(history, runs.assign(classes=classes), choices)["validation_error"]
    assert (found.max(), found.min()) == pytest.approx((easiest, hardest))


def test_levels_need_the_chosen_runs_and_without_the_primary_loss_those_of_the_reference() -> None:
    assert declared([0.04], None)[::19] == pytest.approx([0.16, 0.04])
    history, runs, choices = chosen_pair([0.02], [0.03])
    with pytest.raises(TableError, match="mnist/mlp/annealed/8: no tuning runs of mse_softmax"):
        selection.levels(history, runs[runs["loss"] == "cross_entropy"], choices)
    with pytest.raises(TableError, match="no tuning runs of cross_entropy"):
        selection.levels(history, runs, choices.assign(loss="bce_sigmoid"))
