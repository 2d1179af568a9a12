"""A digest of the code that a verb can run, down to the single function, class or constant.

A rule carries it as a parameter, so that a changed formula reruns what uses it and nothing else.
"""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lossbench.code.modules import LOOSE, Module, parse
from lossbench.code.syntax import Piece, root

NOTHING = Piece()
Node = tuple[str, str]
"""A module and what it defines, or "" and the path of a template."""


class Reached(NamedTuple):
    """What a verb can run."""

    nodes: set[Node]
    modules: set[str]
    """The package's modules that are imported for it."""


def code_digest(verb: str, *entries: str) -> str:
    """A digest of what `lossbench.verbs.<verb>` can run.

    From the verb's function every name is followed to the definition at the top level of a module
    that it stands for: through imports, also inside functions, and through attributes of modules.
    Comments, docstrings and layout do not count, nor does anything that the verb cannot reach. A
    module that is used other than by its attributes counts as a whole, and so does one that a text
    names (`lossbench.room.module`, or `lossbench.room.module:definition` for one definition). The
    statements of a module that define nothing count wherever it is imported. A template counts
    where a text names it, such as `page.html.j2`.

    Of a `Registry` the `entries` count and no others: the loss, head and network of a training job.

    Data do not count, since their values reach a result as other parameters of the rule: the dicts
    of `lossbench.cards`, and the fields of the study's models with their types and validators. Nor
    does the code of this room, which computes no result.

    Raises ValueError: no such verb, or an entry of no registry that the verb reaches.
    """
    return _package().digest(verb, *entries)


def declared(verb: str, name: str) -> tuple[str, ...]:
    """The texts in a constant of the verb's file, such as `USES`; none where it has no such."""
    return _package().declared(verb, name)


@cache
def _package() -> "Package":
    return Package(Path(__file__).parents[1])


