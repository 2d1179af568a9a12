"""Every field of a study file: another value changes what it is for, and nothing else.

What it is for: the keys of the runs of some losses, the jobs that they are trained in, and the
parts of the study that verbs are given. `test_training_plain_loop.py` has the numbers that come of
a key's values.
"""

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from builders.project_copy import TINY
from lossbench.code.code_digest import declared
from lossbench.errors import ConfigError
from lossbench.study.config import Study
from lossbench.study.loading import load_study
from lossbench.study.plan import all_jobs
from lossbench.study.slices import slice_json
from lossbench.training.determinants import DATA, determinants, expected_device
from test_study_slices import READERS

SCHEMA = json.loads((Path(__file__).parents[1] / "config/study.schema.json").read_text())
RATES = [0.1, 0.3]
ANNEALING = {"start": 100, "decay": 2, "power": 3, "floor": 0.5}
GRIDS = [
    {"loss": "cross_entropy", "learning_rates": RATES},
    {"loss": "l_softmax", "learning_rates": RATES, "margins": [{"m": 2, "annealing": ANNEALING}]},
    {"loss": "am_softmax", "learning_rates": RATES, "margins": [{"m": 0.3, "s": 9}]},
    {"loss": "mse_logits", "learning_rates": RATES, "margins": [{"k": 2, "M": 3}]},
    {"loss": "mine", "learning_rates": RATES},
]
IMAGES = {"name": "pairs", "source": "mnist", "classes": [3, 5], "size": 20, "colour": "grey"}
MINE = {"name": "mine", "source": "own.py:loss", "label": "Mine", "formula": "x", "head": "cosine"}
ON_NET = {"dataset": "pairs", "model": "net", "recipe": "own", "epochs": 4, "tuning_epochs": 3}
ON_MLP = [
    ON_NET | {"model": "mlp", "recipe": each, "losses": GRIDS[:1]} for each in ("own", "other")
]
STUDY: dict[str, Any] = TINY | {
    "datasets": [IMAGES | {"equivalence_margin": 0.01}],
    "losses": [MINE | {"settings": [{"s": 2}]}],
    "networks": [{"name": "net", "source": "own.py:net", "label": "Net"}],
    "comparisons": [ON_NET | {"losses": GRIDS}, *ON_MLP],
    "recipes": [{"name": "own"}, {"name": "other", "warmup": 0.5}],
    "theory": {"starts": [{"weight": 1, "bias": 2}]},
}
OWN = """
def loss(logits, labels, s): return logits[:, 0]
def other(logits, labels, s): return logits[:, 1]
def net(shape): ...
def new(shape): ...
"""

RUNS = [f"{stage} {grid['loss']}" for stage in ("tuning", "evaluation") for grid in GRIDS]
EFFECTS: dict[str, tuple[object, str, str]] = {
    "name": ("another", "", ""),
    "title": ("Another", "", ""),
    "data_dir": ("elsewhere", "", ""),
    "seeds.tuning": ([100, 101, 103], "collect probe", ".*"),
    "seeds.evaluation": ([0, 1, 3], "collect probe", "evaluation .*"),
    "datasets.source": ("stand-in", "adopt", ""),
    "datasets.classes": ([3, 7], "adopt", ""),
    "datasets.size": (24, "adopt", ""),
    "datasets.colour": ("rgb", "adopt", ""),
    "datasets.label": ("Two", "", ""),
    "datasets.augmentation": ("flip", "collect", ".*"),
    "datasets.equivalence_margin": (0.02, "contrast", ""),
    "losses.source": ("own.py:other", "collect vet", ".* mine"),
    "losses.label": ("Other", "", ""),
    "losses.formula": ("y", "", ""),
    "losses.output": ("none", "collect", ".* mine"),
    "losses.head": ("linear", "collect vet", ".* mine"),
    "losses.settings": ([{"s": 3}], "collect vet", ".* mine"),
    "networks.source": ("own.py:new", "collect probe vet", ".*"),
    "networks.label": ("Other", "", ""),
    "comparisons.recipe": ("other", "collect contrast draw", ".*"),
    "comparisons.epochs": (5, "collect contrast draw", "evaluation .*"),
    "comparisons.tuning_epochs": (4, "collect", "tuning .*"),
    "comparisons.batch_size": (64, "collect vet", ".*"),
    "comparisons.replicates": (2, "collect jobs probe", ".*"),
    "comparisons.losses.learning_rates": ([0.1, 1], "collect", "tuning cross_entropy"),
    "comparisons.losses.replicates": (2, "collect jobs probe", ".* cross_entropy"),
    "comparisons.losses.1.margins.m": (3, "collect", ".* l_softmax"),
    "comparisons.losses.1.margins.annealing.start": (10, "collect", ".* l_softmax"),
    "comparisons.losses.1.margins.annealing.decay": (1, "collect", ".* l_softmax"),
    "comparisons.losses.1.margins.annealing.power": (2, "collect", ".* l_softmax"),
    "comparisons.losses.1.margins.annealing.floor": (1, "collect", ".* l_softmax"),
    "comparisons.losses.2.margins.s": (8, "collect", ".* am_softmax"),
    "comparisons.losses.3.margins.k": (3, "collect", ".* mse_logits"),
    "comparisons.losses.3.margins.M": (4, "collect", ".* mse_logits"),
    "recipes.optimiser": ("adamw", "collect judge", ".*"),
    "recipes.momentum": (0.5, "collect", ".*"),
    "recipes.nesterov": (False, "collect", ".*"),
    "recipes.schedule": ("constant", "collect", ".*"),
    "recipes.warmup": (0.1, "collect", ".*"),
    "recipes.weight_decay": (0.1, "collect", ".*"),
    "recipes.head_scale": (2, "collect judge", ".*"),
    "recipes.tuned_for": ("speed", "choose collect contrast draw", ""),
    "history.ratio": (2, "collect", ".*"),
    "history.train_examples": (10, "collect probe", ".*"),
    "compute.accelerator": ("cuda", "vet", ".*"),
    "compute.threads": (2, "probe", ".*"),
    "compute.precision": ("bfloat16", "collect", ".*"),
    "compute.compile": (True, "", ".*"),
    "compute.job_minutes": (1440, "collect jobs", ""),
    "compute.keep_weights": (True, "collect jobs", ""),
    "statistics.level": (0.9, "contrast draw judge", ""),
    "statistics.speed_margin": (0.2, "contrast", ""),
    "statistics.resamples": (999, "contrast", ""),
    "theory.starts.weight": (3, "derive", ""),
    "theory.starts.bias": (3, "derive", ""),
    "theory.learning_rate": (0.2, "derive draw", ""),
    "theory.epochs": (9, "derive", ""),
    "limits.epochs": (3, "collect contrast draw", "evaluation .*"),
    "limits.tuning_epochs": (2, "collect jobs", "tuning .*"),
    "limits.replicates": (2, "collect jobs probe", ".*"),
    "limits.learning_rates": (1, "collect jobs", "tuning .*"),
    "repetition": ("results/again", "", ""),
}
"""Field → another value, what but the page is given another part, and whose runs have new keys."""
UNSEEN = {"compute.cache", "compute.checkpoint_s"}
"""Where and how often something is saved: no verb is given it."""
NAMES = {f"{kind}.name" for kind in ("datasets", "losses", "networks", "recipes")}
NAMES |= {f"comparisons.{field}" for field in ("dataset", "model", "losses.loss")}
"""What another field refers to, or that refers to another."""


