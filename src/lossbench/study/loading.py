"""Reads a study file and says, one line a mistake, what in it cannot be run."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from lossbench.errors import ConfigError, one_line, printable
from lossbench.study.config import Study
from lossbench.study.fields import PATTERNS, Frozen, near
from lossbench.study.own_code import code_of, problem, resolved
from lossbench.study.study_file import OVERRIDES, Place, read_overrides, read_study_file

DEFAULT_STUDY = Path("config/mnist-cifar10.yaml")
"""In the project's folder."""
Origin = Callable[[Place], str]
"""Where the field at a place was set, such as `focal.yaml:12` or `--config`."""


def load_study(path: Path, overrides: Mapping[str, Any] | None = None) -> Study:
    """The study in the YAML file `path`, with `overrides` of `--config` laid over it.

    Mappings merge, all else replaces.

    Raises ConfigError: the file is missing, is not a YAML mapping, or is not a valid study.
    """
    over = overrides or {}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from error
    file = read_study_file(text, origin=str(path))

    def origin(place: Place) -> str:
        if over and (not place or _is_in(over, place)):
            return OVERRIDES if place else f"{path} with {OVERRIDES}"
        line = file.line(place)
        return f"{path}:{line}" if line else str(path)

    return _located(_validated(_merge(file.fields, over), origin), path.parent, origin)


def read_study(path: Path) -> Study:
    """The study in its resolved configuration. Raises ConfigError: there is none."""
    try:
        return Study.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path}: not a resolved configuration of this version ({one_line(error)}); remove it,"
            " and snakemake writes it again"
        ) from error


def snakemake_study(
    call: Sequence[str], overrides: Iterable[str], config_files: Sequence[Path], project: Path
) -> Study:
    """The study that a `snakemake` call, with these arguments, asks for.

    `overrides` are those of `--config`; without a file they change the default study of the
    project's folder. Both are read again, since Snakemake reads another YAML. Two files would mix
    two studies.

    Raises ConfigError: several files, an option that is there twice, a project in whose path
    Snakemake would see wildcards, or an invalid study.
    """
    if set("{}") & set(str(project)):
        raise ConfigError(
            f"{printable(project)}: is not allowed: Snakemake takes braces in the path of the"
            " project's folder for wildcards"
        )
    for option, short in ((OVERRIDES, "-C"), ("--configfile", "--configfiles")):
        if sum(argument.partition("=")[0] in (option, short) for argument in call) > 1:
            raise ConfigError(f"{option}: is there twice, of which Snakemake drops the first")
    if len(config_files) > 1:
        listed = ", ".join(str(path) for path in config_files)
        raise ConfigError(f"--configfile: got {listed}; allowed: one file, which is one study")
    file = near(config_files[0] if config_files else project / DEFAULT_STUDY)
    return load_study(file, read_overrides(overrides))


def parse_study(fields: Mapping[str, Any], *, origin: str) -> Study:
    """The study with these fields; `origin` names their source in errors. Raises ConfigError."""
    return _validated(fields, lambda _place: origin)


def _validated(fields: Mapping[str, Any], origin: Origin) -> Study:
    try:
        return Study.model_validate(dict(fields))
    except ValidationError as error:
        problems = _causes(error.errors())
        lines = [_line(origin(problem["loc"]), problem) for problem in problems]
        raise ConfigError("\n".join(lines)) from error


def _located(study: Study, folder: Path, origin: Origin) -> Study:
    """The study with the files of its own losses and networks as seen from here, and digested.

    Raises ConfigError: a source that is not there.
    """
    found, problems = dict[str, Any](), []
    for field in ("losses", "networks"):
        found[field] = []
        for index, own in enumerate(getattr(study, field)):
            source = resolved(own.source, folder)
            if why := problem(source):
                place = (field, index, "source")
                where = ".".join(map(str, place))
                problems.append(
                    f"{origin(place)}: {where}: {_shorten(own.source)} is not allowed: {why}"
                )
                continue
            found[field].append(own.model_copy(update={"source": source, "code": code_of(source)}))
    if problems:
        raise ConfigError("\n".join(problems))
    if not (study.losses or study.networks):
        return study
    return Study.model_validate(study.model_dump() | {k: tuple(v) for k, v in found.items()})


