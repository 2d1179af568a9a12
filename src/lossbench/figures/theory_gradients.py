"""The theory chapter's gradients against outputs, and the cost of a misclassification."""

import numpy as np
from matplotlib.figure import Figure

from lossbench.claims import theory_numbers
from lossbench.figures import palette, theme
from lossbench.figures.layout import by_loss, legend, losses, plain_axis
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words.numbers import number, percent

SOFTMAX: tuple[LossName, ...] = ("cross_entropy", "mse_softmax")
SHOWN_CLASSES = 10


def draw_output(tables: Tables, _: Study) -> Figure:
    """The sigmoid with its slope, and |dC/dz| against the output for both targets."""
    figure, axes = theme.panels(1, 3, panel_height=2.2)
    sigmoid, (left, *others) = tables["sigmoid"], axes[0]
    left.plot(sigmoid["z"], sigmoid["output"], color=palette.MUTED.light)
    left.plot(sigmoid["z"], sigmoid["slope"], color=palette.INK.light)
    left.annotate("σ(z)", (4, 0.9), color=palette.MUTED.light, va="top")
    left.annotate("σ′(z) ≤ ¼", (0.6, 0.29), color=palette.INK.light)
    left.set_xlabel("z")
    theme.heading(left, "The sigmoid")
    for axis, target in zip(others, (0, 1), strict=True):
        rows = tables["output_gradients"].query("target == @target")
        for loss, curve in by_loss(rows):
            line = axis.plot(curve["output"], curve["gradient"].abs(), **theme.line_style(loss))
            theme.tag(line, loss)
        axis.set_xlabel("output a")
        theme.heading(axis, f"|dC/dz|, target {target}")
    legend(figure, losses(tables["output_gradients"]))
    return figure


def describe_output(tables: Tables, _: Study) -> Description:
    """Where the squared loss's gradient vanishes, and its largest value."""
    peak = number(theory_numbers.constant(tables, "mse_slope_max"), 3)
    place = number(theory_numbers.constant(tables, "mse_slope_max_output"))
    top = number(theory_numbers.constant(tables, "cross_entropy_slope_max"))
    share = percent(theory_numbers.constant(tables, "saturated_share"), 0)
    title = f"MSE's gradient vanishes at both ends and never exceeds {peak}"
    return Description(
        title=title,
        subtitle="Left: sigmoid and slope. Middle, right: size of the gradient by output a.",
        alt=(
            f"Three panels. {title}; cross-entropy's is a straight line that reaches {top} where "
            "the output is totally wrong."
        ),
        caption=(
            f"For target 0, MSE's gradient is largest at output {place}. The sigmoid's slope is "
            f"below a tenth of its largest value over {share} of −10 ≤ z ≤ 10."
        ),
    )


def draw_softmax(tables: Tables, _: Study) -> Figure:
    """The logit gradient's length: against doubt at one K, and at equal logits against K."""
    frame = tables["softmax_gradients"]
    figure, axes = theme.panels(1, 3, panel_height=2.2, sharey=True)
    for axis, case in zip(axes[0], ("right", "wrong"), strict=False):
        rows = frame.query("classes == @SHOWN_CLASSES and case == @case")
        for loss, curve in by_loss(rows):
            line = axis.plot(curve["doubt"], curve["gradient_norm"], **theme.line_style(loss))
            theme.tag(line, loss)
        axis.set(xscale="log", yscale="log", xlabel="1 − largest probability")
        axis.invert_xaxis()
        theme.heading(axis, f"Sure and {case}, K = {SHOWN_CLASSES}")
    equal = frame[np.isclose(frame["doubt"], 1 - 1 / frame["classes"]) & (frame["case"] == "right")]
    for loss, curve in by_loss(equal):
        style = {**theme.line_style(loss), "marker": palette.LOSS_STYLES[loss].marker}
        theme.tag(axes[0, 2].plot(curve["classes"], curve["gradient_norm"], **style), loss)
    axes[0, 2].set(xscale="log", xlabel="classes K")
    plain_axis(axes[0, 2].xaxis, log=True)
    theme.heading(axes[0, 2], "Equal logits")
    axes[0, 0].set_ylabel("length of the gradient")
    legend(figure, SOFTMAX)
    return figure


