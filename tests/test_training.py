"""Training draws by seed, is the same in every block, and fails in the open."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy
import torch
from torch import nn

from lossbench.cards.loss import LOSSES as CARDS
from lossbench.datasets.prepared import Examples as Split
from lossbench.datasets.prepared import Loaded, Prepared
from lossbench.datasets.prepared import build as build_prepared
from lossbench.errors import ConfigError
from lossbench.networks.heads import build_head, initialise
from lossbench.networks.losses import LOSSES
from lossbench.networks.models import Body, Network, build, initialise_body
from lossbench.study.grid import Annealing, Margin
from lossbench.study.job import Cell, Replicate
from lossbench.study.settings import ANNEALED, Compute, History, Recipe
from lossbench.training import results
from lossbench.training.block import Block, _ordered
from lossbench.training.device import pick_device
from lossbench.training.examples import PADDING, Order
from lossbench.training.fit import fit
from lossbench.training.measure import error, outputs
from lossbench.training.schedule import measured_steps

SETTINGS = {
    "sm_softmax": Margin(m=0.5),
    "am_softmax": Margin(m=0.35, s=10.0),
    "l_softmax": Margin(m=2.0, annealing=Annealing()),
}
REPEATED = ("history", "runs", "predictions", "geometry")


def cell(loss="cross_entropy", **changes) -> Cell:
    fields = {
        "stage": "evaluation",
        "dataset": "digits",
        "augmentation": "none",
        "model": "mlp",
        "loss": loss,
        "head": CARDS[loss].head,
        "output": CARDS[loss].output,
        "learning_rate": 0.1,
        "margin": None,
        "epochs": 2,
        "batch_size": 32,
        "recipe": ANNEALED,
        "history": History(ratio=2.0, train_examples=64),
        "precision": "float32",
    }
    return Cell(**fields | changes)


def examples(count: int, generator: np.random.Generator, shape=(1, 28, 28)) -> Split:
    """Noise around ten fixed patterns: easy, but not at once."""
    labels = generator.integers(10, size=count).astype(np.uint8)
    patterns = np.random.default_rng(7).integers(0, 255, (10, *shape))
    images = (patterns[labels] + generator.integers(0, 255, (count, *shape))) // 2
    return Split(images.astype(np.uint8), labels)


def built(splits: dict[str, Split], *, gives_validation: bool = False) -> Prepared:
    """A data set of these splits under the name of one that needs no download."""
    loaded = Loaded(splits, {}, gives_validation=gives_validation)
    known = {"name": "digits", "stand_in": True, "licence": "", "citation": ""}
    return build_prepared(loaded, **known, classes=tuple("0123456789"))


def noisy(shape=(1, 28, 28)) -> Prepared:
    """A small data set of such images, each split drawn anew."""
    generator = np.random.default_rng(0)
    splits = {"train": examples(256, generator, shape)}
    for split in ("validation", "test"):
        splits[split] = examples(100, generator, shape)
    return built(splits, gives_validation=True)


@pytest.fixture(scope="module")
def prepared():
    return noisy()


def replicates(seeds):
    """A replicate each, all on the same division of the data."""
    return [Replicate(split=100, seed=seed) for seed in seeds]


def train(cell, seeds, prepared, **options):
    compute = Compute(accelerator="cpu")
    return fit(cell, replicates(seeds), prepared, compute, show_bar=False, **options)


def test_measured_steps_are_evenly_spaced_on_a_log_axis_up_to_the_last():
    double = History(ratio=2.0)
    assert measured_steps(double, 100, "evaluation") == [0, 1, 2, 4, 8, 16, 32, 64, 100]
    assert measured_steps(double, 64, "evaluation") == [0, 1, 2, 4, 8, 16, 32, 64]
    assert measured_steps(double, 100, "tuning") == [0, 1, 8, 64, 100]
    assert measured_steps(double, 1, "tuning") == [0, 1]
    close = History(ratio=1.5)
    assert measured_steps(close, 40, "evaluation") == [0, 1, 2, 4, 8, 12, 18, 27, 40]
    assert measured_steps(close, 40, "tuning") == [0, 1, 3, 11, 38, 40]


@pytest.mark.parametrize("ratio", [1.01, 1.2, 1.5, 1000.0])
@pytest.mark.parametrize("last", [1, 2, 429, 2150])
def test_no_measured_step_is_far_from_the_one_before_or_repeated(ratio, last):
    steps = measured_steps(History(ratio=ratio), last, "evaluation")
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, last)
    spaced = np.array(steps[1:])
    far = np.where(spaced[:-1] < 8, max(ratio, 2.0), ratio)
    assert np.all(spaced[1:] - 1 <= (spaced[:-1] + 0.5) * far)


def test_an_epoch_shows_every_example_once_and_seeds_differ():
    order = Order([3, 4], [np.arange(96)] * 2, batch_size=32)
    rows = torch.cat([draw.rows for draw in order], dim=1)
    assert len(order) == 3
    for seed in rows:
        assert sorted(seed.tolist()) == list(range(96))
    assert not torch.equal(rows[0], rows[1])
    order.set_epoch(1)
    assert not torch.equal(next(iter(order)).rows, rows[:, :32])


def test_the_order_of_an_epoch_depends_on_seed_and_epoch_alone():
    long = Order([5, 9], [np.arange(64)] * 2, batch_size=16)
    short = Order([9], [np.arange(64)], batch_size=16)
    for epoch in (2, 0):
        long.set_epoch(epoch)
        short.set_epoch(epoch)
        for ours, theirs in zip(long, short, strict=True):
            for part, alone in zip(ours, theirs, strict=True):
                assert torch.equal(part[1], alone[0])


def test_half_of_the_images_are_mirrored_and_every_shift_is_as_likely():
    count = 20_000
    (draw,) = Order([7], [np.arange(count)], batch_size=count)
    assert abs(draw.flips.double().mean() - 0.5) < 4 * 0.5 / count**0.5
    for axis in range(2):
        drawn = torch.bincount(draw.shifts[0, :, axis], minlength=2 * PADDING + 1)
        assert scipy.stats.chisquare(drawn.numpy()).pvalue > 1e-4


RECIPES = {
    "annealed": {"recipe": ANNEALED},
    "decayed": {"recipe": Recipe(name="decayed", nesterov=False, weight_decay=0.01)},
    "plain": {"recipe": Recipe(name="plain", momentum=0, schedule="constant", head_scale=2)},
    "adamw": {
        "recipe": Recipe(name="adamw", optimiser="adamw", weight_decay=0.01),
        "learning_rate": 0.003,
    },
}


@pytest.mark.parametrize(
    "changes",
    [{"model": "mlp"}, {"model": "lenet"}, RECIPES["adamw"]],
    ids=["mlp", "lenet", "adamw"],
)
def test_a_run_is_bit_identical_whatever_its_block(prepared, changes):
    together = train(cell(**changes), [1, 2, 3], prepared)
    alone = train(cell(**changes), [2], prepared)
    for name in REPEATED:
        ours = together[name].query("seed == 2").reset_index(drop=True)
        pd.testing.assert_frame_equal(ours, alone[name], check_exact=True)


def test_tuning_never_sees_the_test_set(prepared):
    """Other test images, and labels that are none, change nothing."""
    images, labels = prepared.images.copy(), prepared.labels.copy()
    images[prepared.indices("test")], labels[prepared.indices("test")] = 77, 255
    blind = replace(prepared, images=images, labels=labels)
    found, expected = (train(cell(stage="tuning"), [0], data) for data in (blind, prepared))
    assert set(found) == {"history", "runs", "timing"}
    pd.testing.assert_frame_equal(found["history"], expected["history"], check_exact=True)


def poison(block) -> None:
    """Make every parameter of seed 1 NaN."""
    for name, tensor in block.tensors().items():
        if tensor.is_floating_point() and name.startswith("1."):
            tensor.fill_(math.nan)


def overflow(monkeypatch) -> dict[str, int]:
    """Let seed 1's loss overflow at its third update, and its parameters with it."""
    calls, backward = {"count": 0}, Block.backward

    def overflowing(self, objective, images, labels, alive):
        calls["count"] += 1
        losses = backward(self, objective, images, labels, alive)
        if calls["count"] != 3:
            return losses
        with torch.no_grad():
            poison(self)
        return losses.index_fill(0, torch.tensor([1]), math.inf)

    monkeypatch.setattr(Block, "backward", overflowing)
    return calls


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_diverging_seed_is_recorded_and_leaves_its_neighbours_alone(
    prepared, monkeypatch, recipe
):
    alone = train(cell(**RECIPES[recipe]), [0, 1], prepared)
    alone = {name: alone[name].query("seed == 0") for name in REPEATED}
    overflow(monkeypatch)
    together = train(cell(**RECIPES[recipe]), [0, 1], prepared)
    runs = together["runs"].set_index("seed")
    assert runs["diverged"].to_dict() == {0: False, 1: True}
    assert runs["steps"].to_dict() == {0: 16, 1: 2}
    assert together["history"].query("seed == 1")["step"].max() == 2
    assert set(together["predictions"]["seed"]) == {0}
    for name in REPEATED:
        ours = together[name].query("seed == 0").reset_index(drop=True)
        pd.testing.assert_frame_equal(ours, alone[name], check_exact=True)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_one_logit_that_is_not_finite_is_a_divergence(prepared, monkeypatch, value):
    """Of seed 1, for one image: of the validation set, or of the test set alone."""
    logits = torch.zeros(2, 3, 10)
    logits[1, 2, 5] = value
    found = error(logits, torch.tensor([0, 0, 7]))
    assert found[0].item() == pytest.approx(1 / 3)
    assert found[1].isnan()

    def damaged(block, images):
        tested = outputs(block, images)
        tested.logits[1, 2, 5] = value
        return tested

    monkeypatch.setattr(results, "outputs", damaged)
    tables = train(cell(epochs=1), [0, 1], prepared)
    assert tables["runs"]["diverged"].tolist() == [False, True]
    for name in ("predictions", "geometry"):
        assert set(tables[name]["seed"]) == {0}


