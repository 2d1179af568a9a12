"""What each loss charges for a probability of the true class."""

import numpy as np
from matplotlib.figure import Figure

from lossbench.figures import palette
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.lines import lines
from lossbench.figures.panels import grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import number

TEMPLATE = "misclassification_cost.j2"

available = filled("misclassification_cost")


def draw(tables: Tables, _: Study) -> Figure:
    """Cost against the true class's probability, on a linear and on a log axis."""
    frame = tables["misclassification_cost"]
    figure, axes = grid(1, 2, panel_height=2.4)
    for axis, scale in zip(axes[0], ("linear", "log"), strict=True):
        lines(axis, frame, "probability", "cost")
        axis.set(xscale=scale, xlabel="probability of the true class", ylim=(0, 7))
        axis.axvline(0.5, color=palette.MUTED.light, linewidth=0.8)
        heading(axis, f"{scale.capitalize()} scale")
    axes[0, 1].set_xlim(1e-3, 1)
    plain_axis(axes[0, 1].xaxis, log=True)
    axes[0, 0].set_ylabel("cost of one example")
    legend(figure, losses(frame))
    return figure


def words(tables: Tables, _: Study) -> Words:
    """What both losses charge for a probability of one in a hundred."""
    rows = tables["misclassification_cost"]
    charged = rows[np.isclose(rows["probability"], 0.01)].set_index("loss")["cost"]
    entropy, squared = number(charged["cross_entropy"], 1), number(charged["mse_softmax"])
    title = f"A true class given 1% costs {entropy} under cross-entropy and {squared} under MSE"
    return {"title": title}