def _is_in(over: Mapping[str, Any], place: Place) -> bool:
    """Whether the overrides set the field at this place, or what it is in."""
    found: Any = over
    for key in place:
        if not isinstance(found, Mapping):
            return True
        if key not in found:
            return False
        found = found[key]
    return True


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = _merge(below, value)
        merged[key] = value
    return merged


def _causes(problems: Sequence[Any]) -> list[Any]:
    """Without those that follow from others.

    A list of bad items counts as too short, and comparisons do not know bad losses or networks.
    """

    def has_inner(outer: Any) -> bool:
        depth = len(outer["loc"])
        inner = (problem["loc"] for problem in problems if len(problem["loc"]) > depth)
        return any(loc[:depth] == outer["loc"] for loc in inner)

    bad = {problem["loc"][0] for problem in problems if problem["loc"]}
    causes = [problem for problem in problems if not has_inner(problem)]
    if bad & {"losses", "networks"}:
        return [problem for problem in causes if problem["loc"][:1] != ("comparisons",)]
    return causes


def _line(origin: str, problem: Any) -> str:
    line, form = f"{origin}: {_describe(problem, origin)}", "'limits={epochs: 1}'"
    is_unknown = origin == OVERRIDES and problem["type"] == "extra_forbidden"
    is_inside = is_unknown and "." in _meant(problem["loc"])
    return f"{line} A field inside another is written {form}." if is_inside else line


def _describe(problem: Any, origin: str) -> str:
    """One line: the field's path, its value, and what pydantic or our validator says is allowed."""
    field = ".".join(_cut(str(part)) for part in problem["loc"]) or "the study"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] in ("value_error", "unknown_name"):
        return f"{field}: {message}"
    if problem["type"] == "missing":
        return f"{field}: is missing; it has no default"
    if problem["type"] == "extra_forbidden":
        return (
            f"{field}: no such field (value {_shorten(problem['input'])}){_meant(problem['loc'])}"
        )
    if problem["type"] == "string_pattern_mismatch":
        message = PATTERNS[problem["ctx"]["pattern"]]
    if problem["type"] in ("string_type", "path_type"):
        message = _as_text(problem["input"], problem["loc"], origin)
    return f"{field}: {_shorten(problem['input'])} is not allowed: {message}"


def _as_text(value: Any, place: Place, origin: str) -> str:
    """What is allowed where text is: quoted, if it reads as something else."""
    if not isinstance(value, int | float):
        return "text"
    kind = "a truth value" if isinstance(value, bool) else "a number"
    quoted = f'"{str(value).lower()}"'
    shown = f"'{place[0]}={quoted}'" if origin == OVERRIDES and len(place) == 1 else quoted
    return f"it is {kind}; text that reads so is written in quotation marks, such as {shown}"


def _meant(place: Place) -> str:
    """The fields that an unknown one's key resembles: well those beside it, or else any."""
    names = tuple(part for part in place if isinstance(part, str))
    *within, key = ".".join(names).split(".")
    known = [path for path in _fields(Study) if path != names]
    beside = [path for path in known if list(path[:-1]) == within]
    found = _resembling(key, beside, 0.75) or _resembling(key, known, 0.6)
    listed = " or ".join(".".join(path) for path in found[:3])
    return f"; did you mean {listed}?" if listed else ""


def _resembling(key: str, paths: Sequence[tuple[str, ...]], least: float) -> list[tuple[str, ...]]:
    """The paths that end in the name most like the key, else in one that contains it."""
    names = {path[-1] for path in paths}
    close = get_close_matches(key, names, n=1, cutoff=least)
    close = close or [name for name in names if len(key) > 2 and key in name]
    return [path for path in paths if path[-1] in close]


def _fields(model: type[Frozen]) -> Iterator[tuple[str, ...]]:
    """The paths of all fields in a model, without the indices of lists."""
    for name, field in model.model_fields.items():
        yield (name,)
        for inner in _models(field.annotation):
            yield from ((name, *path) for path in _fields(inner))


def _models(annotation: Any) -> Iterator[type[Frozen]]:
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _cut(key: str) -> str:
    """A key as it stands; escaped and cut where a terminal would do more than show it."""
    return key if key.isprintable() and len(key) <= 80 else _shorten(key)


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
