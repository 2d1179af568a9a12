"""The theory chapter's neuron: its trajectories, and how the start sets the time it needs."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import theme
from lossbench.figures.layout import by_loss, legend, losses, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.words.numbers import join, number, ratio

QUANTITIES = (
    ("output", "output a"),
    ("cost", "cost"),
    ("gradient", "gradient dC/dz"),
)
START = ["start_weight", "start_bias"]


def draw_neuron(tables: Tables, _: Study) -> Figure:
    """A row for each start; output, cost and gradient over the epochs."""
    starts = list(tables["neuron_trajectories"].groupby(START))
    figure, axes = theme.panels(len(starts), 3, panel_height=1.75, sharex=True, sharey="col")
    for row, ((weight, bias), frame) in zip(axes, starts, strict=True):
        for axis, (column, label) in zip(row, QUANTITIES, strict=True):
            _curves(axis, frame, column)
            axis.set_ylabel(label)
        theme.heading(row[0], f"weight {weight:g}, bias {bias:g}")
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
        axis.set_ylim(bottom=0)
    legend(figure, losses(tables["neuron_trajectories"]))
    return figure


def _curves(axis: Axes, frame: pd.DataFrame, column: str) -> None:
    for loss, rows in by_loss(frame):
        theme.tag(axis.plot(rows["epoch"], rows[column], **theme.line_style(loss)), loss)


def describe_neuron(tables: Tables, study: Study) -> Description:
    """How many epochs both losses take from each start."""
    output = number(theory_numbers.first_output(tables), 1)
    finding = join(theory_numbers.neuron_epochs(tables))
    rate = study.theory.learning_rate
    return Description(
        title=f"Epochs to output {output}, MSE against cross-entropy: {finding}",
        subtitle=(
            "One sigmoid neuron, input 1, target 0, plain gradient descent with learning rate "
            f"{rate:g}; a row for each start."
        ),
        alt=(
            "Curves of output, cost and gradient over the epochs. Epochs to output "
            f"{output}, MSE against cross-entropy: {finding}."
        ),
        caption=(
            "MSE's gradient (a − y)σ′(z) is small where the sigmoid saturates, however wrong; "
            "cross-entropy's is the error a − y itself. The costs are on different scales and are "
            "not compared."
        ),
    )


def draw_slowdown(tables: Tables, _: Study) -> Figure:
    """Epochs against the start: closed form as lines, simulation as marks."""
    frame = tables["neuron_slowdown"]
    figure, axes = theme.panels(1, 2, panel_height=2.4)
    for axis, scale in zip(axes[0], ("log", "linear"), strict=True):
        for loss, rows in by_loss(frame):
            done = rows[rows["reached"]].iloc[::2]
            line = axis.plot(rows["start_z"], rows["flow_epochs"], **theme.line_style(loss))
            marks = axis.plot(done["start_z"], done["epochs"], **theme.mark_style(loss))
            theme.tag([*line, *marks], loss)
        axis.set_yscale(scale)
        axis.set_xlabel("start z₀ = weight + bias")
    axes[0, 0].set_ylabel("epochs")
    theme.heading(axes[0, 0], "Log scale: MSE is exponential")
    theme.heading(axes[0, 1], "Linear scale: cross-entropy is linear")
    slow = frame[frame["loss"] == "bce_sigmoid"]["flow_epochs"]
    axes[0, 1].set_ylim(0, 2 * slow.max())
    plain_axis(axes[0, 0].yaxis, log=True)
    legend(figure, losses(frame))
    return figure


def describe_slowdown(tables: Tables, _: Study) -> Description:
    """The growth of both times, and the ratio at the farthest start."""
    frame = tables["neuron_slowdown"]
    last = frame[frame["start_z"] == frame["start_z"].max()].set_index("loss")
    start = number(last["start_z"].iloc[0], 0)
    times = last["flow_epochs"]
    slower = ratio(times["mse_sigmoid"] / times["bce_sigmoid"])
    step = number(theory_numbers.constant(tables, "cross_entropy_epochs_growth"), 2)
    title = f"From z₀ = {start} MSE takes {slower} the epochs of cross-entropy"
    return Description(
        title=title,
        subtitle=(
            f"Epochs until the output is {number(frame['output'].iloc[0], 1)}. Lines: closed form "
            "under gradient flow; marks: simulated gradient descent."
        ),
        alt=f"Epochs against the start, exponential for MSE, linear for cross-entropy. {title}.",
        caption=(
            "Far out, one more unit of z₀ multiplies MSE's time by e and adds "
            f"{step} epochs to cross-entropy's."
        ),
    )


NEURON_FIGURES: dict[str, FigureSpec] = {
    "neuron": FigureSpec(
        "neuron",
        section="theory",
        draw=draw_neuron,
        describe=describe_neuron,
        sources=("neuron_trajectories", "neuron_times"),
        available=filled("neuron_trajectories", "neuron_times"),
    ),
    "slowdown": FigureSpec(
        "slowdown",
        section="theory",
        draw=draw_slowdown,
        describe=describe_slowdown,
        sources=("neuron_slowdown",),
        available=filled("neuron_slowdown", "theory_constants"),
    ),
}
"""The neuron's figures."""
