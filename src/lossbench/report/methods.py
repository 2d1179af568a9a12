"""The protocol in words, and where the results come from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.report.blocks import Block, Code, Facts, Formulas, Heading, Prose
from lossbench.report.labels import losses
from lossbench.report.scope import scope
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.words import numbers
from lossbench.words.names import dataset_name, in_sentence
from lossbench.words.places import Place

UNRECORDED = "not recorded"
"""What the page says of something that the pipeline did not write down."""

Provenance = Mapping[str, Any]
"""As the pipeline's JSON file has it; any key may be absent."""


def methods(study: Study, provenance: Provenance) -> tuple[Block, ...]:
    """The section on methods and provenance."""
    return (
        Heading("Protocol"),
        *(Prose(text) for text in protocol(study)),
        Formulas(losses(study)),
        Heading("Training"),
        Facts(tuple(training(study))),
        Heading("What this cannot say"),
        Facts(tuple(scope(study))),
        Heading("Where it comes from"),
        Facts(tuple(origin(provenance))),
        Heading("Data"),
        Facts(tuple(data(study, provenance))),
        Heading("The record"),
        Code("Configuration of the study (YAML)", configuration(study), "configuration"),
        Code("Everything recorded (JSON)", _json(provenance), "record"),
        Heading("How to cite"),
        Prose(citation(study, provenance)),
    )


def protocol(study: Study) -> Iterator[str]:
    """What was done, paragraph by paragraph."""
    statistics = study.statistics
    yield (
        "One seed fixes the start of the network's body and the order and augmentation of the "
        "batches, the same for every loss and rate: runs are paired by seed. Tuning seeds and "
        f"evaluation seeds are disjoint ({_listed(study.seeds.tuning)} tune; "
        f"{_listed(study.seeds.evaluation)} evaluate)."
    )
    yield (
        "Every loss gets the same number of trials on a grid of its own. The rate with the lowest "
        "mean validation error wins. Tuning runs may be shorter than evaluation runs; their "
        "lengths stand below. The test set is read once, after the last epoch of an evaluation "
        "run, never at the best epoch; predictions are the class of the largest margin-free logit."
    )
    yield (
        f"Targets come from the tuning runs, before any evaluation run: the last is the validation "
        f"error that the weaker of {in_sentence(REFERENCE)} and {in_sentence(PRIMARY)} reaches in "
        "its median tuned run, the others are two and four times that error. A run reaches a "
        "target at its first measurement at or below it; a run that never does is censored at "
        "its budget."
    )
    yield (
        f"A contrast is a loss minus {in_sentence(REFERENCE)}, paired by seed: the mean difference "
        f"with a {statistics.level:.0%} Student-t interval, a BCa bootstrap interval beside it "
        f"({numbers.count(statistics.resamples, 'resample')}), and an exact sign-flip permutation "
        "test where the number of pairs allows. Ratios of steps are compared on the log scale. "
        f"{in_sentence(PRIMARY)} is the one primary contrast on each data set; all others are "
        "exploratory and corrected by Holm. Two losses are equivalent when the equivalence "
        "interval lies inside the margin."
    )
    yield (
        "A run whose loss turns non-finite stops, is recorded as diverged and counts as a failure. "
        "Loss values are never compared across losses."
    )


def training(study: Study) -> Iterator[tuple[str, str]]:
    """What each comparison trains, and the optimiser that all losses share."""
    recipe = study.recipe
    yield (
        "Optimiser",
        f"SGD, Nesterov momentum {recipe.momentum:g}, weight decay {recipe.weight_decay:g}, "
        f"linear warm-up over {recipe.warmup:.0%} of the steps, cosine decay to zero",
    )
    for comparison in study.comparisons:
        tuning = plan.tuning_cells(study, comparison, comparison.losses[0])[0]
        tuning_seeds = plan.seeds(study, comparison, "tuning")
        evaluation_seeds = plan.seeds(study, comparison, "evaluation")
        evaluation = plan.evaluation_cell(study, comparison, REFERENCE)
        dataset = study.dataset(comparison.dataset)
        yield (
            Place.of(comparison).in_sentence,
            f"{numbers.count(evaluation.epochs, 'epoch', 'epochs')} × "
            f"{numbers.count(len(evaluation_seeds), 'seed')}; tuning: "
            f"{numbers.count(tuning.epochs, 'epoch', 'epochs')} × "
            f"{numbers.count(len(tuning_seeds), 'seed')}; batches of "
            f"{comparison.batch_size}; augmentation: {dataset.augmentation.replace('_', ' and ')}; "
            f"equivalence margin {numbers.points(dataset.equivalence_margin).lstrip('+')}",
        )


