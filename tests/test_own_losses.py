"""Own losses and networks: the numbers they must give, and what is refused before training."""

import math
import sys
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from builders.refusals import refused
from lossbench.datasets.prepared import Prepared
from lossbench.errors import ConfigError
from lossbench.networks.loader import add_loss, add_network, own_body, own_loss
from lossbench.networks.loss_trials import try_loss
from lossbench.networks.losses import LOSSES, cross_entropy, logit_gradient, mse_softmax
from lossbench.networks.models import MODELS, Network, build
from lossbench.networks.network_trials import try_network
from lossbench.networks.trials import Trial, UnfitError, on_another_device
from lossbench.study.grid import Margin
from lossbench.study.job import Cell
from lossbench.study.own_code import code_of
from lossbench.study.own_fields import Setting
from lossbench.study.settings import Compute, Recipe
from lossbench.tables.logits import matrix
from lossbench.training.fit import fit
from test_training import cell, noisy, replicates

CODE = """
import math
import sys
import torch
from torch import nn
from torch.nn import functional

def focal(logits, labels, gamma=2.0):
    own = functional.log_softmax(logits, -1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
    return -((1 - own.exp()) ** gamma) * own

def additive(logits, labels, s, m):
    targets = functional.one_hot(labels, logits.shape[-1]).to(logits.dtype)
    return functional.cross_entropy(logits - s * m * targets, labels, reduction="none")

def angular(logits, labels, s, m, slack=1e-6):
    angles = (logits / s).clamp(slack - 1, 1 - slack).acos()
    targets = functional.one_hot(labels, logits.shape[-1]).to(logits.dtype)
    return functional.cross_entropy(s * (angles + m * targets).cos(), labels, reduction="none")

def by_sines(logits, labels, s, m, slack=1e-6):
    cosines = logits / s
    lowered = cosines * math.cos(m) - (1 - cosines.square() + slack).sqrt() * math.sin(m)
    targets = functional.one_hot(labels, logits.shape[-1]).bool()
    wide = s * torch.where(targets, lowered, cosines)
    return functional.cross_entropy(wide, labels, reduction="none")

def weighted(logits, labels):
    weight = torch.ones(logits.shape[-1], device=logits.device)
    return functional.cross_entropy(logits, labels, weight=weight, reduction="none")

def broken(logits, labels):
    raise RuntimeError("two\\nlines")

def chatting(logits, labels):
    print("a loss", "\\n", len(labels))
    return focal(logits, labels)

class Leaving(nn.Module):
    def __init__(self, shape):
        sys.exit(0)

class Weighted(nn.Module):
    def __init__(self, reduction):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
    def forward(self, logits, labels):
        return self.weight * focal(logits, labels)

made = Weighted("none")

class Callable:
    def __init__(self, reduction):
        pass
    def __call__(self, logits, labels):
        return focal(logits, labels)

class Net(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(shape[0], 4, 3, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(),
            nn.LazyLinear(16),
        )
    def forward(self, images):
        return self.layers(images)

class Fixed(Net):
    def __init__(self, shape):
        super().__init__(shape)
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], 4))
        nn.init.ones_(self.layers[1].weight), nn.init.zeros_(self.layers[1].bias)

class Frozen(Net):
    def __init__(self, shape):
        super().__init__(shape)
        self.layers[4] = nn.Identity()
        self.requires_grad_(False)

class Unseeded(Net):
    def __init__(self, shape):
        super().__init__(shape)
        state = torch.Generator()
        state.seed()
        with torch.no_grad():
            self.layers[0].weight.normal_(generator=state)

def nothing(shape):
    return None
"""
LOSS = """
def {name}(logits, labels):
    return {body}
"""
ODD_LOSSES = {
    "averaged": "functional.cross_entropy(logits, labels)",
    "one_number": "1.0",
    "whole": "labels",
    "overflows": "-torch.log(logits.softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1))",
    "rooted": "functional.cross_entropy(logits, labels, reduction='none').sqrt()",
    "rooted_hits": "(1 - (logits.sigmoid() - functional.one_hot(labels, logits.shape[-1])).abs())"
    ".mean(-1).sqrt()",
    "detached": "focal(logits.detach(), labels)",
    "flat": "(0 * logits).sum(-1)",
    "mixing": "focal(logits - logits.mean(0), labels)",
    "mixing_in_float32": "weighted(logits - logits.mean(0), labels)",
    "random": "focal(logits, labels) * torch.rand(len(labels), dtype=logits.dtype)",
    "changing": "focal(logits.mul_(2), labels)",
    "relabelling": "focal(logits, labels.copy_(labels.roll(1)))",
    "heedless": "logits.square().mean(-1)",
    "frozen": "focal(logits, labels) * logits.detach().square().mean(-1)",
    "frozen_in_one_class": "focal(logits, labels) + logits[:, 0].detach()",
    "branching": "focal(logits, labels) * (2.0 if logits.max().item() > 1 else 1.0)",
    "leaving": 'sys.exit("two\\nlines")',
    "of_ten": "focal(logits, labels) + 0 * logits[:, 9]",
    "minus": "-focal(logits, labels)",
}
FORWARD = """
class {name}(Net):
    def forward(self, images):
        features = super().forward(images)
        return {body}
"""
ODD_PASSES = {
    "Maps": "self.layers[0](images)",
    "Viewing": "self.layers[0](images).view(len(images), -1)",
    "Dropping": "functional.dropout(features, training=self.training)",
    "TwoWidths": "features if self.training else features[:, :4]",
    "Double": "features.double()",
    "Pair": "(features, images)",
    "Summed": "features.sum()",
    "Twice": "features.repeat(2, 1)",
    "Holed": "features.index_fill(1, torch.tensor([3]), math.nan)",
    "Deaf": "features.detach().requires_grad_()",
    "Mixing": "features - features.mean(0)",
    "Left": "features * torch.ones(16)",
    "Doubling": "super().forward(images.mul_(2))",
    "Narrow": "features[:, :0]",
}
BUILT = """
class {name}(Net):
    def __init__(self, shape):
        super().__init__(shape)
        {body}
"""
ODD_LAYERS = {
    "Empty": "self.layers = nn.Flatten()",
    "Normed": "self.layers.append(nn.BatchNorm1d(16))",
    "Plain": "self.layers = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))",
    "Complex": "super().__init__(shape), setattr(self, 'turn', nn.Parameter(torch.ones(2) * 1j))",
    "Counting": "self.layers[1]._non_persistent_buffers_set.add('running_mean')",
    "Held": "self.layers[0].requires_grad_(False)",
    "Idle": "self.layers, self.idle = Plain(shape).layers, nn.Linear(2, 3)",
}
ODD = ((LOSS, ODD_LOSSES), (FORWARD, ODD_PASSES), (BUILT, ODD_LAYERS))
CODE += "".join(
    form.format(name=name, body=body) for form, odd in ODD for name, body in odd.items()
)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("code") / "odd_losses.py"
    path.write_text(CODE)
    return path


