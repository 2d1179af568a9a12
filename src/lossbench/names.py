"""The figures and the theory's tables by name, light enough for the pipeline's plan."""

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

THEORY_TABLE_NAMES: tuple[str, ...] = (
    "theory_constants",
    "neuron_trajectories",
    "neuron_times",
    "neuron_slowdown",
    "sigmoid",
    "output_gradients",
    "softmax_gradients",
    "gradient_checks",
    "theory_digits",
    "loss_surfaces",
    "descent_paths",
    "curvature",
    "hessians",
    "local_minima",
    "local_minima_surfaces",
    "local_minima_examples",
    "solver_runs",
    "logistic_solutions",
    "separable_descent",
    "linear_solutions",
    "misclassification_cost",
)
"""Every table of the theory chapter, for the pipeline's plan."""
