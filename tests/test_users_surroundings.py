"""The same bytes whatever surrounds a call: repository, locale, matplotlib's settings, rights."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from builders import synthetic, tiny_sources
from builders.class_folders import NAMES, NOBODY, write_classes
from builders.drawn_figures import draw
from builders.project_copy import ROOT, Project, tiny_of
from builders.refusals import refused
from builders.small_disks import read_only, small_disk
from builders.theory_tables import made
from lossbench.errors import DataError
from lossbench.provenance import git_state
from lossbench.study.loading import load_study
from lossbench.study.paths import StudyPaths
from lossbench.tables.stored import write_tables

LATIN = "de_DE.ISO-8859-1"


def lossbench(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command, as the shell of a user would run it."""
    command = [sys.executable, "-c", "from lossbench.cli import main; main()", *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, check=False)


def said(result: subprocess.CompletedProcess[bytes]) -> str:
    return (result.stdout + result.stderr).decode()


# git


def repository(folder: Path) -> str:
    """A repository with one commit, which is returned."""
    git = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@b"]
    folder.mkdir(exist_ok=True)
    (folder / "a").write_text("1")
    for command in (["init", "-q"], ["add", "a"], ["commit", "-qm", "x"], ["rev-parse", "HEAD"]):
        done = subprocess.run([*git, *command], check=True, capture_output=True, text=True)
    return done.stdout.strip()


NONE = {"git_commit": None, "git_dirty": None}