@pytest.fixture
def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (16, 10) in float64 and labels."""
    generator = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(16, 10, generator=generator, dtype=torch.float64)
    return logits, torch.randint(10, (16,), generator=generator)


def refusal(trials: list[Trial]) -> Trial:
    """The last of the trials, which alone is not allowed."""
    assert [trial.outcome == "not allowed" for trial in trials] == [False] * (len(trials) - 1) + [
        True
    ]
    assert trials[-1].said.isprintable()
    return trials[-1]


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_a_focal_loss_is_its_formula(file, drawn, gamma):
    logits, labels = drawn
    found = own_loss(f"{file}:focal")(logits, labels, gamma=gamma)
    for value, row, label in zip(found.tolist(), logits.tolist(), labels.tolist(), strict=True):
        total = sum(math.exp(z) for z in row)
        p = math.exp(row[label]) / total
        assert value == pytest.approx(-((1 - p) ** gamma) * math.log(p), rel=1e-12)
    if gamma == 0:
        torch.testing.assert_close(found, cross_entropy(logits, labels))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
def test_a_class_of_torch_is_pytorch_s_function(drawn, smoothing):
    logits, labels = drawn
    loss = partial(own_loss("torch.nn:CrossEntropyLoss"), label_smoothing=smoothing)
    expected = functional.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    torch.testing.assert_close(loss(logits, labels), expected, rtol=0, atol=0)
    probabilities = logits.softmax(-1)
    targets = (1 - smoothing) * functional.one_hot(labels, 10) + smoothing / 10
    torch.testing.assert_close(logit_gradient(loss, logits, labels), probabilities - targets)


def test_logits_come_in_at_least_float32(drawn):
    logits, labels = drawn
    loss = own_loss("torch.nn:CrossEntropyLoss")
    assert loss(logits.bfloat16(), labels).dtype == torch.float32
    assert loss(logits, labels).dtype == torch.float64


@pytest.mark.parametrize("loss", ["focal", "built in", "class", "float32 weights", "float32"])
def test_a_good_loss_passes_every_trial(file, loss):
    found = {
        "focal": own_loss(f"{file}:focal"),
        "built in": mse_softmax,
        "class": partial(own_loss("torch.nn:CrossEntropyLoss"), label_smoothing=0.1),
        "float32 weights": own_loss(f"{file}:weighted"),
        "float32": lambda logits, labels: mse_softmax(logits.float(), labels),
    }[loss]
    for classes in (2, 10, 100):
        trials = list(try_loss(found, classes=classes, on_gpu=True))
        assert [trial.outcome for trial in trials] == ["ok"] * 11
        assert trials[-2].said == "everything follows the input to its device"
    assert "× cross-entropy's" in trials[-1].said


@pytest.mark.parametrize("written", ["angular", "by_sines"])
@pytest.mark.parametrize(("slack", "outcome"), [(1e-6, "ok"), (0.0, "not allowed")])
def test_the_loss_of_a_cosine_head_is_tried_within_its_scale(file, written, slack, outcome):
    """ArcFace (Deng et al. 2019), in two ways: no gradient where a cosine is ±1, or beyond."""
    loss = partial(own_loss(f"{file}:{written}"), s=10.0, m=0.3, slack=slack)
    trials = list(try_loss(loss, classes=10, scale=10.0))
    assert trials[-1].outcome == outcome, trials
    assert outcome == "ok" or "the gradient is not finite at logits of ±10;" in trials[-1].said


def logits_of(cell: Cell, prepared: Prepared) -> list[list[float]]:
    tables = fit(cell, replicates([0, 1]), prepared, Compute(accelerator="cpu"), show_bar=False)
    return [row.tolist() for row in matrix(tables["predictions"])]


def own_cell(monkeypatch: pytest.MonkeyPatch, source: str, **fields: object) -> Cell:
    """The cell of an evaluation run with the loss at a source, called `mine`."""
    monkeypatch.setitem(LOSSES, "mine", None)
    add_loss("mine", source, code_of(source))
    return cell().model_copy(update={"loss": "mine", "own_loss": code_of(source), **fields})


def test_an_own_additive_margin_on_a_cosine_head_trains_as_the_built_in_one(file, monkeypatch):
    setting = Setting(arguments=(("s", 10.0), ("m", 0.35)))
    mine = own_cell(monkeypatch, f"{file}:additive", head="cosine", margin=setting)
    built_in = cell("am_softmax", margin=Margin(m=0.35, s=10.0))
    assert logits_of(mine, noisy()) == logits_of(built_in, noisy())


@pytest.mark.parametrize(
    ("loss", "name", "said"),
    [
        ("averaged", "shape", "returns the shape () for 8 examples; allowed: (8,)"),
        ("one_number", "shape", "returns float; allowed: a tensor"),
        ("whole", "shape", "returns torch.int64; allowed: floating"),
        ("changing", "shape", "changes the logits or labels that it is given"),
        ("relabelling", "shape", "changes the logits or labels that it is given"),
        ("broken", "shape", "RuntimeError: two lines"),
        ("leaving", "shape", "SystemExit: two lines"),
        ("of_ten", "fewest classes", "IndexError: index 9 is out of bounds"),
        ("random", "repeatable", "two calls give two values"),
        ("overflows", "finite at ±10000", "the value is not finite at logits of ±10000"),
        ("rooted", "finite at ±10000", "the gradient is not finite at logits of ±10000"),
        ("rooted_hits", "finite at ±10000", "the gradient is not finite at logits of ±10000"),
        ("detached", "gradient", "has no gradient by the logits"),
        ("flat", "gradient", "is zero, so that nothing would learn"),
        ("heedless", "labels", "other labels give the same values"),
        ("mixing", "examples apart", "mixes the examples of a batch"),
        ("mixing_in_float32", "examples apart", "mixes the examples of a batch"),
        ("branching", "examples apart", "mixes the examples of a batch"),
        ("made", "import", "has parameters to train; allowed: settings alone"),
        ("Weighted", "shape", "has parameters to train; allowed: settings alone"),
        ("Callable", "shape", "is a class, but no torch.nn.Module"),
    ],
)
def test_what_cannot_train_is_refused(file, loss, name, said):
    if name == "import":
        assert said in refused(ConfigError, own_loss, f"{file}:{loss}")
        return
    found = refusal(list(try_loss(own_loss(f"{file}:{loss}"), classes=10, fewest=2)))
    assert found.name == name
    assert said in found.said


def test_what_was_found_of_a_loss_is_told():
    """Of a loss whose values and slopes are known: one or two times the label's logit."""

    def steep(logits, labels):
        return -(1 + labels) * logits.gather(1, labels[:, None])[:, 0]

    told = {trial.name: trial.said for trial in try_loss(steep, classes=2)}
    assert told["gradient"] == "up to 2"
    assert told["finite at ±10000"] == "values up to 2e+04"


