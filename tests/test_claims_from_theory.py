"""The claims' verdicts: what the chapter supports, and that each can be contradicted or open."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import pytest

from builders.theory_tables import made
from lossbench.claims import theory_evidence as evidence
from lossbench.claims.all_claims import ALL_CLAIMS
from lossbench.claims.rule import Grounds, Judgement
from lossbench.study.settings import NeuronStart, Theory
from lossbench.theory import neuron

DECIDED = {
    "C1": "mixed",
    "C2": "supported",
    "C3": "supported",
    "C4": "supported",
    "C7": "supported",
    "C8": "mixed",
    "C9": "mixed",
}
"""By the chapter."""


Change = Callable[[], dict[str, pd.DataFrame]]
"""Makes some of the chapter's tables anew."""


def judged(claim, *changes: Change) -> Judgement:
    return ALL_CLAIMS[claim].judge(Grounds(tables(*changes), 0.95))


def tables(*changes: Change) -> dict[str, pd.DataFrame]:
    """The chapter's, as these changes leave them."""
    return made(**{name: frame for change in changes for name, frame in change().items()})


def changed(name, condition, **values) -> Change:
    """Overwrites columns of the table `name` in the rows that meet `condition`."""

    def change():
        frame = made()[name]
        for column, value in values.items():
            frame.loc[frame.eval(condition), column] = value
        return {name: frame}

    return change


def without(name, condition) -> Change:
    return lambda: {name: made()[name].query(f"not ({condition})")}


@pytest.mark.parametrize("claim", DECIDED)
def test_the_chapter_decides_all_seven(claim):
    found = judged(claim)
    assert found.verdict == DECIDED[claim]
    assert bool(found.limits) == (found.verdict != "supported")


WRONG = [
    ("C1", changed("gradient_checks", "loss == 'mse_sigmoid'", largest_difference=0.1)),
    ("C1", changed("sigmoid", "z > -99", slope=0.25)),
    ("C1", changed("neuron_times", "loss == 'mse_sigmoid'", epochs=1)),
    ("C2", changed("output_gradients", "loss == 'mse_sigmoid' and error == 1", gradient=0.1)),
    ("C2", changed("output_gradients", "loss == 'bce_sigmoid' and error == 1", gradient=0.0)),
    ("C2", changed("softmax_gradients", "loss == 'mse_softmax'", gradient_norm=0.1)),
    ("C3", changed("gradient_checks", "loss == 'bce_sigmoid'", largest_difference=0.1)),
    ("C3", changed("output_gradients", "loss == 'bce_sigmoid'", gradient=1.0)),
    ("C3", changed("neuron_trajectories", "loss == 'bce_sigmoid'", gradient=0.5)),
    ("C4", changed("gradient_checks", "loss == 'cross_entropy'", largest_difference=0.1)),
    ("C4", changed("softmax_gradients", "doubt < 0.01", gradient_norm=0.0)),
    ("C7", changed("linear_solutions", "start == 0", smallest_eigenvalue=-0.1)),
    ("C7", changed("linear_solutions", "start == 1", prediction_difference=0.1)),
    ("C8", changed("hessians", "loss == 'mse_sigmoid'", smallest_eigenvalue=0.1)),
    ("C8", changed("solver_runs", "loss == 'mse_sigmoid'", reached=True)),
    ("C9", changed("hessians", "point == 3", smallest_eigenvalue=-0.1)),
    ("C9", changed("local_minima", "loss == 'mse_sigmoid'", loss="bce_sigmoid")),
    (
        "C9",
        changed("solver_runs", "loss == 'bce_sigmoid'", reached=False),
        without("separable_descent", "problem == 'overlapping'"),
    ),
]
OPEN = [
    ("C1", without("gradient_checks", "loss == 'mse_sigmoid'")),
    ("C1", changed("neuron_times", "epochs >= 0", reached=False)),
    ("C1", changed("neuron_times", "epochs >= 0", epochs=0)),
    ("C2", without("output_gradients", "error == 0")),
    ("C2", without("output_gradients", "error == 1")),
    ("C2", without("softmax_gradients", "case == 'wrong'")),
    ("C3", without("output_gradients", "target == 1")),
    ("C4", without("softmax_gradients", "loss == 'cross_entropy'")),
    ("C7", without("linear_solutions", "method == 'normal equations'")),
    ("C7", without("linear_solutions", "method == 'gradient descent'")),
    ("C8", without("hessians", "loss == 'mse_sigmoid'")),
    ("C8", changed("local_minima", "minimum == 1", certified=False)),
    ("C9", without("hessians", "loss == 'bce_sigmoid'")),
    ("C9", without("local_minima", "loss == 'bce_sigmoid'")),
]
"""A claim and what is changed in the tables."""


