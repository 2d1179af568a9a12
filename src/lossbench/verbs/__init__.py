"""The verbs of the `lossbench` command, one a file: read files, call one function, write files.

A verb is a function with the name of its file; the file's docstring is its help. Its rule reruns
when the code that the file can run changes.
"""

from pathlib import Path
from typing import Annotated

import typer

StudyText = Annotated[
    str, typer.Option("--study", help="A study's resolved configuration, as JSON.")
]
Folder = Annotated[Path, typer.Option(help="The study's folder, results/NAME.")]
StudyFolder = Annotated[
    Path, typer.Argument(help="A study's folder: results/NAME, or one in docs/published.")
]
Out = Annotated[Path, typer.Option(help="Where the result goes.")]
