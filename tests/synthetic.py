"""A small, plausible study made of random numbers, for tests of what reads tables.

The runs are invented; whatever the project derives from runs is derived here too, so that the
tables agree with each other. Every table passes its schema.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from lossbench import cells
from lossbench.config import Comparison, Study
from lossbench.tables import contract
from lossbench.tables import study as schemas

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


@dataclass(frozen=True)
class Trait:
    """How a loss differs from cross-entropy in the invented study."""

    excess: float
    """Added to the test error, as a multiple of the data set's equivalence margin."""
    slowness: float
    """Steps to a given error, as a multiple of cross-entropy's."""
    best_rate: float
    scatter: float
    head: str


TRAITS = {
    "cross_entropy": Trait(0.0, 1.0, 0.1, 0.6, "softmax"),
    "mse_softmax": Trait(4.0, 1.8, 0.3, 0.45, "softmax"),
    "mse_logits": Trait(0.0, 1.3, 0.3, 0.4, "none"),
    "mse_sigmoid": Trait(12.0, 4.0, 1.0, 0.8, "sigmoid"),
    "am_softmax": Trait(-4.0, 0.9, 0.1, 0.2, "softmax"),
}


def build(
    *,
    seeds: int = 4,
    diverged: bool = False,
    censored: bool = False,
    missing_dataset: bool = False,
    undecided: bool = False,
    margins: bool = True,
) -> tuple[dict[str, pd.DataFrame], Study]:
    """The tables of an invented study, by name, and its configuration.

    `diverged`: the first evaluation run of MSE on softmax diverges, as do all its tuning runs at
    the highest rate. `censored`: MSE on sigmoid never reaches a target. `missing_dataset`: the
    study asks for CIFAR-10 but has no run on it. `undecided`: seeds differ more than losses.
    `margins=False`: no margin loss is compared.
    """
    knobs = (seeds, diverged, censored, missing_dataset, undecided, margins)
    made, study = _built(*knobs)
    return dict(made), study


@lru_cache
def _built(
    seeds: int,
    diverged: bool,
    censored: bool,
    missing_dataset: bool,
    undecided: bool,
    margins: bool,
) -> tuple[dict[str, pd.DataFrame], Study]:
    study = _study(seeds, margins)
    runs = [
        run
        for run in _runs(study, diverged=diverged)
        if not (missing_dataset and run.key["dataset"] == "cifar10")
    ]
    noise = 20.0 if undecided else 0.3
    made: dict[str, pd.DataFrame] = {}
    made["history"] = _table(runs, "HISTORY", lambda run: _history(run, noise, censored=censored))
    evaluated = [run for run in runs if run.key["stage"] == "evaluation"]
    finished = [run for run in evaluated if not run.diverged]
    made["predictions"] = _table(finished, "PREDICTIONS", lambda run: _predictions(run, noise))
    made["geometry"] = _table(finished, "GEOMETRY", _geometry)
    first = [run for run in finished if run.key["seed"] == study.seeds.evaluation[-1]]
    made["projections"] = _table(first, "PROJECTIONS", _projections)
    made["runs"] = _table(runs, "RUNS", _run_row)
    made["timing"] = _table(runs, "TIMING", _timing)
    made.update(_derived(made, study))
    return made, study


def _study(seeds: int, margins: bool) -> Study:
    losses = [loss for loss in TRAITS if margins or loss != "am_softmax"]
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
            "seeds": {"tuning": (100, 101), "evaluation": tuple(range(seeds))},
            "datasets": [
                {"name": "mnist", "equivalence_margin": 0.005},
                {"name": "cifar10", "equivalence_margin": 0.01, "augmentation": "flip_shift"},
            ],
            "comparisons": [
                {
                    "dataset": dataset,
                    "model": model,
                    "epochs": 6,
                    "tuning_epochs": 3,
                    "losses": grids,
                }
                for dataset, model in FLOORS
            ],
            "history": {"early_points": 4, "per_epoch": 3},
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
        label = f"{purpose}|{sorted(self.key.items())}"
        return np.random.default_rng(list(label.encode()))


