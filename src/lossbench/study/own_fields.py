"""A study's own losses and networks: what the study file says of them."""

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from lossbench.cards.kinds import HeadName, OutputName
from lossbench.cards.loss import LOSSES, LossCard
from lossbench.cards.network import NETWORKS, NetworkCard
from lossbench.study.fields import DIGEST, LABEL, NAME, OWN, PLAIN, Frozen, Kind, written_out

MOST_LOSSES = 8
"""As many as the palette has looks to spare."""
SOURCE = re.compile(r"[^:]+:[A-Za-z_][A-Za-z0-9_]*")
ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,30}")


def _finite(value: object, handler: ValidatorFunctionWrapHandler) -> int | float:
    """One error for both kinds of number; a whole one may be larger than any float."""
    with suppress(ValidationError):
        number: int | float = handler(value)
        if abs(number) <= sys.float_info.max:
            return number
    raise PydanticCustomError("number", "Input should be a finite number in decimal digits")


Number = Annotated[int | float, PLAIN, WrapValidator(_finite)]
NUMBERS = TypeAdapter(dict[str, Number])
"""Its errors name the key, as the study file has it."""
Label = Annotated[str, StringConstraints(pattern=LABEL)]


def _source(text: str) -> str:
    if not SOURCE.fullmatch(text):
        raise ValueError(f"{text!r} is not allowed: allowed: FILE.py:attribute, module:attribute")
    written_out(Path(text))
    return text


def _new_name(kind: Kind, built_in: Mapping[str, object], name: str) -> str:
    if name in built_in:
        raise ValueError(f"{name!r} is not allowed: a built-in {kind} is called so")
    return name


def _formula(latex: str) -> str:
    """Raises ValueError: no LaTeX that the page can show."""
    from latex2mathml.converter import convert  # only studies with own losses need it

    latex = latex.strip()
    if not latex.isprintable():
        raise ValueError(f"{latex!r} is not allowed: printable text on one line")
    try:
        convert(latex)
    except Exception as error:  # it raises nearly anything
        reason = str(error) or type(error).__name__
        raise ValueError(f"{latex!r} is not allowed: not LaTeX ({reason})") from error
    return latex


Formula = Annotated[str, StringConstraints(min_length=1), AfterValidator(_formula)]
Source = Annotated[str, AfterValidator(_source)]
Digest = Annotated[str, StringConstraints(pattern=DIGEST)]


