"""The study as one frozen, closed, typed model: every field has a type, a bound and a description.

A study file is YAML. `load_study` reads it, applies overrides, and refuses what cannot be run
with one line for each mistake. Everything else in the package takes these models, never a dict.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ModelWrapValidatorHandler, model_validator

from lossbench.cards.own_cards import introduce
from lossbench.errors import did_you_mean
from lossbench.study.data import Dataset, Seeds
from lossbench.study.fields import OWN, DataPath, Frozen, StudyName, Title
from lossbench.study.grid import Comparison
from lossbench.study.own_fields import OwnLosses, OwnNetworks
from lossbench.study.settings import ANNEALED, Compute, History, Limits, Recipe, Statistics, Theory

TAKEN = {"datasets": "the data", "cache": "finished runs"}
"""Names of folders in results/ that are no studies, with what they hold."""


class Study(Frozen):
    """A whole study. One file under `config/` holds one."""

    name: StudyName
    """Lower-case letters, digits and dashes; names results/NAME and report/NAME.html."""
    title: Title
    """The page's heading: 1 to 120 characters on one line."""
    data_dir: DataPath = Path("data")
    """The built-in data in torchvision's layout; what is missing is downloaded into it."""
    seeds: Seeds
    """Seeds of tuning and evaluation."""
    datasets: Annotated[tuple[Dataset, ...], Field(min_length=1)]
    """The data sets."""
    losses: OwnLosses = ()
    """Losses of your own, beside the built-in ones."""
    networks: OwnNetworks = ()
    """Networks of your own, beside the built-in ones."""
    comparisons: Annotated[tuple[Comparison, ...], Field(min_length=1)]
    """What is compared on what."""
    recipes: Annotated[tuple[Recipe, ...], Field(min_length=1)] = (ANNEALED,)
    """How networks are trained; comparisons name one of them."""
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
    repetition: DataPath | None = None
    """A finished study, or its folder, that repeats this one with other seeds: how many agree."""

    @model_validator(mode="wrap")
    @classmethod
    def _knows_its_own(cls, fields: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        token = OWN.set({})
        try:
            return handler(fields)
        finally:
            OWN.reset(token)

    @model_validator(mode="after")
    def _uses_and_shows_its_own(self) -> Self:
        used = {
            "losses": {grid.loss for each in self.comparisons for grid in each.losses},
            "networks": {each.model for each in self.comparisons},
        }
        for field, names in used.items():
            for own in getattr(self, field):
                if own.name not in names:
                    raise ValueError(f"{field} lists {own.name}, which no comparison uses")
        introduce(
            {own.name: own.card for own in self.losses},
            {own.name: own.card for own in self.networks},
            {own.name: own.card for own in self.datasets if own.source},
        )
        return self

    @model_validator(mode="after")
    def _can_stand_on_a_disk(self) -> Self:
        if held := TAKEN.get(self.name):
            where = f"results/{self.name}"
            raise ValueError(f"name: {self.name!r} is not allowed: {where} holds {held}")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [dataset.name for dataset in self.datasets]
        if len(set(names)) < len(names):
            raise ValueError(f"datasets lists one twice: {', '.join(names)}")
        cards = [dataset.card.name for dataset in self.datasets]
        if twice := [name for name in cards if cards.count(name) > 1]:
            raise ValueError(f"datasets: two are called {twice[0]!r} on the page; give one a label")
        compared = {comparison.dataset for comparison in self.comparisons}
        for name in sorted(compared - set(names)):
            near = did_you_mean(name, names)
            raise ValueError(f"comparisons use {name}, not listed in datasets{near}")
        for name in sorted(set(names) - compared):
            raise ValueError(f"datasets lists {name}, which no comparison uses")
        return self

    @model_validator(mode="after")
    def _has_the_seeds(self) -> Self:
        listed = len(self.seeds.evaluation)
        for index, comparison in enumerate(self.comparisons):
            place, asked = f"comparisons.{index}", comparison.replicates
            self._require(f"{place}.replicates", asked, listed, "seeds lists")
            whose = f"{place} has" if asked else "seeds lists"
            for k, grid in enumerate(comparison.losses):
                self._require(
                    f"{place}.losses.{k}.replicates", grid.replicates, asked or listed, whose
                )
        return self

    @staticmethod
    def _require(field: str, replicates: int | None, available: int, whose: str) -> None:
        """Raises ValueError: more replicates than there are."""
        if replicates is not None and replicates > available:
            raise ValueError(f"{field}: {replicates} is not allowed: {whose} {available}")

    @model_validator(mode="after")
    def _recipes_are_known(self) -> Self:
        names = [recipe.name for recipe in self.recipes]
        if len(set(names)) < len(names):
            raise ValueError(f"recipes lists one twice: {', '.join(names)}")
        for index, comparison in enumerate(self.comparisons):
            if comparison.recipe not in ("", *names):
                raise ValueError(
                    f"comparisons.{index}.recipe: {comparison.recipe!r} is not allowed: "
                    f"recipes lists {', '.join(names)}"
                )
        used = {comparison.recipe or names[0] for comparison in self.comparisons}
        if unused := [name for name in names if name not in used]:
            raise ValueError(f"recipes lists {unused[0]}, which no comparison uses")
        return self

    @model_validator(mode="after")
    def _comparisons_are_resolved(self) -> Self:
        """Each with its recipe's name and the length that it has within the limits.

        Of lengths that the limits make equal, the first stays.
        """
        named = [each.with_recipe(self.recipes[0].name) for each in self.comparisons]
        listed = [each.folder for each in named]
        if repeated := [words for words in listed if listed.count(words) > 1]:
            raise ValueError(f"comparisons lists {repeated[0]} twice")
        self._require_fair_tuning(named, self.limits)
        kept: dict[str, Comparison] = {}
        for each in named:
            short = each.within(self.limits)
            kept.setdefault(short.folder, short)
        self.__dict__["comparisons"] = tuple(kept.values())  # the model is frozen
        return self

    @staticmethod
    def _require_fair_tuning(comparisons: Sequence[Comparison], limits: Limits) -> None:
        """Tuning runs are long enough, and mean the same in all comparisons of one recipe."""
        first: dict[tuple[str, str, str], Comparison] = {}
        for each in comparisons:
            needed = (each.epochs + 1) // 2
            if each.tuning_epochs < min(needed, limits.tuning_epochs or needed):
                raise ValueError(
                    f"comparisons, {each.folder}: tuning_epochs {each.tuning_epochs} is not"
                    f" allowed: at least half of its {each.epochs} epochs"
                )
            other = first.setdefault((each.dataset, each.model, each.recipe), each)
            if each.batch_size != other.batch_size:
                raise ValueError(
                    f"comparisons, {each.folder}: batch_size {each.batch_size} is not allowed: "
                    f"{other.folder} has {other.batch_size}"
                )

    def dataset(self, name: str) -> Dataset:
        """The settings of the data set called `name`."""
        return next(dataset for dataset in self.datasets if dataset.name == name)

    def own_code(self, field: Literal["losses", "networks"], name: str) -> str:
        """The digest of the code of an own loss or network; empty for a built-in one."""
        return next((own.code for own in getattr(self, field) if own.name == name), "")

    def recipe(self, name: str) -> Recipe:
        """The recipe called `name`."""
        return next(recipe for recipe in self.recipes if recipe.name == name)