def _runs(study: Study, *, diverged: bool) -> Iterator[Run]:
    for comparison in study.comparisons:
        for grid in comparison.losses:
            trait = TRAITS[grid.loss]
            for cell in cells.tuning_cells(study, comparison, grid):
                for seed in cells.seeds(study, comparison, "tuning"):
                    failed = diverged and grid.loss == "mse_softmax" and cell.learning_rate == 1.0
                    yield _run(cell, comparison, trait, seed, failed)
            margin = grid.margins[0] if grid.margins else None
            cell = cells.evaluation_cell(study, comparison, grid.loss)
            for seed in cells.seeds(study, comparison, "evaluation"):
                failed = diverged and grid.loss == "mse_softmax" and seed == 0
                chosen = cell.chosen(trait.best_rate, margin)
                yield _run(chosen, comparison, trait, seed, failed)


def _run(cell: cells.Cell, comparison: Comparison, trait: Trait, seed: int, diverged: bool) -> Run:
    rate = cell.learning_rate
    assert rate is not None
    return Run(
        key={
            "dataset": cell.dataset.name,
            "model": cell.model,
            "loss": cell.loss,
            "setting": cell.setting,
            "learning_rate": rate,
            "stage": cell.stage,
            "seed": seed,
        },
        epochs=cell.epochs,
        floor=FLOORS[comparison.dataset, comparison.model],
        margin=cell.dataset.equivalence_margin,
        trait=trait,
        misfit=abs(np.log10(rate / trait.best_rate)) * 2,
        diverged=diverged,
    )


def _table(runs: list[Run], schema: str, rows: Callable[[Run], Columns]) -> pd.DataFrame:
    """Each run's columns below the other runs', beside the run's identity."""
    blocks = [rows(run) for run in runs]
    sizes = [max(map(np.size, block.values())) for block in blocks]
    identity = {name: np.repeat([run.key[name] for run in runs], sizes) for name in schemas.RUN_KEY}
    columns = {
        name: np.concatenate(
            [np.broadcast_to(block[name], size) for block, size in zip(blocks, sizes, strict=True)]
        )
        for name in blocks[0]
    }
    return contract.check(pd.DataFrame({**identity, **columns}), getattr(schemas, schema))


def _final_error(run: Run, noise: float) -> float:
    """The run's error after training: a seed's luck is shared by all losses, plus its own."""
    shared = np.random.default_rng([int(run.key["seed"]), len(str(run.key["dataset"]))])
    luck = shared.normal(0, 1.0) + run.generator("luck").normal(0, noise)
    excess = run.trait.excess + luck * 0.5 + run.misfit**2 * 3
    return float(np.clip(run.floor + excess * run.margin, 0.004, 0.9))


def _history(run: Run, noise: float, *, censored: bool) -> Columns:
    last = run.epochs * STEPS_PER_EPOCH
    steps = np.unique([0, 1, 2, 4, 8, *np.linspace(0, last, 3 * run.epochs + 1).astype(int)])
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
            columns[name][-1] = schemas.CHANCE_ERROR
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
    confidence = 2.0 + 4.0 * (1 - difficulty) * (1.5 if run.trait.head == "softmax" else 0.7)
    logits[np.arange(EXAMPLES), predicted] = logits.max(axis=1) + 0.1 + confidence
    return {
        "example": np.arange(EXAMPLES),
        "label": labels,
        "head": run.trait.head,
        **{name: logits[:, k] for k, name in enumerate(schemas.LOGITS)},
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
        "parameters": [100_000 + len(str(run.key["model"])) * 1000],
        "flops_per_example": [2_000_000],
    }


def _timing(run: Run) -> Columns:
    seconds = 10.0 + run.generator("timing").uniform()
    return {
        "train_s": [seconds],
        "examples_per_s": [run.epochs * STEPS_PER_EPOCH * 128 / seconds],
        "device": ["An invented processor"],
        "threads": [1],
        "peak_memory_bytes": [300_000_000],
        "host": ["0123abcd"],
    }


def _derived(made: dict[str, pd.DataFrame], study: Study) -> dict[str, pd.DataFrame]:
    metrics = _metrics(made)
    choices = _choices(made["history"])
    targets = _targets(made["history"], choices)
    times = _times(made["history"], targets)
    return {
        "metrics": metrics,
        "choices": choices,
        "targets": targets,
        "times_to_target": times,
        "confusion": _confusion(made["predictions"]),
        "kaplan_meier": _kaplan_meier(times),
        "survival": _survival(times, study),
        "contrasts": _contrasts(metrics, times, made["history"], study),
        "claims": _claims(),
    }