@pytest.mark.parametrize("scale", [1, 1000])
@pytest.mark.parametrize(("share", "outcome"), [(0.9e-5, "ok"), (1.1e-5, "warning")])
def test_a_part_held_constant_is_found_from_a_hundred_thousandth_on(share, outcome, scale):
    def held(logits, labels):
        own = logits.gather(1, labels[:, None])[:, 0]
        return scale * (share * logits[:, 0].detach() - own)  # the gradient's largest is `scale`

    found = {trial.name: trial for trial in try_loss(held, classes=10)}
    assert found["finite differences"].outcome == outcome


def test_a_gradient_that_is_another_in_every_call_is_refused():
    calls = count(1)

    def drifting(logits, labels):
        values = cross_entropy(logits, labels)
        return values + next(calls) * (values - values.detach())  # nothing is added but slope

    said = refusal(list(try_loss(drifting, classes=10))).said
    assert said.startswith("torch.func.grad finds another gradient than autograd")


def test_a_setting_that_the_loss_does_not_take_is_refused(file):
    loss = partial(own_loss(f"{file}:focal"), alpha=1.0)
    assert "unexpected keyword argument 'alpha'" in refusal(list(try_loss(loss, classes=10))).said


def test_what_a_loss_prints_is_a_warning_and_not_in_the_way(file, capsys):
    found = list(try_loss(own_loss(f"{file}:chatting"), classes=10))
    assert {trial.outcome for trial in found[:-1]} == {"ok"}
    assert (found[-1].name, found[-1].outcome) == ("quiet", "warning")
    assert "prints 'a loss 8 a loss 8" in found[-1].said
    assert capsys.readouterr().out == ""


