"""The code behind a study's own losses and networks: found and digested, never run.

Snakemake's plan needs the digest, and PyTorch must not be imported for it. So what a file defines
and imports is read from its syntax tree.
"""

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata, util
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from pkgutil import get_importer

from lossbench.errors import ConfigError, did_you_mean, one_line
from lossbench.study.fields import near, on_disk

LIBRARY = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
PACKAGES = {"site-packages", "dist-packages"}
"""What is in folders of these names, this environment's or another's that it sees, does not change
under a study: its version counts, not its text."""


def resolved(source: str, folder: Path) -> str:
    """The source, its file seen from here instead of from the study file's folder."""
    place, _, attribute = source.rpartition(":")
    if not place.endswith(".py"):
        return source
    return f"{near(folder.absolute() / on_disk(Path(place)))}:{attribute}"


def problem(source: str) -> str:
    """Why the source cannot be loaded, as far as can be told without running it; else empty."""
    place, _, attribute = source.rpartition(":")
    file = source_file(source)
    if file is None or not file.is_file():
        if file is None and _spec(place) is not None:  # an installed module, not of Python
            return ""
        return f"there is no {'file' if place.endswith('.py') else 'module'} {place}"
    try:
        local_modules(source)
        body = _parsed(file).body
    except ConfigError as error:
        return str(error)
    defined = set(_defined(body))
    if attribute in defined or "*" in defined or "__getattr__" in defined:
        return ""
    made = _defined([each for each in body if not isinstance(each, ast.Import | ast.ImportFrom)])
    public = sorted({name for name in made if not name.startswith("_")})
    listed = f"allowed are {', '.join(public)}" if public else "it defines nothing"
    return f"{place} has no {attribute}; {listed}{did_you_mean(attribute, public)}"


def code_of(source: str) -> str:
    """A digest of the source's file and of the local modules that it imports, and these import.

    Comments and layout do not count. Of installed packages that are imported the versions do, of
    PyTorch and NumPy with the run itself. Raises ConfigError: a file that cannot be read.
    """
    place, _, attribute = source.rpartition(":")
    texts = {name: ast.unparse(_parsed(file)) for name, file in local_modules(source).items()}
    packages = {_version(place)} if not texts else set[str]()
    for name, file in local_modules(source).items():
        packages |= {_version(each) for each in _imported(_parsed(file), name, file)}
    words = [attribute, *sorted(packages), *(f"{name}\n{texts[name]}" for name in sorted(texts))]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def local_modules(source: str) -> dict[str, Path]:
    """The files that count: the source's own, and what it imports that is not installed, by name.

    A file imports first from its own folder.
    """
    place, file = source.rpartition(":")[0], source_file(source)
    if file is None or _is_installed(file):
        return {}
    folder = file.absolute().parent if place.endswith(".py") else None
    found, waiting = dict[str, Path](), [(file.stem if folder else place, file)]
    while waiting:
        name, path = waiting.pop()
        if name in found:
            continue
        found[name] = path
        for each in _imported(_parsed(path), name, path):
            waiting += [(part, below) for part, below in _files(each, folder)]
    return found


def source_file(source: str) -> Path | None:
    """The file of a source; None of a module that is not one of Python, or not there."""
    place = source.rpartition(":")[0]
    if place.endswith(".py"):
        return Path(place)
    return _origin(_spec(place))


def _files(dotted: str, folder: Path | None) -> Iterator[tuple[str, Path]]:
    """The local modules that importing `a.b` runs: `a` and `a.b`."""
    parts = dotted.split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        origin = _origin(_spec(name, folder))
        if origin is not None and not _is_installed(origin):
            yield name, origin


@cache
def _spec(dotted: str, folder: Path | None = None) -> ModuleSpec | None:
    """Where a module is, or would be: none of its packages is imported to know it."""
    top, *below = dotted.split(".")
    spec = None
    if folder is not None and top not in sys.stdlib_module_names:
        spec = PathFinder.find_spec(top, [str(folder)])
    try:
        spec = spec or util.find_spec(top)
    except ValueError:  # of a module that was loaded without a specification
        return None
    name = top
    for part in below:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = _below(name, spec.submodule_search_locations)
    return spec


def _below(name: str, folders: Iterable[str]) -> ModuleSpec | None:
    """A module in a package's folders. PathFinder would want that package imported."""
    finders = (get_importer(folder) for folder in folders)
    found = (finder.find_spec(name) for finder in finders if finder is not None)
    return next((spec for spec in found if spec is not None), None)


def _origin(spec: ModuleSpec | None) -> Path | None:
    is_python = spec is not None and spec.origin is not None and spec.origin.endswith(".py")
    return Path(str(spec.origin)) if spec is not None and is_python else None


def _is_installed(file: Path) -> bool:
    path = file.absolute()
    return bool(PACKAGES & set(path.parts)) or any(map(path.is_relative_to, LIBRARY))


def _imported(tree: ast.Module, name: str, file: Path) -> set[str]:
    """The modules that import statements anywhere in the tree may name, `a.b` for each."""
    package = name.split(".") if file.name == "__init__.py" else name.split(".")[:-1]
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {each for each in found if each and not each.startswith(".")}


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    """The names that a module's statements bind, also those inside of `if`, `for` and the like."""
    for each in statements:
        match each:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield each.name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.Assign() | ast.AnnAssign():
                stored = (node for node in ast.walk(each) if isinstance(node, ast.Name))
                yield from (node.id for node in stored if isinstance(node.ctx, ast.Store))
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While() | ast.Match():
                inner = [node for node in ast.walk(each) if isinstance(node, ast.stmt)]
                yield from _defined([node for node in inner if node is not each])


@cache
def _version(dotted: str) -> str:
    """An installed package and its version; empty of local modules and of Python's own."""
    top = dotted.partition(".")[0]
    if top in sys.stdlib_module_names:
        return ""
    try:
        return f"{top} {metadata.version(top)}"
    except metadata.PackageNotFoundError:
        names = metadata.packages_distributions().get(top, [])
        return " ".join(f"{name} {metadata.version(name)}" for name in sorted(set(names)))


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())  # which may say how it is encoded
    except (OSError, SyntaxError, ValueError, RecursionError) as error:
        raise ConfigError(f"{file} cannot be read ({one_line(error)})") from error
