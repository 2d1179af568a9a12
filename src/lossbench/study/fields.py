"""What the study's models share: the base model, and types with their bounds."""

import os
import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

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
from lossbench.errors import did_you_mean

Stage = Literal["tuning", "evaluation"]
Goal = Literal["error", "speed"]
"""What tuning looks for: the lowest final or mean log error, the latter clear of failure."""
Augmentation = Literal["none", "shift", "flip", "flip_shift"]


Kind = Literal["loss", "network"]
"""Of what a study may have its own."""
OWN: ContextVar[dict[Kind, Mapping[str, Any]] | None] = ContextVar("OWN", default=None)
"""While a study is validated: its own losses and networks by name. None outside: the names in a
job or a grid were checked with the study that they come from."""


def _known(kind: Kind, cards: Mapping[str, object], name: str) -> str:
    own = OWN.get()
    known = [*cards, *(own or {}).get(kind, ())]
    if own is not None and name not in known:
        listed = f"{', '.join(known)}{did_you_mean(name, known)}"
        shown = repr(name[:80])
        raise PydanticCustomError("unknown_name", f"{shown} is not allowed: allowed are {listed}")
    return name


def _schema_of_names(cards: Mapping[str, object]) -> WithJsonSchema:
    """A built-in name, which editors offer, or one of the study's own."""
    return WithJsonSchema({"anyOf": [{"enum": list(cards)}, {"pattern": NAME}], "type": "string"})


NAME = r"^[a-z][a-z0-9_]{0,30}$"


NUMBER = r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?"
"""A number as text, in decimal digits; no other notation reads the same to everyone."""


def written_out(path: Path) -> Path:
    """Raises ValueError: not what it looks like, or no path at all."""
    text = str(path)
    if "\0" in text:
        raise ValueError(f"{text!r} is not allowed: no path has a NUL")
    if re.search(r"\$[A-Za-z_{]", text):
        raise ValueError(f"{text!r} is not allowed: variables are not expanded; write the path out")
    try:
        path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{text!r} is not allowed: there is no such home folder") from error
    return path


def on_disk(path: Path) -> Path:
    """A path of a study, as the system names it: `~` expanded, in UTF-8 whatever the locale."""
    expanded = str(path.expanduser()).encode("utf-8", "surrogateescape")
    return Path(os.fsdecode(expanded))


def near(path: Path) -> Path:
    """The path from here, where it leads down: shorter in messages."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _number(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(NUMBER, value)):
        raise PydanticCustomError("number", "Input should be a number in decimal digits")
    return value


LossName = Annotated[
    str,
    AfterValidator(partial(_known, "loss", LOSSES)),
    _schema_of_names(LOSSES),
]
NetworkName = Annotated[
    str,
    AfterValidator(partial(_known, "network", NETWORKS)),
    _schema_of_names(NETWORKS),
]
DatasetName = Annotated[str, StringConstraints(pattern=NAME)]
"""One that is built in, or the name that a study gives to a data set of its own."""

RecipeName = Annotated[str, StringConstraints(pattern=NAME)]

DataPath = Annotated[Path, AfterValidator(written_out)]
"""From the folder in which Snakemake runs; `~` is a home folder. See `on_disk`."""

# Numbers may come as text: so Snakemake reads `--config 'limits={epochs: 1}'`.
PLAIN = BeforeValidator(_number)
"""Refuses `true`, pydantic's 1, `010` and `1_000`. After the bounds, for the schema's sake."""
Count = Annotated[int, Field(ge=1, le=10_000_000), PLAIN]
Epochs = Annotated[int, Field(ge=1, le=10_000), PLAIN]
Seed = Annotated[int, Field(ge=0, lt=2**31), PLAIN]
Real = Annotated[float, Field(allow_inf_nan=False), PLAIN]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False), PLAIN]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), PLAIN]
Fraction = Annotated[float, Field(ge=0, lt=1), PLAIN]
PositiveFraction = Annotated[float, Field(gt=0, lt=1), PLAIN]
TITLE = r"^[^\x00-\x1f\x7f-\x9f]{1,120}$"
Title = Annotated[str, StringConstraints(pattern=TITLE)]
DIGEST = r"^([0-9a-f]{16})?$"
STUDY_NAME = r"^[a-z0-9][a-z0-9-]{0,62}$"
StudyName = Annotated[str, StringConstraints(pattern=STUDY_NAME)]
LABEL = r"^\w[\w .,()+/'-]{0,29}$"
PATTERNS = {
    DIGEST: "16 hexadecimal digits",
    LABEL: "at most 30 letters, digits, blanks and _.,()+/'-, a letter or digit first",
    NAME: "at most 31 lower-case letters, digits and _, a letter first",
    STUDY_NAME: "at most 63 lower-case letters, digits and dashes, no dash first",
    TITLE: "1 to 120 characters on one line",
}
"""What the patterns above allow, in words."""


class Frozen(BaseModel):
    """Base of every model here: no unknown keys, no changes after construction."""

    model_config = ConfigDict(frozen=True, extra="forbid")
