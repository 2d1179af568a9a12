"""The digest of a verb's code changes with all that the verb can run, and with nothing else."""

import ast
import json
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from builders import invented_package as invented
from lossbench import verbs
from lossbench.cards.loss import LOSSES
from lossbench.cards.network import NETWORKS
from lossbench.cli import CALLED
from lossbench.code.code_digest import Node, Package, code_digest
from lossbench.code.modules import Module
from lossbench.code.syntax import Piece, Reader, is_text
from lossbench.figures.catalogue import FIGURES

SOURCE = Path(verbs.__file__).parents[1]
VERBS = sorted(module.name for module in pkgutil.iter_modules(verbs.__path__))
HEADS = sorted({card.head for card in LOSSES.values()})
ENTRIES = {
    "train": [*LOSSES, *NETWORKS, *HEADS],
    "probe": [*NETWORKS, "linear"],
    "fetch": ["mnist", "cifar10", "digits", "shapes"],
    "draw": list(FIGURES),
}
"""All entries of registries that a verb can use."""


@pytest.mark.parametrize("change", invented.COUNTED.values(), ids=invented.COUNTED)
def test_what_the_verb_can_run_counts(tmp_path, change):
    before = invented.write(tmp_path).digest("run", "one")
    assert invented.edit(tmp_path, change).digest("run", "one") != before


@pytest.mark.parametrize("change", invented.NOT_COUNTED.values(), ids=invented.NOT_COUNTED)
def test_nothing_else_counts(tmp_path, change):
    before = invented.write(tmp_path).digest("run", "one")
    assert invented.edit(tmp_path, change).digest("run", "one") == before


def test_a_definition_that_moves_is_the_same(tmp_path):
    before = invented.write(tmp_path).digest("run", "one")
    helper = "def helper(x):\n    return x\n"
    invented.edit(tmp_path, ("direct.py", helper, ""))
    invented.edit(
        tmp_path, ("direct.py", "from lab.side", "from lab.moved import helper\nfrom lab.side")
    )
    assert invented.write(tmp_path, {"moved.py": helper}).digest("run", "one") == before


def test_of_two_functions_with_one_name_the_imported_one_counts(tmp_path):
    invented.write(tmp_path)
    both = {"a.py": "def same():\n    return 1\n", "b.py": "def same():\n    return 2\n"}
    use = "from lab.a import same\nfrom lab import b\n\n\ndef use():\n    return same(), b.same()\n"
    first = invented.write(tmp_path, both | {"verbs/use.py": use}).digest("use")
    swapped = use.replace("lab.a", "lab.b").replace("import b", "import a").replace("b.s", "a.s")
    renamed = swapped.replace("import a", "import a as b").replace("a.s", "b.s")
    assert invented.write(tmp_path, {"verbs/use.py": renamed}).digest("use") != first


@pytest.mark.parametrize(
    ("verb", "entries", "message"),
    [
        ("walk", (), "no verb walk"),
        ("run", ("one", "seven"), "run reaches no registry that has seven"),
    ],
)
def test_an_unknown_verb_or_entry_is_refused(tmp_path, verb, entries, message):
    with pytest.raises(ValueError, match=message):
        invented.write(tmp_path).digest(verb, *entries)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("verbs/run.py", '"one": one()', "**{}"), "run, LOSSES: a registry is a literal dict"),
        (("verbs/run.py", '"one": one()', "1: one()"), "run, LOSSES: a registry is a literal dict"),
        (("direct.py", "from lab.side", "from .side"), "line 1: `from .side import effect`"),
        (("direct.py", "import effect", "import *"), r"line 1: `from lab.side import \*`"),
    ],
)
def test_what_cannot_be_followed_is_refused(tmp_path, change, message):
    invented.write(tmp_path)
    with pytest.raises(ValueError, match=message):
        invented.edit(tmp_path, change).digest("run", "one")


def test_syntax_trees_are_read_alike_where_python_dumps_them_alike_and_only_there():
    """All statements of the package without a bare string or an import, left out on purpose."""
    dumps, readings = [], []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            inside = [*ast.walk(node)]
            if isinstance(node, ast.stmt) and not any(map(_is_left_out, inside)):
                reader = Reader()
                reader.read(node)
                dumps.append(ast.dump(node))
                readings.append("\n".join(reader.words))
    assert len(dumps) > 5000
    assert len(set(dumps)) == len(set(readings)) == len(set(zip(dumps, readings, strict=True)))


def _is_left_out(node: ast.AST) -> bool:
    return is_text(node) or isinstance(node, ast.Import | ast.ImportFrom)


