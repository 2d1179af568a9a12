"""A small, plausible study made of random numbers, for tests of what reads tables.

The runs are invented; whatever the project derives from runs is derived here too, so that the
tables agree with each other. Every table passes its schema.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from builders.once import once
from lossbench.analysis import class_errors, gallery, metrics, selection
from lossbench.cards.dataset import DATASETS
from lossbench.stats.derived import derived_tables, repeated
from lossbench.stats.images import error_mean_squares
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.study.fields import Stage
from lossbench.study.grid import Comparison
from lossbench.study.paths import COMPARED
from lossbench.study.settings import History
from lossbench.tables import parquet
from lossbench.tables import runs as run_schemas
from lossbench.tables import study as schemas
from lossbench.tables.contract import Schema
from lossbench.tables.logits import column
from lossbench.tables.runs import COMPARISON
from lossbench.training.schedule import measured_steps

Columns = dict[str, Any]
"""A table's columns beyond the run's identity; a single value stands in every row."""

STEPS_PER_EPOCH = 40
EXAMPLES = 400
RATES = (0.03, 0.1, 0.3, 1.0)

# Final test error of cross-entropy, by data set and network.
FLOORS = {
    ("mnist", "mlp"): 0.030,
    ("mnist", "lenet"): 0.015,
    ("cifar10", "convnet"): 0.20,
    ("cifar10", "resnet18"): 0.10,
}


RECIPES = (
    {"name": "annealed"},
    {"name": "constant", "schedule": "constant", "warmup": 0.02, "tuned_for": "speed"},
)
OWN = (
    {"recipe": "annealed", "epochs": 6},
    {"recipe": "annealed", "epochs": 4},
    {"recipe": "constant", "epochs": 6},
)
"""What the comparisons of one network differ in."""
HARDNESS = {("annealed", 4): 1.4, ("constant", 6): 1.8}
"""Of a recipe and a length, times the floor."""


@dataclass(frozen=True)
class Trait:
    """How a loss differs from cross-entropy in the invented study."""

    excess: float
    """Added to the test error, as a multiple of the data set's equivalence margin."""
    slowness: float
    """Steps to a given error, as a multiple of cross-entropy's."""
    best_rate: float
    scatter: float
    output: str


TRAITS = {
    "cross_entropy": Trait(0.0, 1.0, 0.1, 0.6, "softmax"),
    "mse_softmax": Trait(4.0, 1.8, 0.3, 0.45, "softmax"),
    "mse_logits": Trait(0.0, 1.3, 0.3, 0.4, "none"),
    "mse_sigmoid": Trait(12.0, 4.0, 1.0, 0.8, "sigmoid"),
    "am_softmax": Trait(-4.0, 0.9, 0.1, 0.2, "softmax"),
}


class Knobs(NamedTuple):
    """What an invented study is like."""

    seeds: int = 4
    diverged: bool = False
    """Whether the first evaluation run of MSE on softmax diverges, as do all its tuning runs at the
    highest rate."""
    censored: bool = False
    """Whether MSE on sigmoid never reaches a target."""
    missing_dataset: bool = False
    """Whether the study asks for CIFAR-10 but has no run on it."""
    undecided: bool = False
    """Whether seeds differ more than losses."""
    margins: bool = True
    """Whether a margin loss is compared."""
    networks: int = 2
    """How many on each data set, 1 or 2."""
    recipes: bool = False
    """Whether the first network has two recipes, one of them at two lengths that share their
    tuning runs."""


def build(**knobs: Any) -> tuple[dict[str, pd.DataFrame], Study]:
    """The tables of an invented study, by name, and its configuration."""
    made, study = _built(Knobs(**knobs))
    return dict(made), study


@once
def _built(knobs: Knobs) -> tuple[dict[str, pd.DataFrame], Study]:
    study = _study(knobs)
    runs = [
        run
        for run in _runs(study, diverged=knobs.diverged)
        if not (knobs.missing_dataset and run.key["dataset"] == "cifar10")
    ]
    noise = 20.0 if knobs.undecided else 0.3
    made: dict[str, pd.DataFrame] = {}
    made["history"] = _table(
        runs, run_schemas.HISTORY, lambda run: _history(run, noise, censored=knobs.censored)
    )
    evaluated = [run for run in runs if run.key["stage"] == "evaluation"]
    finished = [run for run in evaluated if not run.diverged]
    made["predictions"] = _table(
        finished, run_schemas.PREDICTIONS, lambda run: _predictions(run, noise)
    )
    made["geometry"] = _table(finished, run_schemas.GEOMETRY, _geometry)
    first = [run for run in finished if run.key["seed"] == study.seeds.evaluation[-1]]
    made["projections"] = _table(first, run_schemas.PROJECTIONS, _projections)
    made["runs"] = _table(runs, run_schemas.RUNS, _run_row)
    made["timing"] = _table(runs, run_schemas.TIMING, _timing)
    made["origins"] = _table(runs, run_schemas.ORIGINS, _origin)
    made["last_layer"] = _last_layer(evaluated)
    made.update(_derived(made, study))
    return made, study


