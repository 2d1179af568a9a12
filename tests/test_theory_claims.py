"""The claims' verdicts: what the chapter supports, and that each can be contradicted or open."""

import pandas as pd
import pytest

from builders.theory_tables import made
from lossbench.claims.from_theory import CLAIMS_OF_THEORY, claims, judge
from lossbench.figures.catalogue import figures_of
from lossbench.study.settings import NeuronStart, Theory
from lossbench.tables.parquet import check
from lossbench.tables.study import CLAIMS
from lossbench.theory import neuron


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


def test_the_chapter_decides_all_seven():
    frame = claims(made()).set_index("claim")
    assert frame["verdict"].to_dict() == {
        "C1": "supported",
        "C2": "supported",
        "C3": "supported",
        "C4": "supported",
        "C7": "supported",
        "C8": "supported with limits",
        "C9": "supported with limits",
    }
    pd.testing.assert_frame_equal(check(frame.reset_index(), CLAIMS), claims(made()))
    assert set(frame["figure"]) <= set(figures_of("theory"))


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
def test_contrary_tables_contradict(name, tables):
    assert judge(CLAIMS_OF_THEORY[name], made(**tables()))[0] == "contradicted"


@pytest.mark.parametrize(
    ("name", "tables"), [(name, tables) for name, ways in OPEN.items() for tables in ways]
)
def test_silent_tables_leave_it_undecided(name, tables):
    assert judge(CLAIMS_OF_THEORY[name], made(**tables()))[0] == "undecided"


def test_limits_say_where():
    limits = claims(made()).set_index("claim")["limits"]
    assert limits["C9"] == "It does not hold on separable data."
    assert "gradient descent from starts of scale 0.1" in limits["C8"]
    assert "scale 10" not in limits["C8"]
    one = changed("neuron_times", "start_weight == 0.6 and loss == 'mse_sigmoid'", epochs=1)
    found, limits_c1 = judge(CLAIMS_OF_THEORY["C1"], made(**one))
    assert found == "supported with limits"
    assert limits_c1 == "It does not hold from weight 0.6 and bias 0.9."


def test_a_start_where_arithmetic_saturates_does_not_refute_cross_entropy():
    settings = Theory(starts=(NeuronStart(weight=800.0, bias=0.0),), epochs=5)
    tables = made(neuron_trajectories=neuron.trajectories(settings))
    assert judge(CLAIMS_OF_THEORY["C3"], tables) == ("supported", "")


def test_missing_an_output_is_slower_than_reaching_it():
    rows = "loss == 'mse_sigmoid'"
    censored = changed("neuron_times", rows, epochs=1, reached=False)
    assert judge(CLAIMS_OF_THEORY["C1"], made(**censored))[0] == "supported"


def test_numbers_follow_the_tables():
    frame = claims(made()).set_index("claim")["numbers"]
    assert "36 against 8 from weight 0.6, bias 0.9 and 232 against 17" in frame["C1"]
    other = changed("neuron_times", "loss == 'mse_sigmoid' and epochs == 36", epochs=1234)
    assert "1,234 against 8" in claims(made(**other)).set_index("claim").loc["C1", "numbers"]
    late = changed("neuron_times", "epochs == 232", reached=False)
    assert "over 232 against 17" in claims(made(**late)).set_index("claim").loc["C1", "numbers"]
