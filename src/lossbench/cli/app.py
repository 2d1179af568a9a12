"""The command-line application that the verbs' modules add themselves to, and its options."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Does the loss matter? Train, compare and report; Snakemake calls these verbs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StudyFile = Annotated[
    Path, typer.Option("--study", help="A study's resolved configuration, results/NAME/study.json.")
]
Out = Annotated[Path, typer.Option(help="Where the result goes.")]
