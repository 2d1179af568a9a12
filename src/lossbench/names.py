"""The figures by name, light enough for the pipeline's plan."""

from typing import Literal

Chapter = Literal["results", "theory"]

THEORY_FIGURE_NAMES: tuple[str, ...] = (
    "neuron",
    "slowdown",
    "gradient-against-output",
    "softmax-gradient",
    "loss-surfaces",
    "curvature",
    "local-minima",
    "solving",
    "separable-data",
    "linear-regression",
    "misclassification-cost",
)
"""The theory chapter's figures, in the page's order."""

RESULT_FIGURE_NAMES: tuple[str, ...] = (
    "answer",
    "learning-curves",
    "time-to-target",
    "final-error",
    "confusion",
    "class-error",
    "calibration",
    "gallery",
    "rate-sensitivity",
    "same-rate",
    "gradient-and-saturation",
    "features",
    "projections",
)
"""The figures of the runs, in the page's order."""

FIGURE_NAMES = (*RESULT_FIGURE_NAMES, *THEORY_FIGURE_NAMES)
"""Every figure of the page, in the page's order. The figures' catalog has the same keys."""

FIGURE_CHAPTERS: dict[Chapter, tuple[str, ...]] = {
    "results": RESULT_FIGURE_NAMES,
    "theory": THEORY_FIGURE_NAMES,
}
"""Drawn apart: the theory's figures wait for no run."""
