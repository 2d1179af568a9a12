"""Faults to plant: Cosmic Ray's, and kinds that it lacks, written as operators of its own."""

import ast
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import OPERATOR_PROVIDERS, get_operator, operator_names
from parso.python.tree import Keyword, Number

PARTS = "networks training stats analysis claims theory datasets"
PAIRS = (
    "mean sum, any all, min max, minimum maximum, argmin argmax, floor ceil, var std, zeros ones"
)
NEIGHBOURS = {a: b for pair in PAIRS.split(", ") for a, b in [pair.split(), pair.split()[::-1]]}
UNLIKELY = re.compile(
    "_(Mod|Pow|RShift|LShift|BitXor|Is|IsNot|Invert)$|(Add|Sub|Mul|Div)_Bit|Bit(And|Or)_[^B]|Sub_Not"
)
GUARDS = re.compile("(strict|frozen)=(True|False)?$")


class _OwnOperator(Operator):
    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


class _Neighbour(_OwnOperator):
    """A mean for a sum, any for all, where such a function is called."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        is_named = node.type == "name" and node.value in NEIGHBOURS
        if is_named and node.get_next_leaf().value == "(" and node.parent.type != "funcdef":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        node.value = NEIGHBOURS[node.value]
        return node


class _NoRaise(_OwnOperator):
    """A refusal that is not made."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "raise_stmt":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        return Keyword("pass", node.start_pos, node.get_first_leaf().prefix)


class _NoArgument(_OwnOperator):
    """One of several arguments that is not given, though it has a name."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        for place in self._named(node):
            yield node.children[place].start_pos, node.children[place].end_pos

    def mutate(self, node: Any, index: int) -> Any:
        place = list(self._named(node))[index]
        del node.children[max(place - 1, 0) : max(place + 1, 2)]  # and a comma
        return node

    @staticmethod
    def _named(node: Any) -> Iterator[int]:
        for place, child in enumerate(node.children if node.type == "arglist" else ()):
            if child.type == "argument" and child.children[1] == "=":
                yield place


class _Doubled(_OwnOperator):
    """A number twice as large."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        if node.type == "number" and ast.literal_eval(node.value) not in (0, 1):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _: int) -> Any:
        return Number(f"(2 * {node.value})", node.start_pos, node.prefix)


OPERATOR_PROVIDERS["own"] = {
    kind.__name__: kind for kind in (_Neighbour, _NoRaise, _NoArgument, _Doubled)
}


class Fault(NamedTuple):
    """An operator's n-th occurrence in a file."""

    path: str
    line: int
    operator: str
    occurrence: int

    def planted(self, source: str) -> str | None:
        """The file's text with it, if that is another program."""
        code = mutate_code(source, get_operator(self.operator)(), self.occurrence)
        try:
            differs = code and ast.dump(ast.parse(code)) != ast.dump(ast.parse(source))
        except SyntaxError:
            return None
        return code if differs else None


def drawn(root: Path, sample: int, seed: int) -> list[Fault]:
    """Places first, then one of each place's faults: an operator with many stands for no more."""
    generator = random.Random(seed)
    places: dict[Any, list[Fault]] = {}
    for part in PARTS.split():
        for path in sorted((root / "src/lossbench" / part).glob("*.py")):
            for start, operator, occurrence in _faults(path.read_text()):
                name = str(path.relative_to(root))
                fault = Fault(name, start[0], operator, occurrence)
                places.setdefault((name, start), []).append(fault)
    ordered = generator.sample(sorted(places), len(places))
    found = (generator.choice(places[place]) for place in ordered)
    valid = (fault for fault in found if fault.planted((root / fault.path).read_text()))
    return [fault for fault, _ in zip(valid, range(sample), strict=False)]


def _faults(source: str) -> Iterator[tuple[tuple[int, int], str, int]]:
    """All of a module, but in annotations, which nothing evaluates, and in guards."""
    nodes, tree, lines = list(ast_nodes(get_ast(source))), ast.parse(source), source.splitlines()
    noted = [getattr(n, "annotation", None) or getattr(n, "returns", None) for n in ast.walk(tree)]
    silent = [((n.lineno, n.col_offset), (n.end_lineno, n.end_col_offset)) for n in noted if n]
    for operator in operator_names():
        kind = get_operator(operator)
        if kind.arguments() or UNLIKELY.search(operator):
            continue
        spans = [span for node in nodes for span in kind().mutation_positions(node)]
        for occurrence, (start, end) in enumerate(spans):
            around = lines[start[0] - 1][: end[1]]
            if not any(a <= start and end <= b for a, b in silent) and not GUARDS.search(around):
                yield start, operator, occurrence