class Setting(Frozen):
    """Keyword arguments of an own loss, tuned with the rate as margins are."""

    arguments: tuple[tuple[str, Number], ...]
    """Their names and values."""

    @model_validator(mode="before")
    @classmethod
    def _from_mapping(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or set(given) == {"arguments"}:
            return given
        return {"arguments": tuple(NUMBERS.validate_python(dict(given)).items())}

    @model_validator(mode="after")
    def _has_names(self) -> Self:
        names = [name for name, _ in self.arguments]
        if wrong := [name for name in names if not ARGUMENT.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} is not allowed: a setting is named like `gamma`")
        if not names or "reduction" in names:
            raise ValueError("allowed: one number or more, such as {gamma: 2}, none for reduction")
        return self

    @property
    def label(self) -> str:
        """The text that identifies this setting in tables and paths, such as `gamma=2`."""
        return ",".join(f"{name}={value:g}" for name, value in self.arguments)

    @property
    def s(self) -> float | None:
        """The one called so: of a cosine head, the scale of the cosines."""
        return dict(self.arguments).get("s")


SETTING_SCHEMA = WithJsonSchema(
    {"type": "object", "additionalProperties": {"type": "number"}, "minProperties": 1}
)
"""As a study file has it: a mapping."""


class OwnLoss(Frozen):
    """A loss of the study's own, from logits (B, K) and labels (B) to one value each (B).

    Its source is a function of both and of settings, or a class like those of torch.nn, made with
    the settings and reduction="none".
    """

    name: Annotated[
        str,
        StringConstraints(pattern=NAME),
        AfterValidator(lambda name: _new_name("loss", LOSSES, name)),
    ]
    """What comparisons call it: a lower-case letter, then letters, digits and underscores."""
    source: Source
    """FILE.py:attribute from the study file's folder, or module:attribute; function or class."""
    label: Label
    """Its display name."""
    formula: Formula = r"\text{see its source}"
    """LaTeX, for one example: z logits, t one-hot target, y true class, p softmax, σ logistic."""
    output: OutputName = "softmax"
    """How logits become probabilities: softmax, sigmoid or none."""
    head: HeadName = "linear"
    """The last layer; with `cosine` every setting has s, and the logits are s·cos θ."""
    settings: tuple[Annotated[Setting, SETTING_SCHEMA], ...] = ()
    """Keyword arguments to choose among, tuned with the rate; each is a trial, like a margin."""
    code: SkipJsonSchema[Digest] = ""
    """A digest of the code behind the source, filled in when the study file is read."""

    @model_validator(mode="after")
    def _cosines_have_a_scale(self) -> Self:
        scales = [setting.s or 0 for setting in self.settings] or [0]
        if self.head == "cosine" and min(scales) <= 0:
            raise ValueError("head cosine needs settings, each with s above 0, such as {s: 10}")
        return self

    @model_validator(mode="after")
    def _settings_differ(self) -> Self:
        labels = Counter(setting.label for setting in self.settings)
        if repeated := [label for label, count in labels.items() if count > 1]:
            raise ValueError(f"settings lists {', '.join(repeated)} twice")
        return self

    @property
    def card(self) -> LossCard:
        """What figures and page show of it."""
        source = f"own loss: {self.source.rpartition('/')[2]}, code {self.code or 'unknown'}"
        return LossCard(self.label, self.formula, self.output, head=self.head, source=source)


class OwnNetwork(Frozen):
    """A network of the study's own.

    Its source is called with the shape (C, H, W); the nn.Module that it returns turns images
    (B, C, H, W) into features (B, H).
    """

    name: Annotated[
        str,
        StringConstraints(pattern=NAME),
        AfterValidator(lambda name: _new_name("network", NETWORKS, name)),
    ]
    """What comparisons call it: a lower-case letter, then letters, digits and underscores."""
    source: Source
    """FILE.py:attribute from the study file's folder, or module:attribute."""
    label: Label
    """Its display name."""
    code: SkipJsonSchema[Digest] = ""
    """A digest of the code behind the source, filled in when the study file is read."""

    @property
    def card(self) -> NetworkCard:
        """What figures and page show of it."""
        return NetworkCard(self.label)


def _noted(kind: Kind, built_in: Sequence[str], own: tuple[Any, ...]) -> tuple[Any, ...]:
    """Own losses or networks, their names known to the rest of the study from now on."""
    for field, taken in (("name", ()), ("label", built_in)):
        values = [*taken, *(getattr(each, field) for each in own)]
        counts = Counter(map(str.casefold, values))  # a sentence may change a first letter
        if repeated := [value for value in values if counts[value.casefold()] > 1]:
            raise ValueError(f"{field} {repeated[-1]!r} is not allowed: another {kind} has it")
    if (known := OWN.get()) is not None:
        known[kind] = {each.name: each for each in own}
    return own


def _few(own: tuple[OwnLoss, ...]) -> tuple[OwnLoss, ...]:
    if len(own) > MOST_LOSSES:
        raise ValueError(
            f"{len(own)} losses of your own are not allowed: at most {MOST_LOSSES}, since figures"
            " have no more colours, dashes and marks that every reader can tell apart"
        )
    return own


OwnLosses = Annotated[
    tuple[OwnLoss, ...],
    Field(json_schema_extra={"maxItems": MOST_LOSSES}),
    AfterValidator(_few),
    AfterValidator(lambda own: _noted("loss", [card.name for card in LOSSES.values()], own)),
]
OwnNetworks = Annotated[
    tuple[OwnNetwork, ...],
    AfterValidator(lambda own: _noted("network", [card.name for card in NETWORKS.values()], own)),
]