class Edited(Package):
    """This package with other texts in some files; all other files are read once for all tests."""

    def __init__(self, texts: Mapping[str, str], folder: Path) -> None:
        super().__init__(SOURCE)
        for name, text in texts.items():
            (folder / Path(name).name).write_text(text, encoding="utf-8")
        self.texts = {SOURCE / name: folder / Path(name).name for name in texts}
        self.files = {name: self.texts.get(path, path) for name, path in self.files.items()}
        self.templates = {key: self.texts.get(path, path) for key, path in self.templates.items()}

    def _module(self, name: str) -> Module | None:
        is_edited = self.files.get(name) in self.texts.values()
        return super()._module(name) if is_edited else ORIGINAL.module(name)

    def _piece(self, node: Node) -> Piece:
        is_edited = not node[0] or self.files.get(node[0]) in self.texts.values()
        return super()._piece(node) if is_edited else ORIGINAL.piece(node)


ORIGINAL = Package(SOURCE)


def edited(folder: Path, *edits: invented.Edit) -> Package:
    """This package after edits: a file, what stands there, what shall stand there."""
    texts: dict[str, str] = {}
    for file, old, new in edits:
        text = texts.get(file) or (SOURCE / file).read_text(encoding="utf-8")
        assert old in text
        texts[file] = text.replace(old, new, 1)
    return Edited(texts, folder)


ASKED = {
    *((verb,) for verb in VERBS if verb not in ENTRIES),
    *(("train", loss, "mlp", card.head) for loss, card in LOSSES.items()),
    *(("train", "cross_entropy", network, "linear") for network in NETWORKS),
    *(("probe", network, "linear") for network in NETWORKS),
    *(("fetch", dataset) for dataset in ENTRIES["fetch"]),
    *(("draw", figure) for figure in FIGURES),
}
"""Every verb; of those that use registries, with each entry."""


def changed(package: Package) -> set[tuple[str, ...]]:
    """What has another digest in this package."""
    return {each for each in ASKED if package.digest(*each) != ORIGINAL.digest(*each)}


def asked(*wanted: str) -> set[tuple[str, ...]]:
    """What names one of these."""
    return {each for each in ASKED if set(each) & set(wanted)}


def test_a_copy_of_the_package_elsewhere_has_the_same_digests(tmp_path):
    shutil.copytree(SOURCE, tmp_path / "lossbench")
    copy = Package(tmp_path / "lossbench")
    assert {each: copy.digest(*each) for each in ASKED} == {
        each: code_digest(*each) for each in ASKED
    }


FORMULAS = "networks/losses.py"
SQUARED = ["mse_softmax", "mse_sigmoid", "mse_logits", "mse_rescaled"]


@pytest.mark.parametrize(
    ("file", "old", "new", "concerned"),
    [
        (FORMULAS, "def mse_softmax(", "def unused():\n    pass\n\n\ndef mse_softmax(", ()),
        (FORMULAS, "logits).softmax(-1), lab", "-logits).softmax(-1), lab", ["mse_softmax"]),
        (FORMULAS, "return outputs - functional", "return outputs + functional", SQUARED),
        ("networks/margins.py", "2 * (k % 2)", "3 * (k % 2)", ["l_softmax"]),
        ("networks/heads.py", "self.scale * cosines", "-self.scale * cosines", ["am_softmax"]),
        ("networks/models.py", "nn.AdaptiveMaxPool2d", "nn.MaxPool2d", ["convnet_max"]),
        ("networks/models.py", "shape[0], 24, 4", "shape[0], 24, 5", ["convnet", "convnet_max"]),
        ("datasets/digits.py", "VALIDATION = 1097, 300", "VALIDATION = 1000, 397", ["digits"]),
        ("cards/loss.py", '"MSE on softmax"', '"Brier score"', ()),
        ("cards/dataset.py", '"CC BY 4.0"', '"free"', ()),
        ("study/settings.py", "resamples:", "more: int = 1\n    resamples:", ()),
        ("stats/speed.py", "levels + ROUNDING", "levels", ["contrast"]),
        ("report/markdown.py", '"**{escaped(shown', '"*{escaped(shown', ["render", "compare"]),
        ("report/templates/page.html.j2", "<main", "<div", ["render"]),
        ("report/templates/style.css", "color", "colour", ["render"]),
        ("code/syntax.py", "hexdigest()", "hexdigest()[:9]", ()),
        ("verbs/trace.py", '"train_seconds"', '"seconds"', ["trace"]),
        ("verbs/csv.py", "index=False", 'index=False, sep=";"', ["csv"]),
        ("theory/neuron.py", "import numpy as np", "import numpy as np\n\nnp.seterr()", ["derive"]),
    ],
)
def test_an_edit_concerns_what_uses_it_and_nothing_else(tmp_path, file, old, new, concerned):
    assert changed(edited(tmp_path, (file, old, new))) == asked(*concerned)


