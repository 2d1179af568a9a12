"""Every figure of the page, in the page's order. Light enough for the pipeline's plan.

An entry is all that a figure needs beside its module and its template: the pipeline draws what
stands here and the page shows it in its section, in this order.
"""

from dataclasses import dataclass
from typing import Literal

from lossbench.code.registry import Registry

Section = Literal[
    "ends-lower",
    "learns-faster",
    "answer",
    "convergence",
    "final-error",
    "predictions",
    "sensitivity",
    "same-rate",
    "mechanism",
    "features",
    "theory",
]
"""A section of the page, or a part of one that has figures of its own."""


@dataclass(frozen=True)
class Entry:
    """One figure: where the page shows it, what draws it, and what it is drawn from."""

    section: Section
    module: str
    """Its functions are those of `drawing.FigureModule`."""
    tables: tuple[str, ...]
    """All tables that it reads, of the study or of the theory chapter; first the one it shows."""
    page_table: str = ""
    """The page's table of the numbers shown; the page has it where the first of `tables` has rows.

    Empty: the page holds the numbers packed, for download.
    """


@dataclass(frozen=True)
class Description:
    """The words around a figure, generated from the same tables as the drawing."""

    title: str
    """The finding, one sentence, without a full stop."""
    subtitle: str
    """What is plotted: the quantities, their units, what a mark stands for."""
    alt: str
    """What a reader who cannot see the drawing needs: what it shows, and the finding."""
    caption: str
    """How to read it, and the limits of what it shows."""


FIGURES: Registry[Entry] = {
    "paired-runs": Entry(
        "ends-lower",
        "lossbench.figures.paired_runs",
        ("metrics", "contrasts", "runs"),
        page_table="seed-errors",
    ),
    "lead-by-level": Entry(
        "learns-faster",
        "lossbench.figures.lead_by_level",
        ("level_ratios", "contrasts"),
        page_table="speed-by-level",
    ),
    "conditions": Entry(
        "answer",
        "lossbench.figures.conditions",
        ("contrasts",),
        page_table="speed",
    ),
    "answer": Entry(
        "answer",
        "lossbench.figures.answer",
        ("contrasts",),
        page_table="headline",
    ),
    "speed": Entry(
        "convergence", "lossbench.figures.steps_ratio", ("contrasts",), page_table="speed"
    ),
    "speed-by-level": Entry(
        "convergence",
        "lossbench.figures.speed_by_level",
        ("level_ratios", "contrasts"),
        page_table="speed-by-level",
    ),
    "learning-curves": Entry(
        "convergence",
        "lossbench.figures.learning_curves",
        ("history", "levels"),
        page_table="curves",
    ),
    "final-error": Entry(
        "final-error",
        "lossbench.figures.final_error",
        ("metrics", "contrasts"),
        page_table="seed-errors",
    ),
    "confusion": Entry(
        "predictions",
        "lossbench.figures.confusion",
        ("confusion", "class_names"),
        page_table="confusion",
    ),
    "calibration": Entry(
        "predictions",
        "lossbench.figures.calibration",
        ("reliability", "metrics", "contrasts"),
    ),
    "gallery": Entry("predictions", "lossbench.figures.disagreements", ("gallery", "class_names")),
    "rate-sensitivity": Entry(
        "sensitivity",
        "lossbench.figures.rate_sensitivity",
        ("choices", "history", "runs"),
        page_table="trials",
    ),
    "same-rate": Entry(
        "same-rate",
        "lossbench.figures.same_rate",
        ("choices", "history", "runs"),
        page_table="trials",
    ),
    "gradient-and-saturation": Entry(
        "mechanism", "lossbench.figures.gradient_and_saturation", ("history",), page_table="curves"
    ),
    "features": Entry(
        "features",
        "lossbench.figures.features",
        ("geometry", "contrasts"),
        page_table="geometry",
    ),
    "projections": Entry(
        "features", "lossbench.figures.projections", ("projections", "class_names")
    ),
    "neuron": Entry(
        "theory",
        "lossbench.figures.neuron_descent",
        ("neuron_times", "neuron_trajectories"),
        page_table="neuron-times",
    ),
    "slowdown": Entry(
        "theory",
        "lossbench.figures.slowdown",
        ("neuron_slowdown", "theory_constants"),
        page_table="neuron-slowdown",
    ),
    "gradient-against-output": Entry(
        "theory",
        "lossbench.figures.gradient_against_output",
        ("sigmoid", "output_gradients", "theory_constants"),
    ),
    "softmax-gradient": Entry(
        "theory", "lossbench.figures.softmax_gradient", ("softmax_gradients", "theory_constants")
    ),
    "loss-surfaces": Entry(
        "theory", "lossbench.figures.loss_surfaces", ("loss_surfaces", "descent_paths")
    ),
    "curvature": Entry(
        "theory", "lossbench.figures.curvature", ("curvature", "hessians", "theory_constants")
    ),
    "local-minima": Entry(
        "theory",
        "lossbench.figures.local_minima",
        ("local_minima", "local_minima_examples", "local_minima_surfaces"),
    ),
    "solving": Entry("theory", "lossbench.figures.solver_runs", ("solver_runs",)),
    "separable-data": Entry(
        "theory",
        "lossbench.figures.separable_data",
        ("separable_descent",),
        page_table="separable-descent",
    ),
    "linear-regression": Entry(
        "theory",
        "lossbench.figures.linear_regression",
        ("linear_solutions",),
        page_table="linear-solutions",
    ),
    "misclassification-cost": Entry(
        "theory", "lossbench.figures.misclassification_cost", ("misclassification_cost",)
    ),
}
"""By name: lower-case letters, digits and dashes. It names the files and prefixes the SVG's ids."""


def figures_of(section: Section) -> list[str]:
    """The names of the section's figures, in the page's order."""
    return [name for name, entry in FIGURES.items() if entry.section == section]
