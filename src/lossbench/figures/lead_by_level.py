"""Which learns faster: the ratio of steps of the pair that titles speak of, level by level."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import theme
from lossbench.figures.axes import plain_axis
from lossbench.figures.curves import ratio_curves
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import heading, panel_each, subheading
from lossbench.study.config import Study
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find
from lossbench.words.places import Place
from lossbench.words.questions import SPEED

TEMPLATE = "lead_by_level.j2"


def available(tables: Tables) -> bool:
    """Whether any level has a ratio of the pair."""
    return filled("level_ratios", "contrasts")(tables) and len(_shown(tables)) > 0


def draw(tables: Tables, _study: Study) -> Figure:
    """A panel for each comparison that answers for its network; all share the axis of ratios."""
    shown = _shown(tables)
    figure, panels, _ = panel_each(
        list(shown), head=_heading, panel_height=1.6, width=theme.HALF, sharey=True
    )
    for place, panel in panels.items():
        ratio_curves(panel, shown[place])
    plain_axis(figure.axes[0].yaxis, log=True, unit="×")
    figure.supxlabel("easier ← validation error → harder", fontsize=8.5)
    figure.supylabel("times the steps", fontsize=8.5)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster."""
    finding = find(tables, SPEED)
    return {
        "title": phrases.title(finding),
        "loss": names.in_sentence(finding.loss),
        "places": numbers.join([place.heading for place in _shown(tables)]),
        "level": numbers.percent(study.statistics.level, 0),
    }


def _heading(axes: Axes, place: Place) -> None:
    """A line each for data set, network and what tells the place apart: two panels share a row."""
    lines = [names.network_name(place.model), *filter(None, [place.told])]
    heading(axes, names.dataset_name(place.dataset), above=12 * len(lines))
    for number, text in enumerate(reversed(lines)):
        subheading(axes, text, above=12 * number)


def _shown(tables: Tables) -> dict[Place, pd.DataFrame]:
    """The pair's ratios by comparison, where there are any."""
    finding, ratios = find(tables, SPEED), tables["level_ratios"]
    mine = ratios[ratios["loss"] == finding.loss].dropna(subset="ratio")
    found = {Place.of(row): Place.of(row).rows(mine) for row in finding.rows}
    return {place: rows for place, rows in found.items() if len(rows)}
