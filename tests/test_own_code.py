"""Own losses and networks in a study file: refused in one line, and digested without being run."""

import sys
from pathlib import Path

import pytest
import yaml

from builders.project_copy import TINY
from builders.refusals import refused
from lossbench.cards.own_cards import loss_cards, network_cards
from lossbench.errors import ConfigError
from lossbench.figures.palette import SPARE
from lossbench.networks import own_trials
from lossbench.networks.own_trials import try_own
from lossbench.study.config import Study
from lossbench.study.loading import load_study, parse_study
from lossbench.study.own_code import code_of, local_modules
from lossbench.study.plan import all_jobs
from lossbench.training.determinants import determinants

LOSSES = """
import helper

def focal(logits, labels, gamma=2.0):
    return helper.weighted(logits, labels, gamma)

def other(logits, labels):
    return logits[:, 0]
"""
HELPER = "from package.inner import deep\n\ndef weighted(*given):\n    return deep(*given)\n"
FOCAL = {
    "name": "focal",
    "source": "my_losses.py:focal",
    "label": "Focal loss",
    "formula": "p_y",
    "settings": [{"gamma": 1}, {"gamma": 2}],
}
NET = {"name": "my_net", "source": "my_nets.py:net", "label": "My net"}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with own code, in which a test stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package").mkdir()
    for name, text in {
        "my_losses.py": LOSSES,
        "my_nets.py": "from torch import nn\n\ndef net(shape):\n    return nn.Flatten()\n",
        "helper.py": HELPER,
        "package/__init__.py": "",
        "package/inner.py": "from . import deepest\ndef deep(*given):\n    return deepest.VALUE\n",
        "package/deepest.py": "VALUE = 1\n",
        "unrelated.py": "VALUE = 1\n",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def fields(*losses: dict, networks: tuple[dict, ...] = (), rates: int = 1) -> dict:
    """The tiny study's fields with these own losses, all compared, on these own networks."""
    comparison = TINY["comparisons"][0]
    ours = [{"loss": loss.get("name"), "learning_rates": [0.1, 0.3][:rates]} for loss in losses]
    grids = [comparison["losses"][0], *ours]
    models = [each.get("name") for each in networks] or ["mlp"]
    found = {"losses": list(losses), "networks": list(networks)}
    compared = [comparison | {"model": model, "losses": grids} for model in models]
    return TINY | found | {"comparisons": compared}


def loaded(folder: Path, *losses: dict, networks: tuple[dict, ...] = (), rates: int = 1) -> Study:
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(fields(*losses, networks=networks, rates=rates)))
    return load_study(path)


def refusal(folder: Path, *losses: dict, networks: tuple[dict, ...] = (), rates: int = 1) -> str:
    return refused(ConfigError, loaded, folder, *losses, networks=networks, rates=rates)


def test_a_loss_is_planned_with_its_settings_as_trials(folder):
    study = loaded(folder, FOCAL)
    cells = [cell for job in all_jobs(study) for cell in job.cells if cell.stage == "tuning"]
    found = {(cell.loss, cell.learning_rate, cell.setting) for cell in cells}
    ours = {("focal", 0.1, "gamma=1"), ("focal", 0.1, "gamma=2")}
    assert found == ours | {("cross_entropy", 0.03, ""), ("cross_entropy", 0.1, "")}
    assert loss_cards()["focal"].name == "Focal loss"
    again = Study.model_validate_json(study.model_dump_json())
    assert all_jobs(again) == all_jobs(study)


