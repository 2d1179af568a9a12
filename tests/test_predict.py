"""Networks that a study keeps: they classify images as their runs did, or are refused."""

import json
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
from PIL import Image
from safetensors import safe_open

from builders.refusals import refused
from lossbench.datasets.own import prepare_own
from lossbench.datasets.preparation import prepare
from lossbench.datasets.prepared import Prepared, save
from lossbench.errors import LossbenchError
from lossbench.networks.models import MODELS
from lossbench.run_cache import WEIGHTS
from lossbench.study.data import Reading
from lossbench.study.grid import Margin, Rescaling
from lossbench.study.job import Cell, Job
from lossbench.study.own_code import code_of
from lossbench.study.settings import Compute
from lossbench.tables.logits import matrix
from lossbench.tables.parquet import read
from lossbench.tables.runs import PREDICTIONS
from lossbench.training.job_runs import Place, bring_runs
from lossbench.verbs.predict import predict
from test_training import cell, noisy, replicates

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.LazyLinear(16), nn.BatchNorm1d(16), nn.ReLU())

    def forward(self, images):
        return self.layers(images)
"""
CASES = {
    "softmax": (cell(), GREY),
    "BatchNorm": (cell("mse_sigmoid", model="convnet", learning_rate=1.0, epochs=1), COLOUR),
    "cosine head": (cell("am_softmax", margin=Margin(m=0.35, s=10.0)), GREY),
    "no probability": (cell("mse_logits", margin=Rescaling(k=2, M=3), learning_rate=0.01), GREY),
}


def kept(
    folder: Path, of: Cell, shape: tuple[int, int, int], prepared: Prepared | None = None
) -> Path:
    """The folder of a run of this cell whose network is kept, with its test images as files."""
    data, prepared = folder / "data.npz", prepared or noisy(shape)
    save(prepared, data, data.with_suffix(".json"))
    job = Job(cells=(of,), replicates=tuple(replicates([0, 1])), code="0" * 16, keep_weights=True)
    compute = Compute(accelerator="cpu", cache=folder / "cache")
    sources = {"own_network": "my_nets.py:Net"} if of.own_network else {}
    bring_runs(job, Place(data, folder / "job", "tiny", compute, sources))
    run = folder / "job" / job.runs()[1].folder
    for index, image in enumerate(prepared.examples("test").images):
        pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        Image.fromarray(pixels).save(run / f"{index:03}.png")
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return kept(tmp_path_factory.mktemp("softmax"), *CASES["softmax"])


def table(capsys, weights: Path, images: list[Path], **options) -> pd.DataFrame:
    predict(weights, images, csv=True, **options)
    return pd.read_csv(StringIO(capsys.readouterr().out), dtype={"class": str})


def said(capsys, weights: Path, *images: Path) -> list[str]:
    predict(weights, [*images])
    return capsys.readouterr().out.splitlines()


def refusal(weights: Path, *images: Path, **options) -> str:
    return refused(LossbenchError, predict, weights, [*images], **options)


def assert_as_the_run(found: pd.DataFrame, run: Path) -> None:
    """Every test image has the class and the logits that the run's table has."""
    expected = read(run / "predictions.parquet", PREDICTIONS)
    logits = matrix(expected)
    np.testing.assert_allclose(found.iloc[:, 3:].to_numpy(), logits, rtol=1e-5, atol=1e-5)
    assert found["class"].astype(int).tolist() == logits.argmax(axis=1).tolist()


@pytest.mark.parametrize("case", CASES)
def test_images_are_classified_as_the_run_classified_them(tmp_path, capsys, case):
    run = kept(tmp_path, *CASES[case])
    capsys.readouterr()
    images = sorted(run.glob("*.png"))
    found = table(capsys, run / WEIGHTS, images)
    assert found["file"].tolist() == [str(path) for path in images]
    assert_as_the_run(found, run)


@pytest.mark.parametrize("first", ["abcdefghij", "qrstuvwxyz"])
def test_a_network_from_the_cache_has_the_names_of_the_study_that_takes_it(tmp_path, capsys, first):
    """The names determine no run: another study may give the same images others."""
    plain = noisy(GREY)
    of_first, named = (
        replace(plain, manifest=plain.manifest.model_copy(update={"classes": tuple(names)}))
        for names in (first, "klmnopqrst")
    )
    (tmp_path / "fresh").mkdir()
    fresh = kept(tmp_path / "fresh", cell(), GREY, named)
    kept(tmp_path, cell(), GREY, of_first)
    capsys.readouterr()
    taken = kept(tmp_path, cell(), GREY, named)
    assert "runs: 0 trained, 2 taken" in capsys.readouterr().out
    assert (taken / WEIGHTS).read_bytes() == (fresh / WEIGHTS).read_bytes()
    found = table(capsys, taken / WEIGHTS, sorted(taken.glob("*.png")))
    assert set(found["class"]) <= set("klmnopqrst")


def test_probabilities_are_those_of_the_output(run, capsys):
    found = table(capsys, run / WEIGHTS, sorted(run.glob("*.png")))
    logits = torch.from_numpy(found.iloc[:, 3:].to_numpy())
    np.testing.assert_allclose(found["probability"], logits.softmax(-1).amax(-1), rtol=1e-6)
    first = run / "000.png"
    row = found.iloc[0]
    assert said(capsys, run / WEIGHTS, first) == [
        f"{first}: {row['class']}, probability {row['probability']:.4f}"
    ]


