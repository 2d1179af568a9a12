"""How many times the steps of cross-entropy each loss needs."""

from matplotlib.figure import Figure

from lossbench.figures import forest
from lossbench.figures.drawing import Tables, Words
from lossbench.figures.panels import main
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
    figure, panels = forest.two_in_a_line(shown, rows, "faster ← ratio of steps → slower")
    for panel, place, order in panels:
        forest.draw(panel, place.rows(rows), order, forest.ratios(rows))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster."""
    shown = main(select(tables, SPEED.metric), study, SPEED.metric)
    return {
        "title": phrases.title(find(tables, SPEED)),
        "places": numbers.join([place.heading for place in shown]),
        "level": numbers.percent(study.statistics.level, 0),
    }
