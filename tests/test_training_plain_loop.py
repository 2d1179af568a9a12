"""Training is a plain PyTorch loop: every number of every table, for every setting of a cell.

The loop is written out here. Of the project it takes the networks, which have their own test, and
the random draws of an epoch, which are the project's convention.
"""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lossbench.datasets.prepared import Examples as Split
from lossbench.networks.models import build
from lossbench.provenance import processor
from lossbench.study.grid import Annealing, Margin
from lossbench.study.job import Replicate
from lossbench.study.settings import ANNEALED, Compute, History, Recipe
from lossbench.tables.logits import matrix
from lossbench.tables.runs import RUN_TABLES
from lossbench.training import device, fit, results, resume
from lossbench.training.block import Block
from lossbench.training.examples import Order
from test_training import built, cell

SHAPE = (2, 16, 20)
REPLICATES = [Replicate(split=100, seed=8), Replicate(split=101, seed=3)]
COUNTS = {"train": 150, "validation": 523, "test": 561}
NOISE = {"train": 0.7, "validation": 0.75, "test": 0.8}
BATCH, STEPS, EPOCHS, PROBED = 20, 7, 3, 90  # ten examples are left over at each epoch's end
MEASURED = [0, 1, 2, 4, 8, 16, 21]
TOLERANCE = 1e-4