def _metrics(made: dict[str, pd.DataFrame]) -> pd.DataFrame:
    key = list(schemas.RUN_KEY)
    predictions = made["predictions"]
    wrong = predictions[list(schemas.LOGITS)].to_numpy().argmax(1) != predictions["label"]
    test = predictions[key].assign(value=wrong).groupby(key, as_index=False)["value"].mean()
    lost = made["runs"].query("diverged and stage == 'evaluation'")[key].assign(value=0.9)
    test = pd.concat([test, lost]).assign(split="test")
    last = made["history"].groupby(key, as_index=False).last()
    validation = last[key].assign(value=last["validation_error"], split="validation")
    frame = pd.concat([test, validation]).assign(metric="error")
    return contract.check(frame, schemas.METRICS)


def _choices(history: pd.DataFrame) -> pd.DataFrame:
    cell = ["dataset", "model", "loss", "setting", "learning_rate"]
    last = history.query("stage == 'tuning'").groupby([*cell, "seed"], as_index=False).last()
    mean = last.groupby(cell, as_index=False)["validation_error"].mean()
    best = mean.sort_values(["validation_error", "learning_rate"])
    best = best.groupby(["dataset", "model", "loss"], as_index=False).first()
    edge = best["learning_rate"].isin([RATES[0], RATES[-1]])
    return contract.check(best.assign(trials=len(RATES), on_edge=edge), schemas.CHOICES)


