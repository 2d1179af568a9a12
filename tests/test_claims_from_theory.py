"""The claims' verdicts: what the chapter supports, and that each can be contradicted or open."""

import pytest

from builders.theory_tables import made
from lossbench.claims.all_claims import ALL_CLAIMS
from lossbench.claims.rule import Grounds, Judgement
from lossbench.claims.theory_evidence import entropy_solved
from lossbench.study.settings import NeuronStart, Theory
from lossbench.theory import neuron

DECIDED = {
    "C1": "supported",
    "C2": "supported",
    "C3": "supported",
    "C4": "supported",
    "C7": "supported",
    "C8": "mixed",
    "C9": "mixed",
}
"""By the chapter."""


def judged(claim, **tables) -> Judgement:
    return ALL_CLAIMS[claim].judge(Grounds(made(**tables), 0.95))


def changed(name, condition, **values):
    """The chapter's table `name` with columns overwritten in the rows that meet `condition`."""
    frame = made()[name]
    for column, value in values.items():
        frame.loc[frame.eval(condition), column] = value
    return {name: frame}


def without(name, condition):
    frame = made()[name]
    return {name: frame[~frame.eval(condition)]}


def merged(*parts):
    return {name: frame for part in parts for name, frame in part.items()}


@pytest.mark.parametrize("claim", DECIDED)
def test_the_chapter_decides_all_seven(claim):
    found = judged(claim)
    assert found.verdict == DECIDED[claim]
    assert bool(found.limits) == (found.verdict != "supported")


