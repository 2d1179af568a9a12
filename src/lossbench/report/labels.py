"""What the page calls things: display names, with stand-ins marked wherever they appear."""

from markupsafe import Markup

from lossbench.cards.loss import LOSSES
from lossbench.figures.palette import LOSS_STYLES, css_name
from lossbench.report.blocks import LossKey
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.words.names import loss_name

METRIC_NAMES = {
    "error": "Classification error",
    "validation_error": "Validation error",
    "nll": "Negative log-likelihood",
    "brier": "Brier score",
    "ece": "Expected calibration error",
}
"""Display names of the metrics; another metric shows its own name."""
HEADS = {
    "cross_entropy": "softmax",
    "mse_softmax": "softmax",
    "mse_sigmoid": "sigmoids divided by their sum",
    "mse_logits": "none",
    "bce_sigmoid": "sigmoids divided by their sum",
    "sm_softmax": "softmax, margin-free",
    "am_softmax": "softmax, margin-free",
    "l_softmax": "softmax, margin-free",
}
"""How each loss's logits become probabilities."""

# Marks of the legend, in a box of 36 by 14; the figures' markers, redrawn as paths.
_MARKS = {
    "o": "M18 3a4 4 0 1 0 .01 0z",
    "s": "M14 3h8v8h-8z",
    "^": "M18 2l5 9h-10z",
    "v": "M18 12l5-9h-10z",
    "<": "M13 7l9-5v10z",
    ">": "M23 7l-9-5v10z",
    "D": "M18 2l5 5-5 5-5-5z",
    "P": "M16 2h4v3h3v4h-3v3h-4v-3h-3v-4h3z",
    "X": "M14 3h2l2 2 2-2h2v2l-2 2 2 2v2h-2l-2-2-2 2h-2v-2l2-2-2-2z",
    "*": "M18 1l1.8 4 4.4.5-3.3 3 1 4.3-3.9-2.2-3.9 2.2 1-4.3-3.3-3 4.4-.5z",
}


def metric_name(metric: str) -> str:
    """The metric's display name."""
    return METRIC_NAMES.get(metric, metric.replace("_", " ").capitalize())


def losses(study: Study) -> tuple[LossKey, ...]:
    """The losses that the study compares, in the order of figures and tables."""
    used = {grid.loss for comparison in study.comparisons for grid in comparison.losses}
    return tuple(
        LossKey(loss, loss_name(loss), HEADS[loss], _swatch(loss))
        for loss in LOSSES
        if loss in used
    )


def _swatch(loss: LossName) -> Markup:
    """A short line in the loss's colour and dash with its marker on it."""
    style = LOSS_STYLES[loss]
    color = f"var(--{css_name(loss)}, {style.color})"
    pattern = "none" if style.dash == "-" else " ".join(f"{2 * part:g}" for part in style.dash[1])
    return Markup(
        '<svg class="swatch" viewBox="0 0 36 14" aria-hidden="true" style="color:{color}">'
        '<path d="M0 7h36" stroke="currentColor" stroke-width="2" stroke-dasharray="{pattern}"/>'
        '<path d="{mark}" fill="currentColor"/></svg>'
    ).format(color=color, pattern=pattern, mark=_MARKS[str(style.marker)])
