"""Where a result comes from: the code behind it, the packages, the machine, the commit."""

import ast
import hashlib
import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from lossbench import __version__

PACKAGE = Path(__file__).parent
UNTRACKED = {
    "lossbench.errors",
    *(f"lossbench.study.{name}" for name in ("config", "data", "fields", "grid", "settings")),
}
RECORDED = (
    "torch",
    "pytorch-lightning",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "scikit-learn",
    "seaborn",
    "matplotlib",
    "snakemake",
    "jinja2",
    "pydantic",
)


def code_digest(*modules: str) -> str:
    """A digest of the code that the given modules of this package can run.

    It follows imports inside the package, however deep, and hashes syntax trees without comments,
    docstrings and layout: a changed formula changes it, a changed comment does not. Templates
    beside a module count as its code, save those named after another module there. The
    configuration's models do not: their values reach a result as parameters, so a new field
    elsewhere in them must not retrain anything.

    Raises ValueError: no such module.
    """
    reached: dict[str, str] = {}
    waiting = [f"lossbench.{module}" for module in modules]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        path = _module_path(name)
        if path is None:
            raise ValueError(f"no module {name} in the package")
        reached[name], imported = _digest_and_imports(path)
        waiting.extend(imported)
    content = "\n".join(f"{name} {digest}" for name, digest in sorted(reached.items()))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def listing_digest(source: Path) -> str:
    """A digest of the names and sizes of the files in a folder, or of one file.

    Cheap enough for every plan of a pipeline. What it misses is a file whose content changed at
    the same size.
    """
    files = sorted(source.rglob("*")) if source.is_dir() else [source]
    lines = [
        f"{path.relative_to(source)} {path.stat().st_size}" for path in files if path.is_file()
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def environment() -> dict[str, Any]:
    """Package versions and machine: what a reader needs to judge timings and repeat results."""
    return {
        "lossbench": __version__,
        "packages": {name: _version(name) for name in RECORDED},
        "machine": {
            "processor": processor(),
            "cores": os.cpu_count(),
            "platform": platform.platform(terse=True),
            "python": platform.python_version(),
        },
    }


def git_state(folder: Path) -> dict[str, Any]:
    """The commit checked out in `folder` and whether files differ from it; None outside git."""
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"git_commit": commit, "git_dirty": None if changes is None else bool(changes)}


def has_gpu() -> bool:
    """Whether this machine shows an NVIDIA device; costs no import of PyTorch."""
    return Path("/dev/nvidiactl").exists()


def host_digest() -> str:
    """A digest of the host's name: tells machines apart without naming them."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


@cache
def _digest_and_imports(path: Path) -> tuple[str, frozenset[str]]:
    """The digest of one module, its templates included, and the package modules it imports."""
    words: list[str] = []
    imports: list[ast.Import | ast.ImportFrom] = []
    _spell(ast.parse(path.read_text(encoding="utf-8")), words, imports)
    digest = hashlib.sha256("\n".join(words).encode())
    for template in sorted(path.parent.glob("templates/**/*.*")):
        if template.stem != path.stem and path.with_stem(template.stem).exists():
            continue  # another module's own
        digest.update(template.read_bytes())
    return digest.hexdigest(), frozenset(_package_modules(imports))


def _spell(node: ast.AST, words: list[str], imports: list[ast.Import | ast.ImportFrom]) -> None:
    """Append the words that tell this syntax tree from others, and its import statements.

    Bare strings are left out: docstrings of modules, classes, functions, and those after a field.
    Every plan takes the digest of the whole package: this one pass takes half of `ast.dump`'s time.
    """
    words.append(type(node).__name__)
    if isinstance(node, ast.Import | ast.ImportFrom):
        imports.append(node)
    for name in node._fields:
        if name == "ctx":  # load or store: the place in the tree says which
            continue
        value = getattr(node, name, None)
        items = [value]
        if isinstance(value, list):
            items = [item for item in value if not _is_string(item)]
            words.append(f"[{len(items)}")
        for item in items:
            if isinstance(item, ast.AST):
                _spell(item, words, imports)
            else:
                words.append(repr(item))


def _package_modules(imports: list[ast.Import | ast.ImportFrom]) -> set[str]:
    """Package modules that import statements run: `from lossbench.a import b` may mean a or a.b."""
    names: set[str] = set()
    for node in imports:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    parents = {name.rpartition(".")[0] for name in names}  # a package's __init__ runs as well
    ours = {name for name in names | parents if name.startswith("lossbench.")}
    return {name for name in ours - UNTRACKED if _module_path(name)}


def _is_string(node: object) -> bool:
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]


def _module_path(name: str) -> Path | None:
    relative = PACKAGE.joinpath(*name.split(".")[1:])
    candidates = (relative.with_suffix(".py"), relative / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """The processor's model: from /proc on Linux, where platform.processor() is often empty."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
