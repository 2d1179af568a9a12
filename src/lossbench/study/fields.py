"""What the study's models share: the base model, and types with their bounds."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

from lossbench.cards.loss import LOSSES
from lossbench.cards.network import NETWORKS

Stage = Literal["tuning", "evaluation"]
Augmentation = Literal["none", "shift", "flip", "flip_shift"]


def _known(cards: Mapping[str, object], name: str) -> str:
    if name not in cards:
        raise ValueError(f"{name!r} is not allowed: allowed are {', '.join(cards)}")
    return name


LossName = Annotated[
    str,
    AfterValidator(partial(_known, LOSSES)),
    WithJsonSchema({"enum": list(LOSSES), "type": "string"}),
]
NetworkName = Annotated[
    str,
    AfterValidator(partial(_known, NETWORKS)),
    WithJsonSchema({"enum": list(NETWORKS), "type": "string"}),
]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
"""One that is built in, or the name that a study gives to a data set of its own."""

Count = Annotated[int, Strict(), Field(ge=1, le=10_000_000)]
Epochs = Annotated[int, Strict(), Field(ge=1, le=10_000)]
Seed = Annotated[int, Strict(), Field(ge=0, lt=2**31)]
Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Positive = Annotated[Real, Field(gt=0)]
Fraction = Annotated[Real, Field(ge=0, lt=1)]
Title = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,120}$")]
StudyName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Frozen(BaseModel):
    """Base of every model here: no unknown keys, no changes after construction."""

    model_config = ConfigDict(frozen=True, extra="forbid")
