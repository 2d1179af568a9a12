"""Who points at a mark reads its values, those of the table."""

import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from matplotlib.figure import Figure

from builders import drawn_figures, synthetic
from lossbench.cards.loss import PRIMARY
from lossbench.figures import theme
from lossbench.figures.axes import percent_axis, plain_axis
from lossbench.figures.svg import to_svg
from lossbench.stats.multiplicity import main_places
from lossbench.tables.runs import COMPARISON
from lossbench.words import numbers
from lossbench.words.findings import select

SVG = "{http://www.w3.org/2000/svg}"


def told(svg: str) -> list[str]:
    """The values of all marks, in the drawing's order."""
    root = ET.fromstring(svg)
    return [
        str(title.text) for mark in root.iter(f"{SVG}use") for title in mark.iter(f"{SVG}title")
    ]


@pytest.mark.parametrize("dpi", [72, 100, 217])
def test_a_mark_tells_where_it_stands_whatever_the_figure_s_resolution(dpi):
    with theme.applied():
        figure = Figure(figsize=(5, 3), dpi=dpi, layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot([0.012, 0.5], [2.0, 3.0], "o")
        left.plot([0.1, 0.2], [2.0, 3.0])  # no marks
        left.set_xscale("log")
        percent_axis(left.xaxis, log=True)
        right.scatter([1.5], [30.0])
        plain_axis(right.xaxis, log=False, unit="×")
        plain_axis(right.yaxis, log=False)
        right.plot([2.0], [40.0], "o", clip_on=False)  # it may stand for a value beyond
        found = told(to_svg(figure, "marks"))
    assert found == ["1.20%", "50.00%", "1.5×, 30"]


def test_every_run_of_the_final_error_tells_its_own():
    tables, study = synthetic.build(networks=1)
    metrics = tables["metrics"].query("metric == 'error' and split == 'test'")
    keys = metrics[list(COMPARISON)].apply(tuple, axis=1)
    shown = metrics[keys.isin(main_places(study)["error"])]["value"]
    found = Counter(told(drawn_figures.draw("final-error", tables, study)[0]))
    assert Counter(map(numbers.percent, shown)) - found == Counter()


def test_runs_whose_difference_is_off_the_scale_are_told_at_its_edge():
    tables, study = synthetic.build(networks=1)
    metrics = tables["metrics"].copy()
    final = metrics.query("metric == 'error' and split == 'test' and dataset == 'mnist'")
    far = final[final["loss"] == "mse_logits"].index[:2]
    metrics.loc[far, "value"] = [0.75, 0.875]
    found = told(drawn_figures.draw("final-error", tables | {"metrics": metrics}, study)[0])
    theirs = final[final["loss"] == "cross_entropy"].set_index("seed")["value"]
    beyond = metrics.loc[far].set_index("seed")["value"] - theirs
    assert ", ".join(map(numbers.points, sorted(beyond.dropna()))) in found


@pytest.mark.parametrize("name", ["answer", "speed", "final-error", "conditions"])
def test_every_row_of_a_forest_tells_its_value_and_interval_also_off_the_scale(name):
    tables, study = synthetic.build(networks=1, recipes=name == "conditions")
    found = Counter(told(drawn_figures.draw(name, tables, study)[0]))
    metrics = {"speed": ["speed"], "final-error": ["error"]}.get(name, ["error", "speed"])
    for metric in metrics:
        rows = select(tables, metric, loss=PRIMARY if name == "conditions" else None)
        rows = rows if name == "conditions" else rows[rows["main"]]
        write = numbers.points if metric == "error" else numbers.ratio
        for row in rows.dropna(subset="value").itertuples():
            bound = {"at least": "≥ ", "at most": "≤ "}.get(row.bound, "")
            ends = numbers.span((row.ci_low, row.ci_high), write)
            toward = {"at least": -1, "at most": 1}.get(row.bound, 0)
            assert found[f"{bound}{write(row.value, toward=toward)} ({ends})"]


def test_where_zeros_are_drawn_elsewhere_no_mark_tells_a_value():
    tables, study = synthetic.build(networks=1)
    metrics = tables["metrics"].copy()
    first = metrics.query("metric == 'error' and split == 'test' and dataset == 'mnist'").index[0]
    metrics.loc[first, "value"] = 0.0
    found = told(drawn_figures.draw("final-error", tables | {"metrics": metrics}, study)[0])
    mnist = metrics.query("metric == 'error' and split == 'test' and dataset == 'mnist'")["value"]
    assert not set(map(numbers.percent, mnist)) & set(found)
