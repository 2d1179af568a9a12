"""Study files and `--config` as users write them: the field, its line, and what was meant."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from builders.project_copy import ROOT
from builders.refusals import refused
from lossbench.errors import ConfigError
from lossbench.study.fields import on_disk
from lossbench.study.loading import load_study, snakemake_study
from lossbench.study.plan import groups
from lossbench.study.study_file import read_overrides, read_study_file

MINIATURE = (ROOT / "config/miniature.yaml").read_text(encoding="utf-8")


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes the miniature with a text exchanged, or another text, to study.yaml here."""
    monkeypatch.chdir(tmp_path)

    def written(old: str, new: str, text: str = MINIATURE) -> Path:
        assert old in text
        Path("study.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
        return Path("study.yaml")

    return written


def refusal(path: Path, **overrides: object) -> str:
    return refused(ConfigError, load_study, path, overrides)


def line_of(text: str) -> int:
    (found,) = [k for k, line in enumerate(MINIATURE.splitlines(), 1) if text in line]
    return found


# One key, one value


def test_a_key_that_is_there_twice_is_named_with_both_lines(write):
    end = len(MINIATURE.splitlines())
    path = write(MINIATURE, MINIATURE + "comparisons: []\n")
    first = line_of("comparisons:")
    assert refusal(path) == (
        f"study.yaml:{end + 1}: 'comparisons' is there twice, first in line {first}"
    )
    path = write("batch_size: 32", "batch_size: 32\n    'batch_size': 64")
    assert "'batch_size' is there twice" in refusal(path)
    assert "'m' is there twice" in refusal(write("{m: 0.35, s: 10}", "{m: 0.35, s: 10, m: 0.5}"))


@pytest.mark.parametrize(
    "number",
    ["010", "0o10", "0x1F", "0b11", "1_000", "1:30", "1__0", "+010", "08", "1e3x", "٣", "½"],
)
def test_a_number_that_is_not_decimal_is_refused(write, number):
    path = write("evaluation: [0, 1, 2, 3, 4]", f"evaluation: [0, {number}, 2, 3, 4]")
    text = refusal(path)
    assert text.startswith(f"study.yaml:{line_of('evaluation: [0')}: seeds.evaluation.1: ")
    assert "is not allowed" in text


@pytest.mark.parametrize("number", ["010", "1_000", "0x10", " 7", "1:30"])
def test_nor_is_it_in_an_override(write, number):
    """Snakemake hands on text."""
    text = refusal(write("x", "x"), limits={"epochs": number})
    assert text.startswith("--config: limits.epochs: ")


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "y", "N", "True", "TRUE"])
def test_truth_is_no_number_whatever_the_word(write, word):
    path = write("evaluation: [0, 1, 2, 3, 4]", f"evaluation: [0, {word}, 2, 3, 4]")
    assert "seeds.evaluation.1" in refusal(path)


def test_what_yaml_1_1_takes_for_something_else_is_text(write):
    text = 'a: [no, on, 2020-01-01, 1:30, 010, .inf, .nan, "1", 12e03, -1.5e-3, ~, null, true, 7]\n'
    file = read_study_file(text, origin="a")
    expected = ["no", "on", "2020-01-01", "1:30", "010", ".inf", ".nan", "1", 12e3, -1.5e-3]
    assert file.fields == {"a": [*expected, None, None, True, 7]}


def test_small_numbers_may_have_an_exponent_and_references_repeat_them(write):
    path = write("learning_rates: [0.003, 0.01, 0.03]", "learning_rates: [3e-3, 1E-2, .03]")
    losses = load_study(path).comparisons[0].losses
    assert losses[-1].learning_rates == (0.003, 0.01, 0.03)
    path = write("learning_rates: [0.01, 0.03, 0.1]", "learning_rates: &rates [0.01, 0.03, 0.1]")
    path = write("[0.3, 1.0, 3.0]", "*rates", path.read_text())
    losses = load_study(path).comparisons[0].losses
    assert losses[0].learning_rates == losses[1].learning_rates


