"""Reads a study file and says, one line a mistake, what in it cannot be run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lossbench.errors import ConfigError
from lossbench.study.config import Study

NOT_YAML = (yaml.YAMLError, ValueError, RecursionError)
"""What PyYAML raises: the second for a date or number that is none, the third for deep nesting."""
DEFAULT_STUDY = Path("config/mnist-cifar10.yaml")


def load_study(path: Path, overrides: Mapping[str, Any] | None = None) -> Study:
    """The study in the YAML file `path`, with `overrides` laid over it.

    Mappings merge, all else replaces.

    Raises ConfigError: the file is missing, is not a YAML mapping, or is not a valid study.
    """
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    except NOT_YAML as error:
        raise ConfigError(f"{path}: is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(fields, Mapping):
        raise ConfigError(f"{path}: holds {type(fields).__name__}; allowed: a mapping of fields")
    return parse_study(_merge(fields, overrides or {}), origin=str(path))


def read_study(path: Path) -> Study:
    """The study in its resolved configuration. Raises ConfigError: there is none."""
    try:
        return Study.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: not a study's resolved configuration ({error})") from error


def snakemake_study(config: Mapping[str, Any], config_files: Sequence[Path]) -> Study:
    """The study that a `snakemake` call asks for.

    `config` is what Snakemake merged from `--configfile` and `--config`. Without a file it holds
    overrides of the default study; with one it is that study. Two files would mix two studies.

    Raises ConfigError: several files, or an invalid study.
    """
    if len(config_files) > 1:
        listed = ", ".join(str(path) for path in config_files)
        raise ConfigError(f"--configfile: got {listed}; allowed: one file, which is one study")
    if config_files:
        return parse_study(config, origin=str(config_files[0]))
    return load_study(DEFAULT_STUDY, config)


def parse_study(fields: Mapping[str, Any], *, origin: str) -> Study:
    """The study with these fields; `origin` names their source in errors. Raises ConfigError."""
    try:
        return Study.model_validate(dict(fields))
    except ValidationError as error:
        lines = [f"{origin}: {_describe(problem)}" for problem in _causes(error.errors())]
        raise ConfigError("\n".join(lines)) from error


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = _merge(below, value)
        merged[key] = value
    return merged


def _causes(problems: Sequence[Any]) -> list[Any]:
    """Without those that follow from an inner one: a list of bad items counts as too short."""

    def has_inner(outer: Any) -> bool:
        depth = len(outer["loc"])
        inner = (problem["loc"] for problem in problems if len(problem["loc"]) > depth)
        return any(loc[:depth] == outer["loc"] for loc in inner)

    return [problem for problem in problems if not has_inner(problem)]


def _describe(problem: Any) -> str:
    """One line: the field's path, its value, and what pydantic or our validator says is allowed."""
    field = ".".join(_printable(str(part)) for part in problem["loc"]) or "the study"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error":
        return f"{field}: {message}"
    if problem["type"] == "missing":
        return f"{field}: is missing; it has no default"
    if problem["type"] == "extra_forbidden":
        return f"{field}: no such field (value {_shorten(problem['input'])})"
    return f"{field}: {_shorten(problem['input'])} is not allowed: {message}"


def _printable(key: str) -> str:
    """A key as it stands; escaped or cut where a terminal would do more than show it."""
    return key if key.isprintable() and len(key) <= 80 else _shorten(key)


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
