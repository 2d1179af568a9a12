"""The runs of a job: taken from the cache where they are there, trained where they are not."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from builders.tables_on_disk import table_digests
from lossbench.datasets.digests import sha256
from lossbench.datasets.prepared import save
from lossbench.errors import DataError
from lossbench.run_cache import CHECKPOINTS, WEIGHTS, RunCache
from lossbench.study.grid import Margin
from lossbench.study.groups import Group, inside
from lossbench.study.job import Job, Replicate, Run
from lossbench.study.settings import Compute
from lossbench.tables.listing import read_listing
from lossbench.training import determinants as known
from lossbench.training import fit as module
from lossbench.training import job_runs
from lossbench.training.job_runs import Place, bring_runs
from lossbench.verbs import work as verb
from lossbench.verbs.work import work
from test_training import cell, prepared, replicates

__all__ = ["prepared"]  # the fixture

RATES = (0.03, 0.1)
JOB = Job(
    cells=tuple(cell(stage="tuning", learning_rate=rate, epochs=1) for rate in RATES),
    replicates=tuple(replicates([0, 1])),
    code="the code",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory, prepared):
    path = tmp_path_factory.mktemp("data") / "data.npz"
    save(prepared, path, path.with_suffix(".json"))
    return path


@pytest.fixture
def place(data, tmp_path):
    return placed(data, tmp_path)


def placed(data, folder):
    return Place(data, folder / "job", "tiny", Compute(accelerator="cpu", cache=folder / "cache"))


@pytest.fixture(scope="module")
def job_done(data, tmp_path_factory):
    """A folder in which JOB has run."""
    folder = tmp_path_factory.mktemp("done")
    bring_runs(JOB, placed(data, folder))
    return folder


@pytest.fixture
def done(data, job_done, tmp_path):
    """The same for one test, which may change it."""
    shutil.copytree(job_done, tmp_path, dirs_exist_ok=True)
    return placed(data, tmp_path)


@pytest.fixture
def trained(monkeypatch):
    """What has been trained, as pairs of learning rate and seed."""
    found, fit = [], module.fit

    def counting(cell, block, *arguments, **options):
        found.extend((cell.learning_rate, replicate.seed) for replicate in block)
        return fit(cell, block, *arguments, **options)

    monkeypatch.setattr(module, "fit", counting)
    return found


def again(place, name, **compute):
    return replace(
        place, folder=place.folder.with_name(name), compute=place.compute.model_copy(update=compute)
    )


def changed_job(**changes):
    if "seeds" in changes:
        changes["replicates"] = tuple(replicates(changes.pop("seeds")))
    return JOB.model_copy(update=changes)


def changed_cells(**changes):
    return changed_job(cells=tuple(cell.model_copy(update=changes) for cell in JOB.cells))


def test_a_job_whose_runs_are_there_trains_none(place, trained):
    bring_runs(JOB, place)
    assert sorted(trained) == [(rate, seed) for rate in RATES for seed in (0, 1)]
    trained.clear()
    bring_runs(JOB, again(place, "second"))
    assert not trained
    second = again(place, "second").folder
    assert table_digests(second) == table_digests(place.folder)
    assert all(run.taken and run.study == "tiny" for run in read_listing(second))
    assert not any(run.taken for run in read_listing(place.folder))


MORE = cell(stage="tuning", learning_rate=0.06, epochs=1)


@pytest.mark.parametrize(
    ("job", "new"),
    [
        (changed_job(seeds=(0, 1, 2)), [(0.03, 2), (0.1, 2)]),
        (changed_job(seeds=(1,)), []),
        (changed_job(cells=(JOB.cells[0], MORE, JOB.cells[1])), [(0.06, 0), (0.06, 1)]),
        (changed_job(cells=JOB.cells[:1], seeds=(7, 0)), [(0.03, 7)]),
    ],
    ids=["a seed more", "a seed fewer", "a rate more", "another block"],
)
def test_only_what_is_new_is_trained(done, trained, job, new):
    bring_runs(job, again(done, "second"))
    assert sorted(trained) == new


def test_runs_of_another_block_have_the_same_bytes(place):
    bring_runs(changed_job(seeds=(0, 1, 2)), place)
    bring_runs(changed_job(seeds=(2,)), again(place, "alone", cache=place.folder / "other"))
    alone = again(place, "alone").folder
    for run in read_listing(alone):
        assert table_digests(alone / run.folder) == table_digests(place.folder / run.folder)


@pytest.mark.parametrize(
    "compute", [{"accelerator": "auto"}, {"job_minutes": 1}, {"checkpoint_s": 0.0}]
)
def test_what_changes_no_number_trains_nothing(done, trained, compute, monkeypatch):
    monkeypatch.setattr(known, "has_gpu", lambda: False)
    bring_runs(JOB, replace(again(done, "second", **compute), study="other"))
    assert not trained


@pytest.mark.parametrize(
    ("job", "compute"),
    [
        (changed_job(code="other"), {}),
        (changed_cells(epochs=2), {}),
        (changed_cells(batch_size=20), {}),
        (changed_cells(precision="bfloat16"), {}),
        (JOB, {"threads": 2}),
        (changed_job(replicates=(Replicate(split=7, seed=0), Replicate(split=7, seed=1))), {}),
    ],
    ids=["code", "epochs", "batch size", "precision", "threads", "split"],
)
def test_what_changes_a_number_trains_all(done, trained, job, compute):
    bring_runs(job, again(done, "second", **compute))
    assert len(trained) == 4


def determinants(place, **changed):
    """Of the first run, with fields of the data's manifest changed."""
    manifest = json.loads(place.manifest.read_text()) | changed
    return known.determinants(JOB.runs()[0], JOB.code, manifest, place.compute, "cpu")