def test_a_rate_that_overflows_ends_as_diverged_not_as_numbers(prepared):
    job = cell(loss="mse_logits", learning_rate=1e20)
    tables = train(job, [0, 1], prepared)
    assert tables["runs"]["diverged"].all()
    assert (tables["runs"]["steps"] < 16).all()
    assert tables["predictions"].empty
    assert tables["geometry"].empty


def batch(seeds, count, shape):
    """Images (S, B, C, H, W), each in the order H, W, C as training makes them, and labels."""
    generator = torch.Generator().manual_seed(12)
    channels, *sides = shape
    images = torch.randn(seeds, count, *sides, channels, generator=generator).movedim(-1, -3)
    return images, torch.randint(10, (seeds, count), generator=generator)


@pytest.mark.slow
def test_a_compiled_block_computes_what_the_plain_one_computes():
    plain, compiled = (
        Block([small_network(0), small_network(1)], torch.device("cpu"), compiled=on)
        for on in (False, True)
    )
    images, labels = batch(2, 16, (1, 8, 8))

    def objective(output, weight, labels):
        return LOSSES["cross_entropy"](output.logits, labels)

    for block in (plain, compiled):
        block.losses = block.backward(objective, images, labels, torch.tensor([True, True]))
    torch.testing.assert_close(plain.losses, compiled.losses)
    for ours, theirs in zip(plain.parameters(), compiled.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-6)
    # The running statistics of BatchNorm enter the outputs.
    first, second = plain.outputs(images), compiled.outputs(images)
    torch.testing.assert_close(first.logits, second.logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_batch_comes_in_the_order_of_its_network(channels, layout):
    """Also with one channel, where PyTorch holds both orders to be the same and looks on."""
    images, _ = batch(1, 4, (channels, 6, 5))
    found = _ordered(images[0], layout)
    assert torch.equal(found, images[0])
    assert found.is_contiguous(memory_format=layout)
    if layout == torch.contiguous_format:
        assert found.stride() == torch.empty(4, channels, 6, 5).stride()


def small_network(seed) -> Network:
    layers = [nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(inplace=True)]
    network = Network(Body(*layers, nn.Flatten(), width=144), build_head("linear", 144, 10))
    initialise_body(network.body, generator=torch.Generator().manual_seed(seed))
    initialise(network.head, torch.Generator().manual_seed(seed))
    return network


def test_the_log_tells_every_seed_s_error_at_each_measurement(prepared, capsys):
    history = train(cell(epochs=2), (3, 5), prepared)["history"]
    last = history["step"].max()
    expected = [
        f"step {step}/{last}: validation error, % by seed: "
        + " ".join(f"{error:.2f}" for error in 100 * rows.sort_values("seed")["validation_error"])
        for step, rows in history.groupby("step")
    ]
    assert history["validation_error"].nunique() > 2
    printed = capsys.readouterr()
    assert [line for line in printed.out.splitlines() if "step" in line] == expected
    assert "Epoch" not in printed.out + printed.err  # that of a bar, which was not asked for


def test_a_dead_seed_costs_nothing_on_a_cpu_and_yields_no_loss():
    networks = [build("mlp", "linear", (1, 28, 28), classes=10, seed=seed) for seed in (0, 1)]
    block = Block(networks, torch.device("cpu"))
    losses = block.backward(
        lambda output, _, labels: LOSSES["cross_entropy"](output.logits, labels),
        *batch(2, 4, (1, 28, 28)),
        torch.tensor([False, True]),
    )
    assert losses.isnan().tolist() == [True, False]
    assert next(networks[0].parameters()).grad is None


def test_a_batch_larger_than_the_training_set_is_refused(prepared):
    with pytest.raises(ConfigError, match="batch_size: 1000 is not allowed: digits has only 256"):
        train(cell(batch_size=1000), [0], prepared)


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for a device that is not there")
def test_cuda_where_there_is_none_is_refused():
    with pytest.raises(ConfigError, match="no CUDA device"):
        pick_device("cuda")