def test_json_is_a_study_file_too(write):
    path = write(MINIATURE, __import__("json").dumps(yaml.safe_load(MINIATURE)))
    assert load_study(path) == load_study(ROOT / "config/miniature.yaml")


def test_a_mark_at_the_start_and_any_end_of_a_line_are_no_text():
    """Windows' editors write both."""
    for end in ("\n", "\r\n", "\r"):
        text = f"\ufeffname: a{end}title: b{end}"
        assert read_study_file(text, origin="a").fields == {"name": "a", "title": "b"}


def test_references_that_grow_are_stopped():
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 9)]
    with pytest.raises(ConfigError, match="is too much"):
        read_study_file("\n".join(lines), origin="a")
    with pytest.raises(ConfigError, match="nested too deeply"):
        read_study_file("a: &a [*a]", origin="a")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1,\nc: 2", 3),
        ("a: 1\n\tb: 2", 2),
        ("a: 'b", 1),
        ("a: 1\n--- \nb: 2", 2),
        ("a: 1\nb: *c", 2),
        ("a: 1\nb: !!python/object:os.system x", 2),
        ("a: 1\n? [1]\n: 2", 2),
        ('a: "\\q"', 1),
        ("a: &b {c: 1}\nd:\n  <<: *b", 3),
        ("a: 1\nb: c\0", 2),
        ("a: 1\nb: \x07", 2),
        ('a: 1\nb: "\\ud800"', 2),
        ('a: 1\n"\\ud800": 2', 2),
        ("%YAML 9.9\n---\na: 1", 1),
        ("%YAML 1.0\n---\na: 1", 1),
        ("# 1.2\n%YAML 1.10\n---\na: 1", 2),
        ("a: 1\nb: !!int 010", 2),
    ],
)
def test_what_is_no_yaml_is_one_line_with_its_number(text, line):
    said = refused(ConfigError, read_study_file, text, origin="a.yaml")
    assert said.startswith(f"a.yaml:{line}: ")


# What is laid over a file


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("a=1", 1),
        ("a=1e-3", 1e-3),
        ("a=010", "010"),
        ("a=true", True),
        ("a=", None),
        ("a=My #1: b", "My #1: b"),
        ("a='2020'", "2020"),
        ("a=it's", "it's"),
        ("a=b=c", "b=c"),
        ("a={b: 010, 'c': [1, null]}", {"b": "010", "c": [1, None]}),
        ("a=~/data", "~/data"),
    ],
)
def test_an_override_is_read_as_a_study_file_is(entry, value):
    assert read_overrides([entry]) == {"a": value}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["limits={epochs: 1, epochs: 2}"], "limits: 'epochs' is there twice"),
        (["name=a", "name=b"], "'name' is there twice"),
        (["limits={epochs: 1"], "limits: is not YAML"),
        (["data_dir=/d\udcff"], "data_dir: '/d\\udcff' is not allowed: it is no Unicode"),
        (["limits={<<: {epochs: 1}}"], "limits: << is not allowed"),
    ],
)
def test_an_override_that_cannot_be_read_is_one_line(entries, message):
    assert refused(ConfigError, read_overrides, entries).startswith(f"--config: {message}")


@pytest.mark.parametrize(
    "call",
    [
        ["--config", "name=a", "-C", "limits={epochs: 1}"],
        ["--config=name=a", "--config=title=b"],
        ["--configfile", "a.yaml", "--configfile", "b.yaml"],
    ],
)
def test_an_option_of_which_snakemake_would_drop_one_is_refused(call):
    with pytest.raises(ConfigError, match="is there twice"):
        snakemake_study(call, [], [], ROOT)


def test_a_project_in_a_folder_with_braces_is_refused():
    with pytest.raises(ConfigError, match=r"/p\{x\}: is not allowed: .*braces"):
        snakemake_study([], [], [], Path("/p{x}"))


# The right place, and what was meant


