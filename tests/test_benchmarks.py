"""The benchmarks' own arithmetic: ratios, goals, records, and that all sides do the same work."""

import os
import re

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
import yaml

from benchmarks import (
    accuracy,
    bare,
    clock,
    contests,
    data,
    document,
    gpu,
    pipeline,
    profile,
    studies,
    throughput,
)
from benchmarks.record import Figure, at_least, at_most, below, median, record
from builders.project_copy import tiny_of
from builders.synthetic import build as synthetic_study
from lossbench.files import read_json, write_text
from lossbench.networks.models import build
from lossbench.study.loading import DEFAULT_STUDY, load_study, parse_study
from lossbench.study.plan import jobs
from lossbench.tables.parquet import write
from lossbench.tables.runs import TIMING


@pytest.fixture(scope="module")
def mnist():
    """Noise in MNIST's shape, with labels that its pixels tell."""
    noise = data.noise("mnist")
    noise.images[np.arange(len(noise.labels)), 0, noise.labels, 4:24] = 255
    return data.shortened(noise, train=640, validation=20, test=50)


def figure(**fields):
    return Figure(**{"group": "g", "name": "n", "value": 1.0} | fields)


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (at_least(0.95), 0.95, True),
        (at_least(0.95), 0.9499, False),
        (at_most(5), 5.0, True),
        (at_most(5), 5.1, False),
        (below(18), 18.0, False),
        (below(18), 17.9, True),
        (at_least(1), None, None),
        (None, 1.0, None),
    ],
)
def test_a_goal_is_met_missed_or_open(goal, value, met):
    assert figure(goal=goal, value=value).met is met


def test_a_ratio_is_taken_round_by_round_and_its_median_reported():
    times = pd.DataFrame({"bare": [10.0, 40.0, 30.0], "ours": [10.0, 10.0, 20.0]})
    found = median("g", "n", times["bare"] / times["ours"])
    assert (found.low, found.value, found.high) == (1.0, 1.5, 4.0)


