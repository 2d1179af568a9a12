"""The key figure: each loss against cross-entropy, in final error and in steps to the target."""

import pandas as pd
from matplotlib.figure import Figure

from lossbench import names, wording
from lossbench.config import REFERENCE, Study
from lossbench.figures import findings, forest, theme
from lossbench.figures.layout import losses, percent_axis, places, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables


def available(tables: Tables) -> bool:
    """Whether there is a contrast of test errors or of steps to a target."""
    return "contrasts" in tables and len(_shown(tables["contrasts"])) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A row of two forests for each network: difference in test error, and ratio of steps."""
    rows = _shown(tables["contrasts"])
    shown, order = places(rows, study), losses(rows)
    figure, axes = theme.panels(
        len(shown), 2, panel_height=0.42 + forest.ROW * len(order), sharey="row"
    )
    for line, place in zip(axes, shown, strict=True):
        mine = place.rows(rows)
        by_dataset = rows[rows["dataset"] == place.dataset]
        theme.heading(line[0], place.heading)
        forest.draw(line[0], mine[mine["scale"] == "difference"], order, _differences(by_dataset))
        forest.draw(line[1], mine[mine["scale"] == "ratio"], order, _ratios(rows))
        forest.name_rows(line[0], order)
        percent_axis(line[0].xaxis, log=False)
        plain_axis(line[1].xaxis, log=True, unit="×")
    axes[-1, 0].set_xlabel("lower ←   test error, difference in points   → higher")
    axes[-1, 1].set_xlabel("faster ←   steps to the last target, ratio   → slower")
    return figure


def describe(tables: Tables, study: Study) -> Description:
    """Who learns faster and who ends lower."""
    contrasts = tables["contrasts"]
    speed, error = findings.speed(contrasts, study), findings.error(contrasts, study)
    shown = [place.heading for place in places(_shown(contrasts), study)]
    level = study.statistics.level
    return Description(
        title=f"{speed}; it is {_predicate(error)}",
        subtitle=(
            f"Each loss against {names.in_sentence(REFERENCE)} (the vertical line), paired by "
            f"seed: mean and {level:.0%} interval. Grey: the band of equivalence. A hollow mark "
            "is undecided; an arrow points to a value off the scale."
        ),
        alt=f"Forest plot for {wording.join(shown)}. {speed}. {error}.",
        caption=(
            "Left of the line a loss does better. Each loss trains at its own tuned learning "
            "rate; the last target is the validation error that the weaker of the primary pair "
            "reaches in its median tuned run."
        ),
    )


def _shown(contrasts: pd.DataFrame) -> pd.DataFrame:
    steps = findings.select(contrasts, findings.last_target(contrasts))
    return pd.concat([findings.select(contrasts, "error"), steps])


def _differences(rows: pd.DataFrame) -> forest.Scale:
    limits = forest.difference_limits(rows[rows["scale"] == "difference"])
    return forest.Scale(0.0, False, limits, wording.points, "no value")


def _ratios(rows: pd.DataFrame) -> forest.Scale:
    limits = forest.ratio_limits(rows[rows["scale"] == "ratio"])
    return forest.Scale(1.0, True, limits, wording.ratio, "not reached")


def _predicate(sentence: str) -> str:
    """What a finding says after `is`; the whole finding where it has no such verb."""
    return sentence.partition(" is ")[2] or sentence


ANSWER_FIGURES: dict[str, FigureSpec] = {
    "answer": FigureSpec(
        "answer",
        section="answer",
        draw=draw,
        describe=describe,
        sources=("contrasts", "times_to_target"),
        available=available,
    ),
}
"""The figures of the answer section."""
