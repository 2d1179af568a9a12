"""Steps to error levels against NumPy and by hand; known shifts are found again."""

import numpy as np
import pandas as pd
import pytest

from builders.learning import KINDS, learning_curve, log_spaced, study_of_pairs
from lossbench.stats import speed
from lossbench.stats.intervals import over_replicates

LEVELS = np.geomspace(0.4, 0.1, 20)


def test_crossings_of_worked_examples() -> None:
    # From (10, 0.4) to (1000, 0.1): log-log halfway is (100, 0.2).
    found = speed.steps_to_levels(
        np.array([0, 10, 1000]), np.array([0.9, 0.4, 0.1]), np.array([0.4, 0.2, 0.1, 0.05])
    )
    assert found == pytest.approx([10, 100, 1000, np.inf])
    found = speed.steps_to_levels(np.array([1, 100]), np.array([0.4, 0.0]), np.array([0.2]))
    # Zero counts as 0.1: halfway from 0.4 on a log axis.
    assert found == pytest.approx([10])


def test_crossings_agree_with_numpy_interpolation() -> None:
    steps = np.array([1, 2, 3, 5, 9, 20, 70, 200])
    errors = 0.8 * steps**-0.4 + 0.001
    expected = np.exp(np.interp(-np.log(LEVELS), -np.log(errors), np.log(steps)))
    assert speed.steps_to_levels(steps, errors, LEVELS) == pytest.approx(expected)


def test_the_lowest_error_so_far_counts_and_rounding_does_not() -> None:
    wild = np.array([0.9, 0.5, 0.2, 0.6, 0.7, 0.1 + 1e-12])
    calm = np.minimum.accumulate(wild)
    steps = np.array([0, 1, 10, 20, 40, 80])
    found = speed.steps_to_levels(steps, wild, LEVELS)
    assert found == pytest.approx(speed.steps_to_levels(steps, calm, LEVELS))
    assert found[-1] == pytest.approx(80)


def test_the_untrained_network_counts_as_the_first_step() -> None:
    levels = np.array([0.95, 0.5])
    found = speed.steps_to_levels(np.array([0, 1, 4]), np.array([0.9, 0.9, 0.5]), levels)
    assert found == pytest.approx([1, 4])
    at_once = speed.steps_to_levels(np.array([0, 1]), np.array([0.9, 0.2]), levels)
    assert at_once == pytest.approx([1, 1])


def crossings(steps: list[list[float]], budget: float = 400) -> speed.Crossings:
    known = np.array(steps, float)
    return speed.Crossings(np.log(np.where(np.isinf(known), budget, known)), np.isfinite(known))


never = np.inf


@pytest.mark.parametrize(
    ("ours", "theirs", "ratios", "bound"),
    [
        ([[20, 80]], [[10, 20]], [np.sqrt(2 * 4)], ""),
        ([[20, never]], [[10, 20]], [np.sqrt(2 * 20)], "at least"),
        ([[20, 80]], [[10, never]], [np.sqrt(2 * 80 / 400)], "at most"),
        ([[20, never]], [[10, never]], [2.0], ""),
        ([[20, never], [never, 5]], [[10, 20], [100, never]], None, "within the budget"),
        ([[never, never]], [[never, never]], [np.nan], ""),
    ],
)
def test_missed_levels_bound_the_ratio_or_say_nothing(ours, theirs, ratios, bound) -> None:
    pairs = speed.Comparison(crossings(ours), crossings(theirs))
    assert pairs.bound == bound
    if ratios is not None:
        np.testing.assert_allclose(np.exp(pairs.by_pair), ratios)


@pytest.mark.parametrize(("missed", "bound"), [(0, ""), (10, ""), (11, "at most")])
def test_what_hardly_a_run_misses_is_left_out(missed: int, bound: str) -> None:
    """Of 10 pairs at 20 levels: a twentieth are 10. The others' steps are twice the reference's."""
    theirs = np.tile(np.geomspace(10, 200, 20), (10, 1))
    hardest = np.arange(10) < missed, np.arange(10) < missed - 10
    for level, gone in zip((-1, -2), hardest, strict=True):
        theirs[gone, level] = never
    pairs = speed.Comparison(
        crossings(2 * np.tile(np.geomspace(10, 200, 20), (10, 1))), crossings(theirs)
    )
    assert pairs.bound == bound
    assert np.allclose(pairs.by_pair, np.log(2)) == (not bound)
    assert np.isnan(pairs.log_ratios).sum() == (0 if bound else missed)


def test_a_failed_run_is_never_left_out_however_many_did_not_fail() -> None:
    steps = np.tile(np.geomspace(10, 200, 20), (40, 1))
    failed = steps.copy()
    failed[0, 9:] = never
    assert speed.Comparison(crossings(failed), crossings(steps)).bound == "at least"
    failed[0, 9] = steps[0, 9]
    assert speed.Comparison(crossings(failed), crossings(steps)).bound == ""