def origin(provenance: Provenance) -> Iterator[tuple[str, str]]:
    """Code, versions, machine and time."""
    machine = _mapping(provenance, "machine")
    packages = _mapping(provenance, "packages")
    yield "lossbench", _text(provenance, "lossbench")
    yield "Git commit", _commit(provenance)
    page = _mapping(provenance, "page")
    if page.get("git_commit") and _commit(page) != _commit(provenance):
        yield "Page made at commit", _commit(page)
    for name, digest in _mapping(provenance, "code_digests").items():
        yield f"Code of {name}", str(digest)
    if not _mapping(provenance, "code_digests"):
        yield "Code digests", UNRECORDED
    for label, key in MACHINE.items():
        yield label, _text(machine, key)
    yield "Trained on", _devices(provenance)
    versions = numbers.join([f"{name} {version}" for name, version in packages.items()])
    yield "Packages", versions if packages else UNRECORDED
    yield "Training time", _duration(provenance.get("train_seconds"))
    yield "Share of the machine's speed", _share(provenance.get("peak_share"))
    yield "Finished", _text(provenance, "finished")


def data(study: Study, provenance: Provenance) -> Iterator[tuple[str, str]]:
    """Each data set of the study: its size, its digest, its source."""
    manifests = _mapping(provenance, "datasets")
    for dataset in study.datasets:
        manifest = manifests.get(dataset.name)
        if not isinstance(manifest, Mapping):
            yield dataset_name(dataset.name), UNRECORDED
            continue
        counts = _mapping(manifest, "counts")
        splits = [f"{int(number):,} {split}" for split, number in counts.items()]
        yield dataset_name(dataset.name), f"{numbers.join(splits)} examples"
        yield "Images, SHA-256", _text(manifest, "images_sha256")
        yield "Labels, SHA-256", _text(manifest, "labels_sha256")
        for name, digest in _mapping(manifest, "source_sha256").items():
            yield f"{name}, SHA-256", str(digest)
        yield "Source", f"{_text(manifest, 'citation')} Licence: {_text(manifest, 'licence')}"


def configuration(study: Study) -> str:
    """The study as YAML, every default written out."""
    fields = study.model_dump(mode="json")
    text: str = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=88)
    return text


def citation(study: Study, provenance: Provenance) -> str:
    """How to cite this page."""
    version = _text(provenance, "lossbench")
    return (
        f"“{study.title}” (study {study.name}), made with lossbench {version}, commit "
        f"{_commit(provenance)}, finished {_text(provenance, 'finished')}. The file CITATION.cff "
        "of the repository has the software's own citation."
    )


def _commit(provenance: Provenance) -> str:
    commit = _text(provenance, "git_commit")
    changed = bool(provenance.get("git_dirty"))
    return f"{commit} with uncommitted changes" if changed else commit


def _devices(provenance: Provenance) -> str:
    devices = provenance.get("devices")
    if not isinstance(devices, Sequence) or isinstance(devices, str) or not devices:
        return UNRECORDED
    return numbers.join([str(device) for device in devices])


def _duration(seconds: object) -> str:
    if not isinstance(seconds, (int, float)):
        return UNRECORDED
    minutes = seconds / 60
    return f"{minutes:,.1f} minutes" if minutes < 120 else f"{minutes / 60:,.1f} hours"


def _share(value: object) -> str:
    return numbers.percent(value, 0) if isinstance(value, float) else UNRECORDED


def _listed(seeds: Sequence[int]) -> str:
    return (
        f"{seeds[0]} to {seeds[-1]}" if _runs_on(seeds) else numbers.join([str(s) for s in seeds])
    )


def _runs_on(seeds: Sequence[int]) -> bool:
    return len(seeds) > 3 and list(seeds) == list(range(seeds[0], seeds[-1] + 1))


def _mapping(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = mapping.get(key)
    return value if isinstance(value, Mapping) else {}


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return UNRECORDED if value is None or value == "" else str(value)


def _json(provenance: Provenance) -> str:
    return json.dumps(dict(provenance), indent=2, ensure_ascii=False, default=str)


MACHINE = {
    "Processor": "processor",
    "Cores": "cores",
    "GPU": "gpu",
    "Platform": "platform",
    "Python": "python",
}
"""What is said of the machine: label and key."""