def test_a_method_of_a_model_concerns_what_reads_the_model(tmp_path):
    found = changed(edited(tmp_path, ("study/grid.py", 'f"m={self.m:g}"', 'f"{self.m:g}"')))
    assert asked("train", "choose", "collect") <= found
    assert not found & asked("fetch", "adopt", "derive", "evaluate", "csv")


def test_a_new_loss_concerns_no_other(tmp_path):
    entry, card = '"l_softmax": cross_entropy', '"l_softmax": LossCard('
    found = edited(
        tmp_path,
        (FORMULAS, "LOSSES:", "def mae(z, y):\n    return z\n\n\nLOSSES:"),
        (FORMULAS, entry, f'"mae": mae,\n    {entry}'),
        ("cards/loss.py", card, f'"mae": LossCard("MAE", "z", "softmax"),\n    {card}'),
    )
    assert not changed(found)
    assert found.digest("train", "mae", "mlp", "linear")


def test_every_template_belongs_to_the_page_or_to_one_figure():
    templates = [str(path) for path in SOURCE.rglob("templates/**/*") if path.is_file()]
    asked = [("render",), ("compare",), *(("draw", figure) for figure in FIGURES)]
    reached = [
        name for verb in asked for module, name in ORIGINAL.reached(*verb).nodes if not module
    ]
    assert set(reached) == set(templates)


IMPORTED = """
import json, os, sys
import torch, pytorch_lightning, pandas, scipy.stats, sklearn.datasets, seaborn, typer, jinja2, yaml
for verb in sys.argv[1:]:
    sys.stdout.flush()
    child = os.fork()
    if not child:
        __import__(f"lossbench.verbs.{verb}")
        print(json.dumps([verb, [name for name in sys.modules if name.startswith("lossbench")]]))
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""
"""Imports each verb in a process of its own, forked from one that has the libraries."""


@pytest.mark.slow
def test_every_module_that_a_verb_imports_is_one_that_its_digest_knows():
    command = [sys.executable, "-c", IMPORTED, *VERBS]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    imported = dict(map(json.loads, said.splitlines()))
    assert sorted(imported) == VERBS
    for verb, modules in imported.items():
        known = ORIGINAL.reached(verb, *ENTRIES.get(verb, ())).modules
        assert f"lossbench.verbs.{verb}" in modules
        assert not set(modules) - known, verb


RECORDER = """
import atexit, json, os, sys

seen, verb = set(), (sys.orig_argv + ["", ""])[2]

def is_ours(frame):
    return "/src/lossbench/" in frame.f_code.co_filename

def record(frame, event, arg):
    if event == "call" and is_ours(frame) and frame.f_code not in seen:
        outer = frame
        while outer and not (is_ours(outer) and outer.f_code.co_name == "<module>"):
            outer = outer.f_back
        if outer is None:  # not called by an import
            seen.add(frame.f_code)

def write():
    called = [(code.co_filename.split("/src/")[1], code.co_qualname) for code in seen]
    with open(f"called/{verb}-{os.getpid()}", "w") as file:
        json.dump(called, file)

if sys.orig_argv[1:2] and sys.orig_argv[1].endswith("/lossbench"):
    atexit.register(write)
    sys.setprofile(record)
"""
"""Writes down every function of the package that a verb's process calls."""


OUTSIDE = (
    "lossbench/cli.py",
    "lossbench/code/",
    "lossbench/study/fields.py",
    "lossbench/cards/own_cards.py",
)
"""What finds and starts the verb, and what is no code by decision: validators, and what they call
to take up a study's own cards."""


@pytest.mark.slow
def test_every_function_that_a_verb_calls_is_one_that_its_digest_covers(finished, tmp_path):
    project = finished.copy(tmp_path / "copy")
    for folder in ("over", "called"):
        (project.folder / folder).mkdir()
    (project.folder / "over/sitecustomize.py").write_text(RECORDER)
    project.tiny("--forceall", "--config", "compute={cache: build/cache}")
    files = {path: path.name.partition("-")[0] for path in (project.folder / "called").iterdir()}
    # `all` calls the pipeline's verbs; data and losses of a study's own have two of theirs.
    # And `work` trains in its own process, by calling the verb.
    elsewhere = {"adopt", "vet", "export", "train", *(verb for verb in VERBS if verb in CALLED)}
    assert set(files.values()) == set(VERBS) - elsewhere
    for path, verb in files.items():
        entries = ENTRIES["train"] if verb == "work" else ENTRIES.get(verb, ())
        covered = ORIGINAL.reached(verb, *entries).nodes
        called = {
            (
                file.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
                name.split(".")[0],
            )
            for file, name in json.loads(path.read_text())
            if file.endswith(".py") and not file.startswith(OUTSIDE) and not name.startswith("<")
        }
        assert len(called) > 5, verb
        assert called <= covered, (verb, called - covered)