def test_a_ratio_is_told_where_each_side_meets_half_of_the_levels() -> None:
    half = crossings([[1, never], [1, never]])
    fewer = crossings([[1, never], [never, never]])
    whole = crossings([[1, 2], [1, 2]])
    assert speed.Comparison(half, whole).is_ratio
    assert not speed.Comparison(fewer, whole).is_ratio
    assert not speed.Comparison(whole, fewer).is_ratio
    assert speed.Comparison(fewer, whole).reach == (0.25, 1.0)


def test_runs_are_paired_by_seed_from_the_table() -> None:
    rows = [(seed, level, 10.0 * seed + level, True) for seed in (3, 1) for level in (2, 1)]
    frame = pd.DataFrame(rows, columns=["seed", "level", "steps", "reached"])
    found = speed.Crossings.of(frame, [1, 3])
    np.testing.assert_allclose(np.exp(found.log_steps), [[11, 12], [31, 32]])


def test_the_band_at_a_level_is_that_of_the_pairs_that_meet_it() -> None:
    ours = crossings([[20, never], [40, never], [30, 90], [20, 50]])
    theirs = crossings([[10, never], [10, 40], [10, 30], [10, 20]])
    table = speed.by_level(speed.Comparison(ours, theirs), 0.95)
    assert table["pairs"].tolist() == [4, 3]
    assert table["missed"].tolist() == [0, 2]
    assert table["reference_missed"].tolist() == [0, 1]
    logs = np.log([10, 3, 2.5])
    low, high = over_replicates(logs).interval(0.95)
    assert table.loc[1, "ratio"] == pytest.approx(np.exp(logs.mean()))
    assert table.loc[1, ["ci_low", "ci_high"]].tolist() == pytest.approx(
        [np.exp(low), np.exp(high)]
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shift", [1.0, 1.34, 3.0])
def test_a_known_shift_is_found_again(kind: str, shift: float) -> None:
    rng = np.random.default_rng(3)
    found = [study_of_pairs(kind, shift, rng=rng).mean for _ in range(20)]
    # Log-spaced points with a ratio of 1.2 shift a crossing by at most half of that.
    assert np.exp(np.mean(found)) == pytest.approx(shift, rel=0.03)


def test_a_shift_without_noise_is_exact_however_it_is_measured() -> None:
    rng = np.random.default_rng(0)
    for ratio in (1.1, 1.2, 1.5):
        steps = log_spaced(20_000, ratio)
        times = [
            np.log(
                speed.steps_to_levels(steps, learning_curve("smooth", steps / shift, rng), LEVELS)
            )
            for shift in (1.0, 2.0)
        ]
        assert np.exp((times[1] - times[0]).mean()) == pytest.approx(2.0, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shift", [1.0, 1.34])
def test_the_interval_covers_and_false_verdicts_are_rare(kind: str, shift: float) -> None:
    rng, repeats = np.random.default_rng(17), 2000
    found = [study_of_pairs(kind, shift, rng=rng) for _ in range(repeats)]
    ends = np.array([each.interval(0.95) for each in found])
    # What the instrument finds in a study without end: its own small bias is asked for apart.
    truth = np.mean([each.mean for each in found])
    coverage = float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())
    covers_shift = float(((ends[:, 0] <= np.log(shift)) & (np.log(shift) <= ends[:, 1])).mean())
    print(f"{kind}, shift {shift}: coverage {coverage:.3f}, of the shift {covers_shift:.3f},")
    print(f"mean ratio {np.exp(truth):.4f}")
    assert 0.93 <= coverage <= 0.97
    assert covers_shift >= 0.93
    if shift == 1.0:
        false = np.mean([each.p_value <= 0.05 for each in found])
        assert false <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / repeats)


@pytest.mark.parametrize("shift", [1.0, 1.34])
@pytest.mark.parametrize("kind", KINDS)
def test_measuring_twice_as_finely_moves_no_verdict(kind: str, shift: float) -> None:
    studies = 40
    fine, coarse = (
        [
            study_of_pairs(kind, shift, spacing=np.sqrt(1.2), every=every, rng=rng)
            for rng in np.random.default_rng(5).spawn(studies)
        ]
        for every in (1, 2)
    )
    pairs = list(zip(fine, coarse, strict=True))
    for one, other in (*pairs, *((other, one) for one, other in pairs)):
        assert not (one.p_value <= 0.01 and other.p_value > 0.1)
    moved = np.array([one.mean - other.mean for one, other in pairs])
    assert abs(moved.mean()) < 0.02
