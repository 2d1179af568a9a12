"""Recipes, measurements, machine, statistics, theory, caps: what comparisons share."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lossbench.study.fields import (
    PLAIN,
    Count,
    DataPath,
    Epochs,
    Fraction,
    Frozen,
    Goal,
    NonNegative,
    Positive,
    PositiveFraction,
    Real,
    RecipeName,
)


class Recipe(Frozen):
    """How networks are trained, the same for every loss of a comparison."""

    name: RecipeName
    """What comparisons call it: a lower-case letter, then letters, digits and underscores."""
    optimiser: Literal["sgd", "adamw"] = "sgd"
    """`adamw` has PyTorch's default averages: 0.9 and 0.999, epsilon 1e-8."""
    momentum: Fraction | None = None
    """Of SGD, 0.9 where absent; 0 is plain gradient descent. AdamW has none."""
    nesterov: bool | None = None
    """Of SGD with momentum: Nesterov's, as where absent, or the heavy ball's. AdamW has none."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """What the rate does after its rise: it falls to zero along a cosine, or stays at its peak."""
    warmup: Fraction = 0.25
    """Share of the steps over which the rate rises linearly from zero to its peak."""
    weight_decay: Fraction = 0.0
    """Share of every parameter that a step at the peak takes off, whatever the peak rate."""
    head_scale: Positive = 1.0
    """What the head's initial weights are multiplied by; its biases are not."""
    tuned_for: Goal = "error"
    """What tuning looks for: the lowest final or mean log error, the latter clear of failure."""

    @model_validator(mode="after")
    def _has_one_momentum(self) -> Self:
        if self.optimiser == "adamw":
            for field in ("momentum", "nesterov"):
                if (value := getattr(self, field)) is not None:
                    raise ValueError(f"{field}: {value} is not allowed: adamw has none")
            return self
        momentum = 0.9 if self.momentum is None else self.momentum
        if self.nesterov and not momentum:
            raise ValueError("nesterov: True is not allowed: momentum is 0")
        found = {"momentum": momentum, "nesterov": self.nesterov is not False and momentum > 0}
        self.__dict__.update(found)  # the defaults, written out; the model is frozen
        return self


ANNEALED = Recipe(name="annealed")
"""What a study without recipes has: SGD with Nesterov momentum, warm-up, cosine decay."""


class History(Frozen):
    """Where a run is measured while it trains; the same points for every loss."""

    ratio: Annotated[float, Field(ge=1.01, le=1000), PLAIN] = 1.3
    """Each measurement after so many times the steps of the one before; twice, up to step 8."""
    train_examples: Count = 1000
    """The first so many training examples stand for the training set in these measurements."""


class Compute(Frozen):
    """What the study runs on."""

    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes a GPU where there is one."""
    threads: Annotated[int, Field(ge=1, le=1024), PLAIN] = 1
    """CPU threads a training job; one job a core beats several threads a job."""
    job_minutes: Annotated[float, Field(gt=0, le=1440), PLAIN] = 5.0
    """Minutes of one core, about, that a training job takes at most, unless a single run does."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Arithmetic of the training steps; parameters and measurements stay float32."""
    compile: bool = False
    """Let torch.compile translate the networks: needs a C++ compiler and up to a minute a job."""
    cache: DataPath = Path("results/cache")
    """Folder of finished runs, which are never trained again; studies and users may share one."""
    checkpoint_s: NonNegative = 60.0
    """Seconds, at least, between the checkpoints of a training job; 0 saves after each step."""
    keep_weights: bool = False
    """Keep each evaluation run's network, as `weights.safetensors` beside its tables."""


class Statistics(Frozen):
    """The intervals and tests behind the verdicts."""

    level: Annotated[float, Field(gt=0.5, lt=1), PLAIN] = 0.95
    """Coverage of the intervals."""
    speed_margin: PositiveFraction = 0.1
    """Equivalence margin of a ratio of steps: 0.1 means from 1/1.1 to 1.1."""
    resamples: Annotated[int, Field(ge=999, le=1_000_000), PLAIN] = 9999
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
    replicates: Count | None = None
    """At most so many replicates."""
    learning_rates: Count | None = None
    """At most so many rates of each grid, those in its middle."""
