"""Imports point down, a wall stands between training and reading, and modules are short."""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/lossbench"
FLOORS = [
    {"errors", "cards", "code"},
    {"study", "files"},
    {"tables", "provenance", "run_cache"},
    {"datasets", "networks"},
    {"analysis", "theory", "training"},
    {"stats"},
    {"words"},
    {"claims"},
    {"figures"},
    {"report"},
    {"verbs"},
    {"cli"},
]
"""From the ground up; a module imports from its own floor only within its room, else below."""
LABORATORY = {"networks", "training"}
"""The only rooms that may import PyTorch and Lightning, and that no reader of tables imports."""
READING_ROOM = {"analysis", "theory", "stats", "words", "claims", "figures", "report"}
TRAINING_LIBRARIES = {"torch", "pytorch_lightning", "lightning_fabric"}

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(name: str) -> str:
    """The first component below the package: `lossbench.training.fit` is in `training`."""
    return name.split(".")[1]


def imports(path: Path) -> set[str]:
    """Every module that the file's import statements name, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def own_room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next(level for level, rooms in enumerate(FLOORS) if name in rooms)


def test_imports_point_down():
    for path in MODULES:
        here = own_room(path)
        ours = {room(name) for name in imports(path) if name.startswith("lossbench.")}
        for there in ours - {here, "__version__"} if here != "__init__" else ():
            assert floor(there) < floor(here), f"{path} imports {there}"


def test_the_wall_stands():
    for path in MODULES:
        here = own_room(path)
        named = imports(path)
        libraries = {name.split(".")[0] for name in named}
        ours = {room(name) for name in named if name.startswith("lossbench.")}
        if here not in LABORATORY:
            assert not libraries & TRAINING_LIBRARIES, path
            assert here == "verbs" or not ours & LABORATORY, path
        if here in LABORATORY:
            assert not ours & READING_ROOM, path
        if here in {"cards", "code", "study"}:
            assert not libraries & {"pandas", "numpy", "matplotlib", "scipy", "pyarrow"}, path


def test_the_drawing_shows_every_floor():
    drawing = (ROOT / "docs/architecture.md").read_text().split("```")[1]
    rows = {int(row.split()[0]): row for row in drawing.splitlines()[2:] if row.strip()}
    for level, rooms in enumerate(FLOORS):
        for name in rooms:
            assert re.search(rf"\b{name}\b", rows[level]), f"floor {level} lacks {name}"


def test_every_module_has_a_floor():
    rooms = {own_room(path) for path in MODULES} - {"__init__"}
    assert rooms == set().union(*FLOORS)


TREES = [*MODULES, *(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]


def test_a_module_and_its_functions_are_short():
    for path in TREES:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 300, path
        nodes = ast.walk(ast.parse(text))
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        long = {function.name for function in functions if length(function) > 45}
        assert not long, path


def length(function: ast.FunctionDef) -> int:
    """Its lines, the docstring apart."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function) is not None
    docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_a_module_s_name_is_its_own():
    counts = Counter(path.stem for path in MODULES if path.stem != "__init__")
    assert not {name for name, count in counts.items() if count > 1}