def test_trials_are_counted_like_those_of_margins(folder):
    text = refusal(folder, FOCAL, rates=2)
    assert "same number of trials, got cross_entropy 2, focal 4" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "mse_softmax"}, "losses.0.name: 'mse_softmax' is not allowed: a built-in loss"),
        ({"name": "Focal"}, "losses.0.name: 'Focal' is not allowed: at most 31 lower-case"),
        ({"label": "Cross-entropy"}, "losses: label 'Cross-entropy' is not allowed: another loss"),
        ({"label": "$x$"}, "losses.0.label: '$x$' is not allowed: at most 30"),
        ({"source": "my_losses.py"}, "allowed: FILE.py:attribute, module:attribute"),
        ({"source": "absent.py:focal"}, "losses.0.source: 'absent.py:focal' is not allowed: there"),
        ({"source": "absent.sub:focal"}, "there is no module absent.sub"),
        ({"source": "my_losses.py:fokal"}, "has no fokal; allowed are focal, other; did"),
        ({"formula": "\\frac"}, "losses.0.formula: "),
        ({"output": "logits"}, "losses.0.output: 'logits' is not allowed"),
        ({"head": "round"}, "losses.0.head: 'round' is not allowed"),
        ({"head": "cosine"}, "losses.0: head cosine needs settings, each with s above 0"),
        ({"head": "cosine", "settings": []}, "losses.0: head cosine needs settings"),
        ({"head": "cosine", "settings": [{"s": 9}, {"s": 0}]}, "each with s above 0"),
        ({"settings": [{"gamma": True}, {"gamma": 2}]}, "should be a finite number in decimal"),
        ({"settings": [{}, {"gamma": 2}]}, "losses.0.settings.0: allowed: one number or more"),
        ({"settings": [{"reduction": 1}, {"gamma": 2}]}, "none for reduction"),
        ({"settings": [{"gamma": 1}, {"gamma": 1.0}]}, "settings lists gamma=1 twice"),
        ({"settings": [{"gamma": [1]}, {"gamma": 2}]}, "settings.0.gamma: [1] is not allowed"),
        ({"weight": 1}, "losses.0.weight: no such field"),
        ({"source": "a\0.py:focal"}, "no path has a NUL"),
        ({"source": "~nobody-here/a.py:focal"}, "there is no such home folder"),
        ({"formula": "p_y\x07"}, "losses.0.formula: 'p_y\\x07' is not allowed: printable text"),
        ({"code": "zz"}, "losses.0.code: 'zz' is not allowed: 16 hexadecimal digits"),
    ],
)
def test_what_cannot_be_a_loss_is_one_line(folder, change, said):
    text = refusal(folder, FOCAL | change)
    assert said in text
    assert text.startswith("study.yaml") or str(folder) in text


def test_syntax_errors_are_one_line_and_an_encoding_is_none(folder):
    (folder / "my_losses.py").write_text("def focal(:\n")
    assert "my_losses.py cannot be read (" in refusal(folder, FOCAL)
    (folder / "my_losses.py").write_text(LOSSES)
    (folder / "helper.py").write_text("def weighted(:\n")
    assert "helper.py cannot be read (" in refusal(folder, FOCAL)
    (folder / "helper.py").write_text(HELPER)
    for head, encoding in (("\ufeff", "utf-8"), ("# coding: latin-1\n# é\n", "latin-1")):
        (folder / "my_losses.py").write_bytes((head + LOSSES).encode(encoding))
        assert loaded(folder, FOCAL)


def test_more_losses_than_looks_are_one_line(folder):
    many = [FOCAL | {"name": f"focal_{k}", "label": f"Focal {k}"} for k in range(len(SPARE) + 1)]
    assert loaded(folder, *many[:-1])
    assert "9 losses of your own are not allowed: at most 8, since figures" in refusal(
        folder, *many
    )


def test_names_are_unique_and_used(folder):
    assert "name 'focal' is not allowed: another loss has it" in refusal(folder, FOCAL, FOCAL)
    alike = FOCAL | {"label": "cross-ENTROPY"}
    assert "label 'cross-ENTROPY' is not allowed: another loss has it" in refusal(folder, alike)
    with pytest.raises(ConfigError, match="losses lists focal, which no comparison uses"):
        parse_study(TINY | {"losses": [FOCAL]}, origin="x")
    with pytest.raises(ConfigError, match="networks lists my_net, which no comparison uses"):
        parse_study(TINY | {"networks": [NET]}, origin="x")
    with pytest.raises(ConfigError, match="'mlp' is not allowed: a built-in network"):
        parse_study(TINY | {"networks": [NET | {"name": "mlp"}]}, origin="x")


