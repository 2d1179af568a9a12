"""On a GPU: what the CPU computes, the same bits every time, and one line where memory ends."""

import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from lossbench.cards.loss import LOSSES as CARDS
from lossbench.errors import DeviceError
from lossbench.networks.models import MODELS
from lossbench.study.job import Replicate
from lossbench.study.settings import Compute, Recipe
from lossbench.tables.logits import matrix
from lossbench.training import fit as fitting
from lossbench.training.checkpoint import Checkpoint
from lossbench.training.fit import fit
from test_training import RECIPES, REPEATED, SETTINGS, cell, noisy, replicates
from test_training_checkpoint import CutError, cut

__all__ = ["cut"]  # the fixture

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU on this machine"),
]

APART = 1e-3
"""Test logits of GPU and CPU may differ by this share of the largest; measured: up to 1e-5."""
FURTHER = {"network resnet18": 3e-2, "network convnet_max": 5e-2}
"""The same where last bits grow: through many BatchNorms, or where they decide which position of a
map is the largest; measured: up to 1e-2 and 2e-2."""
PLAIN = {"model": "mlp"}
LOSSES = {f"loss {name}": {"loss": name, "margin": SETTINGS.get(name)} for name in CARDS}
NETWORKS = {
    f"network {name}": {"model": name, "learning_rate": 0.01, "epochs": 1} for name in MODELS
}
STARTS = {f"recipe {name}": RECIPES[name] for name in RECIPES} | {
    "recipe confident": {"recipe": Recipe(name="confident", head_scale=10.0)}
}
SHIFTED = {"augmentation": {"model": "convnet", "augmentation": "flip_shift", "epochs": 1}}
SAME = {"loss cross_entropy", "loss cross_entropy_again", "recipe annealed"}
"""What `PLAIN` computes too."""
CASES = LOSSES | NETWORKS | STARTS | SHIFTED


@pytest.fixture(scope="module")
def grey():
    return noisy((1, 28, 28))


@pytest.fixture(scope="module")
def colour():
    return noisy((3, 32, 32))


@pytest.fixture
def data(grey, colour):
    """The images for a cell: of the size that its network is made for."""
    return lambda job: colour if job.model.startswith(("convnet", "resnet")) else grey


def train(job, seeds, prepared, *, accelerator="cuda", compile=False, checkpoint=None):
    compute = Compute(accelerator=accelerator, compile=compile, threads=4)
    return fit(job, replicates(seeds), prepared, compute, show_bar=False, checkpoint=checkpoint)


def logits(tables) -> np.ndarray:
    return matrix(tables["predictions"])


def distance(found, expected) -> float:
    """The largest difference of two runs' test logits, as a share of the largest logit."""
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def assert_same(found, expected) -> None:
    for name in REPEATED:
        pd.testing.assert_frame_equal(found[name], expected[name], check_exact=True)


def renumbered(tables) -> dict[str, pd.DataFrame]:
    return {name: rows.reset_index(drop=True) for name, rows in tables.items()}


@pytest.mark.parametrize("case", CASES)
def test_the_gpu_computes_what_the_cpu_computes(data, case):
    job = cell(**CASES[case])
    on_gpu, on_cpu = (
        train(job, [0, 1], data(job), accelerator=device) for device in ("cuda", "cpu")
    )
    assert distance(logits(on_gpu), logits(on_cpu)) < FURTHER.get(case, APART)
    columns = ["train_loss", "train_error", "validation_error", "logit_gradient_rms"]
    ours, theirs = (tables["history"][columns].to_numpy() for tables in (on_gpu, on_cpu))
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("case", [*LOSSES, *STARTS])
def test_another_formula_is_further_away_than_the_tolerance(grey, case):
    changed, plain = (
        logits(train(cell(**changes), [0, 1], grey)) for changes in (CASES[case], PLAIN)
    )
    if case in SAME:
        assert np.array_equal(changed, plain)
    else:
        assert distance(changed, plain) > 10 * APART


@pytest.mark.parametrize("model", MODELS)
def test_a_seed_has_the_same_bits_every_time_and_whatever_its_neighbours(data, model):
    """Three epochs: two steps as they come, then recorded ones."""
    job = cell(model=model, learning_rate=0.01)
    together, again = (train(job, [0, 1, 2], data(job)) for _ in range(2))
    assert_same(again, together)
    mine = {name: rows.query("seed == 1") for name, rows in together.items()}
    assert_same(renumbered(train(job, [1], data(job))), renumbered(mine))