def test_a_project_inside_another_repository_has_not_its_commit(tmp_path):
    commit = repository(tmp_path)
    (tmp_path / "lossbench").mkdir()
    assert git_state(tmp_path / "lossbench") == NONE
    assert git_state(tmp_path) == {"git_commit": commit, "git_dirty": False}
    (tmp_path / "link").symlink_to(tmp_path)
    assert git_state(tmp_path / "link")["git_commit"] == commit
    (tmp_path / "a").write_text("2")
    assert git_state(tmp_path)["git_dirty"] is True


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_COUNT"])
def test_the_environment_does_not_point_git_elsewhere(tmp_path, monkeypatch, name):
    commit = repository(tmp_path / "one")
    repository(tmp_path / "two")
    monkeypatch.setenv(name, str(tmp_path / "two/.git"))
    assert git_state(tmp_path / "one") == {"git_commit": commit, "git_dirty": False}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_owner_has_its_commit(tmp_path):
    commit = repository(tmp_path / "one")
    for path in (tmp_path / "one", *(tmp_path / "one").rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    assert git_state(tmp_path / "one") == {"git_commit": commit, "git_dirty": False}


def test_the_commit_is_the_code_s_wherever_a_study_runs(tmp_path, monkeypatch):
    """Like `-s /path/to/Snakefile` in a folder of one's own."""
    repository(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert git_state() == git_state(ROOT)
    assert git_state()["git_commit"] != git_state(tmp_path)["git_commit"]


def test_without_git_or_a_commit_nothing_is_said(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert git_state(tmp_path)["git_commit"] is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_state(tmp_path) == NONE


# matplotlib


HOSTILE = {
    "text.usetex": True,
    "font.size": 30,
    "font.family": "monospace",
    "svg.fonttype": "path",
    "savefig.bbox": "tight",
    "figure.dpi": 300,
    "figure.autolayout": True,
    "axes.formatter.use_locale": True,
    "axes.unicode_minus": False,
    "path.sketch": (1, 100, 2),
}


@pytest.mark.slow
def test_figures_start_from_the_library_s_defaults():
    study = load_study(ROOT / "config/miniature.yaml")
    expected = draw("softmax-gradient", made(), study)
    with mpl.rc_context(HOSTILE):
        assert draw("softmax-gradient", made(), study) == expected
        assert mpl.rcParams["font.size"] == 30


def test_a_notebook_s_backend_and_a_damaged_style_are_ignored(tmp_path):
    """Both are read when matplotlib is imported."""
    (tmp_path / "matplotlibrc").write_bytes(b"font.family: Gr\xf6\xdfe\n")
    backend = "module://matplotlib_inline.backend_inline"
    result = lossbench("draw", "--help", MPLBACKEND=backend, MATPLOTLIBRC=str(tmp_path))
    assert result.returncode == 0, said(result)


# Locale


@pytest.fixture(scope="module")
def latin(tmp_path_factory) -> dict[str, str]:
    """The environment of a Latin-1 locale."""
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", folder / LATIN]
    if shutil.which("localedef") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("no locale can be made here")
    return {"LOCPATH": str(folder), "LC_ALL": LATIN, "PYTHONUTF8": "0"}


def test_a_study_in_a_folder_with_an_umlaut_is_read_in_any_locale(latin, tmp_path):
    tables, _ = synthetic.build(networks=1)
    write_tables(StudyPaths("größer", tmp_path), tables)
    study = tmp_path / "größer"
    found = lossbench("compare", study, study, **latin)
    assert found.returncode == 0, said(found)


@pytest.mark.slow
def test_what_the_command_prints_is_utf_8_in_any_locale(latin, tmp_path):
    tables, _ = synthetic.build(networks=1)
    write_tables(StudyPaths("study", tmp_path), tables)
    study = tmp_path / "study"
    plain, other = (
        lossbench("compare", study, study, **each) for each in ({"PYTHONUTF8": "1"}, latin)
    )
    assert other.returncode == 0, said(other)
    assert other.stdout == plain.stdout
    assert "claims" in said(other)


def adopted(source: Path, **environment: str) -> tuple[bytes, bytes]:
    """The archive and the manifest that the command writes beside the source."""
    files = [source.with_name(name) for name in ("out.npz", "out.json")]
    options = (f"--out={files[0]}", f"--manifest={files[1]}")
    result = lossbench("adopt", "own", f"--source={source}", *options, **environment)
    assert result.returncode == 0, said(result)
    return files[0].read_bytes(), files[1].read_bytes()


@pytest.mark.slow
def test_folders_have_the_same_names_in_any_locale(latin, tmp_path):
    names = ["Größe", "ß", "✓", "日本", "b$c$", "d_e", "'quote'", "g<h>", "i&j", "k l"]
    source = write_classes(tmp_path / "Bilder ä ✓", names=names)
    plain, other = (adopted(source, **each) for each in ({"PYTHONUTF8": "1"}, latin))
    assert plain == other
    assert "Größe" in other[1].decode()


# Rights and space


def test_data_that_are_missing_where_nothing_may_be_written_are_one_line(tmp_path):
    tiny = tiny_sources.tiny_mnist()
    tiny.write(tmp_path, {"t10k-labels-idx1-ubyte": None})
    with read_only(tmp_path):
        assert "Read-only file system" in refused(DataError, tiny.load, tmp_path)


@pytest.mark.parametrize("spelling", ["{}", "{}.gz", "{}/{}"])
@pytest.mark.parametrize("dot", ["-", "."])
def test_mnist_is_known_by_the_names_that_its_mirrors_use(tmp_path, spelling, dot):
    tiny = tiny_sources.tiny_mnist()
    folder = tmp_path / tiny.official.folder
    for name, content in tiny.contents.items():
        spelt = name.replace("-idx", f"{dot}idx")
        path = folder / spelling.format(spelt, spelt)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert len(tiny.load(tmp_path).splits["test"].labels) == 3


@pytest.mark.parametrize(
    ("make", "there"),
    [
        (tiny_sources.tiny_cifar10, "downloads/cifar-10-python.tar.gz"),
        (tiny_sources.tiny_mnist, "MNIST/train-images-idx3-ubyte.gz"),
        (tiny_sources.tiny_mnist, "Downloads/MNIST.zip"),
        (tiny_sources.tiny_cifar100, "downloads/cifar-100-python.tar.gz"),
        (tiny_sources.tiny_kmnist, "old/kmnist-train-imgs.npz"),
    ],
)
def test_files_in_another_place_are_proposed(tmp_path, make, there):
    (tmp_path / there).parent.mkdir()
    (tmp_path / there).write_bytes(b"")
    said = f"Is this it, by another name or in another place: {tmp_path / there}?"
    with pytest.raises(DataError, match=re.escape(said)):
        make().load(tmp_path)


def test_the_archive_of_another_data_set_is_not_proposed(tmp_path):
    (tmp_path / "cifar-100-python.tar.gz").write_bytes(b"")
    with pytest.raises(DataError, match=r"lacks CIFAR-10\. Put"):
        tiny_sources.tiny_cifar10().load(tmp_path)


@pytest.mark.slow
def test_an_adopted_data_set_is_the_same_with_a_full_disk_for_temporary_files(tmp_path):
    source = write_classes(tmp_path / "photos")
    expected = adopted(source, TMPDIR="/tmp", HOME=str(tmp_path))
    with small_disk(tmp_path / "full", 4):
        (tmp_path / "full/filler").write_bytes(bytes(4096))
        assert adopted(source, TMPDIR=str(tmp_path / "full"), HOME="/nonexistent") == expected


# Variables that launchers set

LAUNCHED = {
    "torchrun": {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1", "MASTER_ADDR": "nowhere"},
    "srun": {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "3", "SLURM_LOCALID": "2"}
    | {"SLURM_NTASKS_PER_NODE": "2", "SLURM_JOB_NAME": "train"},
    "threads": {"MKL_NUM_THREADS": "7", "OMP_NUM_THREADS": "many"},
    "python": {"PYTHONOPTIMIZE": "2", "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "5"}
    | {"PYTHONWARNINGS": "error", "LC_ALL": "C", "MALLOC_PERTURB_": "5"},
}


@pytest.mark.slow
def test_training_does_not_wait_for_processes_that_a_launcher_would_have_started(tmp_path):
    from lossbench.datasets.preparation import prepare
    from lossbench.datasets.prepared import save
    from lossbench.study.job import Job
    from test_training import cell, replicates  # imports PyTorch

    save(prepare("digits", tmp_path), tmp_path / "data.npz", tmp_path / "data.json")
    cells = (cell(stage="tuning", learning_rate=0.1),)
    job = Job(cells=cells, replicates=tuple(replicates([0])), code="a")
    tables = set()
    # Two at a time: each start of a training process takes seconds.
    together = {"first": ("torchrun", "threads"), "second": ("srun", "python"), "plain": ()}
    for name, launchers in together.items():
        environment = {key: value for one in launchers for key, value in LAUNCHED[one].items()}
        out = tmp_path / name
        compute = json.dumps({"cache": str(tmp_path / f"{name}-cache")})
        options = (f"--compute={compute}", f"--data={tmp_path / 'data.npz'}", f"--out={out}")
        result = lossbench("train", f"--job={job.model_dump_json()}", *options, **environment)
        assert result.returncode == 0, said(result)
        [history] = out.glob("*/history.parquet")
        tables.add(history.read_bytes())
    assert len(tables) == 1


@pytest.mark.slow
def test_results_may_be_a_link_to_a_larger_disk(finished, tmp_path):
    project = Project(tmp_path / "project")
    (tmp_path / "large").mkdir()
    (project.folder / "results").symlink_to(tmp_path / "large")
    project.take_runs_of(finished).tiny("--until", "choices")
    assert project.planned("--until", "choices") == {}
    assert (tmp_path / "large/tiny/choices").is_dir()


# Whole studies


def snakemake(project: Project, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """The tiny study in an environment that was not activated."""
    program = Path(sys.executable).parent / "snakemake"
    clean = {name: os.environ[name] for name in ("HOME", "USER") if name in os.environ}
    clean |= {"PATH": "/usr/bin:/bin", "PYTHONPATH": project.python_path, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [program, "--cores", "2", "--configfile", "config/tiny.yaml", *arguments],
        cwd=project.folder,
        env=clean | environment,
        capture_output=True,
        check=False,
    )


@pytest.mark.slow
def test_jobs_run_with_the_interpreter_that_runs_snakemake(tmp_path):
    """Another `lossbench` comes first on the user's path."""
    project = Project(tmp_path / "project")
    other = tmp_path / "bin/lossbench"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\nexit 9\n")
    other.chmod(0o755)
    path = f"{other.parent}:/usr/bin:/bin"
    result = snakemake(project, "--until", "dataset", PATH=path)
    assert result.returncode == 0, said(result)
    assert (project.folder / "results/datasets/digits.npz").exists()


@pytest.mark.slow
def test_a_study_is_the_same_in_hostile_surroundings(tmp_path, latin):
    """Locale, backend, repository, umask and an odd path at once; names beyond ASCII."""
    study = tiny_of({"name": "own", "source": "Bilder ä ✓"}, batch_size=10)
    study["title"] = "Größe {x} − ✓"
    hostile = latin | {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "GIT_DIR": "/nowhere",
        "PYTHONHASHSEED": "1",
        "TZ": "Asia/Tokyo",
        "COLUMNS": "1",
        "FORCE_COLOR": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONOPTIMIZE": "2",
        "SOURCE_DATE_EPOCH": "0",
    }
    plain, odd = (Project(tmp_path / name, study) for name in ("plain", 'it\'s #1 % $y [*] "ö"'))
    runs = {
        plain: (0o022, ["--until", "claims", "last_layer"], {"PYTHONUTF8": "1"}),
        odd: (0o077, [], hostile),
    }
    for project, (mask, arguments, environment) in runs.items():
        write_classes(project.folder / "Bilder ä ✓", each=6, names=[*NAMES[:8], "Größe", "b$c$"])
        before = os.umask(mask)
        result = snakemake(project, *arguments, **environment)
        os.umask(before)
        assert result.returncode == 0, said(result)
    page = (odd.folder / "report/tiny.html").read_text("utf-8")
    assert "Größe {x} − ✓" in page
    assert "8 Größe" in page or "Größe, " in page
    assert plain.tables() == odd.tables()