def describe_softmax(tables: Tables, _: Study) -> Description:
    """The two losses where they are surest and wrong, and at the start."""
    wrong = theory_numbers.surest_and_wrong(tables, SHOWN_CLASSES)
    share = percent(theory_numbers.constant(tables, "softmax_initial_ratio"), 0)
    small, large = theory_numbers.small(wrong["mse_softmax"]), number(wrong["cross_entropy"])
    title = f"Sure and wrong, MSE on softmax has the gradient {small}, cross-entropy {large}"
    return Description(
        title=title,
        subtitle=(
            "Length of the gradient of one example's loss in the logits; to the right in the "
            "first two panels the softmax is surer of one class."
        ),
        alt=f"Three panels on log scales. {title}.",
        caption=(
            f"At equal logits, where training starts, MSE's gradient is 2/K² of cross-entropy's: "
            f"{share} for K = {SHOWN_CLASSES}. Part of that is the mean over K classes, which a "
            "learning rate can undo; the vanishing when sure and wrong is not."
        ),
    )


def draw_cost(tables: Tables, _: Study) -> Figure:
    """Cost against the true class's probability, on a linear and on a log axis."""
    figure, axes = theme.panels(1, 2, panel_height=2.4)
    for axis, scale in zip(axes[0], ("linear", "log"), strict=True):
        for loss, curve in by_loss(tables["misclassification_cost"]):
            line = axis.plot(curve["probability"], curve["cost"], **theme.line_style(loss))
            theme.tag(line, loss)
        axis.set(xscale=scale, xlabel="probability of the true class")
        axis.axvline(0.5, color=palette.MUTED.light, linewidth=0.8)
        axis.set_ylim(0, 7)
    axes[0, 1].set_xlim(1e-3, 1)
    plain_axis(axes[0, 1].xaxis, log=True)
    axes[0, 0].set_ylabel("cost of one example")
    theme.heading(axes[0, 0], "Linear scale")
    theme.heading(axes[0, 1], "Log scale")
    legend(figure, SOFTMAX)
    return figure


def describe_cost(tables: Tables, _: Study) -> Description:
    """What both losses charge for a probability of one in a hundred."""
    rows = tables["misclassification_cost"]
    charged = rows[np.isclose(rows["probability"], 0.01)].set_index("loss")["cost"]
    entropy, squared = number(charged["cross_entropy"], 1), number(charged["mse_softmax"])
    title = f"A true class given 1% costs {entropy} under cross-entropy and {squared} under MSE"
    return Description(
        title=title,
        subtitle="Cost −ln p or (1 − p)² against p, the probability of the true one of two classes",
        alt=f"Two panels. {title}; MSE's cost never exceeds 1, cross-entropy's has no bound.",
        caption="Left of the thin line, at one half, the example is misclassified.",
    )


GRADIENT_FIGURES: dict[str, FigureSpec] = {
    "gradient-against-output": FigureSpec(
        "gradient-against-output",
        section="theory",
        draw=draw_output,
        describe=describe_output,
        sources=("sigmoid", "output_gradients", "theory_constants"),
        available=filled("sigmoid", "output_gradients", "theory_constants"),
    ),
    "softmax-gradient": FigureSpec(
        "softmax-gradient",
        section="theory",
        draw=draw_softmax,
        describe=describe_softmax,
        sources=("softmax_gradients", "gradient_checks"),
        available=filled("softmax_gradients", "theory_constants"),
    ),
    "misclassification-cost": FigureSpec(
        "misclassification-cost",
        section="theory",
        draw=draw_cost,
        describe=describe_cost,
        sources=("misclassification_cost",),
        available=filled("misclassification_cost"),
    ),
}
"""The figures of gradients and costs."""