WRONG = {
    "C1": [
        lambda: changed("gradient_checks", "loss == 'mse_sigmoid'", largest_difference=0.1),
        lambda: changed("sigmoid", "z > -99", slope=0.25),
        lambda: changed("neuron_times", "loss == 'mse_sigmoid'", epochs=1),
    ],
    "C2": [
        lambda: changed("output_gradients", "loss == 'mse_sigmoid' and error == 1", gradient=0.1),
        lambda: changed("output_gradients", "loss == 'bce_sigmoid' and error == 1", gradient=0.0),
        lambda: changed("softmax_gradients", "loss == 'mse_softmax'", gradient_norm=0.1),
    ],
    "C3": [
        lambda: changed("gradient_checks", "loss == 'bce_sigmoid'", largest_difference=0.1),
        lambda: changed("output_gradients", "loss == 'bce_sigmoid'", gradient=1.0),
        lambda: changed("neuron_trajectories", "loss == 'bce_sigmoid'", gradient=0.5),
    ],
    "C4": [
        lambda: changed("gradient_checks", "loss == 'cross_entropy'", largest_difference=0.1),
        lambda: changed("softmax_gradients", "doubt < 0.01", gradient_norm=0.0),
    ],
    "C7": [
        lambda: changed("linear_solutions", "start == 0", smallest_eigenvalue=-0.1),
        lambda: changed("linear_solutions", "start == 1", prediction_difference=0.1),
    ],
    "C8": [
        lambda: changed("hessians", "loss == 'mse_sigmoid'", smallest_eigenvalue=0.1),
        lambda: changed("solver_runs", "loss == 'mse_sigmoid'", reached=True),
    ],
    "C9": [
        lambda: changed("hessians", "point == 3", smallest_eigenvalue=-0.1),
        lambda: changed("local_minima", "loss == 'mse_sigmoid'", loss="bce_sigmoid"),
        lambda: merged(
            changed("solver_runs", "loss == 'bce_sigmoid'", reached=False),
            without("separable_descent", "problem == 'overlapping'"),
        ),
    ],
}  # fmt: skip
OPEN = {
    "C1": [
        lambda: without("gradient_checks", "loss == 'mse_sigmoid'"),
        lambda: changed("neuron_times", "epochs >= 0", reached=False),
        lambda: changed("neuron_times", "epochs >= 0", epochs=0),
    ],
    "C2": [
        lambda: without("output_gradients", "error == 0"),
        lambda: without("output_gradients", "error == 1"),
        lambda: without("softmax_gradients", "case == 'wrong'"),
    ],
    "C3": [lambda: without("output_gradients", "target == 1")],
    "C4": [lambda: without("softmax_gradients", "loss == 'cross_entropy'")],
    "C7": [lambda: without("linear_solutions", "method == 'normal equations'")],
    "C8": [
        lambda: without("hessians", "loss == 'mse_sigmoid'"),
        lambda: changed("local_minima", "minimum == 1", certified=False),
    ],
    "C9": [
        lambda: without("hessians", "loss == 'bce_sigmoid'"),
        lambda: without("local_minima", "loss == 'bce_sigmoid'"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "tables"), [(name, tables) for name, ways in WRONG.items() for tables in ways]
)
def test_contrary_tables_speak_against_the_claim(name, tables):
    found = judged(name, **tables())
    assert found.verdict in ("mixed", "contradicted")
    assert found.limits.startswith("It does not hold")
    assert judged(name).limits != found.limits


@pytest.mark.parametrize(
    ("name", "tables"), [(name, tables) for name, ways in OPEN.items() for tables in ways]
)
def test_silent_tables_leave_a_part_open(name, tables):
    found = judged(name, **tables())
    assert found.verdict != "supported"
    assert "It is undecided" in found.limits


def test_tables_that_deny_every_part_contradict():
    denied = merged(
        changed("gradient_checks", "loss == 'cross_entropy'", largest_difference=0.1),
        changed("softmax_gradients", "doubt < 0.01", gradient_norm=0.0),
    )
    assert judged("C4", **denied).verdict == "contradicted"


def test_limits_say_where():
    separable = judged("C9").limits
    assert separable.startswith("It does not hold")
    assert "on separable data" in separable
    assert "from starts of scale 0.1" in judged("C8").limits
    assert "scale 10" not in judged("C8").limits
    one = changed("neuron_times", "start_weight == 0.6 and loss == 'mse_sigmoid'", epochs=1)
    found = judged("C1", **one)
    assert found.verdict == "mixed"
    assert "weight 0.6" in found.limits
    assert "weight 2" not in found.limits


@pytest.mark.parametrize(("growth", "settled"), [(1.0099, True), (1.0101, False)])
def test_parameters_settle_when_they_hardly_grow_in_the_last_doubling(growth, settled):
    frame = made()["separable_descent"]
    rows = frame["problem"] == "overlapping"
    order = frame[rows].sort_values("step").index
    norms = [float(2**place) for place in range(len(order) - 1)]  # grows until then
    frame.loc[order, "parameter_norm"] = [*norms, growth * norms[-1]]
    found = entropy_solved(made(separable_descent=frame))
    assert found["on overlapping data"] is settled


def test_open_cases_are_told_apart_from_those_that_fail():
    short = without("separable_descent", "problem == 'separable' and step > 0")
    found = judged("C9", **short)
    assert found.verdict == "supported with limits"
    assert found.limits == "It is undecided on separable data."


def test_a_start_where_arithmetic_saturates_does_not_refute_cross_entropy():
    settings = Theory(starts=(NeuronStart(weight=800.0, bias=0.0),), epochs=5)
    found = judged("C3", neuron_trajectories=neuron.trajectories(settings))
    assert (found.verdict, found.limits) == ("supported", "")


def test_missing_an_output_is_slower_than_reaching_it():
    rows = "loss == 'mse_sigmoid'"
    censored = changed("neuron_times", rows, epochs=1, reached=False)
    assert judged("C1", **censored).verdict == "supported"


def test_numbers_follow_the_tables():
    assert "36 against 8 from weight 0.6, bias 0.9 and 232 against 17" in judged("C1").numbers
    other = changed("neuron_times", "loss == 'mse_sigmoid' and epochs == 36", epochs=1234)
    assert "1,234 against 8" in judged("C1", **other).numbers
    late = changed("neuron_times", "epochs == 232", reached=False)
    assert "over 232 against 17" in judged("C1", **late).numbers