@pytest.fixture(scope="module", autouse=True)
def before(tmp_path_factory):
    """The parts of the study as it is, in a folder with its own code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("study"))
        patch.setattr(metadata, "version", str)  # it reads files for each run's key
        Path("own.py").write_text(OWN)
        yield parts(loaded(STUDY))


def loaded(fields: dict[str, Any]) -> Study:
    Path("study.yaml").write_text(json.dumps(fields))
    return load_study(Path("study.yaml"))


def edited(field: str, value: object) -> Study:
    """The study with another value of a field; of a list without a number, in its first entry."""
    fields = json.loads(json.dumps(STUDY))
    within, (*path, last) = fields, field.split(".")
    for part in path:
        if isinstance(within, list) and not part.isdigit():
            within = within[0]
        within = within[int(part)] if part.isdigit() else within.setdefault(part, {})
    (within[0] if isinstance(within, list) else within)[last] = value
    return loaded(fields)


def parts(study: Study) -> dict[str, Any]:
    """By name: what each verb is given, the keys of a stage's and loss's runs, the jobs' sizes."""
    found = {verb: slice_json(study, declared(verb, "USES")) for verb in READERS}
    found["adopt"] = [(each.name, each.source, each.reading) for each in study.datasets]
    found["derive"] = study.theory
    found["choose"] = [study.recipe(each.recipe).tuned_for for each in study.comparisons]
    found["jobs"] = []
    manifest = dict.fromkeys(DATA) | {"classes": "ab"}
    device = expected_device(study.compute.accelerator)
    for job in all_jobs(study):
        found["jobs"].append((len(job.cells), len(job.replicates), job.keep_weights))
        named = f"{job.cells[0].stage} {job.cells[0].loss}"
        setting = job.margins[0].label if job.margins else ""
        is_chosen = job.cells[0].stage == "tuning"
        chosen = None if is_chosen else {each.seed: (0.1, setting) for each in job.replicates}
        for run in job.runs(chosen):
            key = determinants(run, job.code, manifest, study.compute, device)
            found.setdefault(named, []).append(json.dumps(key, sort_keys=True))
    return {name: sorted(part) if name in RUNS else part for name, part in found.items()}


def leaves(node: dict[str, Any], path: str = "") -> list[str]:
    """The fields of the schema that hold no other fields."""
    node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    choices = [child for child in node.get("anyOf", []) if child.get("type") != "null"]
    inner = [(child, path) for child in choices]
    inner += [(node["items"], path)] if "items" in node else []
    inner += [(child, f"{path}.{name}") for name, child in node.get("properties", {}).items()]
    found = [leaf for child, where in inner for leaf in leaves(child, where)]
    return found or [path[1:]]


def test_every_field_is_tried():
    tried = {re.sub(r"\.\d+", "", field) for field in EFFECTS}
    assert not tried & (UNSEEN | NAMES)
    assert tried | UNSEEN | NAMES == set(leaves(SCHEMA))


@pytest.mark.parametrize("field", EFFECTS)
def test_another_value_of_a_field_changes_what_it_is_for_and_nothing_else(before, field):
    value, others, runs = EFFECTS[field]
    after = parts(edited(field, value))
    assert before.keys() == after.keys()
    found = {name for name in before if before[name] != after[name]}
    assert found == {"render", *others.split(), *filter(re.compile(f"{runs}$").match, RUNS)}


@pytest.mark.parametrize("field", sorted(UNSEEN))
def test_how_something_is_saved_changes_nothing(before, field):
    assert parts(edited(field, "7")) == before


@pytest.mark.parametrize("field", sorted(NAMES))
def test_a_name_that_nothing_else_has_is_refused(field):
    with pytest.raises(ConfigError, match=r"allowed|not one of|uses?\b|lacks"):
        edited(field, "mlp" if field == "comparisons.model" else "another")
