"""How many times the steps of cross-entropy each loss needs."""

import pandas as pd
from matplotlib.figure import Figure

from lossbench.figures import forest
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words
from lossbench.figures.panels import losses, main, place_heading
from lossbench.study.config import Study
from lossbench.words import numbers, phrases
from lossbench.words.findings import find, select
from lossbench.words.questions import SPEED

TEMPLATE = "steps_ratio.j2"


def available(tables: Tables) -> bool:
    """Whether speeds are compared."""
    return len(select(tables, SPEED.metric)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A forest for each comparison, two in a line: ratio of steps with its interval."""
    rows = select(tables, SPEED.metric)
    shown = main(rows, study, SPEED.metric)
    lines = [shown[at : at + 2] for at in range(0, len(shown), 2)]
    orders = [losses(pd.concat([place.rows(rows) for place in line])) for line in lines]
    figure, axes = forest.grid(orders, columns=len(lines[0]))
    for panels, line, order in zip(axes, lines, orders, strict=True):
        for panel, place in zip(panels, line, strict=False):
            place_heading(panel, place)
            forest.draw(panel, place.rows(rows), order, forest.ratios(rows))
            plain_axis(panel.xaxis, log=True, unit="×")
            panel.set_xlabel("faster ← ratio of steps → slower" if line is lines[-1] else "")
        forest.name_rows(panels[0], order)
        for panel in panels[len(line) :]:
            panel.set_axis_off()
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster."""
    shown = main(select(tables, SPEED.metric), study, SPEED.metric)
    return {
        "title": phrases.title(find(tables, SPEED)),
        "places": numbers.join([place.heading for place in shown]),
        "level": numbers.percent(study.statistics.level, 0),
    }
