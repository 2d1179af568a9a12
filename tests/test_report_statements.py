"""Statements: well-formed, one beside each figure, their numbers from the tables."""

import re
import xml.etree.ElementTree as ET
from dataclasses import astuple

import pytest

from builders import synthetic
from builders.drawn_figures import title
from builders.theory_tables import made
from lossbench.figures.catalogue import figures_of
from lossbench.report.statements import STATEMENTS
from lossbench.report.templating import html
from lossbench.tables.theory import THEORY_TABLES


def words(tables, figure: str) -> str:
    """What stands beside the figure, as HTML."""
    statement = STATEMENTS[figure]
    return str(html(statement.template, **statement.values(tables)))


def text(tables, figure: str) -> str:
    """The same without tags, its spaces all alike."""
    return " ".join(re.sub("<[^>]+>", " ", words(tables, figure)).split())


def test_each_figure_has_a_statement():
    assert list(STATEMENTS) == list(figures_of("theory"))


@pytest.mark.parametrize("figure", STATEMENTS)
def test_a_statement_is_well_formed(figure):
    root = ET.fromstring(f"<div>{words(made(), figure)}</div>")
    assert [child.tag for child in root] == ["h3", "p"]
    said = text(made(), figure)
    assert said.endswith(".")
    assert "$" not in said
    assert "nan" not in said.lower()


@pytest.mark.parametrize("figure", STATEMENTS)
def test_a_statement_names_the_tables_that_it_reads(figure):
    _, needs, values = astuple(STATEMENTS[figure])
    assert set(needs) <= set(THEORY_TABLES)
    assert values({name: made()[name] for name in needs})
    for missing in needs:
        with pytest.raises(KeyError, match=missing):
            values({name: made()[name] for name in needs if name != missing})


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
    "curvature": ("hessians", "point >= 0", "smallest_eigenvalue", -1.0, "200 of 200"),
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
    table, condition, column, value, expected = CHANGES[figure]
    frame = made()[table]
    frame.loc[frame.eval(condition), column] = value
    after = text(made(**{table: frame}), figure)
    assert expected in after
    assert after != text(made(), figure)


BOUNDS = {
    "gradient-against-output": (
        *("theory_constants", "name == 'mse_slope_max'", "value"),
        *(r"never exceeds (\S+)", 1),
    ),
    "local-minima": (
        *("local_minima", "certified", "circle_bound"),
        *(r"no value is below \S+ and (\S+)\. ", -1),
    ),
    "slowdown": (
        *("neuron_slowdown", "start_z == 8", "flow_epochs"),
        *(r"stays within (\S+)% of", 1),
    ),
}
"""For each figure a table, rows, a column, the words of a bound, and on which side it bounds."""


@pytest.mark.parametrize("figure", BOUNDS)
@pytest.mark.parametrize("share", [0.9013, 0.95, 1.0, 1.0449])
def test_a_bound_holds_as_it_is_written(figure, share):
    """Whatever the value that it bounds: rounded to the nearest, every second one would not."""
    table, condition, column, pattern, side = BOUNDS[figure]
    frame = made()[table]
    frame.loc[frame.eval(condition), column] *= share
    tables = made(**{table: frame})
    said = f"{title(figure, tables, synthetic.build()[1])} {text(tables, figure)}"
    [written] = re.findall(pattern, said)
    bounded = frame[frame.eval(condition)][column].iloc[-1]
    if figure == "slowdown":
        bounded = 100 * (frame["epochs"] / frame["flow_epochs"] - 1).abs().max()
    assert side * float(written) >= side * bounded - 1e-12
