"""What is compared: losses, each with the grid that it is tuned on."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from lossbench.cards.loss import LOSSES, REFERENCE
from lossbench.study.fields import (
    OWN,
    Count,
    DatasetName,
    Epochs,
    Frozen,
    LossName,
    NetworkName,
    NonNegative,
    Positive,
    RecipeName,
)
from lossbench.study.own_fields import Setting
from lossbench.study.settings import Limits


class Annealing(Frozen):
    """L-Softmax's blend with the plain logit: λ = max(floor, start·(1 + decay·u)^(−power)).

    u is the share of the training that is done, so that runs of every length pass through the
    same λ. The defaults are the authors' MNIST solver, stretched or shrunk to the run: there
    λ = 1000·(1 + 2.5e-5·step)^(−35) over 30,000 steps
    (github.com/wy1iu/LargeMargin_Softmax_Loss).
    """

    start: Positive = 1000.0
    """λ at the first step."""
    decay: Positive = 0.75
    """How fast λ falls over the training."""
    power: Positive = 35.0
    """The exponent of the fall."""
    floor: NonNegative = 0.0
    """λ falls no further: 0 for easy data sets, 5 or 10 where training would not converge."""


class Margin(Frozen):
    """A margin loss's hyperparameters, in its source's symbols."""

    m: NonNegative
    """The margin: taken from logit (SM) or cosine (AM), or multiplying the angle (L: 1 to 4)."""
    s: Positive | None = None
    """Of a cosine head, AM-Softmax's, and of no other: the scale of the cosines."""
    annealing: Annealing | None = None
    """L-Softmax only: the schedule of the blend."""

    @property
    def label(self) -> str:
        """The text that identifies this setting in tables and paths, such as `m=0.35,s=10`."""
        return f"m={self.m:g}" + (f",s={self.s:g}" if self.s is not None else "")


class Rescaling(Frozen):
    """MSE on logits with k·(z_y − M)² for the true class, in the symbols of Hui and Belkin (2021).

    Without one, k = M = 1. They rescale from 42 classes on: the one true class weighs little there.
    """

    k: Positive
    """Weight of the true class's term."""
    M: Positive
    """Target of the true class's logit."""

    @property
    def label(self) -> str:
        """The text that identifies this setting in tables and paths, such as `k=15,M=30`."""
        return f"k={self.k:g},M={self.M:g}"


RESCALED = ("mse_logits", "mse_rescaled")
"""MSE on logits, plain unless k and M are given, and beside it rescaled in the same comparison."""


def _told_apart(given: Any) -> Any:
    """Read as the one kind that its keys tell, whose errors alone are worth saying."""
    if isinstance(given, Frozen):
        return given
    kinds: dict[str, type[Frozen]] = {"m": Margin, "k": Rescaling, "M": Rescaling}
    keys = given if isinstance(given, Mapping) else ()
    return next((kinds[key] for key in keys if key in kinds), Setting).model_validate(given)


Tuned = Annotated[Margin | Rescaling | SkipJsonSchema[Setting], BeforeValidator(_told_apart)]
"""What is tuned with the rate."""


