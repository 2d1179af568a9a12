"""When does it matter: the pair that titles speak of, under every recipe, length and network."""

import pandas as pd
from matplotlib.figure import Figure

from lossbench.figures import forest
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import heading, places
from lossbench.study.config import Study
from lossbench.tables.rows import records
from lossbench.words import numbers
from lossbench.words.findings import Finding, find, select
from lossbench.words.phrases import joint
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED, Question

TEMPLATE = "conditions.j2"
SIDES = (
    (ERROR, "Final error", "lower ← points of test error → higher"),
    (SPEED, "Speed", "faster ← ratio of steps → slower"),
)


def available(tables: Tables) -> bool:
    """Whether the pair is compared under several conditions."""
    return filled("contrasts")(tables) and len(_rows(tables, ERROR)) > 1


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison: difference in test error, and ratio of steps."""
    errors, speeds = _rows(tables, ERROR), _rows(tables, SPEED)
    order = [_key(place) for place in places(errors, study)]
    labels = [place.heading for place in places(errors, study)]
    figure, [axes] = forest.grid([order])
    scales = (forest.differences(errors), forest.ratios(speeds))
    for panel, rows, scale, (_, name, label) in zip(
        axes, (errors, speeds), scales, SIDES, strict=True
    ):
        heading(panel, name)
        forest.draw_rows(panel, rows, [order.index(_key(row)) for row in rows.itertuples()], scale)
        panel.set_xlabel(label)
    forest.set_rows(axes[0], order)
    axes[0].set_yticks(range(len(order)), labels)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """In how many of the conditions the loss does worse, by either measure."""
    errors, speeds = _rows(tables, ERROR), _rows(tables, SPEED)
    loss = find(tables, ERROR).loss
    sides = ((ERROR, errors), (SPEED, speeds))
    found = [Finding(asked, loss, tuple(records(rows))) for asked, rows in sides if len(rows)]
    return {
        "title": joint(found, "condition"),
        "level": numbers.percent(study.statistics.level, 0),
        "places": numbers.join([place.heading for place in places(errors, study)]),
    }


def _rows(tables: Tables, question: Question) -> pd.DataFrame:
    """The pair's contrasts in every comparison."""
    return select(tables, question.metric, loss=find(tables, ERROR).loss)


def _key(row: object) -> tuple[object, ...]:
    return Place.of(row)[:-1]