class Package:
    """The code in a package's folder, each file read once."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.files = {_module_name(path, folder.parent): path for path in folder.rglob("*.py")}
        # A folder is a module, whether it has an `__init__` or not.
        self.names = {prefix for name in self.files for prefix in _prefixes(name)}
        self.templates = {str(path): path for path in folder.rglob("templates/**/*.*")}
        self.template_names: dict[str, set[Node]] = {}
        for key in self.templates:
            name = key.rpartition("/templates/")[2]
            self.template_names.setdefault(name, set()).add(("", key))
        # What is asked again and again keeps its answers.
        self.digest, self.line = cache(self._digest), cache(self._line)
        self.module, self.imported = cache(self._module), cache(self._imported)
        self.piece, self.targets = cache(self._piece), cache(self._targets)
        self.followed = cache(self._followed)

    def declared(self, verb: str, name: str) -> tuple[str, ...]:
        """See `declared`."""
        return self._verb(verb).texts.get(name, ())

    def reached(self, verb: str, *entries: str) -> Reached:
        """What the verb can run. Raises ValueError: see `code_digest`."""
        waiting = [(self._verb(verb).name, verb)]
        reached, taken = Reached(set(), set()), set[str]()
        while waiting:
            node = waiting.pop()
            if node in reached.nodes:
                continue
            reached.nodes.add(node)
            wanted = [key for key in self._keys(node) if key in entries]
            taken.update(wanted)
            waiting.extend((node[0], f"{node[1]}[{key}]") for key in wanted)
            waiting.extend(self.followed(node))
            waiting.extend((module, LOOSE) for module in self._load(node, reached.modules))
        if unknown := sorted(set(entries) - taken):
            raise ValueError(f"{verb} reaches no registry that has {', '.join(unknown)}")
        return reached

    def _digest(self, verb: str, *entries: str) -> str:
        lines = [self.line(node) for node in self.reached(verb, *entries).nodes]
        return hashlib.sha256("\n".join(sorted(filter(None, lines))).encode()).hexdigest()[:16]

    def _verb(self, verb: str) -> Module:
        module = self.module(f"{self.name}.verbs.{verb}")
        if module is None or verb not in module.definitions:
            raise ValueError(f"no verb {verb} in the package")
        return module

    def _module(self, name: str) -> Module | None:
        path = self.files.get(name)
        text = path.read_text(encoding="utf-8") if path else ""
        return parse(text, name) if name in self.names else None

    def _keys(self, node: Node) -> Iterable[str]:
        module = self.module(node[0])
        return module.registries.get(node[1], ()) if module else ()

    def _piece(self, node: Node) -> Piece:
        module = self.module(node[0])
        return module.definitions[node[1]] if module else self._template(self.templates[node[1]])

    def _template(self, path: Path) -> Piece:
        """A template's content, and the names of others in it."""
        text = path.read_text(encoding="utf-8")
        named = frozenset(name for name in self.template_names if name in text)
        return Piece(hashlib.sha256(text.encode()).hexdigest(), strings=named)

    def _targets(self, node: Node) -> dict[str, str | tuple[Node, ...]]:
        """What a node's names and texts stand for: nodes, or something outside of the package."""
        piece = self.piece(node)
        found = {name: self._meant(name, node[0], piece) for name in piece.names}
        found |= {repr(text): self._named(text) for text in piece.strings}
        return {name: meant for name, meant in found.items() if meant}

    def _followed(self, node: Node) -> tuple[Node, ...]:
        """The nodes that can run where this one runs."""
        module = self.module(node[0])
        types = module.fields.get(node[1], NOTHING) if module else NOTHING
        typed = [self._meant(name, node[0], types) for name in types.names]
        found = [*self.targets(node).values(), *typed]
        return tuple({each for nodes in found if isinstance(nodes, tuple) for each in nodes})

    def _line(self, node: Node) -> str:
        """A digest of a node's words and of what its names stand for; empty without words."""
        piece = self.piece(node)
        if not piece.digest:
            return ""
        words = [piece.digest]
        for name, found in sorted(self.targets(node).items()):
            meant = found if isinstance(found, str) else [self.piece(each).digest for each in found]
            words.append(f"{name}={meant}")
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def _meant(self, name: str, place: str, piece: Piece) -> str | tuple[Node, ...]:
        """What a name in a piece of the module `place` stands for; nothing where it is built in."""
        module, first = self.module(place), root(name)
        assert module is not None
        if first in module.definitions and first not in piece.imports:
            return self._find(f"{place}.{name}")
        target = piece.imports.get(first) or module.imports.get(first)
        return self._find(target + name.removeprefix(first)) if target else ()

    def _named(self, text: str) -> tuple[Node, ...]:
        """What a text names: a module, a definition, templates, or nothing."""
        if text.startswith(f"{self.name}.") and ".".join(text.split(".")[:2]) in self.names:
            found = self._find(text.replace(":", "."))
            return found if isinstance(found, tuple) else ()
        return tuple(self.template_names.get(text, ()))

    def _find(self, target: str) -> str | tuple[Node, ...]:
        """What stands at `package.module.x`, or `package.module.registry[key]`.

        A module itself, or something that it does not define, is all its definitions.
        """
        chain, bracket, key = target.partition("[")
        name, *parts = chain.split(".")
        if name != self.name:
            return chain
        for place, part in enumerate(parts, 1):
            module = self.module(name)
            assert module is not None
            if (entry := part + bracket + key) in module.definitions:
                return ((name, entry),)
            if part in module.definitions:
                return ((name, part),)
            if part in module.imports:
                return self._find(".".join([module.imports[part], *parts[place:]]) + bracket + key)
            if f"{name}.{part}" not in self.names:
                break
            name = f"{name}.{part}"
        module = self.module(name)
        assert module is not None
        return tuple((name, each) for each in module.whole)

    def _load(self, node: Node, loaded: set[str]) -> list[str]:
        """Add the modules that are imported for a node; returns those that are new."""
        imports = self.piece(node).imports
        if node[0] in loaded and not imports:
            return []
        targets = [node[0], *imports.values()]
        waiting = [module for target in targets for module in self._modules_in(target)]
        new = []
        while waiting:
            name = waiting.pop()
            if name not in loaded:
                loaded.add(name)
                new.append(name)
                waiting.extend(self.imported(name))
        return new

    def _imported(self, name: str) -> tuple[str, ...]:
        """The modules that a module's own import statements import."""
        module = self.module(name)
        assert module is not None
        return tuple(
            {each for target in module.imports.values() for each in self._modules_in(target)}
        )

    def _modules_in(self, target: str) -> Iterator[str]:
        """Of `package.module.x`, the modules; a package's own runs before those in it."""
        return (prefix for prefix in _prefixes(target) if prefix in self.names)


def _module_name(path: Path, above: Path) -> str:
    parts = path.relative_to(above).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _prefixes(dotted: str) -> list[str]:
    """`a`, `a.b` and `a.b.c` of `a.b.c`."""
    parts = dotted.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
