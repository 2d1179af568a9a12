"""The losses' cards: what is true of a loss without computing it."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["cross-entropy", "squared", "margin"]
OutputName = Literal["softmax", "sigmoid", "none"]
"""How logits become probabilities."""
HeadName = Literal["linear", "linear_no_bias", "cosine"]
"""The last layer."""


@dataclass(frozen=True)
class LossCard:
    """A loss: its display name, its family, and what it asks of the network."""

    name: str
    family: Family
    output: OutputName
    head: HeadName = "linear"


LOSSES: dict[str, LossCard] = {
    "cross_entropy": LossCard("Cross-entropy", "cross-entropy", "softmax"),
    "bce_sigmoid": LossCard("Binary cross-entropy", "cross-entropy", "sigmoid"),
    "mse_softmax": LossCard("MSE on softmax", "squared", "softmax"),
    "mse_logits": LossCard("MSE on logits", "squared", "none"),
    "mse_sigmoid": LossCard("MSE on sigmoid", "squared", "sigmoid"),
    "sm_softmax": LossCard("SM-Softmax", "margin", "softmax"),
    "am_softmax": LossCard("AM-Softmax", "margin", "softmax", "cosine"),
    "l_softmax": LossCard("L-Softmax", "margin", "softmax", "linear_no_bias"),
}
"""By key, in the order in which figures and tables list them."""

REFERENCE = "cross_entropy"
"""Every contrast is a loss minus this one."""
PRIMARY = "mse_softmax"
"""The loss of the one primary contrast; all other contrasts are exploratory."""