def _study(knobs: Knobs) -> Study:
    losses = [loss for loss in TRAITS if knobs.margins or loss != "am_softmax"]
    grids = [
        {
            "loss": loss,
            "learning_rates": RATES,
            "margins": [{"m": 0.35, "s": 10.0}] if loss == "am_softmax" else [],
        }
        for loss in losses
    ]
    return Study.model_validate(
        {
            "name": "synthetic",
            "title": "An invented study",
            "seeds": {
                "tuning": tuple(range(100, 100 + knobs.seeds)),
                "evaluation": tuple(range(knobs.seeds)),
            },
            "datasets": [
                {"name": "mnist", "equivalence_margin": 0.005},
                {"name": "cifar10", "equivalence_margin": 0.01, "augmentation": "flip_shift"},
            ],
            "comparisons": [
                {"dataset": dataset, "model": model, "tuning_epochs": 3, "losses": grids} | each
                for dataset, model in (FLOORS if knobs.networks == 2 else list(FLOORS)[::2])
                for each in (OWN if knobs.recipes and model == "mlp" else OWN[:1])
            ],
            "recipes": RECIPES if knobs.recipes else RECIPES[:1],
            "statistics": {"resamples": 999},
            "history": {"ratio": 1.3},
        }
    )


@dataclass(frozen=True)
class Run:
    """One invented run: its identity and what it was asked to do."""

    key: dict[str, str | float | int]
    epochs: int
    floor: float
    margin: float
    trait: Trait
    misfit: float
    """How far its rate lies from the loss's best one, in half decades."""
    diverged: bool

    def generator(self, purpose: str) -> np.random.Generator:
        """The run's own random numbers for one purpose; the same in every process."""

        named = {name: self.key[name] for name in self.key if name not in ("recipe", "epochs")}
        label = f"{purpose}|{sorted(named.items())}"
        return np.random.default_rng(list(label.encode()))


def _runs(study: Study, *, diverged: bool) -> list[Run]:
    """Every run once, also of those tuning runs that two comparisons share."""
    found = {tuple(run.key.values()): run for run in _asked(study, diverged=diverged)}
    return list(found.values())


def _asked(study: Study, *, diverged: bool) -> Iterator[Run]:
    first = study.seeds.evaluation[0]
    for comparison in study.comparisons:
        for grid in comparison.losses:
            is_victim = diverged and grid.loss == "mse_softmax"
            setting = grid.margins[0].label if grid.margins else ""
            asked: list[tuple[Stage, float]] = [("tuning", rate) for rate in grid.learning_rates]
            for stage, rate in (*asked, ("evaluation", TRAITS[grid.loss].best_rate)):
                for replicate in plan.replicates(study, comparison, grid, stage):
                    seed = replicate.seed
                    identity: dict[str, Any] = {"loss": grid.loss, "stage": stage}
                    identity |= {"setting": setting, "learning_rate": rate, "seed": seed}
                    is_lost = rate == RATES[-1] if stage == "tuning" else seed == first
                    yield _run(study, comparison, identity, diverged=is_victim and is_lost)


def _run(study: Study, comparison: Comparison, identity: dict[str, Any], *, diverged: bool) -> Run:
    is_tuning = identity["stage"] == "tuning"
    epochs = comparison.tuning_epochs if is_tuning else comparison.epochs
    place = {"dataset": comparison.dataset, "model": comparison.model}
    place |= {"recipe": comparison.recipe, "epochs": epochs}
    trait = TRAITS[identity["loss"]]
    return Run(
        key=place | identity,
        epochs=epochs,
        floor=FLOORS[comparison.dataset, comparison.model]
        * HARDNESS.get((comparison.recipe, epochs), 1.0),
        margin=study.dataset(comparison.dataset).equivalence_margin,
        trait=trait,
        misfit=abs(np.log10(identity["learning_rate"] / trait.best_rate)) * 2,
        diverged=diverged,
    )


def _table(runs: list[Run], schema: Schema, rows: Callable[[Run], Columns]) -> pd.DataFrame:
    """Each run's columns below the other runs', beside the run's identity."""
    blocks = [rows(run) for run in runs]
    sizes = [max(map(np.size, block.values())) for block in blocks]
    identity = {
        name: np.repeat([run.key[name] for run in runs], sizes) for name in run_schemas.RUN_KEY
    }
    columns = {
        name: np.concatenate(
            [np.broadcast_to(block[name], size) for block, size in zip(blocks, sizes, strict=True)]
        )
        for name in blocks[0]
    }
    return parquet.check(pd.DataFrame({**identity, **columns}), schema)


