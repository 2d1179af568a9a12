"""The metrics' cards: what losses are compared on, and which way is better."""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher", "none"]


@dataclass(frozen=True)
class MetricCard:
    """A metric: how it is shown, what it means, and which way is better."""

    name: str
    """Its display name."""
    unit: str
    direction: Direction
    """Which values are better; `none` where neither is."""
    meaning: str
    question: Literal["probabilities"] | None = None
    """What it answers together with others; None where it is a question by itself."""
    is_asked: bool = True
    """Whether the page asks for a verdict; else it shows an estimate with an interval."""


OF_PREDICTIONS: dict[str, MetricCard] = {
    "error": MetricCard(
        "Classification error",
        "fraction",
        "lower",
        "share of images whose largest logit is not the label's",
    ),
    "nll": MetricCard(
        "Negative log-likelihood",
        "nats",
        "lower",
        "mean negative log-probability of the label",
        "probabilities",
    ),
    "brier": MetricCard(
        "Brier score",
        "",
        "lower",
        "mean squared distance of probabilities and one-hot label, 0–2",
        "probabilities",
    ),
    "ece": MetricCard(
        "Expected calibration error",
        "fraction",
        "lower",
        "mean gap of confidence and accuracy over equal bins of confidence",
        "probabilities",
    ),
    "images": MetricCard("Images", "images", "none", "images of the split", is_asked=False),
}
"""What a run's predictions give: the metrics of the table METRICS."""

OF_FEATURES: dict[str, MetricCard] = {
    "within": MetricCard(
        "Within classes",
        "",
        "none",
        "scatter of features around their class's mean",
        is_asked=False,
    ),
    "between": MetricCard(
        "Between classes", "", "none", "scatter of the classes' means", is_asked=False
    ),
    "scatter_ratio": MetricCard(
        "Scatter ratio", "", "lower", "within-class over between-class scatter"
    ),
    "own_cosine": MetricCard(
        "Cosine, own class", "", "higher", "cosine of a feature to its class's mean", is_asked=False
    ),
    "other_cosine": MetricCard(
        "Cosine, nearest other",
        "",
        "lower",
        "cosine to the nearest other class's mean",
        is_asked=False,
    ),
}
"""What the last hidden features give: the measures of the table GEOMETRY. Compact classes, far
apart, are better; a scatter by itself only says how long features are."""

METRICS: dict[str, MetricCard] = {
    **OF_PREDICTIONS,
    **OF_FEATURES,
    "validation_error": MetricCard(
        "Validation error", "fraction", "lower", "error on the validation split after training"
    ),
    "speed": MetricCard(
        "Ratio of steps",
        "",
        "lower",
        "steps to the same validation error, loss to reference, mean over the levels",
    ),
    "reach": MetricCard(
        "Levels reached", "fraction", "higher", "share of the error levels that a run reaches"
    ),
}
"""Everything that losses are compared on."""
