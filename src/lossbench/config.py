"""The study as frozen, closed, typed models: every field has a type, a bound and a description.

A study file is YAML. `load_study` reads it, applies overrides, and refuses what cannot be run
with one line for each mistake. Everything else in the package takes these models, never a dict.
"""

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, model_validator

BuiltInDataset = Literal["mnist", "cifar10", "digits", "shapes"]
DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
"""One that is built in, or the name that a study gives to a data set of its own."""
ModelName = Literal[
    "mlp",
    "mlp_sigmoid",
    "lenet",
    "lenet_2d",
    "convnet",
    "convnet_max",
    "resnet18",
]
LossName = Literal[
    "cross_entropy",
    "mse_softmax",
    "mse_sigmoid",
    "mse_logits",
    "bce_sigmoid",
    "sm_softmax",
    "am_softmax",
    "l_softmax",
]
Stage = Literal["tuning", "evaluation"]
Augmentation = Literal["none", "shift", "flip", "flip_shift"]

REFERENCE: LossName = "cross_entropy"
"""Every contrast is a loss minus this one."""
PRIMARY: LossName = "mse_softmax"
"""The loss of the one primary contrast; all other contrasts are exploratory."""
BUILT_IN: tuple[BuiltInDataset, ...] = get_args(BuiltInDataset)
STAND_INS: frozenset[BuiltInDataset] = frozenset({"digits", "shapes"})
"""Data sets that need no download and stand in for the real ones wherever they appear."""

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


class Seeds(Frozen):
    """Which seeds choose the learning rates and which carry the verdicts. They never overlap."""

    tuning: Annotated[tuple[Seed, ...], Field(min_length=1)]
    """Seeds of the tuning runs."""
    evaluation: Annotated[tuple[Seed, ...], Field(min_length=1)]
    """Seeds of the evaluation runs: the study's replications."""

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        if shared := set(self.tuning) & set(self.evaluation):
            raise ValueError(
                f"tuning and evaluation share {sorted(shared)}; a seed may serve only one of them"
            )
        for name, seeds in (("tuning", self.tuning), ("evaluation", self.evaluation)):
            if repeated := [seed for seed, count in Counter(seeds).items() if count > 1]:
                raise ValueError(f"{name} lists {repeated} more than once; each seed is one run")
        return self


class Dataset(Frozen):
    """A data set and what depends on it alone."""

    name: DatasetName
    """`mnist`, `cifar10`, the stand-ins `digits` and `shapes`, or a name for one of your own."""
    source: Path | None = None
    """Of a data set of your own: a folder of images in ten class folders, or an .npz archive."""
    augmentation: Augmentation = "none"
    """Of training batches: nothing, a shift of up to 4 pixels, a random flip, or both."""
    equivalence_margin: Annotated[Fraction, Field(gt=0)]
    """Errors closer than this count as equivalent: a fraction, 0.001 is 0.1 percentage points."""

    @model_validator(mode="after")
    def _own_or_built_in(self) -> Self:
        built_in = ", ".join(BUILT_IN)
        if self.name in BUILT_IN and self.source is not None:
            raise ValueError(
                f"name {self.name!r} is built in; a data set of your own, with a source, has a"
                f" name that is not one of {built_in}"
            )
        if self.name not in BUILT_IN and self.source is None:
            raise ValueError(
                f"name {self.name!r} is not one of {built_in}; a data set of your own needs source,"
                " a folder of images or an .npz archive"
            )
        return self


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
    floor: Annotated[Real, Field(ge=0)] = 0.0
    """λ falls no further: 0 for easy data sets, 5 or 10 where training would not converge."""


class Margin(Frozen):
    """A margin loss's hyperparameters, in its source's symbols."""

    m: Annotated[Real, Field(ge=0)]
    """The margin: taken from logit (SM) or cosine (AM), or multiplying the angle (L: 1 to 4)."""
    s: Positive | None = None
    """AM-Softmax only: the scale of the cosines."""
    annealing: Annealing | None = None
    """L-Softmax only: the schedule of the blend."""

    @property
    def label(self) -> str:
        """The text that identifies this setting in tables and paths, such as `m=0.35,s=10`."""
        return f"m={self.m:g}" + (f",s={self.s:g}" if self.s is not None else "")


class LossGrid(Frozen):
    """One loss and the grid it is tuned on. Trials are rates × margins, equal for all losses."""

    loss: LossName
    """Which loss."""
    learning_rates: Annotated[tuple[Positive, ...], Field(min_length=1)]
    """Grid of peak learning rates, half a decade apart."""
    margins: tuple[Margin, ...] = ()
    """Hyperparameters of a margin loss, tuned with the rate; empty for the other losses."""

    @property
    def trials(self) -> int:
        """How many cells the tuning of this loss trains."""
        return len(self.learning_rates) * max(1, len(self.margins))

    @model_validator(mode="after")
    def _margins_fit_the_loss(self) -> Self:
        takes_margins = self.loss in ("sm_softmax", "am_softmax", "l_softmax")
        if takes_margins != bool(self.margins):
            need = "at least one margin" if takes_margins else "no margins"
            raise ValueError(f"{self.loss} takes {need}, got {len(self.margins)}")
        for margin in self.margins:
            if (margin.s is not None) != (self.loss == "am_softmax"):
                raise ValueError(f"margins of {self.loss}: s belongs to am_softmax and only to it")
            if (margin.annealing is not None) != (self.loss == "l_softmax"):
                raise ValueError(f"margins of {self.loss}: annealing belongs to l_softmax alone")
            if self.loss == "l_softmax" and margin.m not in (1, 2, 3, 4):
                raise ValueError(f"margins of l_softmax: m is {margin.m:g}; allowed: 1, 2, 3, 4")
        for name in ("learning_rates", "margins"):
            if len(set(getattr(self, name))) < len(getattr(self, name)):
                raise ValueError(f"{name} lists a value more than once")
        labels = [margin.label for margin in self.margins]
        if repeated := [label for label, count in Counter(labels).items() if count > 1]:
            raise ValueError(f"margins lists {', '.join(repeated)} twice; m and s name a setting")
        return self


