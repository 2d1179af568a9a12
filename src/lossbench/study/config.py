"""The study as one frozen, closed, typed model: every field has a type, a bound and a description.

A study file is YAML. `load_study` reads it, applies overrides, and refuses what cannot be run
with one line for each mistake. Everything else in the package takes these models, never a dict.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from lossbench.errors import did_you_mean
from lossbench.study.data import Dataset, Seeds
from lossbench.study.fields import DataPath, Frozen, StudyName, Title
from lossbench.study.grid import Comparison
from lossbench.study.settings import Compute, History, Limits, Recipe, Statistics, Theory


class Study(Frozen):
    """A whole study. One file under `config/` holds one."""

    name: StudyName
    """Lower-case letters, digits and dashes; names results/NAME and report/NAME.html."""
    title: Title
    """The page's heading: 1 to 120 characters on one line."""
    data_dir: DataPath = Path("data")
    """MNIST and CIFAR-10 in torchvision's layout; what is missing is downloaded into it."""
    seeds: Seeds
    """Seeds of tuning and evaluation."""
    datasets: Annotated[tuple[Dataset, ...], Field(min_length=1)]
    """The data sets."""
    comparisons: Annotated[tuple[Comparison, ...], Field(min_length=1)]
    """What is compared on what."""
    recipe: Recipe = Recipe()
    """The optimiser."""
    history: History = History()
    """Measurements during training."""
    compute: Compute = Compute()
    """Devices, threads, precision."""
    statistics: Statistics = Statistics()
    """Intervals and tests."""
    theory: Theory = Theory()
    """The theory chapter."""
    limits: Limits = Limits()
    """Caps for a trial run."""

    @model_validator(mode="after")
    def _can_stand_on_a_disk(self) -> Self:
        if self.name == "datasets":
            raise ValueError("name: 'datasets' is not allowed: results/datasets holds the data")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [dataset.name for dataset in self.datasets]
        if len(set(names)) < len(names):
            raise ValueError(f"datasets lists one twice: {', '.join(names)}")
        used = [(comparison.dataset, comparison.model) for comparison in self.comparisons]
        if len(set(used)) < len(used):
            raise ValueError("comparisons lists one pair of data set and model twice")
        compared = {dataset for dataset, _ in used}
        for name in sorted(compared - set(names)):
            near = did_you_mean(name, names)
            raise ValueError(f"comparisons use {name}, not listed in datasets{near}")
        for name in sorted(set(names) - compared):
            raise ValueError(f"datasets lists {name}, which no comparison uses")
        return self

    @model_validator(mode="after")
    def _has_the_seeds(self) -> Self:
        for index, comparison in enumerate(self.comparisons):
            for stage in ("tuning", "evaluation"):
                asked = getattr(comparison, f"{stage}_seeds")
                listed = len(getattr(self.seeds, stage))
                if asked is not None and asked > listed:
                    raise ValueError(
                        f"comparisons.{index}.{stage}_seeds: {asked} is not allowed:"
                        f" seeds.{stage} lists {listed}"
                    )
        return self

    def dataset(self, name: str) -> Dataset:
        """The settings of the data set called `name`."""
        return next(dataset for dataset in self.datasets if dataset.name == name)