@pytest.mark.parametrize(
    ("case", "weight"),
    [("recipe annealed", 1e30), ("network convnet", 1e30), ("recipe adamw", math.inf)],
)
def test_a_diverged_seed_leaves_its_neighbours_untouched(data, monkeypatch, case, weight):
    """Its weights grow beyond all numbers within a few updates, or are there from the start."""
    job, build = cell(**CASES[case]), fitting._build
    expected = train(job, [0], data(job))

    def damaged(cell, prepared, seed):
        network = build(cell, prepared, seed)
        if seed == 1:
            with torch.no_grad():
                network.head.weight.fill_(weight)
        return network

    monkeypatch.setattr(fitting, "_build", damaged)
    found = train(job, [0, 1], data(job))
    assert found["runs"].set_index("seed")["diverged"].to_dict() == {0: False, 1: True}
    assert_same({name: rows.query("seed == 0") for name, rows in found.items()}, expected)


@pytest.mark.parametrize("case", ["recipe annealed", "recipe adamw", "loss l_softmax"])
@pytest.mark.parametrize("place", [1, 5])
def test_a_cut_run_resumes_to_the_same_bytes(grey, tmp_path, cut, case, place):
    job = cell(**CASES[case])
    expected = train(job, [0, 1], grey)
    cut(place)
    with pytest.raises(CutError):
        train(job, [0, 1], grey, checkpoint=Checkpoint(tmp_path / "state", every_s=0))
    cut(None)
    checkpoint = Checkpoint(tmp_path / "state", every_s=0)
    assert checkpoint.running["step"] == place
    assert_same(train(job, [0, 1], grey, checkpoint=checkpoint), expected)


@pytest.mark.parametrize("model", MODELS)
def test_bfloat16_stays_near_float32(data, model):
    fields = {"model": model, "learning_rate": 0.01, "epochs": 1}
    half, full = (
        train(cell(**fields, precision=precision), [0, 1], data(cell(**fields)))
        for precision in ("bfloat16", "float32")
    )
    assert 0 < distance(logits(half), logits(full)) < 0.3
    ours, theirs = (tables["history"]["train_loss"].to_numpy() for tables in (half, full))
    np.testing.assert_allclose(ours, theirs, rtol=0.05)


def test_a_compiled_network_computes_what_the_plain_one_computes(grey):
    job = cell(model="lenet", epochs=1)
    plain, compiled = (train(job, [0, 1], grey, compile=on) for on in (False, True))
    assert distance(logits(compiled), logits(plain)) < APART


def test_a_block_that_does_not_fit_ends_in_one_line_and_the_gpu_goes_on(grey):
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(300 * 2**20 / total)
    try:
        with pytest.raises(DeviceError, match=r"^digits/mlp/.*lower compute\.job_minutes"):
            train(cell(), list(range(200)), grey)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()
    assert math.isfinite(train(cell(), [0], grey)["history"]["train_loss"].iloc[-1])


JOB = """
import sys
sys.path.insert(0, "tests")
from lossbench.study.settings import Compute
from lossbench.training.fit import fit
from test_training import cell, noisy, replicates
tables = fit(cell(), replicates([0, 1]), noisy(), Compute(accelerator="cuda"), show_bar=False)
tables["history"].to_parquet(sys.argv[1])
"""


def test_two_jobs_share_a_gpu(grey, tmp_path):
    paths = [tmp_path / f"{place}.parquet" for place in range(2)]
    jobs = [subprocess.Popen([sys.executable, "-c", JOB, path]) for path in paths]
    assert [job.wait(timeout=120) for job in jobs] == [0, 0]
    expected = train(cell(), [0, 1], grey)["history"]
    for path in paths:
        pd.testing.assert_frame_equal(pd.read_parquet(path), expected, check_exact=True)


def test_replicates_of_several_divisions_train_together(grey):
    """Each replicate's own rows, on the GPU as on the CPU."""
    divided = [Replicate(split=100 + seed, seed=seed) for seed in range(2)]
    found = [
        fit(cell(), divided, grey, Compute(accelerator=device), show_bar=False)
        for device in ("cuda", "cpu")
    ]
    assert distance(*(logits(tables) for tables in found)) < APART
