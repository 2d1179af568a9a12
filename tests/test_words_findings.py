"""A finding holds the contrasts of one loss on one metric, and no others."""

import pandas as pd
import pytest

from builders.answers import LOSSES, PLACES, tables_of
from lossbench.words.findings import find, select
from lossbench.words.places import Place
from lossbench.words.questions import ERROR, SPEED


@pytest.fixture(scope="module")
def mixed() -> dict[str, pd.DataFrame]:
    return tables_of("mixed")


def test_contrasts_are_selected_by_metric_loss_and_rates(mixed) -> None:
    found = select(mixed, "error", "mse_logits")
    assert set(found["loss"]) == {"mse_logits"}
    assert set(found["metric"]) == {"error"}
    assert len(found) == len(PLACES)
    assert len(select(mixed, "error")) == len(PLACES) * len(LOSSES)
    assert select(mixed, "error", rates="same_rate").empty
    assert select({}, "error").empty


def test_parts_hold_each_verdict_once_the_clear_ones_first(mixed) -> None:
    finding = find(mixed, ERROR, "mse_softmax")
    assert [part.verdict for part in finding.parts] == ["worse", "better", "undecided"]
    table = select(mixed, "error", "mse_softmax").set_index(["dataset", "model"])
    for part in finding.parts:
        mine = table.loc[list(part.places)]
        assert set(mine["verdict"]) == {part.verdict}
    assert sum(len(part.rows) for part in finding.parts) == len(table)
    assert finding.count("worse") == finding.count("better") == 1
    assert finding.count("equivalent") == 0


def test_places_stand_in_the_projects_order(mixed) -> None:
    finding = find(mixed, SPEED, "mse_softmax")
    assert [Place.of(row) for row in finding.rows] == [
        Place(*place, "annealed", 2) for place in PLACES
    ]


@pytest.mark.parametrize(
    ("compared", "expected"),
    [(LOSSES, "mse_softmax"), (("mse_sigmoid", "mse_logits"), "mse_logits"), ((), "mse_softmax")],
)
def test_without_a_loss_it_is_the_one_that_titles_speak_of(mixed, compared, expected) -> None:
    contrasts = mixed["contrasts"]
    tables = mixed | {"contrasts": contrasts[contrasts["loss"].isin(compared)]}
    assert find(tables, ERROR).loss == expected


def test_a_finding_speaks_of_the_comparisons_that_answer_for_their_network(mixed) -> None:
    contrasts = mixed["contrasts"]
    other = contrasts.assign(recipe="constant", main=False, verdict="better")
    both = mixed | {"contrasts": pd.concat([contrasts, other], ignore_index=True)}
    rows = find(both, SPEED, "mse_softmax").rows
    assert {row.recipe for row in rows} == {"annealed"}
    assert {row.told.replace("\xa0", " ") for row in rows} == {"annealed, 2 epochs"}
    assert len(select(both, SPEED.metric, "mse_softmax")) == 2 * len(rows)