def test_a_loss_of_the_wrong_sign_is_a_warning(file):
    found = {trial.name: trial for trial in try_loss(own_loss(f"{file}:minus"), classes=10)}
    assert found["sign"].outcome == "warning"
    assert (
        found["sign"].said == "a step lowers the true class among equal logits; is its sign right?"
    )


def test_an_error_of_own_code_says_its_line(file):
    line = CODE.splitlines().index('    raise RuntimeError("two\\nlines")') + 1
    found = refusal(list(try_loss(own_loss(f"{file}:broken"), classes=10)))
    assert found.said == f"RuntimeError: two lines at {file.name}:{line}"


@pytest.mark.parametrize("loss", ["frozen", "frozen_in_one_class"])
def test_a_part_held_constant_is_a_warning(file, loss):
    found = {trial.name: trial for trial in try_loss(own_loss(f"{file}:{loss}"), classes=10)}
    assert found["finite differences"].outcome == "warning"
    assert {trial.outcome for trial in found.values()} == {"ok", "warning"}


def outcome_on_a_gpu(loss, *, on_gpu: bool) -> Trial:
    trials = {trial.name: trial for trial in try_loss(loss, classes=10, on_gpu=on_gpu)}
    return trials["on a GPU"]


def test_what_stays_on_the_cpu_is_refused_where_a_gpu_trains():
    def weighted(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return cross_entropy(logits * torch.linspace(0.5, 1, 10, dtype=logits.dtype), labels)

    found = outcome_on_a_gpu(weighted, on_gpu=True)
    assert found.outcome == "not allowed"
    assert "leaves tensors on the CPU" in found.said
    assert outcome_on_a_gpu(weighted, on_gpu=False).outcome == "warning"


def test_what_asks_for_numbers_cannot_be_tried_on_a_gpu_s_behalf():
    def asking(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        values = cross_entropy(logits, labels)
        return values * (1 if bool((values >= 0).all()) else 2)

    found = outcome_on_a_gpu(asking, on_gpu=True)
    assert found.outcome == "ok"
    assert found.said.startswith("cannot be told without one")


@pytest.mark.parametrize("said", ["device meta alone", "cpu alone", "neither"])
def test_only_an_error_of_the_cpu_s_device_is_one_of_mixed_devices(said):
    def fail(said):
        raise RuntimeError(said)

    told = on_another_device(lambda: fail(said))
    assert told.startswith(
        f"cannot be told without one (RuntimeError: {said} at {Path(__file__).name}"
    )
    with pytest.raises(UnfitError, match="leaves tensors on the CPU"):
        on_another_device(lambda: fail("device meta is not device cpu"))


def test_a_good_network_passes_every_trial(file):
    trials = list(try_network(f"{file}:Net", (3, 20, 20), on_gpu=True))
    assert [trial.outcome for trial in trials] == ["ok"] * 6, trials
    assert "to 16 features" in trials[0].said
    assert trials[-1].said == "everything follows the input to its device"


@pytest.mark.parametrize(
    ("network", "said"),
    [("Plain", "reaches every parameter"), ("Idle", "does not reach 2 parameters")],
)
def test_parameters_that_nothing_reaches_are_counted(file, network, said):
    trials = {trial.name: trial for trial in try_network(f"{file}:{network}", (3, 20, 20))}
    assert trials["gradient"].said == said


def test_a_network_that_stays_on_the_cpu_may_train_there(file):
    *others, last = try_network(f"{file}:Left", (3, 20, 20))
    assert {trial.outcome for trial in others} == {"ok"}
    assert (last.name, last.outcome) == ("on a GPU", "warning")


@pytest.mark.parametrize(
    ("network", "name", "said"),
    [
        ("Maps", "shape", "returns the shape (8, 4, 9, 9) for 8 images"),
        ("Viewing", "shape", "view size is not compatible"),
        ("Twice", "shape", "returns the shape (16, 16) for 8 images"),
        ("Summed", "shape", "makes Tensor of images; allowed: features (B, H)"),
        ("Holed", "shape", "its features are not finite; allowed: finite"),
        ("focal", "shape", "cannot be built for images (3, 20, 20)"),
        ("Leaving", "shape", "cannot be built for images (3, 20, 20): SystemExit: 0"),
        ("Dropping", "repeatable", "two passes in training mode differ"),
        ("Fixed", "seeded start", "two seeds give one start"),
        ("Empty", "shape", "has no parameters"),
        ("Frozen", "gradient", "no parameter has a gradient"),
        ("TwoWidths", "repeatable", "returns the shape (8, 16) in training mode; allowed: (8, 4)"),
        ("Double", "shape", "returns torch.float64 for float32 images"),
        ("Pair", "shape", "makes tuple of images; allowed: features (B, H)"),
        ("nothing", "shape", "makes NoneType of a shape; allowed: a torch.nn.Module"),
        ("Unseeded", "seeded start", "one seed gives two starts"),
        ("Deaf", "gradient", "no parameter has a gradient"),
        ("Mixing", "examples apart", "mixes the images of a batch"),
        ("Left", "on a GPU", "leaves tensors on the CPU"),
        ("Doubling", "repeatable", "changes the images that it is given"),
        ("Narrow", "shape", "makes no features of an image"),
        ("Complex", "shape", "has parameters of torch.complex64; allowed: torch.float32"),
        ("Counting", "repeatable", "keeps state in the buffer layers.1.running_mean"),
    ],
)
def test_a_network_that_cannot_train_is_refused(file, network, name, said):
    found = refusal(list(try_network(f"{file}:{network}", (3, 20, 20), on_gpu=True)))
    assert found.name == name
    assert said in found.said
    assert str(file) not in found.said


def test_a_network_that_needs_larger_batches_is_refused(file):
    tried = partial(try_network, f"{file}:Normed", (3, 20, 20))
    assert [trial.outcome for trial in tried(batch_size=2)] == ["ok"] * 6
    assert "Expected more than 1 value per channel" in refusal(list(tried(batch_size=1))).said


def test_a_seed_gives_a_network_one_start_and_leaves_pytorch_s_generator(file, monkeypatch):
    source = f"{file}:Net"
    monkeypatch.setitem(MODELS, "net", None)
    add_network("net", source, code_of(source))
    made = partial(build, "net", shape=(1, 12, 12), classes=10)
    state = torch.random.get_rng_state()
    one, again, other = (made(head="linear", seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    for mine, same in zip(one.parameters(), again.parameters(), strict=True):
        assert torch.equal(mine, same)
    assert not torch.equal(one.head.weight, other.head.weight)
    first, second = (next(network.body.parameters()) for network in (one, other))
    assert not torch.equal(first, second)
    biased = made(head="linear_no_bias", seed=1)
    assert torch.equal(next(biased.body.parameters()), first)


def test_what_a_file_draws_on_import_is_no_part_of_a_start(tmp_path, monkeypatch):
    nets = (
        "from torch import nn\n\n"
        "def net(shape):\n    return nn.Sequential(nn.Flatten(), nn.Linear(81, 3))\n"
    )
    starts = []
    for name, more in (("quiet_net", ""), ("drawing_net", "\nEXAMPLE = net((1, 9, 9))\n")):
        source = f"{tmp_path / name}.py:net"
        (tmp_path / f"{name}.py").write_text(nets + more)
        monkeypatch.setitem(MODELS, name, None)
        add_network(name, source, code_of(source))
        starts.append(build(name, shape=(1, 9, 9), classes=2, head="linear", seed=1))
        assert {trial.outcome for trial in try_network(source, (1, 9, 9))} == {"ok"}
    one, other = (next(start.body.parameters()) for start in starts)
    assert torch.equal(one, other)


def test_a_network_keeps_the_weights_that_it_drew(file, monkeypatch):
    source = f"{file}:Fixed"
    monkeypatch.setitem(MODELS, "fixed", None)
    add_network("fixed", source, code_of(source))
    drawn = build("fixed", shape=(1, 9, 9), classes=2, head="linear", seed=1).body[0].layers[1]
    assert torch.equal(drawn.weight, torch.ones(4, 81))
    assert torch.equal(drawn.bias, torch.zeros(4))


def test_what_a_network_holds_fixed_is_neither_decayed_nor_counted(file, monkeypatch):
    source = f"{file}:Held"
    monkeypatch.setitem(MODELS, "held", None)
    add_network("held", source, code_of(source))
    decaying = cell(model="held", recipe=Recipe(name="annealed", weight_decay=0.1))
    kept: list[Network] = []
    (replicate,) = replicates([1])
    tables = fit(decaying, [replicate], noisy(), Compute(), show_bar=False, keep=kept.extend)
    start = build("held", shape=(1, 28, 28), classes=10, head="linear", seed=replicate.start)
    was, now = ({n: each.detach() for n, each in net.named_parameters()} for net in (start, *kept))
    held = {name for name in was if torch.equal(was[name].cpu(), now[name].cpu())}
    assert held == {"body.0.layers.0.weight", "body.0.layers.0.bias"}
    free = sum(was[name].numel() for name in was if name not in held)
    assert tables["runs"]["parameters"].tolist() == [free]


def test_the_width_is_found_and_the_module_left_as_it_was(file):
    body = own_body(f"{file}:Net", (1, 12, 12))
    assert body.width == 16
    assert body.training
    assert torch.equal(body[0].layers[1].running_mean, torch.zeros(4))


@pytest.mark.parametrize("planned", ["0" * 16, "f" * 16])
@pytest.mark.parametrize(("add", "added"), [(add_loss, "focal"), (add_network, "Net")])
def test_code_that_changed_after_the_plan_is_refused(file, add, added, planned):
    with pytest.raises(ConfigError, match="was changed after the study was planned"):
        add(added, f"{file}:{added}", planned)
    assert added not in LOSSES | MODELS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module\ndef loss(z, y):\n    return z\n", "cannot be imported (ModuleNot"),
        ("1 / 0\ndef loss(z, y):\n    return z\n", "cannot be imported (ZeroDivisionError"),
        (
            "import sys\nsys.exit()\ndef loss(z, y):\n    return z\n",
            "imported (SystemExit at bad_loss.py:2)",
        ),
        (
            "import torch\ntorch.set_default_dtype(torch.float64)\nloss = max\n",
            "sets PyTorch's default",
        ),
        ("loss = 3\n", "is int; allowed: a function or a class"),
    ],
)
def test_what_cannot_be_imported_is_one_line(tmp_path, monkeypatch, text, said):
    monkeypatch.delitem(sys.modules, "bad_loss", raising=False)
    (tmp_path / "bad_loss.py").write_text(text)
    assert said in refused(ConfigError, own_loss, f"{tmp_path / 'bad_loss.py'}:loss")
    assert ("bad_loss" in sys.modules) == ("loss = " in text)
    assert torch.get_default_dtype() == torch.float32


def test_another_module_of_the_same_name_is_refused(tmp_path):
    for folder, value in (("one", 1), ("two", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same_helper.py").write_text(f"VALUE = {value}\n")
        (tmp_path / folder / f"{folder}_loss.py").write_text(
            "import same_helper\ndef loss(z, y):\n    return z[:, 0] * same_helper.VALUE\n"
        )
    own_loss(f"{tmp_path}/one/one_loss.py:loss")
    with pytest.raises(ConfigError, match=r"imports same_helper from .*one.*; rename it"):
        own_loss(f"{tmp_path}/two/two_loss.py:loss")
