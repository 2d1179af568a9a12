"""Both losses over two parameters as contours, and how descent runs on them."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette
from lossbench.figures.contours import contours
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import by_loss, grid, heading
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.theory.sigmoid import OUTPUT_LOSSES
from lossbench.words import names
from lossbench.words.numbers import count, number

TEMPLATE = "loss_surfaces.j2"

available = filled("loss_surfaces", "descent_paths")


def draw(tables: Tables, _: Study) -> Figure:
    """A panel a loss: evenly spaced contours, and the paths of descent."""
    figure, [panels] = grid(1, 2, panel_height=3.0)
    surfaces = by_loss(tables["loss_surfaces"])
    for panel, (loss, rows) in zip(panels, surfaces, strict=True):
        contours(panel, rows, even=True)
        paths = tables["descent_paths"].query("loss == @loss")
        for _start, path in paths.groupby("start"):
            _path(panel, path, loss)
        heading(panel, names.loss_name(loss))
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