def _final_error(run: Run, noise: float) -> float:
    """The run's error after training: a seed's luck is shared by all losses, plus its own."""
    shared = np.random.default_rng([int(run.key["seed"]), len(str(run.key["dataset"]))])
    luck = shared.normal(0, 1.0) + run.generator("luck").normal(0, noise)
    excess = run.trait.excess + luck * 0.5 + run.misfit**2 * 3
    return float(np.clip(run.floor + excess * run.margin, 0.004, 0.9))


def _history(run: Run, noise: float, *, censored: bool) -> Columns:
    last = run.epochs * STEPS_PER_EPOCH
    steps = np.array(measured_steps(History(ratio=1.3), last, "evaluation"))
    if run.diverged:
        steps = steps[: len(steps) // 2]
    scale = 10.0 * run.trait.slowness * (1 + run.misfit / 2)
    if censored and run.key["loss"] == "mse_sigmoid":
        scale = 1e6
    wobble = 1 + 0.03 * run.generator("history").normal(size=len(steps))
    final = _final_error(run, noise)
    decay = np.exp(-((steps / scale) ** 0.8))
    error = np.clip((final + (0.9 - final) * decay) * wobble, 0.001, 0.95)
    progress = steps / last
    columns = {
        "step": steps,
        "epoch": steps / STEPS_PER_EPOCH,
        "examples_seen": steps * 128,
        "train_loss": 2.3 * error,
        "train_error": 0.8 * error,
        "validation_error": error,
        "logit_gradient_rms": 0.6 * error**0.5 / run.trait.slowness,
        "saturation": 0.02 + 0.15 * decay / run.trait.slowness,
        "scheduled_learning_rate": float(run.key["learning_rate"])
        * np.minimum(progress / 0.1, np.cos(np.pi * progress / 2) ** 2),
    }
    if run.diverged:
        for name in ("train_loss", "logit_gradient_rms", "saturation"):
            columns[name][-1] = np.nan
        for name in ("train_error", "validation_error"):
            columns[name][-1] = 0.9
    return columns


def _predictions(run: Run, noise: float) -> Columns:
    """Logits of a fixed test set, wrong on about as many examples as the run's error says."""
    fixed = np.random.default_rng(7)
    labels = np.arange(EXAMPLES) % 10
    difficulty = fixed.uniform(size=EXAMPLES)
    taste = np.random.default_rng(list(str(run.key["loss"]).encode())).uniform(size=EXAMPLES)
    generator = run.generator("predictions")
    hardness = difficulty + 0.05 * taste + 0.005 * generator.uniform(size=EXAMPLES)
    wrong = hardness >= np.sort(hardness)[-max(1, round(_final_error(run, noise) * EXAMPLES))]
    predicted = np.where(wrong, (labels + np.where(labels % 3, 1, 4)) % 10, labels)
    logits = generator.normal(0, 0.5, size=(EXAMPLES, 10))
    confidence = 2.0 + 4.0 * (1 - difficulty) * (1.5 if run.trait.output == "softmax" else 0.7)
    logits[np.arange(EXAMPLES), predicted] = logits.max(axis=1) + 0.1 + confidence
    return {
        "example": np.arange(EXAMPLES),
        "label": labels,
        "output": run.trait.output,
        "logits": column(logits).to_numpy(),
    }


def _geometry(run: Run) -> Columns:
    ratio = run.trait.scatter * (1 + 0.1 * run.generator("geometry").normal())
    measures = {
        "within": ratio * 3.0,
        "between": 3.0,
        "scatter_ratio": ratio,
        "own_cosine": 1 - 0.3 * ratio,
        "other_cosine": 0.4 * ratio,
    }
    return {"layer": "last_hidden", "measure": list(measures), "value": list(measures.values())}


def _projections(run: Run) -> Columns:
    examples = np.arange(0, EXAMPLES, 2)
    labels = examples % 10
    angle = 2 * np.pi * labels / 10
    spread = run.generator("projections").normal(0, run.trait.scatter, size=(2, len(examples)))
    return {
        "layer": "last_hidden",
        "example": examples,
        "label": labels,
        "x": 3 * np.cos(angle) + spread[0],
        "y": 3 * np.sin(angle) + spread[1],
    }


def _run_row(run: Run) -> Columns:
    steps = run.epochs * STEPS_PER_EPOCH
    return {
        "diverged": [run.diverged],
        "steps": [steps // 2 if run.diverged else steps],
        "classes": [10],
        "parameters": [100_000 + len(str(run.key["model"])) * 1000],
        "flops_per_example": [2_000_000],
    }


def _timing(run: Run) -> Columns:
    seconds = 10.0 + run.generator("timing").uniform()
    return {
        "train_s": [seconds],
        "examples_per_s": [run.epochs * STEPS_PER_EPOCH * 128 / seconds],
        "peak_share": [0.5],
        "device": ["An invented processor"],
        "threads": [1],
        "peak_memory_bytes": [300_000_000],
        "host": ["0123abcd"],
    }


def _origin(run: Run) -> Columns:
    key = hashlib.sha256(repr(sorted(run.key.items())).encode()).hexdigest()[:32]
    return {"key": [key], "study": ["synthetic"], "trained": ["2001-02-03T04:05:06+00:00"]}


def _last_layer(runs: list[Run]) -> pd.DataFrame:
    """A row a network and seed; MSE on logits has nothing to do with these numbers."""
    starts = pd.DataFrame([run.key for run in runs])[["dataset", "model", "seed"]].drop_duplicates()
    size = starts["model"].map(len) + 0.1 * starts["seed"]
    measured = {"features": 64, "squared_length": size, "mean_share": 0.5, "curvature": size / 10}
    return parquet.check(starts.assign(**measured), schemas.LAST_LAYER)


def _derived(made: dict[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    """What the project itself computes from runs."""
    history, runs = made["history"], made["runs"]
    measured = metrics.measure(made["predictions"], runs, history)
    choices = parquet.concat(list(_choices(history, runs, study)), schemas.CHOICES)
    levels = selection.levels(history, runs, choices)
    spreads = error_mean_squares(made["predictions"], runs)
    own = {"metrics": measured, "choices": choices, "levels": levels, "mean_squares": spreads}
    compared = derived_tables(study, made | own)
    names = {each.name: DATASETS[each.name].classes for each in study.datasets}
    return {
        **own,
        "class_names": class_errors.class_names(names),
        "class_errors": class_errors.class_errors(made["predictions"], runs),
        "confusion": class_errors.confusion(made["predictions"]),
        "reliability": metrics.reliability(made["predictions"]),
        "gallery": gallery.pick(made["predictions"], _images()),
        **compared,
        **repeated(study, made | own | compared, _again(made | own | compared), "again"),
        "claims": _claims(),
    }


def _again(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """A repetition with the same values, other seeds, and every seventh verdict undecided."""
    found = {name: tables[name].copy() for name in (*COMPARED, "contrasts")}
    for frame in found.values():
        for name in {"seed", "tuning_seed"} & {*frame}:
            frame[name] += 1000
    verdicts = found["contrasts"]["verdict"]
    is_turned = (np.arange(len(verdicts)) % 7 == 0) & (verdicts != "")
    found["contrasts"]["verdict"] = verdicts.mask(is_turned, "undecided")
    return found


def _images() -> dict[str, np.ndarray]:
    """Test images made of noise, uint8 (N, C, H, W)."""
    generator = np.random.default_rng(11)
    shapes = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32)}
    return {
        name: generator.integers(0, 256, size=(EXAMPLES, *shape), dtype=np.uint8)
        for name, shape in shapes.items()
    }


def _choices(history: pd.DataFrame, runs: pd.DataFrame, study: Study) -> Iterator[pd.DataFrame]:
    tuned, measured = (
        dict(iter(rows[rows["stage"] == "tuning"].groupby([*COMPARISON, "loss"])))
        for rows in (runs, history)
    )
    seeds = dict(zip(study.seeds.tuning, study.seeds.evaluation, strict=True))
    for each in study.comparisons:
        goal = study.recipe(each.recipe).tuned_for
        for grid in each.losses:
            cell = (each.dataset, each.model, each.recipe, each.tuning_epochs, grid.loss)
            if cell in tuned:
                of_cell = measured[cell], tuned[cell]
                yield selection.choose(*of_cell, grid, seeds, epochs=each.epochs, tuned_for=goal)


def _claims() -> pd.DataFrame:
    verdicts = ["supported", "contradicted", "supported with limits", "undecided", "mixed"]
    rows = [
        {
            "claim": f"C{number}",
            "statement": f"Statement {number} of the source.",
            "verdict": verdicts[number % 5],
            "numbers": "1.8 times the steps",
            "limits": "holds on MNIST alone" if number % 5 == 2 else "",
            "figure": "answer",
            "basis": "calculus" if number in (1, 2, 3, 4, 7) else "measurement",
        }
        for number in range(1, 13)
    ]
    return parquet.check(pd.DataFrame(rows), schemas.CLAIMS)
