"""The ratio of steps at each level of error: is a loss slow everywhere, or at the end alone?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.axes import percent_axis, plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import by_loss, losses, panel_each, places
from lossbench.study.config import Study
from lossbench.words import numbers, phrases
from lossbench.words.findings import find
from lossbench.words.questions import SPEED

TEMPLATE = "speed_by_level.j2"

available = filled("level_ratios")


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: ratio of steps against the validation error, both axes log."""
    ratios = tables["level_ratios"]
    shown = places(ratios, study)
    figure, panels, lowest = panel_each(shown, panel_height=2.1)
    for place, panel in panels.items():
        _curves(panel, place.rows(ratios))
        panel.set_ylabel("ratio of steps")
    for panel in lowest:
        panel.set_xlabel("easier ← validation error → harder")
    legend(figure, losses(ratios))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Who learns faster, over all levels."""
    title = phrases.title(find(tables, SPEED)) if filled("contrasts")(tables) else ""
    return {
        "title": title or "The ratio of steps at each level of error",
        "places": numbers.join([place.heading for place in places(tables["level_ratios"], study)]),
        "level": numbers.percent(study.statistics.level, 0),
    }


def _curves(axes: Axes, ratios: pd.DataFrame) -> None:
    """A line with its band for each loss; hollow marks where runs of either side miss the level."""
    axes.axhline(1, color=palette.MUTED.light, linewidth=0.8, zorder=1)
    for loss, rows in by_loss(ratios):
        known = rows.dropna(subset="ratio").sort_values("level")
        errors = known["validation_error"]
        style = theme.line_style(loss)
        axes.plot(errors, known["ratio"], **style)
        axes.fill_between(
            errors, known["ci_low"], known["ci_high"], color=style["color"], alpha=0.15, linewidth=0
        )
        bounded = known[(known["missed"] > 0) | (known["reference_missed"] > 0)]
        look = theme.mark_style(loss, 3) | theme.HOLLOW
        axes.plot(bounded["validation_error"], bounded["ratio"], **look)
    axes.set(xscale="log", yscale="log")
    axes.invert_xaxis()
    percent_axis(axes.xaxis, log=True)
    plain_axis(axes.yaxis, log=True, unit="×")
