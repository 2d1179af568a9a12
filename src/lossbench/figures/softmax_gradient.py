"""The length of a softmax's logit gradient: by how sure it is, and by how many classes it has."""

import numpy as np
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import theme
from lossbench.figures.axes import plain_axis
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.lines import lines
from lossbench.figures.panels import by_loss, grid, heading, losses
from lossbench.study.config import Study
from lossbench.words.numbers import number, percent, small

TEMPLATE = "softmax_gradient.j2"

SHOWN_CLASSES = 10

available = filled("softmax_gradients", "theory_constants")


def draw(tables: Tables, _: Study) -> Figure:
    """The logit gradient's length: against doubt at one K, and at equal logits against K."""
    frame = tables["softmax_gradients"]
    figure, axes = grid(1, 3, panel_height=2.2, sharey=True)
    for axis, case in zip(axes[0], ("right", "wrong"), strict=False):
        rows = frame.query("classes == @SHOWN_CLASSES and case == @case")
        lines(axis, rows, "doubt", "gradient_norm")
        axis.set(xscale="log", yscale="log", xlabel="1 − largest probability")
        axis.invert_xaxis()
        heading(axis, f"Sure and {case}, K = {SHOWN_CLASSES}")
    last = axes[0, 2]
    equal = frame[np.isclose(frame["doubt"], 1 - 1 / frame["classes"]) & (frame["case"] == "right")]
    lines(last, equal, "classes", "gradient_norm")
    for loss, rows in by_loss(equal):
        last.plot(rows["classes"], rows["gradient_norm"], **theme.mark_style(loss))
    last.set(xscale="log", xlabel="classes K")
    plain_axis(last.xaxis, log=True)
    heading(last, "Equal logits")
    axes[0, 0].set_ylabel("length of the gradient")
    legend(figure, losses(frame))
    return figure


def words(tables: Tables, _: Study) -> Words:
    """The two losses where they are surest and wrong, and at the start."""
    wrong = theory_numbers.surest_and_wrong(tables, SHOWN_CLASSES)
    tiny, large = small(wrong["mse_softmax"]), number(wrong["cross_entropy"])
    return {
        "title": f"Sure and wrong, MSE on softmax has the gradient {tiny}, cross-entropy {large}",
        "share": percent(theory_numbers.constant(tables, "softmax_initial_ratio"), 0),
        "classes": SHOWN_CLASSES,
    }
