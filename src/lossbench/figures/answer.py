"""The key figure: each loss against cross-entropy, in final error and in steps."""

import pandas as pd
from matplotlib.figure import Figure

from lossbench.figures import forest
from lossbench.figures.drawing import Tables, Words
from lossbench.figures.panels import focus, losses, place_heading, places
from lossbench.study.config import Study
from lossbench.words import numbers, phrases
from lossbench.words.findings import select
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED, Question

TEMPLATE = "answer.j2"


def available(tables: Tables) -> bool:
    """Whether there is a contrast of test errors or of steps."""
    return len(_shown(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row of two forests for each network: difference in test error, and ratio of steps."""
    errors, speeds = (_asked(tables, question) for question in (ERROR, SPEED))
    networks = _networks(tables, study)
    orders = [losses(_of_network(pd.concat([errors, speeds]), *network)) for network in networks]
    figure, axes = forest.grid(orders)
    for line, network, order in zip(axes, networks, orders, strict=True):
        wrong, fast = (_of_network(rows, *network) for rows in (errors, speeds))
        scales = forest.differences(wrong, focus(wrong)), forest.ratios(speeds)
        for panel, mine, scale in zip(line, (wrong, fast), scales, strict=True):
            forest.draw(panel, mine, order, scale)
            for place in dict.fromkeys(map(Place.of, mine.itertuples())):
                if panel is line[0] or place.told:  # else both panels are of one comparison
                    place_heading(panel, place)
        forest.name_rows(line[0], order)
    axes[-1, 0].set_xlabel("lower ← points of test error → higher")
    axes[-1, 1].set_xlabel("faster ← ratio of steps → slower")
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster and who ends lower."""
    return {
        "title": phrases.speed_and_error(tables),
        "places": numbers.join([place.heading for place in places(_shown(tables), study)]),
        "level": numbers.percent(study.statistics.level, 0),
    }


def _asked(tables: Tables, question: Question) -> pd.DataFrame:
    """The contrasts of the comparisons that answer the question."""
    found = select(tables, question.metric)
    return found[found["main"].astype(bool)]


def _shown(tables: Tables) -> pd.DataFrame:
    return pd.concat([_asked(tables, question) for question in (ERROR, SPEED)])


def _networks(tables: Tables, study: Study) -> list[tuple[str, str]]:
    """Data sets and networks, in the study's order."""
    return list(dict.fromkeys(place[:2] for place in places(_shown(tables), study)))


def _of_network(rows: pd.DataFrame, dataset: str, model: str) -> pd.DataFrame:
    return rows[(rows["dataset"] == dataset) & (rows["model"] == model)]
