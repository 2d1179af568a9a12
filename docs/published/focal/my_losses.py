"""Losses on trial."""

from torch import Tensor
from torch.nn import functional


def focal(logits: Tensor, labels: Tensor, gamma: float = 2.0) -> Tensor:
    """The focal loss, one value for each example.

    Logits (B, K), labels (B). Source: Lin et al., Focal Loss for Dense Object Detection, 2017.
    """
    log_p = functional.log_softmax(logits, dim=-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return -((1 - log_p.exp()) ** gamma) * log_p
