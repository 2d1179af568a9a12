"""The surfaces of both losses over two parameters, and how descent runs on them."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.contours import contours, surface
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import by_loss, heading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.theory.sigmoid import OUTPUT_LOSSES
from lossbench.words import names
from lossbench.words.numbers import count, number

TEMPLATE = "loss_surfaces.j2"

available = filled("loss_surfaces", "descent_paths")


def draw(tables: Tables, _: Study) -> Figure:
    """Above: each surface; below: its contours with the paths of descent."""
    figure = Figure(figsize=(theme.WIDTH, 6.0), layout="constrained")
    for column, (loss, rows) in enumerate(by_loss(tables["loss_surfaces"])):
        above = figure.add_subplot(2, 2, column + 1, projection="3d")
        _wireframe(above, rows, loss)
        below = figure.add_subplot(2, 2, column + 3)
        contours(below, rows)
        paths = tables["descent_paths"].query("loss == @loss")
        for _start, path in paths.groupby("start"):
            _path(below, path, loss)
        heading(below, "Contours and descent")
    return figure


def words(tables: Tables, _: Study) -> Words:
    """How many of the descents arrive under each loss."""
    paths = tables["descent_paths"]
    arrived = {loss: _arrivals(tables, loss) for loss in OUTPUT_LOSSES}
    steps, descents = number(paths["step"].max(), 0), count(paths["start"].nunique(), "descent")
    title = (
        f"After {steps} steps {arrived['bce_sigmoid']} of {descents} have arrived "
        f"under cross-entropy, {arrived['mse_sigmoid']} under MSE"
    )
    return {"title": title}


def _wireframe(axes: Any, rows: pd.DataFrame, loss: LossName) -> None:
    color = palette.loss_styles()[loss].color
    axes.plot_wireframe(*surface(rows), rcount=21, ccount=21, color=color, linewidth=0.5)
    axes.set(xlabel="weight", ylabel="bias")  # above both: the subtitle names the mean loss
    axes.view_init(elev=28, azim=-50)
    heading(axes, names.loss_name(loss))
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_visible(False)
        axis.set_tick_params(pad=0)


def _path(axes: Axes, path: pd.DataFrame, loss: LossName) -> None:
    color = palette.loss_styles()[loss].color
    first, last = path.iloc[0], path.iloc[-1]
    axes.plot(path["weight"], path["bias"], color=color)
    axes.plot(first["weight"], first["bias"], "o", color=color, fillstyle="none")
    axes.plot(last["weight"], last["bias"], "o", color=color)


def _arrivals(tables: Tables, loss: LossName) -> int:
    """How many paths end within a thousandth of the lowest value reached."""
    paths, grid = (dict(by_loss(tables[name]))[loss] for name in ("descent_paths", "loss_surfaces"))
    lowest = min(paths["value"].min(), grid["value"].min())
    ends = paths[paths["step"] == paths["step"].max()]["value"]
    return int((ends <= lowest * 1.001).sum())
