"""Figures beside their goals: on the terminal, and in docs/performance.md.

The document is written anew from the records of the last runs of each command, and ends with
`notes.md`, the part written by hand.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.clock import ROOT
from benchmarks.record import Command, Figure, Goal
from lossbench.files import read_json, write_json, write_text

RECORDS = ROOT / "benchmarks/records"
NOTES = ROOT / "benchmarks/notes.md"
DOCUMENT = ROOT / "docs/performance.md"
TITLES: dict[Command, str] = {
    "run": "Speed (`make bench`)",
    "accuracy": "Error for a core's time (`make bench-accuracy`)",
    "gpu": "On a GPU (`make gpu`)",
}
HEAD = """# Performance

The tables are written by the commands in their headings, never by hand; the notes below them are.
A value is the median of repeats, with their range in brackets. Ratios compare contestants that took
turns in one run.
"""


def publish(
    found: Mapping[str, Any],
    *,
    records: Path = RECORDS,
    notes: Path = NOTES,
    document: Path = DOCUMENT,
) -> None:
    """Keep the record in place of the command's last one, and write the document anew."""
    write_json(records / f"{found['command']}.json", found)
    paths = [records / f"{command}.json" for command in TITLES]
    sections = [_section(read_json(path)) for path in paths if path.exists()]
    write_text(document, "\n".join([HEAD, *sections, notes.read_text("utf-8")]))


def _section(found: Mapping[str, Any]) -> str:
    machine = found["machine"]
    gpu = f"one {machine['gpu']}, " if machine.get("gpu") else ""
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    figures = [
        Figure(**fields | {"goal": fields["goal"] and Goal(*fields["goal"])})
        for fields in found["figures"]
    ]
    return f"""## {TITLES[found["command"]]}

{found["finished"]}, in {found["seconds"] / 60:.1f} minutes, on {gpu}{machine["processor"]}, \
{machine["cores"]} cores, {machine["platform"]}; {found["threads"]} thread a process.
Python {machine["python"]}, {packages}. Trained on {found["data"]}.

{tables(figures)}
"""


def show(figures: Sequence[Figure]) -> None:
    """Print the figures, goal and value side by side."""
    Console(width=None if Console().is_terminal else 160).print(Markdown(tables(figures)))


def tables(figures: Sequence[Figure]) -> str:
    """Markdown: a table for each group; groups and their figures in the order of measurement."""
    cells = pd.DataFrame(
        {
            "group": figure.group,
            "figure": figure.name,
            "goal": goal_text(figure),
            "measured": value_text(figure),
            "met": {True: "yes", False: "no", None: ""}[figure.met],
            "note": figure.note,
        }
        for figure in figures
    ).set_index("group")
    head = f"| {' | '.join(cells.columns)} |\n|{'---|' * len(cells.columns)}"
    lines = "| " + cells.agg(" | ".join, axis=1) + " |"
    groups = lines.groupby("group", sort=False).agg("\n".join)
    return "\n\n".join(f"### {group}\n\n{head}\n{body}" for group, body in groups.items())


def goal_text(figure: Figure) -> str:
    """Such as `≥ 0.95`, or nothing."""
    return f"{figure.goal.relation} {figure.goal.bound:g}{_unit(figure)}" if figure.goal else ""


def value_text(figure: Figure) -> str:
    """Such as `1.02 (0.99 to 1.05)`."""
    if figure.value is None:
        return "not measured"
    value = f"{number(figure.value)}{_unit(figure)}"
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return value
    return f"{value} ({number(figure.low)} to {number(figure.high)})"


def number(value: float) -> str:
    """Three significant digits, whole from a hundred on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _unit(figure: Figure) -> str:
    return figure.unit if figure.unit in ("", "%") else f" {figure.unit}"
