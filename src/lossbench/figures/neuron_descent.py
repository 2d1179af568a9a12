"""One neuron in gradient descent: its output, cost and gradient over the epochs."""

from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.lines import lines
from lossbench.figures.panels import grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import join, number

TEMPLATE = "neuron_descent.j2"

QUANTITIES = {"output": "output a", "cost": "cost", "gradient": "gradient dC/dz"}

available = filled("neuron_trajectories", "neuron_times")


def draw(tables: Tables, _: Study) -> Figure:
    """A row for each start; output, cost and gradient over the epochs."""
    frame = tables["neuron_trajectories"]
    starts = list(frame.groupby(["start_weight", "start_bias"]))
    figure, axes = grid(len(starts), 3, panel_height=1.75, sharex=True, sharey="col")
    for row, ((weight, bias), rows) in zip(axes, starts, strict=True):
        for axis, (column, label) in zip(row, QUANTITIES.items(), strict=True):
            lines(axis, rows, "epoch", column)
            axis.set_ylabel(label)
        heading(row[0], f"weight {weight:g}, bias {bias:g}")
    for axis in axes[-1]:
        axis.set_xlabel("epoch")
        axis.set_ylim(bottom=0)
    legend(figure, losses(frame))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """How many epochs both losses take from each start."""
    output = number(theory_numbers.first_output(tables), 1)
    epochs = join(list(theory_numbers.epochs_by_start(tables, "shared").values()))
    return {
        "title": f"Epochs to output {output}, MSE against cross-entropy: {epochs}",
        "rate": f"{study.theory.learning_rate:g}",
    }