def test_an_unknown_loss_is_told_the_own_ones_too(folder):
    study = fields(FOCAL)
    study["comparisons"][0]["losses"][1] = {"loss": "fokal", "learning_rates": [0.1]}
    with pytest.raises(ConfigError, match=r"losses\.1\.loss: 'fokal'.* focal; did you mean focal"):
        parse_study(study, origin="x")


def test_a_network_is_named_and_digested(folder):
    study = loaded(folder, networks=(NET,))
    assert network_cards()["my_net"].name == "My net"
    assert {job.cells[0].own_network for job in all_jobs(study)} == {study.networks[0].code}


def test_pytorch_is_not_imported_to_plan(folder, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    smoothed = FOCAL | {"source": "torch.nn:CrossEntropyLoss"}
    assert loaded(folder, smoothed).losses[0].code
    assert "torch" not in sys.modules


def test_a_file_is_found_from_the_study_s_folder_and_seen_from_here(folder, monkeypatch):
    (folder / "below").mkdir()
    code = loaded(folder, FOCAL).losses[0].code
    monkeypatch.chdir(folder / "below")
    study = loaded(folder, FOCAL)
    assert study.losses[0].source == f"{folder / 'my_losses.py'}:focal"
    monkeypatch.chdir(folder.parent)
    assert loaded(folder, FOCAL).losses[0].source == f"{folder.name}/my_losses.py:focal"
    assert study.losses[0].code == code


def test_folders_without_an_init_count_and_packages_of_another_environment_do_not(
    folder, monkeypatch
):
    (folder / "package/plain/deep").mkdir(parents=True)
    (folder / "package/plain/deep/end.py").write_text("VALUE = 1\n")
    (folder / "helper.py").write_text("from package.plain.deep.end import VALUE\n")
    found = {path.name for path in local_modules("my_losses.py:focal").values()}
    assert found == {"my_losses.py", "helper.py", "__init__.py", "end.py"}
    # An environment made with the system's packages, or the bundle's, which has a `.pth` file.
    (folder / "site-packages").mkdir()
    (folder / "site-packages/elsewhere.py").write_text("VALUE = 1\n")
    (folder / "my_losses.py").write_text("import elsewhere\nfocal = elsewhere.VALUE\n")
    monkeypatch.syspath_prepend(folder / "site-packages")
    found = {path.name for path in local_modules("my_losses.py:focal").values()}
    assert found == {"my_losses.py"}


@pytest.mark.parametrize(
    ("file", "old", "new", "counts"),
    [
        ("my_losses.py", "gamma=2.0", "gamma=3.0", True),
        ("my_losses.py", "logits[:, 0]", "logits[:, 1]", True),
        ("my_losses.py", "import helper", "import helper  # a comment", False),
        ("helper.py", "deep(*given)", "-deep(*given)", True),
        ("package/__init__.py", "", "VALUE = 1\n", True),
        ("package/inner.py", "deepest.VALUE", "-deepest.VALUE", True),
        ("package/deepest.py", "1", "2", True),
        ("unrelated.py", "1", "2", False),
    ],
)
def test_a_digest_follows_what_the_code_imports(folder, file, old, new, counts):
    before = code_of("my_losses.py:focal")
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    assert (code_of("my_losses.py:focal") != before) == counts


def test_a_digest_tells_attributes_and_packages_apart(folder, monkeypatch):
    assert code_of("my_losses.py:focal") != code_of("my_losses.py:other")
    assert code_of("torch.nn:CrossEntropyLoss") != code_of("torch.nn:MultiMarginLoss")


def keys(study: Study) -> dict[str, dict]:
    """What determines the runs of each loss's tuning job."""
    manifest = dict.fromkeys(("images_sha256", "labels_sha256", "counts", "gives_validation"))
    manifest["classes"] = ["a", "b"]
    jobs = [job for job in all_jobs(study) if job.cells[0].stage == "tuning"]
    return {
        job.cells[0].loss: determinants(job.runs()[0], job.code, manifest, study.compute, "cpu")
        for job in jobs
    }


def test_a_change_is_in_the_key_of_that_loss_and_of_no_other(folder):
    mine = FOCAL | {"name": "mine", "label": "Mine", "source": "second.py:mine"}
    (folder / "second.py").write_text("def mine(logits, labels, gamma):\n    return logits[:, 0]\n")
    before = keys(loaded(folder, FOCAL, mine))
    (folder / "helper.py").write_text(HELPER.replace("deep(*given)", "-deep(*given)"))
    after = keys(loaded(folder, FOCAL, mine))
    assert {loss for loss in before if before[loss] != after[loss]} == {"focal"}


def test_keys_of_own_losses_have_the_code_not_its_place_and_built_in_ones_neither(folder):
    alone = keys(parse_study(fields(), origin="x"))["cross_entropy"]
    both = keys(loaded(folder, FOCAL))
    assert both["cross_entropy"] == alone
    assert not {"own_loss", "own_network"} & set(alone["cell"])
    cell = both["focal"]["cell"]
    assert cell["own_loss"] == code_of("my_losses.py:focal")
    assert "my_losses" not in str(cell)


MEAN_UNLESS_ONE = """
import torch.nn.functional as F

def graded(logits, labels, gamma=0.0):
    values = F.cross_entropy(logits, labels, reduction="none")
    return values if gamma == 1 else values.mean()
"""


def test_a_network_is_tried_on_the_smallest_of_its_batches(folder, monkeypatch):
    tried = []
    monkeypatch.setattr(
        own_trials, "try_network", lambda *_, batch_size, **__: tried.append(batch_size) or []
    )
    asked = fields(networks=(NET,))
    [one] = asked["comparisons"]
    sizes = {"digits": 64, "shapes": 32}
    asked["datasets"] = [asked["datasets"][0] | {"name": name} for name in sizes]
    asked["comparisons"] = [
        one | {"dataset": name, "batch_size": size} for name, size in sizes.items()
    ]
    (folder / "study.yaml").write_text(yaml.safe_dump(asked))
    study = load_study(folder / "study.yaml")
    assert list(try_own(study, {"digits": (1, 16, 16)}, classes=[10], on_gpu=False))
    assert tried == [32]


@pytest.mark.parametrize(("head", "scales"), [("cosine", [4, 9]), ("linear", [None, None])])
def test_only_a_cosine_head_s_scale_bounds_the_logits_that_a_loss_is_tried_on(
    folder, monkeypatch, head, scales
):
    tried = []
    monkeypatch.setattr(own_trials, "try_loss", lambda loss, **how: tried.append((loss, how)) or [])
    monkeypatch.setattr(own_trials, "own_loss", lambda source: lambda *_: None)
    study = loaded(folder, FOCAL | {"head": head, "settings": [{"s": 4}, {"s": 9}]})
    assert len(list(try_own(study, {}, classes=[10, 2, 5], on_gpu=True))) == 2
    always = {"classes": 10, "fewest": 2, "on_gpu": True}
    assert [how for _, how in tried] == [always | {"scale": scale} for scale in scales]
    assert [loss.keywords for loss, _ in tried] == [{"s": 4}, {"s": 9}]


def test_a_loss_that_cannot_be_imported_is_one_refusal(folder):
    (folder / "dividing.py").write_text("def focal(*given):\n    return 0\n\n1 / 0\n")
    study = loaded(folder, FOCAL | {"source": "dividing.py:focal"})
    [tried] = try_own(study, {}, classes=[10], on_gpu=False)
    assert tried.refusals == [
        "losses, focal: dividing.py:focal is not allowed: cannot be imported"
        " (ZeroDivisionError: division by zero at dividing.py:4)"
    ]


def test_a_loss_is_tried_at_each_of_its_settings(folder):
    (folder / "graded_losses.py").write_text(MEAN_UNLESS_ONE)
    study = loaded(folder, FOCAL | {"source": "graded_losses.py:graded"})
    tried = try_own(study, {}, classes=[10], on_gpu=False)
    refused = {each.name: bool(each.refusals) for each in tried}
    assert refused == {"losses, focal (gamma=1)": False, "losses, focal (gamma=2)": True}
