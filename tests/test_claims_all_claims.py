"""All claims, judged into one table."""

import pandas as pd

from builders import answers
from builders.theory_tables import made
from lossbench.claims.all_claims import ALL_CLAIMS, judge
from lossbench.figures.catalogue import FIGURES, figures_of
from lossbench.tables.parquet import empty
from lossbench.tables.study import METRICS
from test_stats_reversals import LIKELY, RIGHT, metrics_of

CALCULUS = {"C1", "C2", "C3", "C4", "C7"}
DERIVED = ("C1", "C2", "C3", "C4", "C7", "C8", "C9")


def judged(scenario: str, metrics: pd.DataFrame) -> pd.DataFrame:
    measured = answers.tables_of(scenario) | {"metrics": metrics}
    return judge(made() | measured, 0.95, answers.study().recipes).set_index("claim")


def test_there_are_twelve_with_figures_that_exist() -> None:
    assert list(ALL_CLAIMS) == [f"C{number}" for number in range(1, 13)]
    assert {claim.figure for claim in ALL_CLAIMS.values()} <= set(FIGURES)
    assert {ALL_CLAIMS[name].figure for name in DERIVED} <= set(figures_of("theory"))
    assert all(claim.statement.endswith(".") for claim in ALL_CLAIMS.values())


def test_every_claim_has_a_row_that_says_what_it_says() -> None:
    metrics = metrics_of({"cross_entropy": LIKELY, "mse_softmax": RIGHT})
    table = judged("slower and higher", metrics)
    assert set(table.index) == set(ALL_CLAIMS)
    assert table["statement"].to_dict() == {name: c.statement for name, c in ALL_CLAIMS.items()}
    assert table.loc[["C5", "C6", "C11", "C12"], "verdict"].tolist() == [
        "supported",
        "supported",
        "supported",
        "undecided",  # neither of the regressions is decided
    ]
    assert not table["numbers"].eq("").any()
    assert set(table.index[table["basis"] == "calculus"]) == CALCULUS
    assert set(table["basis"]) == {"calculus", "measurement"}


def test_a_claim_may_rest_on_those_before_it() -> None:
    table = judged("faster and lower", empty(METRICS))
    assert table.loc[["C5", "C6"], "verdict"].tolist() == ["contradicted"] * 2
    assert "C5 and C6 contradicted" in table.loc["C12", "numbers"]
    assert table.loc["C11", "verdict"] == "undecided"


def test_an_empty_study_leaves_what_is_measured_undecided() -> None:
    table = judge(made(), 0.95, answers.study().recipes).set_index("claim")
    measured = table.drop(index=list(DERIVED))
    assert (measured["verdict"] == "undecided").all()
    assert not measured["numbers"].eq("").any()
