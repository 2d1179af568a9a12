"""A piece of source: the words that tell it from others, and the names that it uses.

Comments, docstrings and layout are no words. Names that a function binds itself, as a parameter
or by assignment, are not names that it uses; nor are those in its annotations, which run nothing.
"""

import ast
import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@dataclass(frozen=True)
class Piece:
    """What one or more syntax trees say."""

    digest: str = ""
    """Of their words; empty where nothing counts."""
    names: tuple[str, ...] = ()
    """Those used and not bound inside: `a`, `a.b.c` for attributes, `a[key]` for a text key."""
    imports: Mapping[str, str] = field(default_factory=dict)
    """What import statements inside bind: a name, and what it stands for, as `package.module.x`."""
    strings: frozenset[str] = frozenset()
    """Every text in them."""


def read(nodes: Iterable[ast.AST]) -> Piece:
    """The piece that these syntax trees make; without any, nothing counts."""
    reader = Reader()
    for node in nodes:
        reader.read(node)
    if not reader.words:
        return Piece()
    return Piece(
        hashlib.sha256("\n".join(reader.words).encode()).hexdigest(),
        tuple(sorted(reader.names)),
        reader.imports,
        frozenset(reader.strings),
    )


class Reader:
    """Takes syntax trees apart in one pass: every plan of the pipeline reads the whole package."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.names: set[str] = set()
        self.strings: set[str] = set()
        self.imports: dict[str, str] = {}
        self._bound: set[str] = set()
        self._global: set[str] = set()

    def read(self, value: object) -> None:
        """Take a syntax tree, a list of them, or a plain value of one."""
        HANDLERS[type(value)](self, value)

    def _node(self, node: ast.AST) -> None:
        self._fields(node, node._fields)

    def _fields(self, node: ast.AST, names: Iterable[str]) -> None:
        self.words.append(type(node).__name__)
        for name in names:
            value = getattr(node, name, None)
            HANDLERS[type(value)](self, value)

    def _list(self, nodes: list[ast.AST]) -> None:
        counted = [node for node in nodes if not is_text(node)]
        self.words.append(f"[{len(counted)}")
        for node in counted:
            HANDLERS[type(node)](self, node)

    def _plain(self, value: object) -> None:
        self.words.append(repr(value))

    def _scope(
        self, parts: Iterable[object], bound: Collection[str] = (), *, is_class: bool = False
    ) -> None:
        """Read what has names of its own. Those of a class are not seen by its methods."""
        outside = self.names, self._bound
        self.names, self._bound = set(), set(bound)
        for part in parts:
            self.read(part)
        inside, own = self.names, set() if is_class else self._bound - self._global
        self.names, self._bound = outside
        self.names.update(name for name in inside if root(name) not in own)

    def _constant(self, node: ast.Constant) -> None:
        self.words.append(f"={node.value!r}")
        if isinstance(node.value, str):
            self.strings.add(node.value)

    def _name(self, node: ast.Name) -> None:
        self.words.append(f"Name {node.id}")
        (self.names if isinstance(node.ctx, ast.Load) else self._bound).add(node.id)

    def _attribute(self, node: ast.Attribute) -> None:
        if dotted := _dotted(node):
            self.words.append(f"Name {dotted}")
            self.names.add(dotted)
        else:
            self._fields(node, ("value", "attr"))

    def _subscript(self, node: ast.Subscript) -> None:
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        dotted = _dotted(node.value)
        if dotted and isinstance(key, str):
            self.words.append(f"Name {dotted}[{key!r}]")
            self.names.add(f"{dotted}[{key}]")
            self.strings.add(key)
        else:
            self._fields(node, ("value", "slice"))

    def _type(self, annotation: ast.expr | None) -> None:
        """Read an annotation of a function. It runs nothing: its names are not used."""
        used = self.names
        self.names = set()
        self.read(annotation)
        self.names = used

    def _argument(self, node: ast.arg) -> None:
        self.words.append(f"arg {node.arg}")
        self._type(node.annotation)

    def _function(self, node: Function) -> None:
        self._bound.add(node.name)
        # Decorators and defaults are evaluated outside.
        self._fields(node, ("name", "decorator_list", "args"))
        self._type(node.returns)
        self._scope([node.body], _parameters(node.args))

    def _lambda(self, node: ast.Lambda) -> None:
        self._fields(node, ("args",))
        self._scope([node.body], _parameters(node.args))

    def _class(self, node: ast.ClassDef) -> None:
        self._bound.add(node.name)
        self._fields(node, ("name", "decorator_list", "bases", "keywords"))
        self._scope([node.body], is_class=True)

    def _comprehension(self, node: Comprehension) -> None:
        first, *others = node.generators
        self.words.append(type(node).__name__)
        self.read(first.iter)  # evaluated outside
        made = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._scope([first.target, first.ifs, first.is_async, others, *made])

    def _except(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bound.add(node.name)
        self._node(node)

    def _declaration(self, node: ast.Global | ast.Nonlocal) -> None:
        self._global.update(node.names)
        self._fields(node, ("names",))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.words.append("import")
        self.imports.update(bindings(node))


def bindings(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """The names that an import statement binds, and what they stand for, as `package.module.x`.

    `import a.b` binds `a`, and loads `a.b`: it stands for itself.

    Raises ValueError: a relative import, or one of everything.
    """
    if isinstance(node, ast.Import):
        plain = [alias.name for alias in node.names if not alias.asname]
        bound = {root(name): root(name) for name in plain} | {name: name for name in plain}
        return bound | {alias.asname: alias.name for alias in node.names if alias.asname}
    if node.level or any(alias.name == "*" for alias in node.names):
        raise ValueError(f"line {node.lineno}: `{ast.unparse(node)}`; allowed: absolute, by name")
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}


def root(name: str) -> str:
    """`a` of `a.b.c` and of `a[key]`."""
    return name.partition(".")[0].partition("[")[0]


def is_text(node: object) -> bool:
    """Whether this statement is a bare string: a docstring, or the description of a field."""
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]


def _dotted(node: ast.AST) -> str:
    """`a.b.c` where the node is just that; else empty."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _parameters(arguments: ast.arguments) -> set[str]:
    starred = [each for each in (arguments.vararg, arguments.kwarg) if each]
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return {each.arg for each in (*named, *starred)}


class Handlers(dict[type, Callable[[Reader, Any], None]]):
    """What takes a value of each type; of the types not listed, all fields are taken."""

    def __missing__(self, kind: type) -> Callable[[Reader, Any], None]:
        self[kind] = Reader._node if issubclass(kind, ast.AST) else Reader._plain
        return self[kind]


HANDLERS = Handlers(
    {
        list: Reader._list,
        ast.Constant: Reader._constant,
        ast.Name: Reader._name,
        ast.Attribute: Reader._attribute,
        ast.Subscript: Reader._subscript,
        ast.arg: Reader._argument,
        ast.FunctionDef: Reader._function,
        ast.AsyncFunctionDef: Reader._function,
        ast.Lambda: Reader._lambda,
        ast.ClassDef: Reader._class,
        ast.ListComp: Reader._comprehension,
        ast.SetComp: Reader._comprehension,
        ast.GeneratorExp: Reader._comprehension,
        ast.DictComp: Reader._comprehension,
        ast.ExceptHandler: Reader._except,
        ast.Global: Reader._declaration,
        ast.Nonlocal: Reader._declaration,
        ast.Import: Reader._import,
        ast.ImportFrom: Reader._import,
    }
)
