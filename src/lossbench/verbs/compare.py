"""Compare two studies: what changed in verdicts, errors and times, beyond noise or not."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from lossbench.files import write_text
from lossbench.report.differences import READ, markdown
from lossbench.tables.stored import read_finished


def compare(
    first: Annotated[
        Path, typer.Argument(help="A study's folder: results/NAME, or one in docs/published.")
    ],
    second: Annotated[Path, typer.Argument(help="Another's.")],
    out: Annotated[Path | None, typer.Option(help="Markdown file to write.")] = None,
) -> None:
    one, other = (read_finished(folder.resolve(), *READ) for folder in (first, second))
    names = [first.name, second.name] if first.name != second.name else [str(first), str(second)]
    text = markdown(one, other, *names)
    if out is not None:
        write_text(out, text)
    Console().print(Markdown(text))
