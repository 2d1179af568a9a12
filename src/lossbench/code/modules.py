"""A module's definitions: what of each counts as code, and what is data."""

import ast
from dataclasses import dataclass, field

from lossbench.code.syntax import Piece, bindings, is_text, read

LOOSE = ""
"""Instead of a definition's name: the statements that define nothing, run by the first import."""
REGISTRY = "code.registry.Registry"
MODEL = "study.fields.Frozen"
VALIDATORS = ("model_validator", "field_validator")


@dataclass
class Module:
    """A module of the package, by the names that it defines at the top level.

    What follows counts as nothing. Data, since their values reach a result as a rule's parameters:
    the dicts of the cards; the fields of the study's models, with their types, bounds and
    validators. And the digest's own code, which computes no result.
    """

    name: str
    """Such as `package.room.module`."""
    imports: dict[str, str] = field(default_factory=dict)
    """A name, and what it stands for, as `package.module.x`."""
    definitions: dict[str, Piece] = field(default_factory=dict)
    """What counts of each definition. A registry's entries are definitions: `registry[key]`."""
    registries: dict[str, list[str]] = field(default_factory=dict)
    """Their keys."""
    fields: dict[str, Piece] = field(default_factory=dict)
    """Of a model of the study, the types of its fields: the methods of these can run as well."""
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Tuples of texts."""

    @property
    def whole(self) -> list[str]:
        """All definitions, a registry's entries aside."""
        return [name for name in self.definitions if not name.endswith("]")]


def parse(source: str, name: str) -> Module:
    """The module called `name`.

    No syntax tree is kept: half a million objects of them would slow down every plan.

    Raises ValueError: a registry is not a literal dict of text keys, or an import is relative or
    of everything.
    """
    module = Module(name)
    statements = [each for each in ast.parse(source).body if not is_text(each)]
    counted: dict[str, list[ast.AST]] = {LOOSE: []}
    try:
        for each in statements:
            if isinstance(each, ast.Import | ast.ImportFrom):
                module.imports |= bindings(each)
        for each in statements:
            if not isinstance(each, ast.Import | ast.ImportFrom):
                _define(module, each, counted)
        module.definitions = {defined: read(nodes) for defined, nodes in counted.items()}
    except ValueError as error:
        raise ValueError(f"{name}, {error}") from error
    module.imports |= module.definitions[LOOSE].imports
    return module


def _define(module: Module, statement: ast.stmt, counted: dict[str, list[ast.AST]]) -> None:
    """Note what a statement defines and what of it counts."""
    place = module.name.partition(".")[2]
    value = getattr(statement, "value", None)
    is_card = place.startswith("cards.") and isinstance(value, ast.Dict)
    nodes: list[ast.AST] = [statement]
    if is_card or place.startswith(("code.", "study.fields")):
        nodes = []
    elif isinstance(statement, ast.AnnAssign) and _is(module, statement.annotation, REGISTRY):
        nodes = []
        counted |= _entries(module, statement)
    elif isinstance(statement, ast.ClassDef) and _is_model(module, statement):
        nodes = _methods(module, statement)
    elif isinstance(statement, ast.Assign) and isinstance(value, ast.Tuple):
        elements = [getattr(each, "value", None) for each in value.elts]
        module.texts |= dict.fromkeys(_defined(statement), tuple(map(str, elements)))
    for name in _defined(statement) or [LOOSE]:
        counted.setdefault(name, []).extend(nodes)


def _entries(module: Module, statement: ast.AnnAssign) -> dict[str, list[ast.AST]]:
    """A registry's entries; notes their keys."""
    name, value = ast.unparse(statement.target), statement.value
    keys = value.keys if isinstance(value, ast.Dict) else [None]
    constants = [key.value for key in keys if isinstance(key, ast.Constant)]
    texts = [each for each in constants if isinstance(each, str)]
    if not isinstance(value, ast.Dict) or len(texts) < len(keys):
        raise ValueError(f"{name}: a registry is a literal dict of text keys")
    module.registries[name] = texts
    entries = zip(texts, value.values, strict=True)
    return {f"{name}[{key}]": [ast.Constant(key), entry] for key, entry in entries}


def _methods(module: Module, statement: ast.ClassDef) -> list[ast.AST]:
    """What counts of a model of the study; notes the types of its fields."""
    fields = [each for each in statement.body if isinstance(each, ast.AnnAssign)]
    module.fields[statement.name] = read(each.annotation for each in fields)
    return [each for each in statement.body if not _is_data(each)]


def _is(module: Module, node: ast.expr, target: str) -> bool:
    """Whether a type, `T` or `T[…]`, is the package's `target`."""
    name = node.value if isinstance(node, ast.Subscript) else node
    package = module.name.partition(".")[0]
    return isinstance(name, ast.Name) and module.imports.get(name.id) == f"{package}.{target}"


def _is_model(module: Module, statement: ast.ClassDef) -> bool:
    is_here = module.name.partition(".")[2].startswith("study.")
    return is_here and any(_is(module, base, MODEL) for base in statement.bases)


def _is_data(statement: ast.stmt) -> bool:
    """Whether this statement in a model is a field, its description, or a validator."""
    if isinstance(statement, ast.FunctionDef):
        return any(
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Name)
            and each.func.id in VALIDATORS
            for each in statement.decorator_list
        )
    return isinstance(statement, ast.AnnAssign) or is_text(statement)


def _defined(statement: ast.stmt) -> list[str]:
    """The names that this statement defines; none where it does anything else besides."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.AugAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            parts = [part for each in targets for part in getattr(each, "elts", [each])]
            names = [part.id for part in parts if isinstance(part, ast.Name)]
            return names if len(names) == len(parts) else []
    return []
