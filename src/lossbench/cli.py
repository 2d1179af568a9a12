"""The `lossbench` command: finds the verbs; an error that a user can mend is one line.

A verb's file is imported when the verb is called: one that reads tables does not load PyTorch, and
help loads nothing.
"""

import ast
import gc
import importlib
import io
import os
import pkgutil
import signal
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from lossbench import __version__, verbs
from lossbench.errors import LossbenchError, one_line

FOUND = sorted(module.name for module in pkgutil.iter_modules(verbs.__path__))
GROUPS = {
    "Put a loss on trial": ("new", "check", "list"),
    "Look at a study": ("status", "show", "compare", "export", "predict"),
    "Housekeeping": ("cache", "schema"),
}
"""The verbs that users call, as help groups them."""
CALLED = {verb: group for group, listed in GROUPS.items() for verb in listed}
NAMES = [*CALLED, *(name for name in FOUND if name not in CALLED)]


class Verbs(TyperGroup):
    """One command a file of `verbs`."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Their names, the users' own first."""
        return NAMES

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The verb as help shows it, not yet imported."""
        if cmd_name not in NAMES:
            return None
        group = CALLED.get(cmd_name, "What the pipeline calls")
        return TyperCommand(cmd_name, help=_help(cmd_name), rich_help_panel=group)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The verb that is called, imported."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, _load(str(name)), rest


app = typer.Typer(
    cls=Verbs,
    help="Does the loss matter? Put losses on trial; `snakemake` runs the studies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        print(f"lossbench {__version__}")
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say which this is."),
    ] = False,
) -> None:
    """Without it, Typer would want a verb of its own."""


def main() -> None:
    """Run the command line. An error that the user can mend is one line and exit status 1.

    SIGTERM ends it with status 143, by an exception: what is half-written is removed on the way.
    Lightning would swallow the signal, stop training and leave with status 0.
    """
    signal.signal(signal.SIGTERM, _terminate)
    _ignore_surroundings()
    # What imports make lives to the end. Looking for garbage among it, as often as Python does
    # by default, takes a fifth of the start of a training job.
    gc.set_threshold(100_000)
    try:
        try:
            app()
        finally:
            print(end="", flush=True)
    except BrokenPipeError:  # such as of `lossbench list | head -1`
        _drop_output()
    except ValueError as error:
        # Rules pass options as JSON, of which only what is typed by hand may be none.
        if type(error).__name__ not in ("ValidationError", "JSONDecodeError"):
            raise
        print(f"lossbench: not the JSON that an option takes: {one_line(error)}", file=sys.stderr)
        sys.exit(1)
    except (LossbenchError, OSError) as error:
        print(f"lossbench: {error}", file=sys.stderr)
        if isinstance(error, OSError):
            _drop_output()
        sys.exit(1)


def _ignore_surroundings() -> None:
    # Neither a notebook's backend nor a user's style, nor the locale, has a say in what is made.
    os.environ |= {"MPLBACKEND": "agg", "MATPLOTLIBRC": os.devnull}
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # Libraries warn of what is no fault of a study. What stays silent is Python's own choice.
    if "error" in os.environ.pop("PYTHONWARNINGS", ""):
        warnings.resetwarnings()
        for silent in (DeprecationWarning, PendingDeprecationWarning, ResourceWarning):
            warnings.simplefilter("ignore", silent)


def _drop_output() -> None:
    """Let Python not try, and fail, to write it once more at its end."""
    if sys.stdout is sys.__stdout__:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _terminate(number: int, _frame: FrameType | None) -> None:
    os.write(sys.stderr.fileno(), b"lossbench: ended by SIGTERM\n")  # print is not reentrant
    raise SystemExit(128 + number)


def _help(name: str) -> str:
    source = Path(verbs.__path__[0], f"{name}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def _load(name: str) -> Any:
    module = importlib.import_module(f"lossbench.verbs.{name}")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name, help=_help(name))(getattr(module, name))
    return typer.main.get_command(alone)