def test_a_mistake_has_the_line_of_its_field(write):
    path = write("batch_size: 64", "batch_size: 0")
    assert refusal(path).startswith(f"study.yaml:{line_of('batch_size: 64')}: comparisons.1.batch")
    path = write("batch_size: 64", "batchsize: 64")
    text = refusal(path)
    assert text.startswith(f"study.yaml:{line_of('batch_size: 64')}: comparisons.1.batchsize: ")
    assert text.endswith("did you mean comparisons.batch_size?")
    path = write("        learning_rates: [1.0, 3.0, 10.0]\n", "")
    missing = f"study.yaml:{line_of('batch_size: 64') + 5}: comparisons.1.losses.1.learning_rates"
    assert refusal(path).startswith(missing)


def test_a_mistake_in_an_override_is_not_blamed_on_the_file_and_shown_in_its_form(write):
    path = write("x", "x")
    assert refusal(path, limts={"epochs": 1}) == (
        "--config: limts: no such field (value {'epochs': 1}); did you mean limits?"
    )
    assert "'limits={" not in refusal(path, limts={"epochs": 1})
    assert "'limits={epochs: 1}'" in refusal(path, epochs=1)
    assert "did you mean limits.epochs?" in refusal(path, limits={"epoch": "1"})
    assert "comparisons.epochs" in refusal(path, epochs=1)
    assert refusal(path, limits={"epochs": 0}).startswith("--config: limits.epochs: 0 is not")
    assert refusal(path, seeds={"tuning": [0]}).startswith("--config: seeds: tuning and evaluation")
    text = refusal(write("batch_size: 64", "batch_size: 0"), limits={"epochs": 1})
    assert text.startswith("study.yaml:")


def test_names_are_explained_in_words(write):
    text = refusal(write("x", "x"), name="My Study")
    assert text == (
        "--config: name: 'My Study' is not allowed: at most 63 lower-case letters, digits and"
        " dashes, no dash first"
    )
    assert refusal(write("x", "x"), name=2024) == (
        "--config: name: 2024 is not allowed: it is a number; text that reads so is written in"
        " quotation marks, such as 'name=\"2024\"'"
    )
    assert refusal(write("x", "x"), data_dir=True).endswith("such as 'data_dir=\"true\"'")
    assert refusal(write("model: mlp", "model: 3")).endswith('such as "3"')
    assert refusal(write("x", "x"), title=["a"]).endswith("title: ['a'] is not allowed: text")
    assert "^[" not in refusal(write("x", "x"), title="")
    assert "^[" not in refusal(write("- name: digits", "- name: Digits 2"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- loss:", "- learning_rate: 1\n        loss:", "comparisons.losses.learning_rates?"),
        (
            "- loss:",
            "- rates: [1]\n        loss:",
            "did you mean comparisons.losses.learning_rates?",
        ),
        ("- dataset:", "- datasets: 1\n    dataset:", "did you mean comparisons.dataset?"),
        ("- name:", "- margin: 1\n    name:", "did you mean datasets.equivalence_margin?"),
        ("title:", "precision: 1\ntitle:", "did you mean compute.precision?"),
        ("title:", "limits.epochs: 1\ntitle:", "did you mean limits.epochs?"),
        ("loss: mse_softmax", "loss: mse_sofmax", "did you mean mse_softmax?"),
        ("model: mlp", "model: mpl", "did you mean mlp?"),
        ("- name: digits", "- name: digit", "did you mean digits?"),
        (
            "replicates: 3",
            "replicates: 30",
            "comparisons.1.replicates: 30 is not allowed: seeds lists 5",
        ),
        (
            "10.0]",
            "10.0]\n        replicates: 4",
            "comparisons.1.losses.1.replicates: 4 is not allowed: comparisons.1 has 3",
        ),
        (
            "0.1]\n",
            "0.1]\n        replicates: 6\n",
            "comparisons.0.losses.0.replicates: 6 is not allowed: seeds lists 5",
        ),
        (
            "  - name: digits",
            "  - {name: mnist, equivalence_margin: 0.01}\n  - name: digits",
            "datasets lists mnist, which no comparison uses",
        ),
    ],
)
def test_what_is_asked_for_and_not_there_is_said_and_a_near_name_proposed(write, old, new, said):
    assert refusal(write(old, new)).endswith(said)


