"""How the neuron's start sets the time it needs: exponentially under MSE, linearly else."""

from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import theme
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.lines import lines
from lossbench.figures.panels import by_loss, grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import number, ratio

TEMPLATE = "slowdown.j2"

available = filled("neuron_slowdown", "theory_constants")


def draw(tables: Tables, _: Study) -> Figure:
    """Epochs against the start: closed form as lines, simulation as marks."""
    frame = tables["neuron_slowdown"]
    figure, axes = grid(1, 2, panel_height=2.4)
    for axis, scale in zip(axes[0], ("log", "linear"), strict=True):
        lines(axis, frame, "start_z", "flow_epochs")
        for loss, rows in by_loss(frame):
            done = rows[rows["reached"]].iloc[::2]
            axis.plot(done["start_z"], done["epochs"], **theme.mark_style(loss))
        axis.set(yscale=scale, xlabel="start z₀ = weight + bias")
    axes[0, 0].set_ylabel("epochs")
    heading(axes[0, 0], "Log scale: MSE is exponential")
    heading(axes[0, 1], "Linear scale: cross-entropy is linear")
    slow = frame[frame["loss"] == "bce_sigmoid"]["flow_epochs"]
    axes[0, 1].set_ylim(0, 2 * slow.max())
    plain_axis(axes[0, 0].yaxis, log=True)
    legend(figure, losses(frame))
    return figure


def words(tables: Tables, _: Study) -> Words:
    """The ratio of both times at the farthest start, and how they grow."""
    frame = tables["neuron_slowdown"]
    last = frame[frame["start_z"] == frame["start_z"].max()].set_index("loss")
    start = number(last["start_z"].iloc[0], 0)
    slower, simulated = (
        ratio(last.loc["mse_sigmoid", times] / last.loc["bce_sigmoid", times])
        for times in ("flow_epochs", "epochs")
    )
    return {
        "title": f"From z₀ = {start} MSE takes {slower} the epochs of cross-entropy in closed form",
        "start": start,
        "simulated": simulated if last["reached"].all() else "",
        "output": number(frame["output"].iloc[0], 1),
        "step": number(theory_numbers.constant(tables, "cross_entropy_epochs_growth"), 2),
    }
