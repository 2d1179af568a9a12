"""The ratio of steps at each level of error: is a loss slow everywhere, or at the end alone?"""

from matplotlib.figure import Figure

from lossbench.figures.curves import ratio_curves
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import losses, main, main_rows, panel_each
from lossbench.study.config import Study
from lossbench.words import numbers
from lossbench.words.findings import find
from lossbench.words.names import in_sentence
from lossbench.words.questions import SPEED

TEMPLATE = "speed_by_level.j2"

available = filled("level_ratios")


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: ratio of steps against the validation error, both axes log."""
    ratios = tables["level_ratios"]
    shown = main(ratios, study, SPEED.metric)
    figure, panels, lowest = panel_each(shown, panel_height=2.1)
    for place, panel in panels.items():
        ratio_curves(panel, place.rows(ratios))
        panel.set_ylabel("ratio of steps")
    for panel in lowest:
        panel.set_xlabel("easier ← validation error → harder")
    legend(figure, losses(main_rows(ratios, study, SPEED.metric)))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """How the ratio differs from level to level."""
    return {
        "title": _title(tables, study) or "The ratio of steps at each level of error",
        "places": numbers.join(
            [place.heading for place in main(tables["level_ratios"], study, SPEED.metric)]
        ),
        "level": numbers.percent(study.statistics.level, 0),
    }


def _title(tables: Tables, study: Study) -> str:
    """The range of the ratios where they are no bounds; empty without any."""
    loss = find(tables, SPEED).loss if filled("contrasts")(tables) else ""
    drawn = main_rows(tables["level_ratios"], study, SPEED.metric).query("loss == @loss")
    met = drawn.query("missed == 0 and reference_missed == 0").dropna(subset="ratio")
    if met.empty:
        return ""
    values = numbers.span(met["ratio"], numbers.ratio)
    where = "From level to level" if len(met) == len(drawn) else "Where no run misses a level,"
    return f"{where} {in_sentence(loss)} needs {values} the steps"