HEADS = {"am_softmax": "cosine", "l_softmax": "linear_no_bias"}
OUTPUTS = {"mse_sigmoid": "sigmoid", "bce_sigmoid": "sigmoid", "mse_logits": "none"}
LOSSES = {
    "mse_softmax": lambda z, t: F.mse_loss(z.softmax(1), t),
    "mse_sigmoid": lambda z, t: F.mse_loss(z.sigmoid(), t),
    "mse_logits": lambda z, t: F.mse_loss(z, t),
    "bce_sigmoid": F.binary_cross_entropy_with_logits,
}  # all others: cross-entropy
OPTIMISERS = {"sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}
SLOPES = {  # of each output, σ′ or p(1 − p), at the logits
    "softmax": lambda z: z.softmax(1) * (1 - z.softmax(1)),
    "sigmoid": lambda z: z.sigmoid() * (1 - z.sigmoid()),
    "none": torch.ones_like,
}


def base(**changes):
    history = History(ratio=2.0, train_examples=PROBED)
    fields = {"model": "mlp_sigmoid", "batch_size": BATCH, "epochs": EPOCHS, "history": history}
    return cell(**fields | {"learning_rate": 0.1} | changes)


@pytest.fixture(scope="module")
def prepared():
    """Ten patterns under noise, a sixth of the labels wrong: nothing is learned to the end."""
    generator = np.random.default_rng(11)
    ranges = np.array([1.0, 0.4])[:, None, None]  # the channels' means and deviations differ
    patterns = generator.random((10, *SHAPE))
    splits = {}
    for split, count in COUNTS.items():
        true = generator.integers(10, size=count)
        noise = generator.random((count, *SHAPE))
        mixed = (1 - NOISE[split]) * patterns[true] + NOISE[split] * noise
        labels = np.where(generator.random(count) < 1 / 6, generator.integers(10, size=count), true)
        splits[split] = Split((255 * ranges * mixed).astype(np.uint8), labels.astype(np.uint8))
    return built(splits)


@pytest.fixture
def trained(monkeypatch):
    """The networks that `fit` builds and trains, in the order of the seeds."""
    networks = []
    monkeypatch.setattr(
        fit, "build", lambda *args, **how: networks.append(build(*args, **how)) or networks[-1]
    )
    return networks


def train(cell, prepared):
    return fit.fit(cell, REPLICATES, prepared, Compute(accelerator="cpu"), show_bar=False)


class Plain:
    """One seed of a cell.

    Most cells have the network without kinks. At the kink of a ReLU a difference in the last bit
    grows large, so the others' arithmetic is training's: `channels_last` and the fused optimiser.
    """

    def __init__(self, cell, replicate, prepared):
        self.cell = cell
        self.data = {
            name: Split(prepared.images[rows], prepared.labels[rows])
            for name, rows in prepared.divided(replicate.split)._asdict().items()
        }
        self.data["test"] = prepared.examples("test")
        pixels = prepared.images[: -COUNTS["test"]].astype(np.float64) / 255
        self.mean, self.std = (
            torch.tensor(part, dtype=torch.float32).view(-1, 1, 1)
            for part in (pixels.mean((0, 2, 3)), pixels.std((0, 2, 3)))
        )
        head, scale = HEADS.get(cell.loss, "linear"), cell.margin.s if cell.margin else None
        self.network = build(cell.model, head, SHAPE, classes=10, seed=replicate.seed, scale=scale)
        self.network.head.weight.data *= cell.recipe.head_scale
        self.network.to(memory_format=torch.channels_last)
        rows = np.arange(len(self.data["train"].labels))
        self.train(Order([replicate.seed], [rows], batch_size=BATCH))

    def train(self, order):
        optimiser, self.step, self.history = self.optimiser(), 0, []
        for epoch in range(EPOCHS):
            order.set_epoch(epoch)
            for rows, shifts, flips in order:
                self.measure()
                images, labels = self.batch(rows[0], shifts[0], flips[0])
                optimiser.param_groups[0]["lr"] = self.rate()
                self.network.train()
                with torch.autocast("cpu", torch.bfloat16, self.cell.precision == "bfloat16"):
                    logits, features = self.outputs(images)
                loss = self.loss(self.margined(logits.float(), features.float(), labels), labels)
                optimiser.zero_grad()
                loss.backward()
                before = [parameter.detach().clone() for parameter in self.network.parameters()]
                optimiser.step()
                self.decay(before)
                self.step += 1
        self.measure()

    def optimiser(self):
        recipe, parameters = self.cell.recipe, self.network.parameters()
        if recipe.optimiser == "sgd":
            how = {"momentum": recipe.momentum, "nesterov": recipe.nesterov}
        else:  # it multiplies its decay by the rate, and with it by the schedule
            how = {"weight_decay": recipe.weight_decay / self.cell.learning_rate}
        return OPTIMISERS[recipe.optimiser](parameters, fused=True, **how)

    @torch.no_grad()
    def decay(self, before):
        """Of SGD: a share of what the parameters were, as scheduled but whatever the rate."""
        if self.cell.recipe.optimiser == "adamw":
            return
        share = self.cell.recipe.weight_decay * self.rate() / self.cell.learning_rate
        for parameter, old in zip(self.network.parameters(), before, strict=True):
            parameter -= share * old

    def rate(self):
        recipe, total = self.cell.recipe, STEPS * EPOCHS
        warmup = recipe.warmup * total
        if self.step < warmup:
            return self.cell.learning_rate * (self.step + 1) / (warmup + 1)
        if recipe.schedule == "constant":
            return self.cell.learning_rate
        turn = math.pi * (self.step - warmup) / (total - warmup)
        return self.cell.learning_rate * (1 + math.cos(turn)) / 2

    def batch(self, rows, shifts, flips):
        images, augmentation = self.data["train"].images[rows], self.cell.augmentation
        if "shift" in augmentation:
            padded = np.pad(images, ((0, 0), (0, 0), (4, 4), (4, 4)))
            images = np.stack(
                [
                    image[:, down : down + SHAPE[1], across : across + SHAPE[2]]
                    for image, (down, across) in zip(padded, shifts.tolist(), strict=True)
                ]
            )
        if "flip" in augmentation:
            images = np.where(flips.numpy()[:, None, None, None], images[..., ::-1], images)
        return self.normalised(images), self.labels("train")[rows]

    def normalised(self, images):
        pixels = torch.from_numpy(images).to(torch.float32, memory_format=torch.channels_last)
        return (pixels / 255 - self.mean) / self.std

    def labels(self, split):
        return torch.from_numpy(self.data[split].labels).long()

    def outputs(self, images):
        features, head = self.network.body(images), self.network.head
        if self.cell.loss == "am_softmax":
            cosines = F.linear(F.normalize(features.float()), F.normalize(head.weight))
            return self.cell.margin.s * cosines, features
        return F.linear(features, head.weight, getattr(head, "bias", None)), features

    def margined(self, logits, features, labels):
        """Of the source's formulas: the angle by the arc cosine, ψ interval by interval."""
        margin, true = self.cell.margin, F.one_hot(labels, 10)
        if self.cell.loss == "sm_softmax":
            return logits - margin.m * true
        if self.cell.loss == "am_softmax":
            return logits - margin.s * margin.m * true
        if self.cell.loss == "l_softmax":
            lengths = features.norm(dim=1) * self.network.head.weight[labels].norm(dim=1)
            angle = torch.arccos((logits * true).sum(1) / lengths)
            k = torch.floor(angle * margin.m / math.pi)
            own = lengths * ((-1) ** k * torch.cos(margin.m * angle) - 2 * k)
            annealing, done = margin.annealing, self.step / (STEPS * EPOCHS)
            blend = annealing.start * (1 + annealing.decay * done) ** -annealing.power
            blend = max(annealing.floor, blend)
            return torch.where(true == 1, (blend * logits + own[:, None]) / (1 + blend), logits)
        return logits

    def loss(self, logits, labels):
        targets = F.one_hot(labels, 10).float()
        return LOSSES.get(self.cell.loss, F.cross_entropy)(logits, targets)

    @torch.no_grad()
    def tested(self, split):
        self.network.eval()
        return self.outputs(self.normalised(self.data[split].images))

    def measure(self):
        if self.step not in MEASURED:
            return
        logits = self.tested("train")[0][:PROBED].requires_grad_()
        labels = self.labels("train")[:PROBED]
        loss = self.loss(logits, labels)
        gradients = PROBED * torch.autograd.grad(loss, logits)[0]  # of each example's own loss
        wrong = self.tested("validation")[0].argmax(1) != self.labels("validation")
        slopes = SLOPES[OUTPUTS.get(self.cell.loss, "softmax")](logits)
        self.history.append(
            {
                "step": self.step,
                "epoch": self.step / STEPS,
                "examples_seen": self.step * BATCH,
                "train_loss": loss.item(),
                "train_error": (logits.argmax(1) != labels).float().mean().item(),
                "validation_error": wrong.float().mean().item(),
                "logit_gradient_rms": gradients.norm(dim=1).square().mean().sqrt().item(),
                "saturation": slopes.mean().item(),
                "scheduled_learning_rate": self.rate(),
            }
        )


ANNEALING = Annealing(start=4.0, decay=3.0, power=2.0, floor=0.5)  # at its floor after 0.61
FROZEN = ANNEALING.model_copy(update={"decay": 1e-9})
UNBOUND = ANNEALING.model_copy(update={"floor": 0.0})
RATES = {"mse_softmax": 1.0, "mse_sigmoid": 0.05, "bce_sigmoid": 0.1, "mse_logits": 0.03}


def margin(loss, **fields):
    return {"loss": loss, "margin": Margin(**fields)}


def angular(m, annealing=ANNEALING):
    return margin("l_softmax", m=m, annealing=annealing) | {"learning_rate": 0.03}


def recipe(**fields):
    return {"recipe": Recipe(name="own", **fields)}


def adamw(**fields):
    return recipe(optimiser="adamw", **fields) | {"learning_rate": 0.01}


CASES = {
    "cross_entropy": ({}, []),
    **{
        loss: ({"loss": loss, "learning_rate": rate}, [{"learning_rate": rate}])
        for loss, rate in RATES.items()
    },
    "sm_softmax": (margin("sm_softmax", m=1.5), [{}]),
    "am_softmax": (
        margin("am_softmax", m=0.3, s=6.0),
        [margin("am_softmax", m=0.0, s=6.0), margin("am_softmax", m=0.3, s=7.0)],
    ),
    "l_softmax m=2": (angular(2.0), [angular(1.0), angular(2.0, FROZEN), angular(2.0, UNBOUND)]),
    "l_softmax m=3": (angular(3.0), [angular(2.0)]),
    "l_softmax m=4": (angular(4.0), [angular(3.0)]),
    "shift": ({"augmentation": "shift"}, [{}]),
    "flip": ({"augmentation": "flip"}, [{}]),
    "both": ({"augmentation": "flip_shift"}, [{"augmentation": "flip"}, {"augmentation": "shift"}]),
    "weight decay": (recipe(weight_decay=0.01), [{}, recipe(weight_decay=0.001)]),
    "momentum": (recipe(momentum=0.5), [{}]),
    "heavy ball": (recipe(nesterov=False), [{}]),
    "plain gradient descent": (recipe(momentum=0.0), [{}, recipe(momentum=0.05)]),
    "warm-up": (recipe(warmup=0.6), [{}]),
    "no warm-up": (recipe(warmup=0.0), [{}]),
    "constant rate": (recipe(schedule="constant"), [{}]),
    "scaled head": (recipe(head_scale=5.0) | {"learning_rate": 0.03}, [{"learning_rate": 0.03}]),
    "scaled cosine head": (
        margin("am_softmax", m=0.3, s=6.0) | recipe(head_scale=5.0),
        [margin("am_softmax", m=0.3, s=6.0)],
    ),
    "AdamW": (adamw(), [{"learning_rate": 0.01}]),
    "AdamW, decay": (adamw(weight_decay=0.01), [adamw(), adamw(weight_decay=0.001)]),
    "bfloat16": ({"precision": "bfloat16"}, [{}]),
    "ReLU": ({"model": "mlp", "learning_rate": 0.03}, [{"learning_rate": 0.03}]),
    "convolutions": ({"model": "lenet_2d", "learning_rate": 0.1}, []),
    "BatchNorm": ({"model": "convnet", "learning_rate": 0.1}, []),
}
"""What each changes of the base, and cells that must give visibly other numbers."""


def test_every_field_of_a_recipe_is_tried():
    used = [changes["recipe"] for changes, _ in CASES.values() if "recipe" in changes]
    varied = {
        name
        for name in Recipe.model_fields
        for each in used
        if each.model_dump()[name] != getattr(ANNEALED, name)
    }
    assert varied == set(Recipe.model_fields) - {"tuned_for"}


@pytest.mark.parametrize("case", CASES)
def test_every_table_is_the_plain_loop_s(prepared, trained, case):
    changes, others = CASES[case]
    tables = train(base(**changes), prepared)
    assert set(tables) == set(RUN_TABLES)
    for replicate, network in zip(REPLICATES, trained, strict=True):
        expected = Plain(base(**changes), replicate, prepared)
        found = {name: table[table["seed"] == replicate.seed] for name, table in tables.items()}
        assert_same_weights(network, expected.network)
        assert_same_history(found["history"], expected)
        assert_same_tests(found, expected)
    for other in others:
        change = Plain(base(**other), replicate, prepared).tested("test")[0]
        distance = (change - expected.tested("test")[0]).abs().max()
        assert distance > 30 * TOLERANCE, f"{other} would pass for {changes}"


def assert_same_weights(found, expected):
    for name, tensor in expected.state_dict().items():
        torch.testing.assert_close(
            found.state_dict()[name], tensor, rtol=TOLERANCE, atol=TOLERANCE / 10, msg=name
        )


def assert_same_history(found, expected):
    """Errors up to one example whose two largest logits are nearly equal."""
    assert found["step"].tolist() == MEASURED
    assert (found["setting"] == (expected.cell.margin.label if expected.cell.margin else "")).all()
    for name in expected.history[0]:
        column = [row[name] for row in expected.history]
        one = {"train_error": 1 / PROBED, "validation_error": 1 / COUNTS["validation"]}
        np.testing.assert_allclose(
            found[name], column, rtol=TOLERANCE, atol=1.01 * one.get(name, 1e-7), err_msg=name
        )
    for name in ("train_loss", "train_error", "validation_error", "logit_gradient_rms"):
        assert found[name].min() > 0.01, f"{name} is too small to show a fault"


def assert_same_tests(found, expected):
    logits, features = (part.numpy() for part in expected.tested("test"))
    predictions, geometry = found["predictions"], found["geometry"].set_index("measure")["value"]
    np.testing.assert_allclose(matrix(predictions), logits, rtol=TOLERANCE, atol=TOLERANCE)
    assert predictions["example"].tolist() == list(range(COUNTS["test"]))
    labels = expected.data["test"].labels
    assert predictions["label"].tolist() == labels.tolist()
    assert set(predictions["output"]) == {OUTPUTS.get(expected.cell.loss, "softmax")}
    layer = "last_hidden_2d" if features.shape[1] == 2 else "last_hidden"
    assert set(found["geometry"]["layer"]) == {layer}
    within = sum(
        features[labels == label].var(0).sum() * np.mean(labels == label) for label in range(10)
    )
    assert geometry["within"] == pytest.approx(within, rel=TOLERANCE)
    assert geometry["between"] == pytest.approx(features.var(0).sum() - within, rel=10 * TOLERANCE)
    if features.shape[1] == 2 and len(picture := found["projections"]):
        np.testing.assert_allclose(picture[["x", "y"]], features, rtol=TOLERANCE, atol=TOLERANCE)


def test_runs_and_times_are_those_counted_by_hand(prepared, monkeypatch):
    """On a clock by which a step takes a second and an evaluation of a batch a quarter."""
    clock = SimpleNamespace(now_s=7.0)  # no clock starts at zero
    for name, duration_s in (("backward", 1.0), ("outputs", 0.25)):
        method = getattr(Block, name)

        def timed(*args, method=method, duration_s=duration_s):
            clock.now_s += duration_s
            return method(*args)

        monkeypatch.setattr(Block, name, timed)
    for part in (device, resume):
        monkeypatch.setattr(part, "time", SimpleNamespace(perf_counter=lambda: clock.now_s))
    rates = {"float32": 1e9, "bfloat16": 4e9}
    monkeypatch.setattr(results, "matmul_rate", lambda device, precision: rates[precision])
    tables = train(base(precision="bfloat16"), prepared)

    hidden, last = math.prod(SHAPE) * 256, 256 * 10
    # Forward, weights' gradient, inputs' gradient, the last not for the images; 2 operations each.
    flops = 2 * (3 * last + 2 * hidden)
    runs, timing = tables["runs"], tables["timing"]
    assert set(runs["seed"]) == set(timing["seed"]) == {each.seed for each in REPLICATES}
    assert not runs["diverged"].any()
    assert (runs["steps"] == STEPS * EPOCHS).all()
    assert (runs["parameters"] == hidden + 256 + last + 10).all()
    assert (runs["flops_per_example"] == flops).all()

    batches = 1 + 2  # of the training examples that are measured, and of the validation set
    total_s = STEPS * EPOCHS + 0.25 * batches * len(MEASURED)
    rate = len(REPLICATES) * BATCH  # examples of both seeds in a step, which takes a second
    assert timing["train_s"].tolist() == pytest.approx([total_s / 2] * 2)
    assert timing["examples_per_s"].tolist() == pytest.approx([rate] * 2)
    assert timing["peak_share"].tolist() == pytest.approx([flops * rate / 4e9] * 2)
    assert timing["peak_memory_bytes"].between(2**26, 2**36).all()  # PyTorch alone takes 2²⁷
    assert set(timing["device"]) == {processor()}
    assert set(timing["threads"]) == {1}