def test_where_no_probability_is_stated_there_is_a_logit(tmp_path, capsys):
    run = kept(tmp_path, *CASES["no probability"])
    capsys.readouterr()
    [line] = said(capsys, run / WEIGHTS, run / "000.png")
    found = table(capsys, run / WEIGHTS, [run / "000.png"])
    logit = f"{found.iloc[0, 3:].max():.2f}"
    assert f", logit {logit}; mse_logits states no probability" in line
    assert found["probability"].isna().all()


def own_net(folder: Path) -> Cell:
    (folder / "my_nets.py").write_text(NET)
    return cell(model="my_net", own_network=code_of("my_nets.py:Net"))


def test_an_own_network_needs_its_source(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(MODELS, "my_net", None)
    (tmp_path / "moved").mkdir()
    run = kept(tmp_path, own_net(tmp_path), GREY)
    weights, first = run / WEIGHTS, run / "000.png"
    capsys.readouterr()
    assert_as_the_run(table(capsys, weights, sorted(run.glob("*.png"))), run)
    file = tmp_path / "my_nets.py"
    file.rename(tmp_path / "moved" / file.name)
    monkeypatch.delitem(sys.modules, "my_nets")
    assert "there is no file my_nets.py; --network says where it is" in refusal(weights, first)
    images, moved = sorted(run.glob("*.png")), "moved/my_nets.py:Net"
    assert_as_the_run(table(capsys, weights, images, network=moved), run)
    file.write_text(NET.replace("nn.ReLU", "nn.Tanh"))
    assert "no longer what was trained" in refusal(weights, first)


def test_images_are_resized_and_recoloured_as_the_data_set_was(tmp_path, capsys):
    """Its own images, from files of their first size and of another colour."""
    whole = prepare("digits", Path())
    small = prepare_own("small", Path("digits"), Reading(size=20, colour="grey"))
    run = kept(tmp_path, cell(epochs=1), (1, 20, 20), small)
    for index, [image] in enumerate(whole.examples("test").images):
        Image.fromarray(image).convert("RGB").save(tmp_path / f"{index:03}.png")
    capsys.readouterr()
    assert_as_the_run(table(capsys, run / WEIGHTS, sorted(tmp_path.glob("*.png"))), run)


def test_the_network_of_a_run_that_diverged_is_refused(tmp_path):
    run = kept(tmp_path, cell("mse_logits", learning_rate=1e25), GREY)
    assert "its run diverged" in refusal(run / WEIGHTS, run / "000.png")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (Image.new("RGB", (28, 28)), "is 28×28 colour; the network takes 28×28 grey"),
        (Image.new("L", (32, 28)), "is 28×32 grey; the network takes 28×28 grey"),
        (Image.new("L", (300, 28)), "; the network takes 28×28 grey"),
        (Image.new("CMYK", (28, 28)), "mode CMYK; allowed: "),
    ],
)
def test_an_image_that_does_not_fit_is_one_line(run, tmp_path, image, reason):
    path = tmp_path / "image.tif"
    image.save(path)
    found = refusal(run / WEIGHTS, run / "000.png", path)
    assert found.startswith(f"{path}: ")
    assert reason in found


def test_what_is_no_image_is_one_line(run, tmp_path):
    (tmp_path / "text.png").write_text("text")
    assert "text.png: is no image of the formats PNG" in refusal(
        run / WEIGHTS, tmp_path / "text.png"
    )
    assert "absent.png: cannot be read (No such file" in refusal(run / WEIGHTS, Path("absent.png"))


def changed(weights: Path, path: Path, **fields: object) -> Path:
    """The file with other metadata."""
    with safe_open(weights, "pt") as file:
        metadata = json.loads(file.metadata()["lossbench"]) | fields
    tensors = safetensors.torch.load_file(weights)
    safetensors.torch.save_file(tensors, path, {"lossbench": json.dumps(metadata)})
    return path


def test_what_is_no_kept_network_is_one_line(run, tmp_path):
    first, path = run / "000.png", tmp_path / "odd.safetensors"
    whole = (run / WEIGHTS).read_bytes()
    for content in (b"", b"text" * 100, whole[: len(whole) // 2]):
        path.write_bytes(content)
        assert "odd.safetensors: not a readable safetensors file" in refusal(path, first)
    assert "not a readable safetensors file" in refusal(tmp_path / "absent", first)
    assert "not a readable safetensors file" in refusal(tmp_path, first)
    path.write_bytes(safetensors.torch.save({"a": torch.zeros(2)}, {"format": "pt"}))
    assert "not a network that lossbench has kept" in refusal(path, first)
    path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:])
    assert "is damaged" in refusal(path, first)
    weights = run / WEIGHTS
    assert "of another version" in refusal(changed(weights, path, more=1), first)
    smaller = changed(weights, path, classes=["0", "1"])
    assert "its tensors do not fit this lossbench's mlp" in refusal(smaller, first)
    assert "mlp, is built in and has no source" in refusal(weights, first, network="my_nets.py:Net")


def test_the_file_says_what_it_is_and_the_same_network_is_the_same_bytes(run, tmp_path):
    with safe_open(run / WEIGHTS, "pt") as file:
        [(key, text)] = file.metadata().items()
    found = json.loads(text)
    assert key == "lossbench"
    assert found["cell"] == CASES["softmax"][0].model_dump(mode="json")
    assert found["classes"] == [str(digit) for digit in range(10)]
    assert (found["image_shape"], found["seed"]) == ([1, 28, 28], 1)
    assert set(found["versions"]) == {"lossbench", "torch", "pytorch-lightning", "numpy"}
    again = kept(tmp_path, *CASES["softmax"])
    assert (again / WEIGHTS).read_bytes() == (run / WEIGHTS).read_bytes()
