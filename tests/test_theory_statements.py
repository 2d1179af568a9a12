"""Statements: well-formed, one beside each figure, their numbers from the tables."""

import re
import xml.etree.ElementTree as ET

import pytest

from builders.theory_tables import made
from lossbench.figures.catalogue import figures_of
from lossbench.report.mathml import fraction, index, math, power, row, upright
from lossbench.report.statements import statements


def test_formula_is_the_mathml_one_would_write():
    found = math("a +", fraction("1", "2 b"), power("x", "2"), index("p", "k"), upright("ln"), "<")
    assert found == (
        "<math><mrow><mi>a</mi><mo>+</mo>"
        "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn><mi>b</mi></mrow></mfrac>"
        "<msup><mrow><mi>x</mi></mrow><mrow><mn>2</mn></mrow></msup>"
        "<msub><mrow><mi>p</mi></mrow><mrow><mi>k</mi></mrow></msub>"
        "<mi>ln</mi><mo>&lt;</mo></mrow></math>"
    )
    assert row("a").text == "<mrow><mi>a</mi></mrow>"
    assert math("a", block=True).startswith('<math display="block">')


def test_each_figure_has_a_statement_in_well_formed_markup():
    found = statements(made())
    assert [statement.figure for statement in found] == figures_of("theory")
    for statement in found:
        root = ET.fromstring(f"<p>{statement.html}</p>")
        assert {element.tag for element in root.iter()} <= {
            "p", "math", "mrow", "mi", "mn", "mo", "mfrac", "msup", "msub",
        }  # fmt: skip
        for tag, count in (("mfrac", 2), ("msup", 2), ("msub", 2)):
            assert all(len(element) == count for element in root.iter(tag))
        assert "nan" not in statement.html.lower()
        assert statement.html.strip().endswith(".")


CHANGES = {
    "neuron": ("neuron_times", "epochs == 232", "epochs", 777, "777 against 17"),
    "slowdown": ("neuron_slowdown", "start_z == 8", "epochs", 100_000, "%"),
    "gradient-against-output": (
        *("theory_constants", "name == 'mse_slope_max'"),
        *("value", 0.321, "0.321"),
    ),
    "softmax-gradient": (
        *("theory_constants", "name == 'softmax_initial_ratio'"),
        *("value", 0.37, "37%"),
    ),
    "loss-surfaces": ("descent_paths", "step == 500", "value", 0.1234, "0.1234"),
    "curvature": ("hessians", "point >= 0", "smallest_eigenvalue", -1.0, "100%"),
    "local-minima": ("local_minima", "minimum == 1", "value", 0.1357, "0.1357"),
    "solving": ("solver_runs", "loss == 'bce_sigmoid'", "reached", False, "0 of 120"),
    "separable-data": ("separable_descent", "separable", "parameter_norm", 98.7, "98.7"),
    "linear-regression": ("linear_solutions", "start == 1", "parameter_difference", 55.5, "55.5"),
    "misclassification-cost": (
        *("misclassification_cost", "loss == 'cross_entropy' and probability == 0.5"),
        *("cost", 7.77, "7.77 against"),
    ),
}
"""For each figure a table, rows, a column, a value to put there, and the words that must follow."""


@pytest.mark.parametrize("figure", CHANGES)
def test_numbers_follow_the_tables(figure):
    table, condition, column, value, text = CHANGES[figure]
    frame = made()[table]
    before = words(made(), figure)
    frame.loc[frame.eval(condition), column] = value
    after = words(made(**{table: frame}), figure)
    assert text in after.replace("\N{NO-BREAK SPACE}", " ")
    assert after != before


def words(tables, figure):
    found = next(s for s in statements(tables) if s.figure == figure)
    return re.sub(r"<[^>]+>", "", found.html)
