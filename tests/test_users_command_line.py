"""The command as users call it: every mistake is one line, and the exit status says so."""

import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from builders import synthetic
from builders.class_folders import write_classes
from builders.project_copy import ROOT
from lossbench.study.loading import load_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.stored import write_tables
from lossbench.verbs import adopt
from lossbench.words.terminal import print_table


@pytest.fixture
def lossbench(capfd, monkeypatch):
    """Calls the command in this process; its exit status, standard output and error."""
    from lossbench import cli

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lossbench", *map(str, arguments)])
        monkeypatch.setattr(cli.signal, "signal", lambda *_: None)
        for name in ("MPLBACKEND", "MATPLOTLIBRC"):
            monkeypatch.setenv(name, "")
        try:
            cli.main()
            status = 0
        except SystemExit as error:
            status = int(error.code or 0)
        return status, *capfd.readouterr()

    return call


def line(result: tuple[int, str, str]) -> str:
    """The one line of a call that failed."""
    status, _, error = result
    assert status == 1
    assert error.startswith("lossbench: ")
    assert error.rstrip("\n").isprintable()
    return error


def files(folder: Path) -> tuple[str, str]:
    return f"--out={folder / 'out.npz'}", f"--manifest={folder / 'out.json'}"


@pytest.mark.parametrize("name", ["Own", "My data", "../up", "", "x" * 40, "é", "1st", "a\n"])
def test_a_data_set_with_a_wrong_name_is_one_line(lossbench, tmp_path, name):
    source = write_classes(tmp_path / "photos")
    said = line(lossbench("adopt", name, "--source", source, *files(tmp_path)))
    assert said.startswith(f"lossbench: name {name!r} is not allowed: ")
    assert not (tmp_path / "out.npz").exists()


def test_an_unknown_data_set_is_one_line(lossbench, tmp_path):
    text = line(lossbench("fetch", "minst", "--data-dir", tmp_path, *files(tmp_path)))
    assert text.startswith("lossbench: no data set 'minst' is built in; allowed: mnist, ")
    assert text.endswith("; did you mean mnist?\n")


def test_a_study_that_is_none_is_one_line(lossbench, tmp_path):
    for study in ("", "{", "[]", '{"name": 1}'):
        text = line(lossbench("contrast", "--study", study, "--folder", tmp_path))
        assert text.startswith("lossbench: --study: ")


def test_a_tilde_that_the_shell_left_is_the_home_folder(lossbench, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write_classes(tmp_path / "photos")
    assert lossbench("adopt", "own", "--source=~/photos", *files(tmp_path))[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--source=~nobody-of-this-name/x",),
        ("--source=photos", "--reading={"),
        ("--source=photos", '--reading={"size": 1}'),
    ],
)
def test_an_option_that_makes_no_sense_is_one_line(lossbench, tmp_path, arguments):
    line(lossbench("adopt", "own", *arguments, *files(tmp_path)))


# Output, and what surrounds a call


