"""The runs that have reached each target after so many steps."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.axes import percent_axis, plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import by_loss, grid, heading, losses, places, subheading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find
from lossbench.words.places import Place
from lossbench.words.questions import SPEED

TEMPLATE = "time_to_target.j2"

available = filled("kaplan_meier")


def draw(tables: Tables, study: Study) -> Figure:
    """A row for each comparison, a column for each target: the share of runs that reached it."""
    curves = tables["kaplan_meier"]
    shown = places(curves, study)
    targets = sorted(curves["target"].unique())
    figure, axes = grid(len(shown), len(targets), panel_height=1.6, sharey=True, sharex="row")
    for line, place in zip(axes, shown, strict=True):
        for panel, target in zip(line, targets, strict=True):
            mine = place.rows(curves)
            _steps(panel, mine[mine["target"] == target])
            subheading(panel, _target_name(tables, place, target))
        heading(line[0], place.heading, above=12)
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


def words(tables: Tables, _study: Study) -> Words:
    """Which losses have runs that miss the last target, or else who is faster."""
    has_contrasts = filled("contrasts")(tables)
    speed = phrases.title(find(tables, SPEED)) if has_contrasts else ""
    return {
        "title": _missed(tables["kaplan_meier"]) or speed or "How fast each loss learns",
        "speed": speed,
    }


def _steps(axes: Axes, curves: pd.DataFrame) -> None:
    """Kaplan-Meier curves of one target, from step 1 because the axis is a log one."""
    axes.set_xscale("log")
    for loss, curve in by_loss(curves):
        steps = curve["steps"].clip(lower=1)
        axes.step(steps, curve["reached"], where="post", **theme.line_style(loss))
        last = curve.iloc[-1]
        if last["reached"] < 1:
            color = palette.LOSS_STYLES[loss].color
            axes.plot(last["steps"], last["reached"], "|", color=color, markersize=8)


def _target_name(tables: Tables, place: Place, target: int) -> str:
    if filled("targets")(tables):
        goals = place.rows(tables["targets"]).query("target == @target")["validation_error"]
        if len(goals):
            return f"error ≤ {numbers.percent(goals.iloc[0], 1)}"
    return str(target)


def _missed(curves: pd.DataFrame) -> str:
    """Which losses have runs that never reach the last target; empty where every run does."""
    ends = curves[curves["target"] == curves["target"].max()]
    ends = ends.sort_values("steps").groupby([*COMPARISON, "loss"], as_index=False).last()
    short = ends[ends["reached"] < 1]
    if short.empty:
        return ""
    parts = [_misses(loss, ends, short) for loss in losses(short)]
    everyone = "" if len(parts) == len(losses(ends)) else "; every run of the other losses does"
    return f"Runs that never reach the last target: {numbers.join(parts)}{everyone}"


def _misses(loss: LossName, ends: pd.DataFrame, short: pd.DataFrame) -> str:
    missed, total = (int((frame["loss"] == loss).sum()) for frame in (short, ends))
    return f"{names.in_sentence(loss)} (in {missed} of {numbers.count(total, 'comparison')})"
