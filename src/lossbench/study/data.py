"""Seeds and data sets of a study."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from lossbench.cards.dataset import DATASETS, OwnDatasetCard
from lossbench.errors import did_you_mean
from lossbench.study.fields import (
    PLAIN,
    Augmentation,
    DataPath,
    DatasetName,
    Frozen,
    PositiveFraction,
    Seed,
    Title,
)


class Seeds(Frozen):
    """One of each for every replicate, which is the whole procedure. The two never overlap."""

    tuning: Annotated[tuple[Seed, ...], Field(min_length=1)]
    """A replicate divides train and validation, and tunes every loss, with its seed here."""
    evaluation: Annotated[tuple[Seed, ...], Field(min_length=1)]
    """With this one it trains each loss on the same division, at the rate that it chose."""

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        if shared := set(self.tuning) & set(self.evaluation):
            raise ValueError(
                f"tuning and evaluation share {sorted(shared)}; a seed may serve only one of them"
            )
        for name, seeds in (("tuning", self.tuning), ("evaluation", self.evaluation)):
            if repeated := [seed for seed, count in Counter(seeds).items() if count > 1]:
                raise ValueError(f"{name} lists {repeated} more than once; each seed is one run")
        if len(self.tuning) != len(self.evaluation):
            raise ValueError(
                f"tuning lists {len(self.tuning)} and evaluation {len(self.evaluation)} seeds;"
                " allowed: as many, since a replicate has one of each"
            )
        return self


def _written_out(source: Any) -> Any:
    """A path, or a built-in data set's name as it is written: `./mnist` would read as `mnist`."""
    if isinstance(source, str) and source not in DATASETS and str(Path(source)) in DATASETS:
        raise ValueError(
            f"reads as the built-in {Path(source)}; allowed: {Path(source)}, or the full path of a"
            " folder of that name"
        )
    return source


def _listed(classes: Any) -> Any:
    """A list of classes as a mapping of each to no other name."""
    if not isinstance(classes, list | tuple):
        return classes
    if odd := [name for name in classes if type(name) not in (int, str)]:
        raise ValueError(f"lists {odd[0]!r}; allowed: names or numbers of classes")
    names = [str(name) for name in classes]
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"lists {', '.join(repeated)} twice; each class has one place")
    return dict.fromkeys(names)


ClassName = Annotated[str, BeforeValidator(lambda name: str(name) if type(name) is int else name)]


class Reading(Frozen):
    """How the images of a data set with a source are read. As they are, where nothing is said."""

    size: Annotated[int, Field(ge=16, le=224), PLAIN] | None = None
    """Height and width in pixels to which images are resized, their longer side cropped equally."""
    colour: Literal["grey", "rgb"] | None = None
    """What images are turned into."""
    classes: (
        Annotated[
            dict[ClassName, Title | None],
            BeforeValidator(_listed),
            Field(min_length=2, max_length=1000),
            WithJsonSchema(
                {
                    "anyOf": [
                        {"items": {"type": ["string", "integer"]}, "type": "array"},
                        {"additionalProperties": {"type": ["string", "null"]}, "type": "object"},
                    ]
                }
            ),
        ]
        | None
    ) = None
    """Those to use, numbered in this order: names or numbers; `{3: cat, 5: dog}` names them."""


AS_IS = Reading()


class Dataset(Reading):
    """A data set and what depends on it alone."""

    name: DatasetName
    """One that is built in, such as `mnist`, or a name for one of your own."""
    source: Annotated[DataPath | None, BeforeValidator(_written_out)] = None
    """Of one of your own: a folder of images, IDX or Parquet files, an .npz archive, or `mnist`."""
    label: Title | None = None
    """What the page calls one of your own; a choice of MNIST's classes is `MNIST (2 classes)`."""
    augmentation: Augmentation = "none"
    """Of training batches: nothing, a shift of up to 4 pixels, a random flip, or both."""
    equivalence_margin: PositiveFraction
    """Errors closer than this count as equivalent: a fraction, 0.001 is 0.1 percentage points."""

    @model_validator(mode="after")
    def _own_or_built_in(self) -> Self:
        built_in = ", ".join(DATASETS)
        if self.source is None and self.label is not None:
            raise ValueError(f"label {self.label!r} is not allowed: {self.name} is built in")
        if self.source is None and self.reading != AS_IS:
            raise ValueError(
                f"name {self.name!r}: size, colour and classes need a source; give the data set a"
                f" name of its own and `source: {self.name}`"
            )
        if self.name in DATASETS and self.source is not None:
            raise ValueError(
                f"name {self.name!r} is built in; a data set of your own, with a source, has a"
                f" name that is not one of {built_in}"
            )
        if self.name not in DATASETS and self.source is None:
            raise ValueError(
                f"name {self.name!r} is not one of {built_in}; a data set of your own needs source,"
                " a folder of images, IDX or Parquet files, or an .npz archive"
                f"{did_you_mean(self.name, DATASETS)}"
            )
        return self

    @property
    def reading(self) -> Reading:
        """How its images are read."""
        return Reading(size=self.size, colour=self.colour, classes=self.classes)

    @property
    def card(self) -> OwnDatasetCard:
        """Of one of the study's own."""
        part_of = str(self.source) if str(self.source) in DATASETS else ""
        known = (
            f"{DATASETS[part_of].name} ({len(self.classes)} classes)"
            if (part_of and self.classes)
            else self.name
        )
        stands_in = bool(part_of) and DATASETS[part_of].is_stand_in
        return OwnDatasetCard(self.label or known, part_of, stands_in)
