"""A claim's contrasts as a grid of marks: a row a comparison, a column a loss."""

from typing import NamedTuple

from lossbench.claims.expectations import Expectation, Outcome
from lossbench.tables.rows import Record, Tables
from lossbench.words.names import loss_name
from lossbench.words.phrases import amount
from lossbench.words.places import Place

MARKS: dict[Outcome, str] = {"as claimed": "✓", "level": "~", "opposite": "✗", "open": "·"}


class Cell(NamedTuple):
    """What one contrast says of the claim, as a mark, in words and by its value."""

    mark: str
    said: str
    value: str
    """With the bound that it is; empty where there is none."""


class Grid(NamedTuple):
    """The losses that head the columns, and of each comparison a cell a loss, None without."""

    losses: list[str]
    rows: dict[str, list[Cell | None]]


def claim_grid(tables: Tables, expectation: Expectation) -> Grid | None:
    """All that a claim is tried on; None where nothing was compared."""
    found = expectation.findings(tables)
    places = dict.fromkeys(Place.of(row) for finding in found for row in finding.rows)
    cells = {
        (finding.loss, Place.of(row)): _cell(expectation, row)
        for finding in found
        for row in finding.rows
    }
    losses = [finding.loss for finding in found]
    rows = {place.heading: [cells.get((loss, place)) for loss in losses] for place in places}
    return Grid([loss_name(loss) for loss in losses], rows) if rows else None


def _cell(expectation: Expectation, row: Record) -> Cell:
    outcome = expectation.outcome(row)
    said = row.verdict if outcome == "open" else expectation.question.phrases[row.verdict].short
    return Cell(MARKS[outcome], said, amount(expectation.question, [row], ""))
