"""Seeds and data sets of a study."""

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator

from lossbench.cards.dataset import DATASETS
from lossbench.errors import did_you_mean
from lossbench.study.fields import (
    Augmentation,
    DataPath,
    DatasetName,
    Frozen,
    PositiveFraction,
    Seed,
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


class Dataset(Frozen):
    """A data set and what depends on it alone."""

    name: DatasetName
    """`mnist`, `cifar10`, the stand-ins `digits` and `shapes`, or a name for one of your own."""
    source: DataPath | None = None
    """Of a data set of your own: a folder of images in ten class folders, or an .npz archive."""
    augmentation: Augmentation = "none"
    """Of training batches: nothing, a shift of up to 4 pixels, a random flip, or both."""
    equivalence_margin: PositiveFraction
    """Errors closer than this count as equivalent: a fraction, 0.001 is 0.1 percentage points."""

    @model_validator(mode="after")
    def _own_or_built_in(self) -> Self:
        built_in = ", ".join(DATASETS)
        if self.name in DATASETS and self.source is not None:
            raise ValueError(
                f"name {self.name!r} is built in; a data set of your own, with a source, has a"
                f" name that is not one of {built_in}"
            )
        if self.name not in DATASETS and self.source is None:
            raise ValueError(
                f"name {self.name!r} is not one of {built_in}; a data set of your own needs source,"
                f" a folder of images or an .npz archive{did_you_mean(self.name, DATASETS)}"
            )
        return self