def _targets(history: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    pair = choices.query("loss in ('cross_entropy', 'mse_softmax')")
    rows = []
    for (dataset, model), chosen in pair.groupby(["dataset", "model"]):
        last = chosen["validation_error"].max()
        for target, factor in ((1, 4), (2, 2), (3, 1)):
            rows.append((dataset, model, target, min(0.6, last * factor)))
    frame = pd.DataFrame(rows, columns=["dataset", "model", "target", "validation_error"])
    return contract.check(frame, schemas.TARGETS)


def _times(history: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    rows = []
    evaluation = history.query("stage == 'evaluation'")
    for key, run in evaluation.groupby(list(schemas.RUN_KEY)):
        identity = dict(zip(schemas.RUN_KEY, key, strict=True))
        mine = targets.query("dataset == @key[0] and model == @key[1]")
        for goal in mine.itertuples():
            hit = run[run["validation_error"] <= goal.validation_error]
            point = hit.iloc[0] if len(hit) else evaluation.loc[run.index[-1]]
            rows.append(
                {
                    **identity,
                    "target": goal.target,
                    "validation_error": goal.validation_error,
                    "steps": point["step"],
                    "epochs": point["epoch"],
                    "reached": bool(len(hit)),
                }
            )
    return contract.check(pd.DataFrame(rows), schemas.TIMES_TO_TARGET)


def _contrasts(
    metrics: pd.DataFrame, times: pd.DataFrame, history: pd.DataFrame, study: Study
) -> pd.DataFrame:
    key = ["dataset", "model", "loss", "seed"]
    errors = metrics.query("split == 'test'")[[*key, "value"]].assign(metric="error")
    steps = times.assign(metric="steps_to_target_" + times["target"].astype(str))
    steps = steps[[*key, "metric", "reached"]].assign(value=times["steps"])
    tuned = pd.concat([errors.assign(reached=True), steps]).assign(comparison="tuned")
    last = history.query("stage == 'tuning' and learning_rate == 0.1")
    last = last.groupby(key, as_index=False).last().rename(columns={"validation_error": "value"})
    same = last[[*key, "value"]].assign(reached=True, metric="validation_error")
    values = pd.concat([tuned, same.assign(comparison="same_rate")])
    rows = []
    group = ["dataset", "model", "comparison", "metric"]
    for (dataset, model, comparison, metric), block in values.groupby(group):
        wide = block.pivot(index="seed", columns="loss", values="value")
        reached = block.pivot(index="seed", columns="loss", values="reached")
        for loss in wide.columns.drop("cross_entropy"):
            place = {"dataset": dataset, "model": model, "comparison": comparison}
            margin = study.dataset(dataset).equivalence_margin
            both = reached[[loss, "cross_entropy"]].all(axis=1).to_numpy()
            pair = wide[loss].to_numpy(), wide["cross_entropy"].to_numpy()
            rows.append(
                {**place, "metric": metric, "loss": loss, **_row(metric, *pair, both, margin)}
            )
    return contract.check(pd.DataFrame(rows), schemas.CONTRASTS)


def _row(
    metric: str, ours: np.ndarray, theirs: np.ndarray, reached: np.ndarray, margin: float
) -> dict[str, object]:
    ratio = metric.startswith("steps")
    pairs = np.log(ours / theirs)[reached] if ratio else ours - theirs
    margin = np.log(1.1) if ratio else margin
    value = ci_low = ci_high = low = high = np.nan
    verdict = "undecided"
    if len(pairs):
        value = pairs.mean()
    if len(pairs) >= 3:
        spread = stats.sem(pairs)
        reach, inner = (spread * stats.t.ppf(q, len(pairs) - 1) for q in (0.975, 0.95))
        ci_low, ci_high, low, high = value - reach, value + reach, value - inner, value + inner
        verdict = "equivalent" if max(-low, high) < margin else "undecided"
        verdict = "worse" if ci_low > 0 else "better" if ci_high < 0 else verdict
    shown = np.exp if ratio else np.asarray
    return {
        "reference": "cross_entropy",
        "scale": "ratio" if ratio else "difference",
        "value": float(shown(value)),
        "ci_low": float(shown(ci_low)),
        "ci_high": float(shown(ci_high)),
        "bca_low": float(shown(low)),
        "bca_high": float(shown(high)),
        "level": 0.95,
        "equivalence_low": float(shown(low)),
        "equivalence_high": float(shown(high)),
        "margin": float(shown(margin)),
        "test_images": np.nan if ratio else value * EXAMPLES,
        "pairs": len(ours),
        "censored_pairs": int((~reached).sum()),
        "p_value": np.nan,
        "t_p_value": np.nan,
        "p_adjusted": np.nan,
        "improvement": float((ours < theirs).mean()),
        "family": "exploratory",
        "verdict": verdict,
        "method": "Student t" if len(pairs) >= 3 else "fewer than 3 seeds: no interval",
    }


def _confusion(predictions: pd.DataFrame) -> pd.DataFrame:
    predicted = predictions[list(schemas.LOGITS)].to_numpy().argmax(1)
    key = [*schemas.RUN_KEY, "label", "predicted"]
    counted = predictions.assign(predicted=predicted).groupby(key, as_index=False).size()
    return contract.check(counted.rename(columns={"size": "count"}), schemas.CONFUSION)


def _kaplan_meier(times: pd.DataFrame) -> pd.DataFrame:
    """Without censoring before the budget the curve is the plain share of runs."""
    rows = []
    for key, runs in times.groupby(["dataset", "model", "loss", "target"]):
        hits = runs[runs["reached"]]["steps"]
        budget = 6 * STEPS_PER_EPOCH
        for steps in sorted({0, budget, *hits}):
            share = float((hits <= steps).sum() / len(runs))
            waiting = int((runs["steps"] >= steps).sum())
            row = dict(zip(["dataset", "model", "loss", "target"], key, strict=True))
            ends = {"ci_low": max(0, share - 0.2), "ci_high": min(1, share + 0.2)}
            step = {"steps": steps, "epochs": steps / STEPS_PER_EPOCH, "reached": share}
            rows.append({**row, **step, **ends, "at_risk": waiting})
    return contract.check(pd.DataFrame(rows), schemas.KAPLAN_MEIER)


def _survival(times: pd.DataFrame, study: Study) -> pd.DataFrame:
    rows = []
    for key, runs in times.groupby(["dataset", "model", "loss", "target"]):
        counted = runs["steps"].where(runs["reached"], np.inf)
        reached = int(runs["reached"].sum())
        rows.append(
            {
                **dict(zip(["dataset", "model", "loss", "target"], key, strict=True)),
                "validation_error": runs["validation_error"].iloc[0],
                "runs": len(runs),
                "reached_runs": reached,
                "reach_rate": reached / len(runs),
                "budget_steps": 6 * STEPS_PER_EPOCH,
                "median_steps": float(np.sort(counted)[(len(counted) - 1) // 2]),
                "restricted_mean_steps": runs["steps"].mean(),
                "restricted_mean_ratio": np.nan,
                "log_rank_p": np.nan,
                "log_rank_p_adjusted": np.nan,
                "method": "invented",
            }
        )
    return contract.check(pd.DataFrame(rows), schemas.SURVIVAL)


def _claims() -> pd.DataFrame:
    verdicts = ["supported", "contradicted", "supported with limits", "undecided"]
    rows = [
        {
            "claim": f"C{number}",
            "statement": f"Statement {number} of the source.",
            "verdict": verdicts[number % 4],
            "numbers": "1.8 times the steps",
            "limits": "holds on MNIST alone" if number % 4 == 2 else "",
            "figure": "answer",
        }
        for number in range(1, 13)
    ]
    return contract.check(pd.DataFrame(rows), schemas.CLAIMS)
