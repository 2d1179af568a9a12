"""Small studies with a known answer: invented errors and steps, judged by the project itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from builders.once import once
from lossbench.cards.loss import REFERENCE
from lossbench.stats.contrasts import contrasts
from lossbench.stats.observations import COLUMNS
from lossbench.study.config import Study
from lossbench.tables.parquet import empty
from lossbench.tables.runs import COMPARISON
from lossbench.tables.study import MEAN_SQUARES
from lossbench.words import phrases
from lossbench.words.findings import Finding

PLACES = (("mnist", "mlp"), ("mnist", "lenet"), ("cifar10", "convnet"))
LOSSES = ("mse_softmax", "mse_logits", "mse_sigmoid")
BUDGET = 900
LEVELS = 4
IMAGES = 10_000


@dataclass(frozen=True)
class Trait:
    """How a loss does in one place, against cross-entropy."""

    excess: float = 0.0
    """Added to every seed's test error."""
    slowness: float = 1.0
    """Of its steps to every level of error."""
    noise: float = 0.0
    """Standard deviation of a seed's excess, and of the logarithm of its slowness."""
    missed: int = 0
    """Of the first seeds, so many miss the hardest level."""
    reference_missed: int = 0
    """Of cross-entropy's last seeds, so many miss it."""
    stalled: bool = False
    """Whether every run, some more than others, misses nearly all levels."""
    failed: bool = False
    """Whether every run diverged."""


@dataclass(frozen=True)
class Answers:
    """A whole study: what every loss but the reference does, place by place."""

    traits: tuple[Trait, Trait, Trait]
    seeds: int = 5
    error: float | None = None
    """Every run's test error, where all are alike."""
    reference_failed: bool = False
    stalled: bool = False
    """Whether no run of any loss reaches a level."""
    places: tuple[tuple[str, str], ...] = PLACES


@once
def tables_of(scenario: str) -> dict[str, pd.DataFrame]:
    """The table that findings are read from: `contrasts`."""
    answers = SCENARIOS[scenario]
    generator = np.random.default_rng(5)
    runs = pd.concat(
        [
            _runs(place, trait, answers, generator)
            for place, trait in zip(PLACES, answers.traits, strict=True)
            if place in answers.places
        ]
    )
    images = dict.fromkeys(("mnist", "cifar10"), IMAGES)
    errors, steps = _errors(runs)[COLUMNS], _steps(runs)
    return {"contrasts": contrasts(errors, steps, empty(MEAN_SQUARES), study(), images)}


def study() -> Study:
    """All three squared losses in every place, with margins of 0.2 pp."""
    grids = [{"loss": loss, "learning_rates": [0.1]} for loss in (REFERENCE, *LOSSES)]
    settings = {"epochs": 2, "tuning_epochs": 1, "losses": grids}
    return Study.model_validate(
        {
            "name": "answers",
            "title": "Answers",
            "seeds": {"tuning": tuple(range(100, 105)), "evaluation": tuple(range(5))},
            "datasets": [
                {"name": name, "equivalence_margin": 0.002} for name in ("mnist", "cifar10")
            ],
            "comparisons": [
                {"dataset": dataset, "model": model, **settings} for dataset, model in PLACES
            ],
            "statistics": {"resamples": 999},
        }
    )


def _runs(
    place: tuple[str, str], trait: Trait, answers: Answers, generator: np.random.Generator
) -> pd.DataFrame:
    """Every run's error and steps in one place."""
    seeds = np.arange(answers.seeds)
    floor = 0.05 + generator.normal(0, 0.002, len(seeds))
    pace = 300 * np.exp(generator.normal(0, 0.1, len(seeds)))
    frames = []
    for loss in (REFERENCE, *LOSSES):
        is_reference = loss == REFERENCE
        luck = generator.normal(0, 1, (2, len(seeds)))
        noise = 0.0003 if is_reference else max(trait.noise, 0.0003)
        failed = answers.reference_failed if is_reference else trait.failed
        steps = pace * np.exp(noise * luck[0]) * (1.0 if is_reference else trait.slowness)
        error = floor + noise * luck[1] + (0.0 if is_reference else trait.excess)
        levels = _reached(trait, seeds, is_reference=is_reference)
        if failed or answers.stalled:
            levels = np.zeros_like(levels)
        frame = {
            "loss": loss,
            "seed": seeds,
            "error": 0.9 if failed else error if answers.error is None else answers.error,
            "steps": steps,
            "levels": levels,
            "diverged": failed,
        }
        place_columns = dict(zip(COMPARISON, (*place, "annealed", 2), strict=True))
        frames.append(pd.DataFrame(frame).assign(**place_columns))
    return pd.concat(frames)


def _reached(trait: Trait, seeds: np.ndarray, *, is_reference: bool) -> np.ndarray:
    """How many of the levels each seed reaches."""
    if is_reference:
        return LEVELS - (seeds >= len(seeds) - trait.reference_missed)
    if trait.stalled:
        return seeds % 2
    return LEVELS - (seeds < trait.missed)


def _errors(runs: pd.DataFrame) -> pd.DataFrame:
    return runs.assign(rates="tuned", metric="error", value=runs["error"], failed=runs["diverged"])


def _steps(runs: pd.DataFrame) -> pd.DataFrame:
    """STEPS_TO_LEVEL as far as contrasts read it, with `rates`: the levels evenly apart."""
    frames = []
    for level in range(1, LEVELS + 1):
        reached = runs["levels"] >= level
        steps = np.where(reached, runs["steps"] * level / LEVELS, BUDGET)
        frames.append(runs.assign(rates="tuned", level=level, steps=steps, reached=reached))
    return pd.concat(frames)


def everywhere(**trait: object) -> tuple[Trait, Trait, Trait]:
    """The same in all three places."""
    return (Trait(**trait),) * 3  # type: ignore[arg-type]


BETTER = Trait(excess=-0.01, slowness=0.5)
WORSE = Trait(excess=0.01, slowness=2.0)
UNCLEAR = Trait(noise=0.4)

SCENARIOS: Mapping[str, Answers] = {
    "faster and lower": Answers((BETTER,) * 3),
    "slower and higher": Answers((WORSE,) * 3),
    "equivalent": Answers(everywhere(excess=0.0004)),
    "mixed": Answers((BETTER, WORSE, UNCLEAR)),
    "undecided": Answers((UNCLEAR,) * 3),
    "the loss censored here": Answers(
        (WORSE, Trait(0.01, 2.0, missed=2), Trait(0.01, 2.5, missed=5))
    ),
    "the reference censored here": Answers(
        (BETTER, Trait(-0.01, 0.5, reference_missed=3), Trait(-0.01, 0.5, reference_missed=5))
    ),
    "both censored": Answers(everywhere(slowness=1.5, missed=3, reference_missed=1)),
    "the loss stalled": Answers(everywhere(excess=0.01, stalled=True)),
    "none reaches": Answers(everywhere(excess=0.01), stalled=True),
    "one seed": Answers((BETTER, WORSE, WORSE), seeds=1),
    "the loss diverged": Answers(everywhere(failed=True)),
    "all diverged": Answers(everywhere(failed=True), reference_failed=True),
    "both errors zero": Answers(everywhere(), error=0.0),
    "a data set missing": Answers((WORSE, BETTER, WORSE), places=PLACES[:2]),
}
"""By what the answer is."""


def sentences_of(finding: Finding) -> str:
    """What the page says of a finding, as plain text."""
    said = phrases.sentences(finding)
    text = said if isinstance(said, str) else " ".join(each.lead + each.rest for each in said)
    return text.replace("\xa0", " ")
