"""Figures beside their goals and the last ones: on the terminal, and in two documents.

`docs/performance.md` has the few that a reader wants to know, `docs/benchmarks.md` all of them.
Both are written anew from the records of the last runs of each command; the second ends with
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

RECORDS = "benchmarks/records"
NOTES = "benchmarks/notes.md"
DOCUMENT = "docs/performance.md"
DETAILS = "docs/benchmarks.md"
TITLES: dict[Command, str] = {
    "run": "Speed (`make bench`)",
    "accuracy": "Error for a core's time (`make bench-accuracy`)",
    "gpu": "On a GPU (`make gpu`)",
}
SHOWN = {
    "ConvNet: images per second over those of a bare PyTorch loop": "convnet, 2 seeds",
    "LeNet: the same": "lenet, 2 seeds",
    "MLP: the same": "mlp, 10 seeds",
    "MLP: processor seconds of the stock recipe over ours": "mlp, process starts included",
    "A real study: share of its cores' time that is training": (
        "a real study, Σ training seconds / (wall seconds × cores)"
    ),
    "The miniature, from nothing to its page": "the miniature, from nothing to the page",
    "A finished study, asked for again": "nothing to do",
    "Plan of the default study": "dry run of the default study",
    "Plan of 2,000 jobs": "dry run of 2,000 cells, a job each",
    "Memory of five seeds of ConvNet on CIFAR-10, 20 steps": "memory of a training job on CIFAR-10",
}
"""What a reader wants to know, and the name of the first such figure of `make bench`."""
SUMMARY = """# Performance

What one waits for. `make bench` writes this page, and [the benchmarks](benchmarks.md): all figures,
what they compare, and why a goal is missed. A value is the median of repeats, with their range in
brackets.
"""
HEAD = """# Benchmarks

The tables are written by the commands in their headings, never by hand; the notes below them are.
A value is the median of repeats, with their range in brackets; before is what the command's last
record had. Ratios compare contestants that took turns in one run.
"""


def publish(found: Mapping[str, Any], root: Path = ROOT) -> None:
    """Keep the record in place of the command's last one, and write the documents anew."""
    kept = root / RECORDS / f"{found['command']}.json"
    last = read_json(kept)["figures"] if kept.exists() else []
    values = {(each["group"], each["name"]): each["value"] for each in last}
    figures = [
        each | {"before": values.get((each["group"], each["name"]))} for each in found["figures"]
    ]
    write_json(kept, {**found, "figures": figures})
    paths = {command: root / RECORDS / f"{command}.json" for command in TITLES}
    known = {command: read_json(path) for command, path in paths.items() if path.exists()}
    sections = map(_section, known.values())
    notes = (root / NOTES).read_text("utf-8")
    write_text(root / DETAILS, "\n".join([HEAD, *sections, notes]))
    if "run" in known:
        shown = f"{_made(known['run'])}\n\n{summary(_figures(known['run']))}\n"
        write_text(root / DOCUMENT, f"{SUMMARY}\n{shown}")


def summary(figures: Sequence[Figure]) -> str:
    """Markdown: the figures of SHOWN, as far as they are there, in words."""
    named = {figure.name: figure for figure in reversed(figures)}
    rows = [
        (words, value_text(figure), goal_text(figure), before_text(figure))
        for words, name in SHOWN.items()
        if (figure := named.get(name))
    ]
    head = "| figure | measured | goal | before |\n|---|---|---|---|"
    return "\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)])


def _figures(found: Mapping[str, Any]) -> list[Figure]:
    return [
        Figure(**fields | {"goal": fields["goal"] and Goal(*fields["goal"])})
        for fields in found["figures"]
    ]


def _made(found: Mapping[str, Any]) -> str:
    """When, where and on what the figures were measured."""
    machine = found["machine"]
    gpu = f"one {machine['gpu']}, " if machine.get("gpu") else ""
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    return f"""{found["finished"]}, in {found["seconds"] / 60:.1f} minutes, \
on {gpu}{machine["processor"]}, {machine["cores"]} cores, {machine["platform"]}; \
{found["threads"]} thread a process.
Python {machine["python"]}, {packages}. Trained on {found["data"]}."""


def _section(found: Mapping[str, Any]) -> str:
    return f"## {TITLES[found['command']]}\n\n{_made(found)}\n\n{tables(_figures(found))}\n"


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
            "before": before_text(figure),
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


def before_text(figure: Figure) -> str:
    """Such as `1.04`, or nothing."""
    return "" if figure.before is None else f"{number(figure.before)}{_unit(figure)}"


def number(value: float) -> str:
    """Three significant digits, whole from a hundred on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _unit(figure: Figure) -> str:
    return figure.unit if figure.unit in ("", "%") else f" {figure.unit}"
