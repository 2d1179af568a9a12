"""The kinds of last layers and of outputs: what a network is built with and a card may ask for."""

from typing import Literal

HeadName = Literal["linear", "linear_no_bias", "cosine"]
"""The last layer."""
OutputName = Literal["softmax", "sigmoid", "none"]
"""How logits become probabilities; `none`: they do not."""