class Comparison(Frozen):
    """The losses compared on one network and one data set, under one training budget."""

    dataset: DatasetName
    """A data set listed under `datasets`."""
    model: ModelName
    """The network."""
    epochs: Epochs
    """Epochs of an evaluation run."""
    tuning_epochs: Epochs
    """Epochs of a tuning run; may be fewer."""
    batch_size: Count = 128
    """Examples a step."""
    evaluation_seeds: Count | None = None
    """Use only the first so many evaluation seeds; all of them where absent."""
    tuning_seeds: Count | None = None
    """Use only the first so many tuning seeds; all of them where absent."""
    losses: Annotated[tuple[LossGrid, ...], Field(min_length=1)]
    """The losses and their grids."""

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


class Recipe(Frozen):
    """The optimiser, the same for every loss: SGD with Nesterov momentum, warm-up, cosine decay."""

    momentum: Annotated[Fraction, Field(gt=0)] = 0.9
    """Nesterov momentum."""
    weight_decay: Annotated[Real, Field(ge=0)] = 0.0
    """L2 penalty on all parameters."""
    warmup: Fraction = 0.25
    """Share of the steps over which the rate rises linearly from zero to its peak."""


class History(Frozen):
    """Where a run is measured while it trains; the same points for every loss."""

    early_points: Annotated[int, Strict(), Field(ge=0, le=12)] = 6
    """Measurements after steps 1, 2, 4, … of the first epoch."""
    per_epoch: Annotated[int, Strict(), Field(ge=1, le=1000)] = 4
    """Evenly spaced measurements in every epoch."""
    train_examples: Count = 1000
    """The first so many training examples stand for the training set in these measurements."""


class Compute(Frozen):
    """What the study runs on."""

    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes a GPU where there is one."""
    threads: Annotated[int, Strict(), Field(ge=1, le=1024)] = 1
    """CPU threads a training job; one job a core beats several threads a job."""
    seeds_per_job: Annotated[int, Strict(), Field(ge=1, le=32)] = 5
    """Seeds trained together in one job."""
    trials_per_job: Count | None = None
    """Trials of a loss's grid in one tuning job; all of them where absent."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Arithmetic of the training steps; parameters and measurements stay float32."""
    compile: Annotated[bool, Strict()] = False
    """Let torch.compile translate the networks: needs a C++ compiler and up to a minute a job."""
    checkpoint_s: Annotated[Real, Field(ge=0)] = 60.0
    """Seconds, at least, between the checkpoints of a training job; 0 saves at each measurement."""


class Statistics(Frozen):
    """The intervals and tests behind the verdicts."""

    level: Annotated[Real, Field(gt=0.5, lt=1)] = 0.95
    """Coverage of the intervals."""
    resamples: Annotated[int, Strict(), Field(ge=999, le=1_000_000)] = 9999
    """Bootstrap and Monte Carlo permutation resamples."""


class NeuronStart(Frozen):
    """A start of the one-neuron experiment."""

    weight: Real
    bias: Real


class Theory(Frozen):
    """The theory chapter's one-neuron experiment: input 1, target 0, plain gradient descent."""

    starts: Annotated[tuple[NeuronStart, ...], Field(min_length=1)] = (
        NeuronStart(weight=0.6, bias=0.9),
        NeuronStart(weight=2.0, bias=2.0),
    )
    """Where the neuron starts."""
    learning_rate: Positive = 0.15
    """Its learning rate."""
    epochs: Epochs = 300
    """How long the curves are drawn."""


class Limits(Frozen):
    """Caps for a trial run; the page says that the study was shortened where any is set."""

    epochs: Count | None = None
    """At most so many epochs an evaluation run."""
    tuning_epochs: Count | None = None
    """At most so many epochs a tuning run."""
    evaluation_seeds: Count | None = None
    """At most so many evaluation seeds."""
    tuning_seeds: Count | None = None
    """At most so many tuning seeds."""
    learning_rates: Count | None = None
    """At most so many rates of each grid, those in its middle."""


class Study(Frozen):
    """A whole study. One file under `config/` holds one."""

    name: StudyName
    """Lower-case letters, digits and dashes; names results/NAME and report/NAME.html."""
    title: Title
    """The page's heading: 1 to 120 characters on one line."""
    data_dir: Path = Path("data")
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
        if "\0" in str(self.data_dir):
            raise ValueError(f"data_dir: {str(self.data_dir)!r} is not allowed: no path has a NUL")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [dataset.name for dataset in self.datasets]
        if len(set(names)) < len(names):
            raise ValueError(f"datasets lists one twice: {', '.join(names)}")
        used = [(comparison.dataset, comparison.model) for comparison in self.comparisons]
        if len(set(used)) < len(used):
            raise ValueError("comparisons lists one pair of data set and model twice")
        if missing := {dataset for dataset, _ in used} - set(names):
            raise ValueError(
                f"comparisons use {', '.join(sorted(missing))}, not listed in datasets"
            )
        return self

    def dataset(self, name: str) -> Dataset:
        """The settings of the data set called `name`."""
        return next(dataset for dataset in self.datasets if dataset.name == name)
