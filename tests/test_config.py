"""Wrong configurations are refused with one line: the field, its value, what is allowed."""

import json
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders.refusals import refused
from lossbench.errors import ConfigError
from lossbench.study.config import Study
from lossbench.study.json_schema import json_schema
from lossbench.study.loading import load_study, parse_study, snakemake_study

ROOT = Path(__file__).parents[1]
MINIATURE = ROOT / "config/miniature.yaml"
STUDIES = sorted(path for path in (ROOT / "config").glob("*.yaml"))


def changed(path: str, value: Any) -> dict[str, Any]:
    """The miniature's fields with the one at `path` (dots and indices) set to `value`."""
    fields = yaml.safe_load(MINIATURE.read_text())
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = fields
    for part in parents:
        place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
    place[last] = value
    return fields


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_shipped_studies_are_valid_and_named_after_their_file(path):
    assert load_study(path).name == path.stem


def own(**fields: object) -> dict[str, object]:
    return {"name": "own"} | fields


WRONG = [
    ("colour", "red", "colour: no such field", "red"),
    ("name", "Mini Ature", "name", "Mini Ature"),
    ("name", "../escape", "name", "../escape"),
    ("name", "$(touch x)", "name", "$(touch x)"),
    ("name", "<script>", "name", "<script>"),
    ("name", "", "name", "''"),
    ("name", "datasets", "name", "results/datasets holds the data"),
    ("title", "", "title", "''"),
    ("title", "two\nlines", "title", "two\\nlines"),
    ("title", "x" * 121, "title", "xxx"),
    ("data_dir", "a\0b", "data_dir", "a\\x00b"),
    ("data_dir", 3, "data_dir", "3"),
    ("title", 3, "title", "3"),
    ("seeds.tuning", [], "seeds.tuning", "at least 1"),
    ("seeds.tuning", [0, 100], "seeds", "share [0]"),
    ("seeds.tuning", [100, 100], "seeds", "[100] more than once"),
    ("seeds.evaluation", [-1], "seeds.evaluation.0", "-1"),
    ("seeds.evaluation", [1.5], "seeds.evaluation.0", "1.5"),
    ("seeds.evaluation", "0, 1", "seeds.evaluation", "0, 1"),
    ("seeds.evaluation", [True], "seeds.evaluation.0", "True"),
    ("datasets", [], "datasets", "at least 1"),
    ("datasets.0.name", "imagenet", "datasets.0: name 'imagenet'", "mnist, fashion_mnist, kmnist"),
    ("datasets.0.name", "Image Net", "datasets.0.name", "Image Net"),
    ("datasets.0.name", "../up", "datasets.0.name", "../up"),
    ("datasets.0.source", "photos", "datasets.0: name 'digits' is built in", "of your own"),
    ("datasets.0.source", 3, "datasets.0.source", "3"),
    ("datasets.0.source", "./mnist", "datasets.0.source", "reads as the built-in mnist"),
    ("datasets.0.source", "digits/", "datasets.0.source", "reads as the built-in digits"),
    ("datasets.0.classes", [True, 1], "datasets.0.classes", "lists True; allowed: names or"),
    ("datasets.0.classes", ["a", None], "datasets.0.classes", "lists None; allowed: names or"),
    ("datasets.0.equivalence_margin", 0, "datasets.0.equivalence_margin", "greater than 0"),
    ("datasets.0.equivalence_margin", 1.0, "datasets.0.equivalence_margin", "less than 1"),
    ("datasets.0.augmentation", "mixup", "datasets.0.augmentation", "mixup"),
    ("datasets.1.name", "digits", "datasets", "twice"),
    ("comparisons", [], "comparisons", "at least 1"),
    ("comparisons.0.dataset", "mnist", "comparisons use mnist", "not listed"),
    ("comparisons.0.model", "vgg", "comparisons.0.model", "vgg"),
    ("comparisons.0.epochs", 0, "comparisons.0.epochs", "greater than or equal to 1"),
    ("comparisons.0.epochs", True, "comparisons.0.epochs: True is not allowed: ", "should be a"),
    ("comparisons.0.epochs", 1.5, "comparisons.0.epochs", "1.5 is not allowed"),
    ("comparisons.0.epochs", "1.5", "comparisons.0.epochs", "'1.5' is not allowed"),
    ("comparisons.0.epochs", "1e3", "comparisons.0.epochs", "'1e3' is not allowed"),
    ("comparisons.0.epochs", "yes", "comparisons.0.epochs", "'yes' is not allowed"),
    ("comparisons.0.epochs", "", "comparisons.0.epochs", "'' is not allowed"),
    ("comparisons.0.epochs", None, "comparisons.0.epochs", "None is not allowed"),
    ("comparisons.0.epochs", 10**30, "comparisons.0.epochs", "less than or equal to 10000"),
    ("comparisons.0.batch_size", -64, "comparisons.0.batch_size", "-64"),
    ("comparisons.0.losses", [], "comparisons.0.losses", "at least 1"),
    ("comparisons.0.losses.0.loss", "hinge", "comparisons.0.losses.0.loss", "hinge"),
    ("comparisons.0.losses.0.loss", "mse_softmax", "comparisons.0", "twice"),
    ("comparisons.0.losses.0.learning_rates", [], "learning_rates", "at least 1"),
    ("comparisons.0.losses.0.learning_rates", [-0.1, 0.1, 1.0], "learning_rates.0", "-0.1"),
    ("comparisons.0.losses.0.learning_rates", ["fast", 0.1, 1.0], "learning_rates.0", "'fast'"),
    ("comparisons.0.losses.0.learning_rates", [True, 0.1, 1.0], "learning_rates.0", "True"),
    ("comparisons.0.losses.0.learning_rates", ["0.1", 0.1, 1], "learning_rates", "more than once"),
    ("comparisons.0.losses.0.learning_rates", [float("nan"), 0.1, 1.0], "learning_rates.0", "nan"),
    ("comparisons.0.losses.0.learning_rates", [0.1, 0.1, 1.0], "learning_rates", "more than once"),
    ("comparisons.0.losses.0.learning_rates", [0.1], "comparisons.0", "same number of trials"),
    ("comparisons.0.losses.0.margins", [{"m": 0.5}], "comparisons.0.losses.0", "no margins"),
    ("comparisons.0.losses.4.margins", [], "comparisons.0.losses.4", "at least one margin"),
    ("comparisons.0.losses.4.margins", [{"k": 2, "M": 5}], "comparisons.0.losses.4", "k and M"),
    ("comparisons.0.losses.4.margins", [{"m": 0.35}], "comparisons.0.losses.4", "s belongs to"),
    ("recipes", [], "recipes", "at least 1"),
    ("recipes", [own(momentum=1.0)], "recipes.0.momentum", "less than 1"),
    ("recipes", [own(weight_decay=-1.0)], "recipes.0.weight_decay", "-1.0"),
    ("recipes", [own(rate=1)], "recipes.0.rate: no such field", "1"),
    ("recipes", [own(), own()], "recipes", "twice"),
    ("recipes", [own(), own(name="b")], "recipes lists b", "which no comparison uses"),
    ("recipes", [{}], "recipes.0.name", "is missing; it has no default"),
    ("seeds", {"tuning": [1]}, "seeds.evaluation", "is missing"),
    ("recipe", {}, "recipe: no such field", "{}"),
    ("history.ratio", 1.0, "history.ratio", "1.0"),
    ("compute.accelerator", "tpu", "compute.accelerator", "tpu"),
    ("history.ratio", 10**6, "history.ratio", "less than or equal to 1000"),
    ("compute.checkpoint_s", -1, "compute.checkpoint_s", "-1"),
    ("compute.checkpoint_s", float("inf"), "compute.checkpoint_s", "inf"),
    ("compute.compile", 2, "compute.compile", "valid boolean"),
    ("recipes", [own(warmup="no")], "recipes.0.warmup", "'no' is not allowed"),
    ("recipes", [own(warmup=False)], "recipes.0.warmup", "False is not allowed"),
    ("compute.threads", 10**9, "compute.threads", "less than or equal to 1024"),
    ("compute.threads", 0, "compute.threads", "0"),
    ("compute.job_minutes", 0, "compute.job_minutes", "0"),
    ("statistics.level", 95, "statistics.level", "95"),
    ("statistics.speed_margin", 0, "statistics.speed_margin", "0"),
    ("statistics.resamples", 10**12, "statistics.resamples", "less than or equal to 1000000"),
    ("theory.starts", [], "theory.starts", "at least 1"),
    ("limits.epochs", 0, "limits.epochs", "0"),
    ("limits", "short", "limits", "short"),
]


