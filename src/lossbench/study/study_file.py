"""A study file's YAML 1.2, with the line of each field.

Nothing is read as something else than it looks. Snakemake reads the same file with PyYAML, which
takes `010` for 8 and keeps the last of two equal keys. Here a plain scalar is a number only in
decimal digits, a truth value only as `true` or `false`, absent only as `null`, `~` or nothing; all
else is text, and equal keys are refused.
"""

import re
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver

from lossbench.errors import ConfigError
from lossbench.study.fields import NUMBER

Place = tuple[str | int, ...]
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
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _NoNumbers
    try:
        root = yaml.compose(text)
        if not isinstance(root, MappingNode):
            raise ConfigError(f"{origin}: holds no fields; allowed: a mapping, `name: trial`")
        lines: dict[Place, int] = {}
        return StudyFile(_value(root, (), lines, origin), lines)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{origin}:{mark.line + 1}" if mark else origin
        raise ConfigError(f"{where}: is not YAML ({error.problem or error.context})") from error
    except YAMLError as error:
        raise ConfigError(f"{origin}: is not YAML ({' '.join(str(error).split())})") from error
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{origin}: is not a study (nested too deeply)") from error


class _NoNumbers(VersionedResolver):
    """Leaves scalars as the text that they are."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> Any:
        text = self.DEFAULT_SCALAR_TAG
        return text if kind is ScalarNode else super().resolve(kind, value, implicit)


def _value(node: Node, path: Place, lines: dict[Place, int], origin: str) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if str(node.tag) not in KINDS:
        raise ConfigError(f"{origin}:{line}: the tag {node.tag} is not allowed")
    if len(lines) > MOST_FIELDS:  # a few aliases of aliases are millions
        raise ConfigError(f"{origin}:{line}: is too much; allowed: {MOST_FIELDS} fields and items")
    if isinstance(node, ScalarNode):
        return _scalar(node.value) if node.style is None else node.value
    if isinstance(node, SequenceNode):
        return [_value(item, (*path, k), lines, origin) for k, item in enumerate(node.value)]
    fields: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, ScalarNode):
            raise ConfigError(f"{origin}:{line}: a list or mapping is no name of a field")
        if key.value in fields:
            first = lines[(*path, key.value)]
            raise ConfigError(
                f"{origin}:{line}: {key.value!r} is there twice, first in line {first}"
            )
        lines[(*path, key.value)] = line
        fields[key.value] = _value(value, (*path, key.value), lines, origin)
    return fields


def _scalar(text: str) -> Any:
    if text in WORDS:
        return WORDS[text]
    if not re.fullmatch(NUMBER, text):
        return text
    return int(text) if re.fullmatch("[-+]?[0-9]{1,400}", text) else float(text)
