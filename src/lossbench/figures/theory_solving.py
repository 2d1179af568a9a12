"""The theory chapter's solvers: logistic regression from many starts, and linear regression."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import palette, theme
from lossbench.figures.layout import by_loss, legend, losses, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.words.numbers import count, join, number, percent

FLOOR = 1e-8
"""Relative excesses at or below this are drawn here: rounding, on a log axis."""


def draw_solving(tables: Tables, _: Study) -> Figure:
    """Every run's excess over the best value, by solver and scale of the starts."""
    frame = tables["solver_runs"]
    solvers = sorted(frame["solver"].unique())
    figure, axes = theme.panels(1, len(solvers), panel_height=2.6, sharey=True)
    for axis, solver in zip(axes[0], solvers, strict=True):
        rows = frame[frame["solver"] == solver]
        _strips(axis, rows)
        theme.heading(axis, solver[0].upper() + solver[1:])
        axis.set_xlabel("scale of the starts")
    axes[0, 0].set_ylabel("loss above the best, relative")
    legend(figure, losses(frame), lines=False)
    return figure


def _strips(axes: Axes, rows: pd.DataFrame) -> None:
    scales = sorted(rows["start_scale"].unique())
    for side, (loss, mine) in zip((-0.17, 0.17), by_loss(rows), strict=True):
        best = (mine["value"] - mine["excess"]).min()
        for place, scale in enumerate(scales):
            excess = mine[mine["start_scale"] == scale]["excess"] / best
            spread = np.linspace(-0.12, 0.12, len(excess))
            style = theme.mark_style(loss, 3)
            marks = axes.plot(place + side + spread, excess.clip(lower=FLOOR), **style)
            theme.tag(marks, loss)
    axes.set_xticks(range(len(scales)), [f"{scale:g}" for scale in scales])
    axes.set_yscale("log")


def describe_solving(tables: Tables, _: Study) -> Description:
    """How many runs miss the best value under each loss."""
    frame = tables["solver_runs"]
    missed = (~frame["reached"]).groupby(frame["loss"]).sum()
    total = frame.groupby("loss").size()
    squared = frame[frame["loss"] == "mse_sigmoid"]
    title = (
        f"{missed['bce_sigmoid']} of {total['bce_sigmoid']} runs miss the best value under "
        f"cross-entropy, {missed['mse_sigmoid']} of {total['mse_sigmoid']} under MSE"
    )
    return Description(
        title=title,
        subtitle=(
            "Logistic regression on the digits: one mark a run, its final loss above the best, "
            f"relative; at or below {theory_numbers.small(FLOOR)} is drawn there."
        ),
        alt=f"Strips of runs for two solvers and three scales of starts. {title}.",
        caption=(
            "Gradient descent takes each loss's own largest safe rate. A run misses when it ends "
            "more than a thousandth above the best value any run found. Misses under MSE: "
            f"{join(theory_numbers.missed(squared))}."
        ),
    )


def draw_separable(tables: Tables, _: Study) -> Figure:
    """Loss and length of the parameters over the steps, with and without a dividing line."""
    figure, axes = theme.panels(1, 2, panel_height=2.3)
    descents = tables["separable_descent"].query("step > 0").groupby("problem")
    for axis, column in zip(axes[0], ("value", "parameter_norm"), strict=True):
        for (problem, rows), dash in zip(descents, ("-", ":"), strict=True):
            _descent(axis, rows, column, str(problem), dash)
        axis.set(xscale="log", xlabel="steps of gradient descent")
        plain_axis(axis.xaxis, log=True)
    axes[0, 0].set_yscale("log")
    plain_axis(axes[0, 0].yaxis, log=True)
    theme.heading(axes[0, 0], "Cross-entropy")
    theme.heading(axes[0, 1], "Length of the parameters")
    return figure