@pytest.mark.parametrize(("path", "value", "field", "detail"), WRONG)
def test_a_wrong_field_is_one_clear_line(path, value, field, detail):
    line = refused(ConfigError, parse_study, changed(path, value), origin="study.yaml")
    assert line.startswith("study.yaml: ")
    assert field in line
    assert detail in line


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("limits.epochs", "1", 1),
        ("limits.epochs", 1.0, 1),
        ("theory.learning_rate", "1e-3", 0.001),
        ("theory.learning_rate", 1, 1.0),
        ("theory.learning_rate", yaml.safe_load("1e-3"), 0.001),
        ("compute.compile", "false", False),
        ("limits.replicates", None, None),
    ],
)
def test_a_number_may_come_as_text(path, value, read):
    study = parse_study(changed(path, value), origin="study.yaml")
    found = reduce(getattr, path.split("."), study)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    "text",
    ["[1, 2]", "a: [", "", "\x00", "a: 2020-99-99", "[" * 900, "a: !!python/name:os.system ''"],
)
def test_a_file_that_is_no_study_is_refused(tmp_path, text):
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"study\.yaml(:1)?: "):
        load_study(path)


def test_a_snakemake_call_is_one_study_from_any_folder(tmp_path, monkeypatch):
    """Overrides merge mappings and replace lists."""
    monkeypatch.chdir(tmp_path)

    def asked(*overrides: str, files: Sequence[Path] = ()) -> Study:
        return snakemake_study(["--config", *overrides], overrides, files, ROOT)

    assert asked(files=[MINIATURE]).name == "miniature"
    default = asked("data_dir=elsewhere")
    assert default.name == "mnist-cifar10"
    seeds = list(range(70, 82))
    limited = asked("limits={epochs: 1}", f"seeds={{tuning: {seeds}}}")
    assert limited.limits.epochs == 1
    assert limited.seeds.tuning == tuple(seeds)
    assert limited.seeds.evaluation == default.seeds.evaluation
    with pytest.raises(ConfigError, match=r"limits\.epochs: '2020-99-99' is not allowed"):
        asked("limits={epochs: 2020-99-99}")
    with pytest.raises(ConfigError, match="allowed: one file"):
        asked(files=[MINIATURE, ROOT / "config/full.yaml"])


def test_the_schema_for_editors_is_current():
    shipped = json.loads((ROOT / "config/study.schema.json").read_text())
    assert shipped == json_schema()


def test_every_field_is_explained():
    explained = (ROOT / "config/README.md").read_text()
    models = [json_schema(), *json_schema()["$defs"].values()]
    fields = {name for model in models for name in model.get("properties", {})}
    missing = {name for name in fields if name not in explained}
    assert not missing - {"weight", "bias", "start", "decay", "power", "floor"}