class LossGrid(Frozen):
    """One loss and the grid it is tuned on. Trials are rates × margins, equal for all losses."""

    loss: LossName
    """Which loss."""
    learning_rates: Annotated[tuple[Positive, ...], Field(min_length=1)]
    """Grid of peak learning rates, half a decade apart."""
    margins: tuple[Tuned, ...] = ()
    """Tuned with the rate: margins of a margin loss; k and M of MSE on logits, if rescaled."""
    replicates: Count | None = None
    """Only the first so many replicates train it; all of the comparison's where absent."""

    @property
    def trials(self) -> int:
        """How many cells the tuning of this loss trains."""
        return len(self.learning_rates) * max(1, len(self.margins))

    @model_validator(mode="after")
    def _margins_fit_the_loss(self) -> Self:
        if self.loss in LOSSES:
            self._require_margins()
        elif own := (OWN.get() or {}).get("loss", {}).get(self.loss):
            if self.margins not in ((), own.settings):
                raise ValueError(f"{self.loss} takes no margins; its settings are in losses")
            self.__dict__["margins"] = own.settings  # the model is frozen
        for name in ("learning_rates", "margins"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} lists a value more than once")
        labels = [margin.label for margin in self.margins]
        if repeated := [label for label, count in Counter(labels).items() if count > 1]:
            raise ValueError(
                f"margins lists {', '.join(repeated)} twice; m and s, or k and M, name a setting"
            )
        return self

    def _require_margins(self) -> None:
        """Raises ValueError: margins that a built-in loss does not take, or lacks."""
        card = LOSSES[self.loss]
        needs = card.family == "margin" or self.loss == "mse_rescaled"
        if not needs <= bool(self.margins) <= (needs or self.loss == "mse_logits"):
            need = "at least one margin" if needs else "no margins"
            raise ValueError(f"{self.loss} takes {need}, got {len(self.margins)}")
        for margin in self.margins:
            if isinstance(margin, Setting):
                raise ValueError(f"margins of {self.loss}: allowed: m, s, annealing; or k, M")
            if isinstance(margin, Rescaling) != (self.loss in RESCALED):
                raise ValueError(f"margins of {self.loss}: k and M belong to MSE on logits alone")
            if isinstance(margin, Rescaling):
                continue
            if (margin.s is not None) != (card.head == "cosine"):
                raise ValueError(f"margins of {self.loss}: s belongs to losses with a cosine head")
            if (margin.annealing is not None) != (self.loss == "l_softmax"):
                raise ValueError(f"margins of {self.loss}: annealing belongs to l_softmax alone")
            if self.loss == "l_softmax" and margin.m not in (1, 2, 3, 4):
                raise ValueError(f"margins of l_softmax: m is {margin.m:g}; allowed: 1, 2, 3, 4")


class Comparison(Frozen):
    """The losses compared on one data set, with one network, recipe and length."""

    dataset: DatasetName
    """A data set listed under `datasets`."""
    model: NetworkName
    """The network."""
    recipe: RecipeName = ""
    """A recipe listed under `recipes`; the first of them where absent."""
    epochs: Epochs
    """Epochs of an evaluation run."""
    tuning_epochs: Epochs
    """Epochs of a tuning run: at least half as many."""
    batch_size: Count = 128
    """Examples a step."""
    replicates: Count | None = None
    """Use only the first so many seeds of each list; all of them where absent."""
    losses: Annotated[tuple[LossGrid, ...], Field(min_length=1)]
    """The losses and their grids."""

    @property
    def folder(self) -> str:
        """Where a comparison's files are, such as `mnist/mlp/annealed-5`."""
        return f"{self.dataset}/{self.model}/{self.recipe}-{self.epochs}"

    def with_recipe(self, first: RecipeName) -> Self:
        """The comparison with its own recipe, or with the study's first."""
        return self.model_copy(update={"recipe": self.recipe or first})

    def within(self, limits: Limits) -> Self:
        """The comparison at the lengths that a trial run allows."""
        lengths = {
            "epochs": min(self.epochs, limits.epochs or self.epochs),
            "tuning_epochs": min(self.tuning_epochs, limits.tuning_epochs or self.tuning_epochs),
        }
        return self.model_copy(update=lengths)

    @model_validator(mode="after")
    def _fair(self) -> Self:
        names = [grid.loss for grid in self.losses]
        if len(set(names)) < len(names):
            raise ValueError(f"losses lists one loss twice: {', '.join(names)}")
        if REFERENCE not in names:
            raise ValueError(f"losses lacks {REFERENCE}, the reference of every contrast")
        trials = {grid.loss: grid.trials for grid in self.losses}
        if len(set(trials.values())) > 1:
            listed = ", ".join(f"{loss} {count}" for loss, count in trials.items())
            raise ValueError(f"every loss must get the same number of trials, got {listed}")
        return self
