"""What an untuned rate, shared by all losses, would have shown."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, theme
from lossbench.figures.axes import percent_axis, positive
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import focus, main, main_rows
from lossbench.figures.tuning_runs import CHOSEN, tuned
from lossbench.stats.intervals import MIN_PAIRS
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers

TEMPLATE = "same_rate.j2"


def available(tables: Tables) -> bool:
    """Whether a loss was tried at the reference's rate."""
    return filled("history", "runs", "choices")(tables) and len(_same_rate(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: validation error at the reference's rate, and at the own one."""
    pairs = _same_rate(tables)
    label = "validation error of tuning runs"
    figure, panels = forest.two_in_a_line(main(pairs, study), pairs, label)
    for panel, place, order in panels:
        _dumbbells(panel, place.rows(pairs), order)
    return figure


def words(tables: Tables, study: Study) -> Words:
    """What the loss in focus would lose at the reference's rate."""
    pairs = main_rows(_same_rate(tables), study)
    loss = focus(pairs)
    mine = pairs[pairs["loss"] == loss]
    title = _lost_by_sharing(loss, mine) if loss else "No other loss to compare"
    return {"title": title, "fewest": MIN_PAIRS}


def _same_rate(tables: Tables) -> pd.DataFrame:
    """Each loss's mean validation error at the reference's rate (`shared`) and its own (`own`).

    With the number of `replicates` that had both.
    """
    choices = tables["choices"].assign(seed=tables["choices"]["tuning_seed"])
    at_rate, at_margin = [*COMPARISON, "seed", "learning_rate"], [*CHOSEN, "seed"]
    reference = choices.loc[choices["loss"] == REFERENCE, at_rate]
    own = choices[[*at_margin, "validation_error"]].rename(columns={"validation_error": "own"})
    at_shared = tuned(tables).merge(reference, on=at_rate).merge(own, on=at_margin)
    means = at_shared.groupby(CHOSEN).agg(
        shared=("validation_error", "mean"), own=("own", "mean"), replicates=("own", "size")
    )
    return means.reset_index()


def _dumbbells(axes: Axes, pairs: pd.DataFrame, order: Sequence[LossName]) -> None:
    axes.set_xscale("log")
    forest.set_rows(axes, order)
    lowest = positive(pairs[["shared", "own"]].stack()).min()
    if (pairs[["shared", "own"]] == 0).any(axis=None):  # which are drawn elsewhere
        axes.fmt_xdata = None
    for row in pairs.assign(**pairs[["shared", "own"]].clip(lower=lowest)).itertuples():
        y, style = order.index(row.loss), theme.mark_style(row.loss)
        axes.plot([row.shared, row.own], [y, y], color=style["color"], linewidth=1.1)
        axes.plot(row.shared, y, **(style | theme.HOLLOW))
        axes.plot(row.own, y, **style)
    percent_axis(axes.xaxis, log=True)


def _lost_by_sharing(loss: LossName, pairs: pd.DataFrame) -> str:
    name, reference = names.loss_name(loss), names.in_sentence(REFERENCE)
    pairs = pairs[pairs["replicates"] >= MIN_PAIRS]
    if pairs.empty:
        return f"Too few replicates had {name} at {reference}’s rate to say what it costs"
    if np.allclose(pairs["shared"], pairs["own"]):
        return f"The rate chosen for {reference} is also the best for {name}"
    span = numbers.span(pairs["shared"] - pairs["own"], numbers.points)
    return f"At {reference}’s rate the error of {name} changes by {span}"
