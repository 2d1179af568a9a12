"""Write a commented study file and a loss of your own, which run at once."""

import re
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from lossbench.errors import ConfigError
from lossbench.files import write_text
from lossbench.provenance import PROJECT
from lossbench.study.config import TAKEN
from lossbench.study.fields import PATTERNS, STUDY_NAME

LOSSES = Path("my_losses.py")


def new(name: Annotated[str, typer.Argument(help="What the study is called.")]) -> None:
    if not re.fullmatch(STUDY_NAME, name):
        raise ConfigError(f"name {name!r} is not allowed: {PATTERNS[STUDY_NAME]}")
    if held := TAKEN.get(name):
        raise ConfigError(f"name {name!r} is not allowed: results/{name} holds {held}")
    study = Path(f"{name}.yaml")
    if there := [str(path) for path in (study, LOSSES) if path.exists()]:
        raise ConfigError(f"{' and '.join(there)}: there already; nothing was written")
    examples = resources.files("lossbench.study") / "examples"
    write_text(study, (examples / "new.yaml").read_text("utf-8").replace("NAME", name, 1))
    write_text(LOSSES, (examples / "my_losses.txt").read_text("utf-8"))
    print(
        f"Wrote {study} and {LOSSES}. Next:\n"
        f"  lossbench check {study}\n"
        f"  snakemake{_snakefile()} --cores all --configfile {study}"
    )


def _snakefile() -> str:
    """The option that finds the project's Snakefile from here; none where Snakemake looks."""
    snakefile = PROJECT / "Snakefile"
    is_needed = snakefile.exists() and Path.cwd() != PROJECT
    return f" --snakefile {snakefile}" if is_needed else ""
