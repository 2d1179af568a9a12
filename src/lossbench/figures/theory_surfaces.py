"""The theory chapter's loss surfaces, curvature and local minima."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import palette, theme
from lossbench.figures.layout import by_loss, legend, losses, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.theory.sigmoid import OUTPUT_LOSSES
from lossbench.words import names
from lossbench.words.numbers import count, join, number, percent

LEVELS = 14
"""Contours of a surface."""


def draw_surfaces(tables: Tables, _: Study) -> Figure:
    """Above: each surface; below: its contours with the paths of descent."""
    figure = Figure(figsize=(theme.WIDTH, 6.0), layout="constrained")
    for column, (loss, rows) in enumerate(by_loss(tables["loss_surfaces"])):
        above = figure.add_subplot(2, 2, column + 1, projection="3d")
        _wireframe(above, rows, loss)
        below = figure.add_subplot(2, 2, column + 3)
        _contours(below, rows)
        paths = tables["descent_paths"].query("loss == @loss")
        for _number, path in paths.groupby("start"):
            _path(below, path, loss)
        theme.heading(below, "Contours and descent")
    return figure


def _wireframe(axes: Any, rows: pd.DataFrame, loss: LossName) -> None:
    weight, bias, value = _grid(rows)
    color = palette.LOSS_STYLES[loss].color
    sheet = axes.plot_wireframe(
        weight, bias, value, rcount=21, ccount=21, color=color, linewidth=0.5
    )
    theme.tag(sheet, loss)
    axes.set(xlabel="weight", ylabel="bias", zlabel="mean loss")
    axes.view_init(elev=28, azim=-50)
    theme.heading(axes, names.loss_name(loss))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_visible(False)
        axis.set_tick_params(pad=0)


def _contours(axes: Axes, rows: pd.DataFrame) -> None:
    weight, bias, value = _grid(rows)
    levels = np.quantile(value, np.linspace(0.005, 0.97, LEVELS))
    axes.contour(weight, bias, value, levels=levels, colors=palette.MUTED.light, linewidths=0.5)
    axes.set(xlabel="weight", ylabel="bias")
    axes.grid(visible=False)


def _path(axes: Axes, path: pd.DataFrame, loss: LossName) -> None:
    color = palette.LOSS_STYLES[loss].color
    line = axes.plot(path["weight"], path["bias"], color=color)
    first, last = path.iloc[0], path.iloc[-1]
    start = axes.plot(first["weight"], first["bias"], "o", color=color, fillstyle="none")
    end = axes.plot(last["weight"], last["bias"], "o", color=color)
    theme.tag([*line, *start, *end], loss)


def _grid(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    wide = rows.pivot(index="bias", columns="weight", values="value")
    weight, bias = np.meshgrid(wide.columns, wide.index)
    return weight, bias, wide.to_numpy()


def describe_surfaces(tables: Tables, _: Study) -> Description:
    """How many of the descents arrive under each loss."""
    arrived = {loss: _arrivals(tables, loss) for loss in OUTPUT_LOSSES}
    steps = number(tables["descent_paths"]["step"].max(), 0)
    total = tables["descent_paths"]["start"].nunique()
    title = (
        f"After {steps} steps {arrived['bce_sigmoid']} of {count(total, 'descent')} have arrived "
        f"under cross-entropy, {arrived['mse_sigmoid']} under MSE"
    )
    return Description(
        title=title,
        subtitle=(
            "Mean loss of logistic regression over weight and bias: handwritten 3 against 8, two "
            "ink features on the line between the class means. Hollow: start; filled: end."
        ),
        alt=f"A surface and contours for each loss. {title}.",
        caption=(
            "Arrived: within a thousandth of the lowest value reached. MSE's surface is flat away "
            "from its valley, cross-entropy's is steep. Same starts and steps; each loss takes the "
            "largest rate that is safe for it."
        ),
    )


def _arrivals(tables: Tables, loss: LossName) -> int:
    paths, surface = (
        dict(by_loss(tables[name]))[loss] for name in ("descent_paths", "loss_surfaces")
    )
    lowest = min(paths["value"].min(), surface["value"].min())
    ends = paths[paths["step"] == paths["step"].max()]["value"]
    return int((ends <= lowest * 1.001).sum())


def draw_curvature(tables: Tables, _: Study) -> Figure:
    """Value, slope and curvature for target 0; smallest eigenvalues at random points."""
    figure, axes = theme.panels(2, 2, panel_height=1.9)
    rows = tables["curvature"].query("target == 0")
    edge = theory_numbers.constant(tables, "concave_above")
    start = float(np.log(edge / (1 - edge)))
    labels = {"value": "loss C(z)", "slope": "slope dC/dz", "curvature": "curvature d²C/dz²"}
    for axis, (column, label) in zip(axes.ravel(), labels.items(), strict=False):
        axis.axvspan(start, rows["z"].max(), color=palette.BAND.light)
        for loss, curve in by_loss(rows):
            theme.tag(axis.plot(curve["z"], curve[column], **theme.line_style(loss)), loss)
        axis.set_xlabel("z")
        theme.heading(axis, label)
    axes[0, 0].set_ylim(0, 2)
    axes[1, 0].axhline(0, color=palette.MUTED.light, linewidth=0.6)
    _eigenvalues(axes[1, 1], tables["hessians"])
    legend(figure, losses(rows))
    return figure


def _eigenvalues(axes: Axes, frame: pd.DataFrame) -> None:
    for loss, rows in by_loss(frame):
        ordered = np.sort(rows["smallest_eigenvalue"])
        share = np.arange(1, len(ordered) + 1) / len(ordered)
        theme.tag(axes.plot(ordered, share, **theme.line_style(loss)), loss)
    axes.axvline(0, color=palette.MUTED.light, linewidth=0.6)
    axes.set_xlabel("smallest eigenvalue")
    plain_axis(axes.xaxis, log=False)
    theme.heading(axes, "Share of random points up to it")


def describe_curvature(tables: Tables, _: Study) -> Description:
    """Where the squared loss is concave, and how often its Hessian is indefinite."""
    negative = tables["hessians"]["smallest_eigenvalue"] < 0
    share = negative.groupby(tables["hessians"]["loss"]).mean()
    edge = number(theory_numbers.constant(tables, "concave_above"))
    title = (
        f"MSE curves downwards at {percent(share['mse_sigmoid'], 0)} of random points, "
        f"cross-entropy at {percent(share['bce_sigmoid'], 0)}"
    )
    return Description(
        title=title,
        subtitle=(
            f"One example with target 0; grey: where MSE is concave, σ(z) > {edge}. Last panel: "
            "Hessians of logistic regression on the digits."
        ),
        alt=f"Four panels: loss, slope, curvature, and smallest eigenvalues. {title}.",
        caption=(
            "A loss is convex where no eigenvalue of its Hessian is negative. For target 1 the "
            "picture is mirrored: MSE is concave where σ(z) < "
            f"{number(theory_numbers.constant(tables, 'concave_below'))}."
        ),
    )


def draw_minima(tables: Tables, _: Study) -> Figure:
    """Contours of both losses on the five examples, their minima marked."""
    surfaces: Mapping[LossName, pd.DataFrame] = dict(by_loss(tables["local_minima_surfaces"]))
    figure, axes = theme.panels(1, 2, panel_height=3.0, sharey=True)
    for axis, (loss, rows) in zip(axes[0], surfaces.items(), strict=True):
        _contours(axis, rows)
        found = tables["local_minima"].query("loss == @loss")
        for _index, row in found.iterrows():
            _minimum(axis, row, loss)
        theme.heading(axis, names.loss_name(loss))
    return figure


def _minimum(axes: Axes, row: pd.Series, loss: LossName) -> None:
    mark = axes.plot(row["weight"], row["bias"], **theme.mark_style(loss))
    angle = np.linspace(0, 2 * np.pi, 61)
    circle = axes.plot(
        row["weight"] + row["radius"] * np.cos(angle),
        row["bias"] + row["radius"] * np.sin(angle),
        color=palette.LOSS_STYLES[loss].color,
        linewidth=0.8,
    )
    label = axes.annotate(
        number(row["value"], 3),
        (row["weight"] + row["radius"], row["bias"]),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
    )
    theme.tag([*mark, *circle, label], loss)


def describe_minima(tables: Tables, _: Study) -> Description:
    """How many minima each loss has on the five examples."""
    found = tables["local_minima"]
    squared, entropy = (found[found["loss"] == loss] for loss in OUTPUT_LOSSES)
    values = join([number(value, 3) for value in squared["value"]])
    examples = count(len(tables["local_minima_examples"]), "example")
    minima = count(len(squared), "separate minimum", "separate minima")
    title = f"On {examples} MSE has {minima}, cross-entropy {len(entropy)}"
    return Description(
        title=title,
        subtitle="Contours of the mean loss over weight and bias; marks: strict minima.",
        alt=f"Two contour plots. {title}; MSE's have the values {values}.",
        caption=(
            f"{'Certified' if squared['certified'].all() else 'Not all certified'}: the loss at a "
            "mark lies below a bound that holds on the whole circle round it, so a minimum lies "
            f"inside. MSE's minima have the values {values}: descent may end in the worse one."
        ),
    )


SURFACE_FIGURES: dict[str, FigureSpec] = {
    "loss-surfaces": FigureSpec(
        "loss-surfaces",
        section="theory",
        draw=draw_surfaces,
        describe=describe_surfaces,
        sources=("loss_surfaces", "descent_paths", "theory_digits"),
        available=filled("loss_surfaces", "descent_paths"),
    ),
    "curvature": FigureSpec(
        "curvature",
        section="theory",
        draw=draw_curvature,
        describe=describe_curvature,
        sources=("curvature", "hessians", "theory_constants"),
        available=filled("curvature", "hessians", "theory_constants"),
    ),
    "local-minima": FigureSpec(
        "local-minima",
        section="theory",
        draw=draw_minima,
        describe=describe_minima,
        sources=("local_minima", "local_minima_examples", "local_minima_surfaces"),
        available=filled("local_minima", "local_minima_examples", "local_minima_surfaces"),
    ),
}
"""The figures of surfaces and convexity."""
