"""How much the learning rate matters, and what an untuned, shared rate would have shown."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis import outcomes
from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, palette, theme
from lossbench.figures.layout import (
    by_loss,
    focus,
    in_first_column,
    legend,
    losses,
    panels_of,
    percent_axis,
    places,
    plain_axis,
    positive,
    records,
)
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import CHANCE_ERROR
from lossbench.words import names, numbers

CHOSEN = ["dataset", "model", "loss", "setting"]


def _draw_rates(tables: Tables, study: Study) -> Figure:
    """A panel for each network: final validation error of tuning runs against the rate."""
    tuned = _tuned(tables)
    shown = places(tuned, study)
    figure, panels, _ = panels_of(shown, panel_height=2.3)
    for place, panel in panels.items():
        _rates(panel, place.rows(tuned), place.rows(tables["choices"]))
        panel.set_xlabel("peak learning rate")
        panel.set_ylabel("validation error" if in_first_column(panel) else "")
    legend(figure, losses(tuned))
    return figure


def _describe_rates(tables: Tables, _study: Study) -> Description:
    choices = tables["choices"]
    edges = choices[choices["on_edge"]]
    title = (
        "Every chosen learning rate lies inside its grid"
        if edges.empty
        else f"On the edge of the grid: {len(edges)} of "
        f"{numbers.count(len(choices), 'chosen learning rate')} "
        f"({numbers.join([names.loss_name(loss) for loss in losses(edges)])})"
    )
    diverged = int(_tuned(tables)["diverged"].sum())
    lost = f" {numbers.count(diverged, 'tuning run')} diverged (×, at chance)." if diverged else ""
    return Description(
        title=title,
        subtitle=(
            "Final validation error of the tuning runs against the learning rate, both on log "
            "axes; the line is the mean over seeds. Ring: the chosen rate; square around it: "
            f"on the edge of its grid.{lost}"
        ),
        alt=f"Curves of validation error against learning rate, one a loss. {title}.{lost}",
        caption=(
            "Every loss gets the same number of trials on its own grid. A flat curve forgives a "
            "wrong rate, a narrow one does not. Of a margin loss the chosen margin is shown."
        ),
    )


def _draw_same_rate(tables: Tables, study: Study) -> Figure:
    """A panel for each network: validation error at the reference's rate, and at the own one."""
    pairs = same_rate(tables)
    shown = places(pairs, study)
    lines = [shown[at : at + 2] for at in range(0, len(shown), 2)]
    orders = [losses(pd.concat([place.rows(pairs) for place in line])) for line in lines]
    figure, axes = forest.panels(orders, columns=len(lines[0]))
    for panels, line, order in zip(axes, lines, orders, strict=True):
        for panel, place in zip(panels, line, strict=False):
            theme.heading(panel, place.heading)
            _dumbbells(panel, place.rows(pairs), order)
            panel.set_xlabel("validation error of tuning runs" if line is lines[-1] else "")
        forest.name_rows(panels[0], order)
        for panel in panels[len(line) :]:
            panel.set_axis_off()
    return figure


def _describe_same_rate(tables: Tables, _study: Study) -> Description:
    pairs = same_rate(tables)
    loss = focus(pairs)
    title = _lost_by_sharing(pairs[pairs["loss"] == loss]) if loss else "No other loss to compare"
    return Description(
        title=title,
        subtitle=(
            f"Validation error of each loss at the rate chosen for "
            f"{names.in_sentence(REFERENCE)} (open) and at its own chosen rate (filled), mean "
            "over tuning seeds."
        ),
        alt=f"Pairs of validation errors, one a loss. {title}.",
        caption=(
            "Confounded: a shared rate favours the loss that it suits, so the open marks say "
            "nothing about the losses themselves. The distance between the marks is what tuning "
            "is worth. A loss without a line has the same rate in both."
        ),
    )


def same_rate(tables: Tables) -> pd.DataFrame:
    """Each loss's mean validation error at the reference's rate (`shared`) and its own (`own`)."""
    choices = tables["choices"]
    reference = choices.loc[choices["loss"] == REFERENCE, ["dataset", "model", "learning_rate"]]
    at_shared = _tuned(tables).merge(reference, on=["dataset", "model", "learning_rate"])
    shared = at_shared.groupby(CHOSEN)["validation_error"].mean().reset_index()
    own = choices[[*CHOSEN, "validation_error"]].rename(columns={"validation_error": "own"})
    return shared.rename(columns={"validation_error": "shared"}).merge(own, on=CHOSEN)


