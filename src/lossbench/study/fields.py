"""What the study's models share: the base model, and types with their bounds."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from lossbench.cards.loss import LOSSES
from lossbench.cards.network import NETWORKS

Stage = Literal["tuning", "evaluation"]
Goal = Literal["error", "speed"]
"""What tuning looks for: the lowest final error, or the lowest mean log error on the way."""
Augmentation = Literal["none", "shift", "flip", "flip_shift"]


def _known(cards: Mapping[str, object], name: str) -> str:
    if name not in cards:
        raise ValueError(f"{name!r} is not allowed: allowed are {', '.join(cards)}")
    return name


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "Input should be a number")
    return value


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

RecipeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]

# Numbers may come as text: PyYAML reads `1e-3` so, and Snakemake `--config 'limits={epochs: 1}'`.
NOT_BOOL = BeforeValidator(_not_bool)
"""Refuses `yes` and `true`, pydantic's 1. After the bounds, for the schema's sake."""
Count = Annotated[int, Field(ge=1, le=10_000_000), NOT_BOOL]
Epochs = Annotated[int, Field(ge=1, le=10_000), NOT_BOOL]
Seed = Annotated[int, Field(ge=0, lt=2**31), NOT_BOOL]
Real = Annotated[float, Field(allow_inf_nan=False), NOT_BOOL]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), NOT_BOOL]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), NOT_BOOL]
Fraction = Annotated[float, Field(ge=0, lt=1), NOT_BOOL]
PositiveFraction = Annotated[float, Field(gt=0, lt=1), NOT_BOOL]
Title = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,120}$")]
StudyName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Frozen(BaseModel):
    """Base of every model here: no unknown keys, no changes after construction."""

    model_config = ConfigDict(frozen=True, extra="forbid")