@pytest.mark.parametrize("case", WRONG)
def test_contrary_tables_speak_against_the_claim(case):
    claim, *changes = case
    found = judged(claim, *changes)
    assert found.verdict in ("mixed", "contradicted")
    assert found.limits.startswith("It does not hold")
    assert judged(claim).limits != found.limits


@pytest.mark.parametrize("case", OPEN)
def test_silent_tables_leave_a_part_open(case):
    found = judged(*case)
    assert found.verdict != "supported"
    assert "It is undecided" in found.limits


def test_tables_that_deny_every_part_contradict():
    wrong = changed("gradient_checks", "loss == 'cross_entropy'", largest_difference=0.1)
    vanishing = changed("softmax_gradients", "doubt < 0.01", gradient_norm=0.0)
    assert judged("C4", wrong, vanishing).verdict == "contradicted"


def test_limits_say_where_and_tell_open_cases_from_those_that_fail():
    separable = judged("C9").limits
    assert separable.startswith("It does not hold")
    assert "on separable data" in separable
    assert "from starts of scale 0.1" in judged("C8").limits
    assert "scale 10" not in judged("C8").limits
    # Its largest steps as large as cross-entropy's, squared error is not slow from a near start.
    where = "from weight 0.6 and bias 0.9 at rates with equal largest steps"
    assert judged("C1").limits == f"It does not hold {where}."
    short = without("separable_descent", "problem == 'separable' and step > 0")
    found = judged("C9", short)
    assert found.verdict == "supported with limits"
    assert found.limits == "It is undecided on separable data."


@pytest.mark.parametrize(("growth", "settled"), [(1.0099, True), (1.0101, False)])
def test_parameters_settle_when_they_hardly_grow_in_the_last_doubling(growth, settled):
    frame = made()["separable_descent"]
    rows = frame["problem"] == "overlapping"
    order = frame[rows].sort_values("step").index
    norms = [float(2**place) for place in range(len(order) - 1)]  # grows until then
    frame.loc[order, "parameter_norm"] = [*norms, growth * norms[-1]]
    found = evidence.entropy_solved(made(separable_descent=frame))
    assert found["on overlapping data"] is settled


@pytest.mark.parametrize(
    ("norms", "settled"),
    [([], None), ([1.0], None), ([1.0, 1.0], True), ([1.0, 2.0], False), ([2.0, 1.0, 2.0], False)],
)
def test_descent_has_not_settled_before_its_steps_were_doubled(norms, settled):
    rows = pd.DataFrame({"step": range(len(norms)), "parameter_norm": norms})
    assert evidence._settles(rows) is settled


def test_a_start_where_arithmetic_saturates_does_not_refute_cross_entropy():
    settings = Theory(starts=(NeuronStart(weight=800.0, bias=0.0),), epochs=5)
    found = judged("C3", lambda: {"neuron_trajectories": neuron.trajectories(settings)})
    assert (found.verdict, found.limits) == ("supported", "")


def test_an_output_that_one_loss_or_both_miss_is_told_by_who_is_slower():
    rows = "loss == 'mse_sigmoid'"
    censored = changed("neuron_times", rows, epochs=1, reached=False)
    assert judged("C1", censored).verdict == "supported"
    missed = changed("neuron_times", "output == 0.1", reached=False)
    assert list(evidence.squared_loss_slower(tables(missed)).values()).count(True) == 3
    missed = changed("neuron_times", "loss == 'bce_sigmoid'", epochs=1, reached=False)
    assert set(evidence.squared_loss_slower(tables(missed)).values()) == {False}


def test_numbers_follow_the_tables():
    assert "36 against 8 from weight 0.6, bias 0.9 and 232 against 17" in judged("C1").numbers
    other = changed("neuron_times", "loss == 'mse_sigmoid' and epochs == 36", epochs=1234)
    assert "1,234 against 8" in judged("C1", other).numbers
    late = changed("neuron_times", "epochs == 232", reached=False)
    assert "over 232 against 17" in judged("C1", late).numbers


