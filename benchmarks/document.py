"""Figures beside their goals: on the terminal, and in docs/performance.md.

The document is written anew from the records of the last runs of each command, and ends with
`notes.md`, the part written by hand.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.clock import ROOT
from benchmarks.record import Command, Figure, Record
from lossbench.files import atomic

RECORDS = ROOT / "benchmarks/records"
NOTES = ROOT / "benchmarks/notes.md"
DOCUMENT = ROOT / "docs/performance.md"
TITLES: dict[Command, str] = {
    "run": "Speed (`make bench`)",
    "accuracy": "Error for a core's time (`make bench-accuracy`)",
}
HEAD = """# Performance

The tables are written by the commands in their headings, never by hand; the notes below them are.
A value is the median of repeats, with their range in brackets. Ratios compare contestants that took
turns in one run.
"""


def publish(
    found: Record,
    *,
    records: Path = RECORDS,
    notes: Path = NOTES,
    document: Path = DOCUMENT,
) -> None:
    """Keep the record in place of the command's last one, and write the document anew."""
    with atomic(records / f"{found.command}.json") as temporary:
        temporary.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    paths = [records / f"{command}.json" for command in TITLES]
    kept = [Record.model_validate_json(path.read_text("utf-8")) for path in paths if path.exists()]
    with atomic(document) as temporary:
        temporary.write_text(markdown(kept, notes.read_text("utf-8")), encoding="utf-8")


def markdown(records: Sequence[Record], notes: str) -> str:
    """The document's text."""
    sections = [HEAD, *(_section(each) for each in records), notes]
    return "\n".join(sections)


def show(figures: Sequence[Figure]) -> None:
    """Print the figures, goal and value side by side."""
    table = Table("figure", "goal", "measured", "met", "note")
    for group, members in grouped(figures).items():
        table.add_section()
        table.add_row(f"[bold]{group}[/bold]")
        for figure in members:
            table.add_row(
                figure.name, goal_text(figure), value_text(figure), verdict(figure), figure.note
            )
    Console(width=None if Console().is_terminal else 160).print(table)


def grouped(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """The figures by group; groups and members in the order in which they were measured."""
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.group, []).append(figure)
    return groups


def _section(found: Record) -> str:
    machine = found.machine
    packages = ", ".join(f"{name} {version}" for name, version in found.packages.items())
    lines = [
        f"## {TITLES[found.command]}",
        "",
        f"{found.finished}, in {found.seconds / 60:.1f} minutes, on {machine['processor']},"
        f" {machine['cores']} cores, {machine['platform']}; {found.threads} thread a process.",
        f"Python {machine['python']}, {packages}. Trained on {found.data}.",
        *_tables(found.figures),
    ]
    return "\n".join(lines) + "\n"


def _tables(figures: Sequence[Figure]) -> Iterator[str]:
    for group, members in grouped(figures).items():
        yield from ("", f"### {group}", "")
        yield "| figure | goal | measured | met | note |"
        yield "|---|---|---|---|---|"
        for figure in members:
            cells = (
                figure.name,
                goal_text(figure),
                value_text(figure),
                verdict(figure),
                figure.note,
            )
            yield f"| {' | '.join(cells)} |"


def goal_text(figure: Figure) -> str:
    """Such as `≥ 0.95`, or nothing."""
    goal = figure.goal
    return f"{goal.relation} {_plain(goal.bound)}{_unit(figure)}" if goal else ""


def value_text(figure: Figure) -> str:
    """Such as `1.02 (0.99 to 1.05)`."""
    if figure.value is None:
        return "not measured"
    value = f"{number(figure.value)}{_unit(figure)}"
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return value
    return f"{value} ({number(figure.low)} to {number(figure.high)})"


def verdict(figure: Figure) -> str:
    """`yes`, `no`, or nothing where there is no goal or no value."""
    return {True: "yes", False: "no", None: ""}[figure.met]


def number(value: float) -> str:
    """Three significant digits, whole from a hundred on."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _plain(bound: float) -> str:
    return f"{bound:g}"


def _unit(figure: Figure) -> str:
    if not figure.unit:
        return ""
    return figure.unit if figure.unit == "%" else f" {figure.unit}"
