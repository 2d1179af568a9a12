"""A study file's YAML 1.2, with the line of each field, and what `--config` lays over it.

Nothing is read as something else than it looks. Snakemake reads the same with PyYAML, which takes
`010` for 8 and keeps the last of two equal keys. Here a plain scalar is a number only in
decimal digits, a truth value only as `true` or `false`, absent only as `null`, `~` or nothing; all
else is text, and equal keys are refused.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import VersionedResolver

from lossbench.errors import ConfigError
from lossbench.study.fields import NUMBER

OVERRIDES = "--config"
Place = tuple[str | int, ...]
Where = Callable[[int], str]
"""What a message says of a line, from 1."""
TEXT = "tag:yaml.org,2002:str"
KINDS = {TEXT, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
MOST_FIELDS = 100_000
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class StudyFile(NamedTuple):
    """What a study file says, and in which line, from 1, it says so."""

    fields: dict[str, Any]
    lines: dict[Place, int]
    """By the path of keys and indices."""

    def line(self, place: Place) -> int | None:
        """The line of the field, or of what it is in; None of the file as a whole."""
        found = (self.lines.get(place[:depth]) for depth in range(len(place), 0, -1))
        return next(filter(None, found), None)


def read_study_file(text: str, *, origin: str) -> StudyFile:
    """The fields in a YAML text.

    Raises ConfigError: it is not YAML 1.2, not a mapping, or has a key twice.
    """
    lines: dict[Place, int] = {}
    fields = _read(text, lines, origin, lambda line: f"{origin}:{line}")
    if not isinstance(fields, dict):
        raise ConfigError(f"{origin}: holds no fields; allowed: a mapping, `name: trial`")
    return StudyFile(fields, lines)


def read_overrides(entries: Iterable[str]) -> dict[str, Any]:
    """The fields of Snakemake's `--config KEY=VALUE …`.

    A value that begins with a bracket or a quotation mark is YAML 1.2; any other is a number, a
    truth value, or text as it stands. Raises ConfigError: it is not YAML, or has a key twice.
    """
    fields: dict[str, Any] = {}
    for key, _, text in (entry.partition("=") for entry in entries):
        if key in fields:
            raise ConfigError(f"{OVERRIDES}: {key!r} is there twice")
        fields[key] = _override(text, f"{OVERRIDES}: {key}")
    return fields


def _override(text: str, origin: str) -> Any:
    if text.startswith(("{", "[", "'", '"')):
        return _read(text, {}, origin, lambda _: origin)
    return _scalar(_unicode(text, origin))


def _read(text: str, lines: dict[Place, int], origin: str, where: Where) -> Any:
    """What the text says; the line of each field is put into `lines`."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _NoNumbers
    try:
        root = yaml.compose(text)
        return None if root is None else _value(root, (), lines, where)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = where(mark.line + 1) if mark else origin
        raise ConfigError(f"{place}: is not YAML ({error.problem or error.context})") from error
    except ReaderError as error:
        place = where(text.count("\n", 0, error.position) + 1)
        raise ConfigError(f"{place}: is not YAML (it has U+{error.character:04X})") from error
    except AssertionError as error:  # ruamel.yaml's, of versions above 1.2 and of 1.0
        lined = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
        line, said = next(pair for pair in lined if pair[1].startswith("%YAML"))
        raise ConfigError(f"{where(line)}: {said[:30]} is not allowed: %YAML 1.2") from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{origin}: is not a study (nested too deeply)") from error


class _NoNumbers(VersionedResolver):
    """Leaves scalars as the text that they are."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> Any:
        text = self.DEFAULT_SCALAR_TAG
        return text if kind is ScalarNode else super().resolve(kind, value, implicit)


def _value(node: Node, path: Place, lines: dict[Place, int], where: Where) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if str(node.tag) not in KINDS:
        raise ConfigError(f"{where(line)}: the tag {node.tag} is not allowed")
    if len(lines) > MOST_FIELDS:  # a few aliases of aliases are millions
        raise ConfigError(f"{where(line)}: is too much; allowed: {MOST_FIELDS} fields and items")
    if isinstance(node, ScalarNode):
        text = _unicode(node.value, where(line))
        return _scalar(text) if node.style is None else text
    if isinstance(node, SequenceNode):
        return [_value(item, (*path, k), lines, where) for k, item in enumerate(node.value)]
    fields: dict[str, Any] = {}
    for key, value in node.value:
        name = _key(key, where)
        if name in fields:
            first = lines[(*path, name)]
            raise ConfigError(
                f"{where(key.start_mark.line + 1)}: {name!r} is there twice, first in line {first}"
            )
        lines[(*path, name)] = key.start_mark.line + 1
        fields[name] = _value(value, (*path, name), lines, where)
    return fields


def _key(node: Node, where: Where) -> str:
    place = where(node.start_mark.line + 1)
    if not isinstance(node, ScalarNode):
        raise ConfigError(f"{place}: a list or mapping is no name of a field")
    if node.value == "<<" and node.style is None:
        raise ConfigError(f"{place}: << is not allowed: YAML 1.2 merges no mappings")
    return _unicode(node.value, place)


def _unicode(text: str, place: str) -> str:
    if text != text.encode("utf-8", "replace").decode():
        raise ConfigError(f"{place}: {text!r} is not allowed: it is no Unicode")
    return text


def _scalar(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if not re.fullmatch(NUMBER, text):
        return text
    return int(text) if re.fullmatch("[-+]?[0-9]{1,400}", text) else float(text)