OF_TEN = "classes == 10"
SURE_AND_WRONG = "error == 1 and target == 1"
ONE_FAILS = [
    (
        partial(evidence.formula_holds, loss="mse_softmax"),
        changed("gradient_checks", OF_TEN, largest_difference=0.1),
    ),
    (evidence.softmax_formula_holds, changed("gradient_checks", OF_TEN, largest_difference=0.1)),
    (
        evidence.squared_loss_slower,
        changed(
            "neuron_times", "start_bias == 2 and output == 0.2 and learning_rate == 0.15", epochs=9
        ),
    ),
    (evidence.vanishes_when_wrong, changed("output_gradients", SURE_AND_WRONG, gradient=-0.1)),
    (evidence.entropy_keeps_slope, changed("output_gradients", SURE_AND_WRONG, gradient=0.0)),
    (evidence.softmax_vanishes_when_wrong, changed("softmax_gradients", OF_TEN, gradient_norm=0.1)),
    (
        evidence.softmax_keeps_gradient,
        changed("softmax_gradients", f"{OF_TEN} and doubt < 1e-5", gradient_norm=0.0),
    ),
    (evidence.grows_with_error, changed("output_gradients", "target == 1", gradient=1.0)),
    (evidence.grows_with_error, changed("output_gradients", "0.49 < output < 0.51", gradient=0.5)),
    (
        evidence.update_follows_error,
        changed("neuron_trajectories", "start_bias == 2 and epoch == 7", gradient=2.0),
    ),
    (
        evidence.descent_meets_normal_equations,
        changed(
            "linear_solutions", "problem == 'full rank' and start == 3", prediction_difference=0.1
        ),
    ),
    (
        evidence.entropy_solved,
        changed("solver_runs", "solver == 'L-BFGS' and start == 7", reached=False),
    ),
]


@pytest.mark.parametrize(("holds", "change"), ONE_FAILS)
def test_one_failure_among_many_is_seen_and_ascribed_to_its_case(holds, change):
    before, after = holds(made()), holds(tables(change))
    if isinstance(before, bool):
        assert (before, after) == (True, False)
    else:
        turned = [(before[case], after[case]) for case in before if before[case] != after[case]]
        assert turned == [(True, False)]


@pytest.mark.parametrize(("share", "holds"), [(0.99, True), (1.01, False)])
def test_every_bound_is_met_from_both_sides(share, holds):
    def told(judge, name, condition, **values):
        found = judge(tables(changed(name, condition, **values)))
        return set(found.values()) if isinstance(found, dict) else {found}

    off = {"largest_difference": share * 1e-8}
    assert told(evidence.softmax_formula_holds, "gradient_checks", "draws > 0", **off) == {holds}
    formula = partial(evidence.formula_holds, loss="bce_sigmoid")
    assert told(formula, "gradient_checks", "draws > 0", **off) == {holds}
    off = {"prediction_difference": share * 1e-6}
    meets = evidence.descent_meets_normal_equations
    assert told(meets, "linear_solutions", "start >= 0", **off) == {holds}
    off = {"smallest_eigenvalue": -share * 1e-12, "largest_eigenvalue": 1.0}
    assert told(evidence.entropy_convex, "hessians", "point == 7", **off) == {holds}
    steepest = made()["output_gradients"].query("loss == 'mse_sigmoid'")["gradient"].max()
    off = {"gradient": -share * 0.01 * steepest}
    squared = "loss == 'mse_sigmoid' and output == 1"
    assert told(evidence.vanishes_when_wrong, "output_gradients", squared, **off) == {holds}
    norms = pd.DataFrame({"doubt": [0.5, 1e-6, 0.9], "gradient_norm": [2.0, share * 0.02, 1.0]})
    assert evidence._vanishes(norms) is holds


@pytest.mark.parametrize(
    ("slopes", "most"),
    [
        ([0.25, 0.024, 0.024], True),
        ([0.25, 0.024], False),
        ([0.25, 0.026, 0.026], False),
        ([], None),
    ],
)
def test_most_is_more_than_half_and_saturated_is_below_a_tenth(slopes, most):
    assert evidence.mostly_saturated({"sigmoid": pd.DataFrame({"slope": slopes})}) is most


def test_one_end_missing_leaves_the_vanishing_open():
    missing = without("output_gradients", "loss == 'mse_sigmoid' and output == 1 and target == 0")
    assert evidence.vanishes_when_wrong(tables(missing)) is None