@pytest.mark.parametrize("library", ["torch", "pytorch-lightning", "numpy"])
def test_another_version_of_a_library_trains_all(place, library, monkeypatch):
    before = determinants(place)
    version = metadata.version
    monkeypatch.setattr(
        known.metadata, "version", lambda name: "0" if name == library else version(name)
    )
    assert before != determinants(place)


@pytest.mark.parametrize(
    ("field", "other", "is_another_run"),
    [
        ("images_sha256", "0" * 64, True),
        ("labels_sha256", "0" * 64, True),
        ("counts", {"train": 1, "validation": 1, "test": 1}, True),
        ("gives_validation", False, True),
        ("classes", ["nought", "one"], True),
        ("classes", [f"digit {k}" for k in range(10)], False),
        ("licence", "another", False),
        ("citation", "another", False),
    ],
)
def test_what_runs_read_of_the_data_makes_them_others(place, field, other, is_another_run):
    assert (determinants(place) != determinants(place, **{field: other})) is is_another_run


def test_other_data_train_all(done, prepared, trained, tmp_path):
    images = prepared.images.copy()
    images[0, 0, 0, 0] ^= 1
    other = tmp_path / "other.npz"
    digest = prepared.manifest.model_copy(update={"images_sha256": sha256(images)})
    save(replace(prepared, images=images, manifest=digest), other, other.with_suffix(".json"))
    bring_runs(JOB, replace(again(done, "second"), data=other))
    assert len(trained) == 4


def test_a_manifest_of_other_data_is_refused(place, tmp_path):
    text = place.manifest.read_text().replace('"stand_in": true', '"stand_in": false')
    moved = tmp_path / "moved.npz"
    moved.write_bytes(place.data.read_bytes())
    moved.with_suffix(".json").write_text(text.replace("\n", "\n "))
    with pytest.raises(DataError, match="is not the manifest of"):
        bring_runs(JOB, replace(place, data=moved))


def test_finished_cells_are_kept_when_the_next_one_fails(place, monkeypatch):
    fit = module.fit

    def failing(cell, *arguments, **options):
        if cell.learning_rate == RATES[1]:
            raise KeyboardInterrupt
        return fit(cell, *arguments, **options)

    monkeypatch.setattr(module, "fit", failing)
    with pytest.raises(KeyboardInterrupt):
        bring_runs(JOB, place)
    assert len(list(RunCache(place.compute.cache).entries())) == 2
    monkeypatch.setattr(module, "fit", fit)
    bring_runs(JOB, place)
    assert [run.taken for run in read_listing(place.folder)] == [True, True, False, False]


def test_a_device_that_was_guessed_wrongly_is_not_recorded(place, trained, monkeypatch):
    """A machine that shows a GPU which PyTorch cannot use trains on its CPU."""
    monkeypatch.setattr(known, "has_gpu", lambda: True)
    monkeypatch.setattr(known, "version", lambda _: "2.0+cu130", raising=False)
    monkeypatch.setattr(job_runs, "expected_device", lambda _: "cuda" if _ == "auto" else _)
    bring_runs(JOB, again(place, "first", accelerator="auto"))
    stored = RunCache(place.compute.cache).entries()
    assert {entry.description["determinants"]["device"] for entry in stored} == {"cpu"}
    trained.clear()
    bring_runs(JOB, place)
    assert not trained


@pytest.mark.parametrize(
    ("gpu", "visible", "version", "device"),
    [
        (True, None, "2.13.0+cu130", "cuda"),
        (True, "", "2.13.0+cu130", "cpu"),
        (True, "0", "2.13.0+cpu", "cpu"),
        (False, None, "2.13.0+cu130", "cpu"),
    ],
)
def test_the_device_is_guessed_without_pytorch(monkeypatch, gpu, visible, version, device):
    monkeypatch.setattr(known, "has_gpu", lambda: gpu)
    monkeypatch.setattr(known.metadata, "version", lambda _: version)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert known.expected_device("auto") == device
    assert known.expected_device("cpu") == "cpu"