def test_many_long_seeds_in_one_job_have_a_short_folder(write):
    first, second = range(20240101, 20240131), range(20250101, 20250131)
    path = write("tuning: [100, 101, 102, 103, 104]", f"tuning: {[*first]}")
    path = write("evaluation: [0, 1, 2, 3, 4]", f"evaluation: {[*second]}", path.read_text())
    path = write("replicates: 3", "replicates: 30", path.read_text())
    study = load_study(path, {"compute": {"job_minutes": 60}})
    planned = groups(study)
    assert max(len(part) for group in planned for part in Path(group.folder).parts) < 100
    assert max(group.runs for group in planned) > 30


# Paths


def test_a_tilde_is_the_home_folder(write, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    study = load_study(write("x", "x"), {"data_dir": "~/data"})
    assert on_disk(study.data_dir) == tmp_path / "data"
    assert str(study.data_dir) == "~/data", "no path of this machine is recorded"


@pytest.mark.parametrize("path", ["$HOME/data", "${DATA}/x", "~nobody-of-this-name/data", "a\0b"])
def test_a_path_that_is_not_what_it_says_is_refused(write, path):
    assert refusal(write("x", "x"), data_dir=path).startswith("--config: data_dir: ")
    study = write("- name: digits", f"- name: own\n    source: {path!r}".replace("\\x00", "\\0"))
    assert "source" in refusal(study) or "\0" in path


@pytest.mark.parametrize("path", ["a b", "a'b", 'a"b', "a#b", "a{b}", "é", "$", "a$1", "-x", "%s"])
def test_odd_paths_stay_as_they_are(write, path):
    assert str(on_disk(load_study(write("x", "x"), {"data_dir": path}).data_dir)) == path


# Through Snakemake


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--dry-run", "-s", ROOT / "Snakefile", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def said(result: subprocess.CompletedProcess[str]) -> str:
    return result.stdout + result.stderr


def the_line(result: subprocess.CompletedProcess[str]) -> str:
    """The one line with which a call ended that Snakemake would have begun."""
    assert result.returncode == 1
    for of_snakemake in ("Traceback", "Error", '  File "'):
        assert of_snakemake not in said(result)
    return result.stderr.splitlines()[-1]


@pytest.mark.slow
def test_snakemake_plans_what_the_file_says_and_not_what_it_reads(tmp_path):
    text = MINIATURE.replace("evaluation: [0, 1, 2, 3, 4]", "evaluation: [0, 1, 2, 3, 010]")
    (tmp_path / "study.yaml").write_text(text)
    line = the_line(snakemake(tmp_path, "--configfile", "study.yaml"))
    place = f"study.yaml:{line_of('evaluation: [0')}: seeds.evaluation.4"
    assert line.startswith(f"lossbench: {place}: '010' is not allowed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "limits={epochs: 1, epochs: 2}"], "--config: limits: 'epochs' is there"),
        (["--configfile", "own.yaml", ROOT / "config/full.yaml"], "--configfile: got "),
        (["--configfile", "own.yaml"], "datasets, own: photos: has 1 subfolder"),
    ],
)
def test_what_snakemake_hands_on_is_refused_in_one_line(tmp_path, arguments, said):
    (tmp_path / "photos/ant").mkdir(parents=True)
    own = MINIATURE.replace("- name: digits", "- name: own\n    source: photos")
    (tmp_path / "own.yaml").write_text(own.replace("dataset: digits", "dataset: own"))
    assert the_line(snakemake(tmp_path, *arguments)).startswith(f"lossbench: {said}")


@pytest.mark.slow
def test_a_study_is_planned_from_another_folder(tmp_path):
    shutil.copy(ROOT / "config/miniature.yaml", tmp_path / "own.yaml")
    result = snakemake(tmp_path, "--configfile", "own.yaml", "--config", "name=other")
    assert result.returncode == 0, said(result)
    assert "results/other/" in result.stdout
