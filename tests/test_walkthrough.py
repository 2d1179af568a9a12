"""CONTRIBUTING.md's walk-through, followed word by word in a copy of the project."""

import re
from pathlib import Path

import pandas as pd
import pytest

from builders.fresh_copy import ROOT, copy_project, run

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
WALK = TEXT[TEXT.index("## Adding a loss") : TEXT.index("## Adding a figure")]

FENCED = re.compile(r"(?P<before>(?:(?!```).)*?)```(?P<kind>\w+)\n(?P<code>.*?)```\n", re.DOTALL)
PLACE = re.compile(r"In `([^`]+)`, (below|above) the line `([^`]+)`, add:\s*$")
END = re.compile(r"At the end of `([^`]+)`, add:\s*$")
NEW = re.compile(r"As a new file `([^`]+)`:\s*$")


def steps() -> list[tuple[str, tuple[str, ...], str]]:
    """What each code block asks for: what to do, where, and the block."""
    found = []
    for match in FENCED.finditer(WALK):
        before = " ".join(match["before"].split())
        if match["kind"] == "console":
            found.append(("run", (), match["code"]))
        elif place := PLACE.search(before):
            found.append(("insert", place.groups(), match["code"]))
        elif end := END.search(before):
            found.append(("append", end.groups(), match["code"]))
        elif new := NEW.search(before):
            found.append(("create", new.groups(), match["code"]))
        else:
            raise AssertionError(f"no instruction before this block:\n{match['code']}")
    return found


def insert(path: Path, where: str, anchor: str, code: str) -> None:
    lines = path.read_text().splitlines(keepends=True)
    found = [index for index, line in enumerate(lines) if line.strip() == anchor]
    assert len(found) == 1, f"{path.name} has the line {anchor!r} {len(found)} times"
    position = found[0] + (where == "below")
    lines[position:position] = [code]
    path.write_text("".join(lines))


def follow(folder: Path, action: str, where: tuple[str, ...], code: str) -> None:
    if action == "insert":
        insert(folder / where[0], where[1], where[2], code)
    elif action == "append":
        with (folder / where[0]).open("a") as file:
            file.write(code)
    elif action == "create":
        assert not (folder / where[0]).exists()
        (folder / where[0]).write_text(code)
    else:
        for line in code.splitlines():
            run(folder, line)


def test_every_place_of_the_walk_through_is_in_the_code():
    """The quick half: every file and line that it names."""
    for action, where, _ in steps():
        if action == "insert":
            lines = [line.strip() for line in (ROOT / where[0]).read_text().splitlines()]
            assert lines.count(where[2]) == 1, where
        elif action == "append":
            assert (ROOT / where[0]).exists()


@pytest.mark.slow
def test_the_walk_through_works_word_by_word(tmp_path):
    copy_project(tmp_path)
    for step in steps():
        follow(tmp_path, *step)
    run(tmp_path, "ruff check && ruff format --check")
    page = (tmp_path / "report/example.html").read_text()
    for name in ("MAE on softmax", "large_digits", "MLP with tanh"):
        assert name in page
    metrics = pd.read_parquet(tmp_path / "results/example/tables/metrics.parquet")
    rows = metrics[(metrics["loss"] == "mae_softmax") & (metrics["metric"] == "confidence")]
    assert len(rows) == 3
    assert rows["value"].between(0.1, 1).all()
    contrasts = pd.read_parquet(tmp_path / "results/example/tables/contrasts.parquet")
    assert {"confidence", "error"} <= set(contrasts["metric"])