def _tuned(tables: Tables) -> pd.DataFrame:
    """Final validation errors of the tuning runs; of a margin loss, at the chosen margin."""
    runs = tables["runs"]
    ended = outcomes.final_validation_errors(tables["history"], runs[runs["stage"] == "tuning"])
    return ended.merge(tables["choices"][CHOSEN], on=CHOSEN)


def _rates(axes: Axes, tuned: pd.DataFrame, choices: pd.DataFrame) -> None:
    axes.set(xscale="log", yscale="log")
    tuned = tuned.assign(validation_error=positive(tuned["validation_error"]))
    for loss, mine in by_loss(tuned):
        color = palette.LOSS_STYLES[loss].color
        middle = mine.groupby("learning_rate")["validation_error"].mean()
        artists = axes.plot(middle.index, middle, **theme.line_style(loss), linewidth=1.4)
        ended, lost = mine[~mine["diverged"]], mine[mine["diverged"]]
        small: dict[str, Any] = {"color": color, "linestyle": "none"}
        artists += axes.plot(
            ended["learning_rate"], ended["validation_error"], marker="o", markersize=2, **small
        )
        artists += axes.plot(
            lost["learning_rate"], [CHANCE_ERROR] * len(lost), marker="x", markersize=5, **small
        )
        for choice in records(choices[choices["loss"] == loss]):
            at = [choice.learning_rate], [choice.validation_error]
            ring: dict[str, Any] = {**small, "markerfacecolor": "none", "markeredgewidth": 1.3}
            artists += axes.plot(*at, marker="o", markersize=8, **ring)
            if choice.on_edge:
                artists += axes.plot(*at, marker="s", markersize=12, **ring)
        theme.tag(artists, loss)
    axes.margins(0.09)
    plain_axis(axes.xaxis, log=True)
    percent_axis(axes.yaxis, log=True)


def _dumbbells(axes: Axes, pairs: pd.DataFrame, order: list[LossName]) -> None:
    axes.set_xscale("log")
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    for row in records(pairs):
        y = len(order) - 1 - order.index(row.loss)
        style = theme.mark_style(row.loss)
        color = style["color"]
        artists = axes.plot([row.shared, row.own], [y, y], color=color, linewidth=1.1)
        hollow: dict[str, Any] = {
            "markerfacecolor": palette.BACKGROUND.light,
            "markeredgewidth": 1.2,
        }
        artists += axes.plot(row.shared, y, **(style | hollow))
        artists += axes.plot(row.own, y, **style)
        theme.tag(artists, row.loss)
    percent_axis(axes.xaxis, log=True)


def _lost_by_sharing(pairs: pd.DataFrame) -> str:
    loss = names.loss_name(pairs["loss"].iloc[0])
    span = numbers.span(pairs["shared"] - pairs["own"], numbers.points)
    if np.allclose(pairs["shared"], pairs["own"]):
        return f"The rate chosen for {names.in_sentence(REFERENCE)} is also the best for {loss}"
    return (
        f"Training {loss} at {names.in_sentence(REFERENCE)}’s rate would change its validation "
        f"error by {span}"
    )


SENSITIVITY_FIGURES: dict[str, FigureSpec] = {
    "rate-sensitivity": FigureSpec(
        "rate-sensitivity",
        section="sensitivity",
        draw=_draw_rates,
        describe=_describe_rates,
        sources=("history", "runs", "choices"),
        available=lambda tables: (
            filled("history", "runs", "choices")(tables) and len(_tuned(tables)) > 0
        ),
    ),
    "same-rate": FigureSpec(
        "same-rate",
        section="sensitivity",
        draw=_draw_same_rate,
        describe=_describe_same_rate,
        sources=("history", "runs", "choices", "contrasts"),
        available=lambda tables: (
            filled("history", "runs", "choices")(tables) and len(same_rate(tables)) > 0
        ),
    ),
}
"""The figures of the learning-rate section."""
