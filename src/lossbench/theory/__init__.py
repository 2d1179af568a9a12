"""The theory chapter: the equations of the story computed, without torch."""

FIGURE_NAMES: tuple[str, ...] = (
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
"""The chapter's figures, in the page's order."""
