"""How fast each loss learns: learning curves, and the runs that have reached each target."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.curves import draw_runs
from lossbench.figures.layout import (
    by_loss,
    evaluation,
    label_ends,
    legend,
    losses,
    percent_axis,
    places,
    plain_axis,
)
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find
from lossbench.words.questions import SPEED

ERRORS = {"validation_error": "validation error", "train_error": "training error"}


def _draw_curves(tables: Tables, study: Study) -> Figure:
    """A row for each network: training and validation error against steps, both axes log."""
    history = evaluation(tables["history"])
    shown = places(history, study)
    figure, axes = theme.panels(len(shown), 2, panel_height=1.9, sharey="row", sharex="row")
    ends = {}
    for line, place in zip(axes, shown, strict=True):
        theme.heading(line[0], place.heading, above=12)
        for panel, column in zip(line, reversed(ERRORS), strict=True):
            ends[line[1]] = draw_runs(panel, place.rows(history), column)
            theme.subheading(panel, ERRORS[column])
        _mark_targets(line[1], place.rows(tables["targets"]) if "targets" in tables else None)
        percent_axis(line[0].yaxis, log=True)
        plain_axis(line[0].xaxis, log=True)
    for panel in axes[-1]:
        panel.set_xlabel("optimiser steps")
    label_ends(figure, ends)
    return figure


def _describe_curves(tables: Tables, study: Study) -> Description:
    finding = _speed(tables)
    history = evaluation(tables["history"])
    shown = numbers.join([place.heading for place in places(history, study)])
    return Description(
        title=finding,
        subtitle=(
            "Error against optimiser steps, both on log axes: each run thin, the median over "
            "seeds bold. Dotted rules: the targets."
        ),
        alt=f"Learning curves on {shown}, one line a run. {finding}.",
        caption=(
            "On a log axis of steps a loss that needs twice the steps lies the same distance to "
            "the right everywhere. The training error is measured on the same fixed training "
            "examples at every point; an error of zero is drawn at half the smallest one seen. "
            "A run that diverged ends where it did."
        ),
    )


def _draw_times(tables: Tables, study: Study) -> Figure:
    """A row for each network, a column for each target: the share of runs that reached it."""
    curves = tables["kaplan_meier"]
    shown = places(curves, study)
    targets = sorted(curves["target"].unique())
    figure, axes = theme.panels(
        len(shown), len(targets), panel_height=1.6, sharey=True, sharex="row"
    )
    for line, place in zip(axes, shown, strict=True):
        for panel, target in zip(line, targets, strict=True):
            mine = place.rows(curves)
            _steps(panel, mine[mine["target"] == target])
            theme.subheading(panel, _target_name(tables, place, target))
        theme.heading(line[0], place.heading, above=12)
        line[0].set_ylabel("runs at the target")
    rises = curves["steps"][curves["reached"] > 0].min()
    for panel in axes[:, 0]:
        panel.set_xlim(left=max(1, rises / 2))
        plain_axis(panel.xaxis, log=True)
    axes[0, 0].set_ylim(-0.04, 1.06)
    percent_axis(axes[0, 0].yaxis, log=False)
    for panel in axes[-1]:
        panel.set_xlabel("optimiser steps")
    legend(figure, losses(curves))
    return figure


def _describe_times(tables: Tables, _study: Study) -> Description:
    finding = _reached(tables) or _speed(tables)
    return Description(
        title=finding,
        subtitle=(
            "Share of runs that have reached each target (columns, hardest on the right) within "
            "so many steps: Kaplan–Meier estimate."
        ),
        alt=f"Step curves of the share of runs at each target. {finding}. {_speed(tables)}.",
        caption=(
            "The further left a curve rises, the faster the loss. A curve that ends below 100% "
            "belongs to a loss with runs that never reached the target; a tick marks where they "
            "are censored. Targets were fixed from the tuning runs, before these runs began."
        ),
    )


def _steps(axes: Axes, curves: pd.DataFrame) -> None:
    """Kaplan-Meier curves of one target, from step 1 because the axis is a log one."""
    axes.set_xscale("log")
    for loss, curve in by_loss(curves):
        line = axes.step(
            curve["steps"].clip(lower=1), curve["reached"], where="post", **theme.line_style(loss)
        )
        last = curve.iloc[-1]
        if last["reached"] < 1:
            color = palette.LOSS_STYLES[loss].color
            line += axes.plot(last["steps"], last["reached"], "|", color=color, markersize=8)
        theme.tag(line, loss)


def _mark_targets(axes: Axes, targets: pd.DataFrame | None) -> None:
    if targets is None:
        return
    for goal in targets["validation_error"]:
        axes.axhline(
            goal, color=palette.MUTED.light, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1
        )


def _target_name(tables: Tables, place: tuple[str, str], target: int) -> str:
    goals = tables.get("targets", pd.DataFrame(columns=["dataset", "model", "target"]))
    row = goals[
        (goals["dataset"] == place[0]) & (goals["model"] == place[1]) & (goals["target"] == target)
    ]
    return (
        f"error ≤ {numbers.percent(row['validation_error'].iloc[0], 1)}"
        if len(row)
        else str(target)
    )


def _speed(tables: Tables) -> str:
    if not filled("contrasts")(tables):
        return "How fast each loss learns"
    return phrases.title(find(tables, SPEED))


def _reached(tables: Tables) -> str:
    """Which losses have runs that never reach the last target; empty where every run does."""
    curves = tables["kaplan_meier"]
    ends = curves[curves["target"] == curves["target"].max()]
    ends = ends.sort_values("steps").groupby(["dataset", "model", "loss"], as_index=False).last()
    short = ends[ends["reached"] < 1]
    if short.empty:
        return ""
    parts = [_misses(loss, ends, short) for loss in losses(short)]
    everyone = "" if len(parts) == len(losses(ends)) else "; every run of the other losses does"
    return f"Runs that never reach the last target: {numbers.join(parts)}{everyone}"


def _misses(loss: LossName, ends: pd.DataFrame, short: pd.DataFrame) -> str:
    missed, total = (int((frame["loss"] == loss).sum()) for frame in (short, ends))
    return f"{names.in_sentence(loss)} (in {missed} of {numbers.count(total, 'comparison')})"


CONVERGENCE_FIGURES: dict[str, FigureSpec] = {
    "learning-curves": FigureSpec(
        "learning-curves",
        section="convergence",
        draw=_draw_curves,
        describe=_describe_curves,
        sources=("history", "targets", "contrasts"),
        available=filled("history"),
    ),
    "time-to-target": FigureSpec(
        "time-to-target",
        section="convergence",
        draw=_draw_times,
        describe=_describe_times,
        sources=("kaplan_meier", "survival", "times_to_target", "contrasts"),
        available=filled("kaplan_meier"),
    ),
}
"""The figures of the convergence section."""