def _descent(axes: Axes, rows: pd.DataFrame, column: str, label: str, dash: str) -> None:
    color = palette.LOSS_STYLES["bce_sigmoid"].color
    theme.tag(axes.plot(rows["step"], rows[column], color=color, ls=dash), "bce_sigmoid")
    middle = rows.iloc[2 * len(rows) // 3]
    # Above the curve: to the right of one that falls, to the left of one that rises.
    side, align = (5, "left") if rows[column].is_monotonic_decreasing else (-5, "right")
    place = (middle["step"], middle[column])
    axes.annotate(label, place, (side, 4), textcoords="offset points", ha=align)


def describe_separable(tables: Tables, _: Study) -> Description:
    """Growth of the parameters over the last doubling of the steps."""
    growth = {
        bool(rows["separable"].iloc[0]): rows.sort_values("step")["parameter_norm"]
        for _, rows in tables["separable_descent"].groupby("problem")
    }
    grown = {key: percent(norms.iloc[-1] / norms.iloc[-2] - 1, 0) for key, norms in growth.items()}
    title = (
        f"On separable data the parameters still grow by {grown[True]} when the steps double, "
        f"elsewhere by {grown[False]}"
    )
    return Description(
        title=title,
        subtitle="Descent on cross-entropy: 3 against 8 (overlapping), 0 against 1 (separable).",
        alt=f"Two panels of curves over steps on a log axis. {title}.",
        caption=(
            "Where a line divides the classes, found by linear programming, cross-entropy has no "
            "minimum: scaling the parameters up always lowers it. Weight decay or early stopping "
            "gives a solution."
        ),
    )


def draw_linear(tables: Tables, _: Study) -> Figure:
    """Distances of each descent's end to the least-norm solution, with full rank and without."""
    figure, axes = theme.panels(1, 2, panel_height=2.2, sharey=True)
    descents = tables["linear_solutions"].query("method == 'gradient descent'")
    for axis, (problem, rows) in zip(axes[0], descents.groupby("problem"), strict=True):
        columns = {"parameter_difference": "o", "prediction_difference": "x"}
        for column, marker in columns.items():
            values = rows[column].clip(lower=1e-12)
            axis.plot(rows["start"], values, marker, color=palette.INK.light, label=_label(column))
        axis.set(yscale="log", xlabel="start (0: zeros)", ylim=(1e-12, 100))
        axis.set_xticks(rows["start"])
        theme.heading(axis, str(problem).capitalize())
    axes[0, 0].set_ylabel("difference from the closed form")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    return figure


def _label(column: str) -> str:
    return "parameters (distance)" if column.startswith("parameter") else "predictions (largest)"


def describe_linear(tables: Tables, _: Study) -> Description:
    """Agreement of descent with the normal equations, and what deficient rank leaves open."""
    frame = tables["linear_solutions"].query("method == 'gradient descent'")
    worst = frame.groupby("problem")[["parameter_difference", "prediction_difference"]].max()
    small = theory_numbers.small(frame["prediction_difference"].max())
    apart = number(worst["parameter_difference"].max(), 1)
    title = f"Linear regression: descent predicts as the normal equations do, within {small}"
    return Description(
        title=title,
        subtitle="Gradient descent on the diabetes data from several starts; one mark a start.",
        alt=f"Two panels of marks on a log axis. {title}.",
        caption=(
            "With full rank the minimum is one point. With one feature repeated in other units "
            f"the parameters end up to {apart} apart and predict the same: "
            f"{count(frame['start'].nunique(), 'start')}, one of them zero, which finds the "
            "shortest solution, as the pseudo-inverse does."
        ),
    )


SOLVING_FIGURES: dict[str, FigureSpec] = {
    "solving": FigureSpec(
        "solving",
        section="theory",
        draw=draw_solving,
        describe=describe_solving,
        sources=("solver_runs", "logistic_solutions"),
        available=filled("solver_runs"),
    ),
    "separable-data": FigureSpec(
        "separable-data",
        section="theory",
        draw=draw_separable,
        describe=describe_separable,
        sources=("separable_descent",),
        available=filled("separable_descent"),
    ),
    "linear-regression": FigureSpec(
        "linear-regression",
        section="theory",
        draw=draw_linear,
        describe=describe_linear,
        sources=("linear_solutions",),
        available=filled("linear_solutions"),
    ),
}
"""The figures of solvers."""