def test_pytorch_is_not_imported_when_all_runs_are_there(done):
    code = (
        "import sys; from lossbench.cli import main; sys.argv[1:] = sys.argv[1:]\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'pytorch_lightning'} & set(sys.modules)"
    )
    arguments = [
        "train",
        f"--job={JOB.model_dump_json()}",
        f"--compute={done.compute.model_dump_json()}",
        f"--data={done.data}",
        f"--out={done.folder.with_name('second')}",
    ]
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "runs: 0 trained, 4 taken" in ended.stdout


def test_settings_of_a_margin_have_folders_of_their_own():
    margins = (Margin(m=0.2, s=10), Margin(m=0.35, s=10))
    cells = [cell(loss="am_softmax", margin=margin, learning_rate=0.1) for margin in margins]
    assert [Run(each, Replicate(split=1, seed=3)).folder for each in cells] == [
        "rate-0.1_m=0.2,s=10_seed-3",
        "rate-0.1_m=0.35,s=10_seed-3",
    ]


def test_no_state_is_left_when_the_job_is_done(place):
    bring_runs(JOB, again(place, "job", checkpoint_s=0.0))
    assert not list((place.compute.cache / CHECKPOINTS).glob("*"))


EVALUATION = changed_job(
    cells=tuple(cell.model_copy(update={"stage": "evaluation"}) for cell in JOB.cells[:1])
)
KEPT = EVALUATION.model_copy(update={"keep_weights": True})


def test_weights_are_there_where_they_are_asked_for_and_serve_those_who_ask_for_none(
    place, trained
):
    bring_runs(EVALUATION, again(place, "without", cache=place.folder.with_name("other")))
    bring_runs(KEPT, place)
    without = again(place, "without").folder
    assert table_digests(place.folder) == table_digests(without)
    assert len(list(place.folder.rglob(WEIGHTS))) == 2
    assert not list(without.rglob(WEIGHTS))
    trained.clear()
    bring_runs(EVALUATION, again(place, "taken"))
    bring_runs(KEPT, again(place, "with"))
    assert not trained
    assert not list(again(place, "taken").folder.rglob(WEIGHTS))
    weights = sorted(place.folder.rglob(WEIGHTS))
    links = sorted(again(place, "with").folder.rglob(WEIGHTS))
    assert [path.read_bytes() for path in links] == [path.read_bytes() for path in weights]


def test_a_run_without_weights_is_trained_anew_for_them_and_then_has_them(place, trained, capsys):
    bring_runs(EVALUATION, place)
    trained.clear()
    bring_runs(KEPT, again(place, "with"))
    assert trained == [(0.03, 0), (0.03, 1)]
    assert capsys.readouterr().out.count("its network was not kept; the run is trained anew") == 2
    trained.clear()
    bring_runs(KEPT, again(place, "more"))
    bring_runs(EVALUATION, again(place, "without"))
    assert not trained
    entries = list(RunCache(place.compute.cache).entries())
    assert len(entries) == 2
    assert not any(entry.damage() for entry in entries)


def test_damaged_weights_are_noticed_as_damaged_tables_are(place, trained, capsys):
    bring_runs(KEPT, place)
    entry = next(RunCache(place.compute.cache).entries())
    content = (entry.folder / WEIGHTS).read_bytes()
    (entry.folder / WEIGHTS).unlink()  # the study's own link stays as it is
    (entry.folder / WEIGHTS).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    trained.clear()
    bring_runs(KEPT, again(place, "with"))
    assert len(trained) == 1
    assert f"{WEIGHTS} does not match its digest" in capsys.readouterr().out


OTHER = changed_job(seeds=(2,), cells=(cell(stage="tuning", learning_rate=0.3, epochs=1),))


def test_a_group_leaves_what_its_jobs_leave_alone(place):
    group = Group(jobs=(JOB, OTHER))
    out = place.folder.with_name("group")
    compute = place.compute.model_copy(update={"cache": place.folder.with_name("other")})
    work(group.model_dump_json(), place.data, out, compute=compute.model_dump_json())
    for job in group.jobs:
        alone = replace(place, folder=place.folder / inside(job))
        bring_runs(job, alone)
        assert table_digests(out / inside(job)) == table_digests(alone.folder)


def test_a_group_fills_in_what_tuning_chose_for_each_loss(place, monkeypatch):
    """In the order of its losses, one file each."""
    found = {}
    monkeypatch.setattr(verb, "train", lambda *given: found.update({given[0]: given[-1]}))
    jobs = [
        changed_job(cells=(cell(loss=loss, learning_rate=None),))
        for loss in ("mse_softmax", "cross_entropy")
    ]
    files = [Path("mse_softmax.parquet"), Path("cross_entropy.parquet")]
    group = Group(jobs=tuple(jobs))
    work(group.model_dump_json(), place.data, place.folder, choice=files)
    assert found == {job.model_dump_json(): file for job, file in zip(jobs, files, strict=True)}