def by_shell(rest: str) -> subprocess.CompletedProcess[str]:
    """The command with the rest of a shell's line; what it prints is buffered, as usual."""
    call = f"{sys.executable} -c 'from lossbench.cli import main; main()' {rest}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", call],
        env=os.environ | {"PYTHONUNBUFFERED": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_no_file_is_not_replaced_by_one(lossbench, tmp_path):
    """As root, /dev/null would be."""
    os.mkfifo(tmp_path / "pipe")
    for out in (tmp_path / "pipe", tmp_path, ""):
        assert "it is no file" in line(lossbench("schema", f"--out={out}"))
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_finds_no_space_is_one_line():
    result = by_shell("--version > /dev/full")
    assert result.returncode == 1
    assert result.stderr == "lossbench: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("rest", ["list >&-", "--version | true"])
def test_output_that_nobody_takes_is_no_error(rest):
    assert by_shell(rest).stderr == ""


def test_a_library_s_warning_ends_no_job(lossbench, tmp_path, monkeypatch):
    source = write_classes(tmp_path / "photos")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("error")
        monkeypatch.setattr(adopt, "prepare_own", warning(adopt.prepare_own))
        assert lossbench("adopt", "own", f"--source={source}", *files(tmp_path))[0] == 0


def warning(function):
    def warns(*arguments, **named):
        warnings.warn("what a new version will not do", FutureWarning, stacklevel=2)
        return function(*arguments, **named)

    return warns


# The run cache


def test_a_folder_that_is_no_run_cache_is_not_pruned(lossbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    others = [Path("mine/ab/cdef/a"), Path("mine/checkpoints/best.pt"), Path("mine/00/x/b")]
    for path in others:
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    assert "mine: 0 runs" in lossbench("cache", "--folder=mine", "--prune", "--max-size=0B")[1]
    assert all(path.exists() for path in others)
    assert "absent is no folder" in line(lossbench("cache", "--folder=absent"))


# Two studies compared


@pytest.fixture(scope="module")
def studies(tmp_path_factory) -> Path:
    """The results of two studies: `one`, and `two`, in which a loss is missing."""
    results = tmp_path_factory.mktemp("studies") / "results"
    tables, _ = synthetic.build(networks=1)
    write_tables(StudyPaths("one", results), tables)
    less = tables | {"metrics": tables["metrics"].query("loss != 'mse_softmax'")}
    write_tables(StudyPaths("two", results), less)
    return results


def test_what_two_studies_do_not_share_is_counted_and_one_against_itself_is_a_few_lines(
    lossbench, studies
):
    status, text, _ = lossbench("compare", studies / "one", studies / "two")
    assert status == 0
    assert "only in A" in text
    assert "…" not in text
    assert len(text.splitlines()) < 20
    status, text, _ = lossbench("compare", studies / "one", studies / "one")
    assert status == 0
    assert len(text.strip().splitlines()) == 6


def test_what_is_no_finished_study_is_said(lossbench, studies, tmp_path):
    one, begun = studies / "one", tmp_path / "results/begun"
    assert "is no study" in line(lossbench("compare", one, tmp_path / "absent"))
    assert "is not finished; it lacks metrics, " in line(lossbench("compare", tmp_path, one))
    begun.mkdir(parents=True)
    (begun / "study.json").write_text("{}")
    assert "is not finished; it lacks metrics, " in line(lossbench("compare", one, begun))
    shutil.copytree(one / "tables", begun / "tables")
    (begun / "tables/claims.parquet").unlink()
    assert "is not finished; it lacks claims" in line(lossbench("compare", one, begun))
    (begun / "tables/claims.parquet").write_bytes(b"no table")
    assert "claims.parquet" in line(lossbench("compare", one, begun))


@pytest.mark.parametrize("verb", ["show", "export"])
def test_an_unfinished_study_is_said_to_be_one(lossbench, tmp_path, verb):
    assert "is no study" in line(lossbench(verb, tmp_path / "absent"))
    (tmp_path / "study.json").write_text("{")
    assert "is not finished; it lacks" in line(lossbench(verb, tmp_path))


def test_a_damaged_record_of_a_study_is_one_line(lossbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("results/one").mkdir(parents=True)
    Path("results/one/study.json").write_text("{")
    for verb in ("status", "cache", "list"):
        status, said, _ = lossbench(verb)
        assert status == (verb == "status")  # no study is left whose runs it could count
        assert "results/one/study.json: of another version of lossbench or damaged" in said


def test_studies_with_other_own_losses_are_told_side_by_side(lossbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lossbench("new", "one")
    study = Path("one.yaml").read_text()
    Path("two.yaml").write_text(re.sub(r"(name|loss): (one|focal)\b", r"\1: other", study))
    for name in ("one", "two"):
        found = load_study(Path(f"{name}.yaml"))
        Path("results", found.name).mkdir(parents=True)
        Path("results", found.name, "study.json").write_text(found.model_dump_json())
    for verb in ("status", "list"):
        status, said, _ = lossbench(verb)
        assert status == 0
        assert {"one", "other"} <= set(re.findall(r"\w+", said))


@pytest.mark.parametrize(
    "arguments",
    [
        ("work", "--group={", "--data=a", "--out=b"),
        ("derive", "--settings={", "--out=b"),
        ("choose", "a", "--grid={}", "--out=b", "--epochs=1", "--recipe={}", "--seeds=[]"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_options_that_are_no_json_are_one_line(lossbench, arguments):
    text = line(lossbench(*arguments))
    assert text.startswith("lossbench: not the JSON that an option takes: ")


@pytest.mark.parametrize("name", ["datasets", "cache"])
def test_a_new_study_takes_no_other_folder_of_results(lossbench, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    said = line(lossbench("new", name))
    assert f"name '{name}' is not allowed: results/{name} holds" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("gone.npz", "does not exist; allowed: a folder"),
        ("x" * 5000, "cannot be read (File name too long)"),
    ],
)
def test_a_source_that_is_not_there_is_no_valid_study(
    lossbench, tmp_path, monkeypatch, source, said
):
    monkeypatch.chdir(tmp_path)
    lossbench("new", "mine")
    study = Path("mine.yaml").read_text().replace("dataset: digits", "dataset: own")
    own = re.sub(r"name: digits\b", f"name: own\n    source: {source}", study, count=1)
    Path("mine.yaml").write_text(own)
    text = line(lossbench("check", "mine.yaml"))
    assert f"datasets, own: source {source}: {said}" in text


def test_a_table_loses_no_word_where_nobody_says_how_wide_it_may_be(capsys):
    words = "an outcome that says very much of what there is to say " * 3
    print_table("Long", ("One", "Other"), [(words, words)])
    assert capsys.readouterr().out.count(words.strip()) == 2


# make


@pytest.mark.parametrize(
    ("version", "passes"), [("2, 7", False), ("3, 10", False), ("3, 11", True)]
)
def test_make_says_which_python_it_needs(tmp_path, version, passes):
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python-of-users"
    python.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"if sys.argv[1] == '-c':\n    sys.version_info = ({version}, 0)\n    exec(sys.argv[2])\n"
        "else:\n    sys.exit('made an environment')\n"
    )
    python.chmod(0o755)
    command = ["make", "demo", f"PYTHON={python}"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode
    assert ("made an environment" in result.stderr) == passes
    assert ("lossbench needs Python 3.11 or newer" in result.stderr) != passes


def test_show_says_what_there_is_to_show(lossbench, studies):
    said = line(lossbench("show", studies / "one", "eror"))
    assert "metric 'eror' is not allowed: allowed are between, brier, " in said
    assert "did you mean error?" in said
    said = line(lossbench("show", studies / "one", "error", "mse"))
    assert "loss 'mse' is not allowed: allowed are cross_entropy, " in said


def test_new_writes_over_nothing(lossbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("My_Loss", "Upper", "a/b", ""):
        said = line(lossbench("new", name))
        assert said.startswith(f"lossbench: name {name!r} is not allowed: at most 63")
    assert not any(tmp_path.iterdir())
    assert lossbench("new", "focal")[0] == 0
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    said = line(lossbench("new", "focal"))
    assert "focal.yaml and my_losses.py: there already; nothing was written" in said
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_check_refuses_a_loss_from_which_nothing_would_learn(lossbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lossbench("new", "flat")
    code = (tmp_path / "my_losses.py").read_text()
    (tmp_path / "my_losses.py").write_text(code.replace("* log_p\n", "* log_p * 0\n"))
    status, _, said = lossbench("check", "flat.yaml")
    assert status == 1
    assert "its gradient by the logits is zero, so that nothing would learn" in said


def test_a_cache_is_asked_for_where_studies_have_several(lossbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lossbench("new", "one")
    study = load_study(tmp_path / "one.yaml")
    for name in ("a", "b"):
        folder = tmp_path / "results" / name
        folder.mkdir(parents=True)
        compute = study.compute.model_copy(update={"cache": Path(f"cache-{name}")})
        own = study.model_copy(update={"compute": compute})
        (folder / "study.json").write_text(own.model_dump_json())
    said = line(lossbench("cache"))
    assert "--folder: the studies here have several caches; allowed: cache-a, cache-b" in said
