"""The gradient of one output under both losses, and the slope that squared error carries."""

from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import palette
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.lines import lines
from lossbench.figures.panels import grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import number, percent

TEMPLATE = "gradient_against_output.j2"

available = filled("sigmoid", "output_gradients", "theory_constants")


def draw(tables: Tables, _: Study) -> Figure:
    """The sigmoid with its slope, and |dC/dz| against the output for both targets."""
    figure, axes = grid(1, 3, panel_height=2.2)
    sigmoid, (left, *others) = tables["sigmoid"], axes[0]
    left.plot(sigmoid["z"], sigmoid["output"], color=palette.MUTED.light)
    left.plot(sigmoid["z"], sigmoid["slope"], color=palette.INK.light)
    left.annotate("σ(z)", (4, 0.9), color=palette.MUTED.light, va="top")
    left.annotate("σ′(z) ≤ ¼", (0.6, 0.29), color=palette.INK.light)
    left.set_xlabel("z")
    heading(left, "The sigmoid")
    gradients = tables["output_gradients"]
    sizes = gradients.assign(size=gradients["gradient"].abs())
    for axis, target in zip(others, (0, 1), strict=True):
        lines(axis, sizes.query("target == @target"), "output", "size")
        axis.set_xlabel("output a")
        heading(axis, f"|dC/dz|, target {target}")
    legend(figure, losses(gradients))
    return figure


def words(tables: Tables, _: Study) -> Words:
    """Where the squared loss's gradient vanishes, and its largest value."""
    peak = number(theory_numbers.constant(tables, "mse_slope_max"), 3, toward=1)
    return {
        "title": f"MSE's gradient vanishes at both ends and never exceeds {peak}",
        "top": number(theory_numbers.constant(tables, "cross_entropy_slope_max")),
        "peak_output": number(theory_numbers.constant(tables, "mse_slope_max_output")),
        "saturated": percent(theory_numbers.constant(tables, "saturated_share"), 0),
    }