def test_contestants_take_turns_and_every_other_round_is_reversed():
    order = []
    times = clock.rounds({name: lambda name=name: order.append(name) for name in "ab"}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert times.shape == (3, 2)


def test_time_is_the_processor_s_not_the_clock_s():
    seconds = clock.cpu_seconds(lambda: clock.time.sleep(0.3))
    assert seconds < 0.2


def test_a_command_that_fails_says_what_it_printed():
    with pytest.raises(RuntimeError, match="so it goes"):
        clock.python("-c", "import sys; sys.exit('so it goes')")


@pytest.mark.slow
def test_the_bare_loop_learns(mnist):
    images, labels = bare.tensors(mnist)
    generator = torch.Generator().manual_seed(0)
    network = build("mlp", "linear", (1, 28, 28), classes=10, seed=0)
    before = F.cross_entropy(network(images).logits, labels).item()
    options = {"batch_size": 32, "rate": 0.05, "fused": False}
    bare.train(network, images, labels, **options, generator=generator)
    assert F.cross_entropy(network(images).logits, labels).item() < 0.5 * before


@pytest.mark.slow
def test_evaluation_points_cost_what_the_study_asks_for(mnist):
    study = load_study(DEFAULT_STUDY)
    planned = contests.comparison(contests.MLP, study)
    history = study.history.model_copy(update={"ratio": 1000.0})
    small = study.model_copy(update={"history": history})
    # The untrained network, the first and the last step, each of 20 images and the training probe.
    points = 3
    images = points * (20 + history.train_examples)
    found = contests.evaluated(contests.MLP, small, mnist)
    assert found == pytest.approx(images / (640 * planned.epochs))


@pytest.mark.slow
def test_noise_has_the_shape_of_the_official_data():
    for name, shape in (("mnist", (70_000, 1, 28, 28)), ("cifar10", (60_000, 3, 32, 32))):
        assert data.noise(name).images.shape == shape


def test_data_that_are_not_there_are_called_noise(tmp_path):
    assert data.described(tmp_path) == "noise in the shape of MNIST; noise in the shape of CIFAR-10"
    (tmp_path / "MNIST/raw").mkdir(parents=True)
    assert data.described(tmp_path) == "the official MNIST; noise in the shape of CIFAR-10"


def test_the_wide_study_has_two_thousand_jobs():
    study = parse_study(pipeline.wide_study(DEFAULT_STUDY), origin="wide")
    assert sum(1 for _ in jobs(study, "tuning")) == 2000


def test_working_time_leaves_out_long_pauses_and_counts_overlaps_once():
    starts, seconds = [0.0, 5.0, 15.0, 1000.0, 1002.0], [10.0, 7.0, 5.0, 10.0, 2.0]
    jobs = pd.DataFrame({"start_s": starts, "seconds": seconds}).sample(frac=1, random_state=1)
    assert studies.sittings(jobs) == [20, 10]


@pytest.mark.slow
def test_the_share_of_training_is_read_from_the_study_s_records(tmp_path):
    timing = synthetic_study(networks=1)[0]["timing"]
    folder = tmp_path / "results/some"
    table = folder / "runs/tuning/mnist/mlp/annealed-2/group/loss/job/run/timing.parquet"
    write(timing, TIMING, table)
    write_job(folder / "benchmarks/tuning/mnist/mlp.tsv", start=0, seconds=1000)
    write_job(folder / "benchmarks/tables.tsv", start=1000, seconds=1000)
    write_job(tmp_path / "results/other/benchmarks/tables.tsv", start=5000, seconds=4000)
    (found,) = studies.figures(folder, cores=2)
    assert found.value == pytest.approx(timing["train_s"].sum() / (2000 * 2))
    assert next(studies.figures(tmp_path / "results/absent", cores=2)).value is None
    table.write_text("of another version")
    (found,) = studies.figures(folder, cores=2)
    assert found.value is None
    assert "another version" in found.note


def write_job(path, start, seconds):
    """A job's record as Snakemake keeps it, written at the job's end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\tmax_rss\n{seconds}\t100\n")
    os.utime(path, (start + seconds, start + seconds))


@pytest.fixture
def root(tmp_path):
    """A project's folder, in which documents are read and written."""
    write_text(tmp_path / document.NOTES, "## Notes\n\nBy hand.\n")
    return tmp_path


def test_the_document_keeps_the_notes_and_the_other_command_s_record(root):
    ratio = figure(name="mlp", value=0.8, goal=at_least(0.85), low=0.7, high=1.25)
    missing = figure(name="stacked", value=None, goal=at_least(5), note="no GPU")
    speed = [ratio, missing]
    document.publish(record("run", speed, seconds=60, data="noise"), root)
    error = [figure(name="error", value=17.512, unit="%", goal=below(18))]
    document.publish(record("accuracy", error, seconds=60, data="noise"), root)
    text = (root / document.DETAILS).read_text()
    assert "| mlp | ≥ 0.85 | 0.80 (0.70 to 1.25) |  | no |  |" in text
    assert "| stacked | ≥ 5 | not measured |  |  | no GPU |" in text
    assert "| error | < 18% | 17.5% |  | yes |  |" in text
    assert text.endswith("By hand.\n")
    assert torch.__version__.split("+")[0] in text


def test_a_figure_stands_beside_the_last_record_s(root):
    name = document.SHOWN["The miniature, from nothing to its page"]
    for value in (182.0, 100.0):
        found = figure(name=name, value=value, unit="s")
        document.publish(record("run", [found], seconds=60, data="noise"), root)
    row = "| The miniature, from nothing to its page | 100 s |  | 182 s |"
    assert row in (root / document.DOCUMENT).read_text()
    assert f"| {name} |  | 100 s | 182 s |  |  |" in (root / document.DETAILS).read_text()


def test_the_page_has_at_most_ten_rows_of_figures_that_are_measured():
    measured = read_json(document.ROOT / document.RECORDS / "run.json")["figures"]
    assert set(document.SHOWN.values()) <= {each["name"] for each in measured}
    assert len(document.SHOWN) <= 10


def test_figures_of_one_group_stand_together():
    figures = [figure(group=group, name=name) for group, name in ("ax", "by", "az")]
    first, second = document.tables(figures).split("\n\n### b\n")
    assert re.findall(r"^\| (\w) \|", first, re.MULTILINE) == ["x", "z"]
    assert re.findall(r"^\| (\w) \|", second, re.MULTILINE) == ["y"]


@pytest.mark.slow
def test_a_profile_names_every_kind_once_and_adds_up(mnist, monkeypatch, tmp_path):
    monkeypatch.setattr(profile.data, "load", lambda name, folder: mnist)
    shares = profile.step_shares(contests.LENET, load_study(DEFAULT_STUDY), tmp_path)
    assert sum(shares.values()) == pytest.approx(100)
    assert set(shares) == {*profile.KINDS.values(), profile.REST} - {"BatchNorm"}
    assert all(share > 0 for share in shares.values())


def test_the_time_that_a_gpu_works_is_the_union_of_its_kernels():
    assert gpu.covered([(0, 2), (1, 3), (1, 2), (5, 6)]) == 4
    assert gpu.covered([(2, 3), (3, 4)]) == 2


def test_a_study_s_hours_are_its_images_over_the_rates(monkeypatch, tmp_path):
    """MNIST has 55,000 training images, hence 429 whole batches of 128."""
    sizes = {"model": "lenet_2d", "epochs": 4, "tuning_epochs": 2, "batch_size": 128}
    path = tmp_path / "one.yaml"
    path.write_text(yaml.safe_dump(tiny_of({"name": "mnist"}, **sizes)))
    asked = []
    monkeypatch.setattr(gpu, "rate", lambda *key: asked.append(key) or 1000.0)
    images = 2 * 3 * (2 * 2 + 4) * 429 * 128  # losses, replicates, epochs
    assert gpu.study_hours(path, "bfloat16") == pytest.approx(images / 1000 / 3600)
    assert set(asked) == {("lenet", 10, "bfloat16")}


def test_the_stacked_peer_trains_as_the_plain_one_does(mnist):
    """On whole epochs as one batch, where the order changes nothing but the last bits."""
    images, labels = bare.tensors(mnist)
    stacked, alone = (
        [build("mlp", "linear", (1, 28, 28), classes=10, seed=seed) for seed in (0, 1)]
        for _ in range(2)
    )
    peer = bare.Stacked(stacked, rate=0.1)
    generator = torch.Generator().manual_seed(0)
    peer.train(images, labels, batch_size=len(images), generator=generator)
    for network in alone:
        settings = {"batch_size": len(images), "rate": 0.1, "fused": True}
        bare.train(network, images, labels, **settings, generator=generator)
    for name, together in peer.weights.items():
        expected = torch.stack([network.get_parameter(name) for network in alone])
        torch.testing.assert_close(together, expected)


def test_the_accuracy_of_an_attempt_is_the_test_set_s(mnist, monkeypatch, tmp_path):
    monkeypatch.setattr(accuracy.data, "load", lambda name, folder: mnist)
    recipe = {"epochs": 3, "batch_size": 32, "learning_rate": 0.1, "augmentation": "none"}
    attempt = accuracy.Attempt("mnist", "mlp", **recipe, error_percent=10, core_s=60)
    errors, seconds = accuracy.test_errors(attempt, tmp_path)
    assert len(errors) == accuracy.SEEDS
    assert max(errors) < 20  # of 50 images whose class stands in their pixels; chance is 90
    assert all(error * 50 / 100 == pytest.approx(round(error * 50 / 100)) for error in errors)
    assert seconds > 0


@pytest.mark.slow
def test_the_stock_recipe_trains_and_tells_its_time(mnist, tmp_path):
    from benchmarks import recipes
    from lossbench.datasets.prepared import save

    save(mnist, tmp_path / "mnist.npz", tmp_path / "mnist.json")
    study = load_study(DEFAULT_STUDY)
    ran = recipes._stock(contests.MLP, study, tmp_path / "mnist.npz", seed=0)
    assert 0 < ran.fit_s < 60
    assert ran.start_s > 0


def test_the_full_study_can_be_estimated(monkeypatch):
    monkeypatch.setattr(gpu, "rate", lambda *_: 1e4)
    assert 10 < gpu.study_hours(gpu.FULL, "float32") < 10_000


@pytest.mark.parametrize(
    ("flags", "is_said"),
    [("avx512f avx512_bf16", True), ("amx_bf16 amx_tile", True), ("avx512f avx512_bf16x", False)],
)
def test_half_precision_is_raced_where_the_processor_multiplies_it(tmp_path, flags, is_said):
    cpuinfo = tmp_path / "cpuinfo"
    assert not throughput.multiplies_bfloat16(cpuinfo)  # where there is no such file
    cpuinfo.write_text(f"model name\t: A\nflags\t\t: fpu {flags}\n")
    assert throughput.multiplies_bfloat16(cpuinfo) is is_said
