"""The verdicts on the claims that theory decides: C1 to C4 and C7 to C9, from the tables alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from lossbench.claims import theory_evidence as shown
from lossbench.claims import theory_numbers
from lossbench.claims.rule import Evidence, Verdict, verdict
from lossbench.tables.parquet import check
from lossbench.tables.study import CLAIMS

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Claim:
    """A claim, where its evidence comes from, and the figure that shows it."""

    statement: str
    figure: str
    essentials: Callable[[Tables], list[Evidence]]
    cases: Callable[[Tables], dict[str, Evidence]]
    numbers: Callable[[Tables], str]


def claims(tables: Tables) -> pd.DataFrame:
    """A row of the study's `claims` table for each claim of the chapter."""
    rows = []
    for name, claim in CLAIMS_OF_THEORY.items():
        found, limits = judge(claim, tables)
        rows.append(
            {
                "claim": name,
                "statement": claim.statement,
                "verdict": found,
                "numbers": claim.numbers(tables),
                "limits": limits,
                "figure": claim.figure,
            }
        )
    return check(pd.DataFrame(rows), CLAIMS)


def judge(claim: Claim, tables: Tables) -> tuple[Verdict, str]:
    """The verdict on one claim, and its limits."""
    return verdict(claim.essentials(tables), claim.cases(tables))


CLAIMS_OF_THEORY: dict[str, Claim] = {
    "C1": Claim(
        "With a sigmoid output and MSE the gradient carries the factor σ′(z), which is tiny over "
        "most of z, so learning is slow.",
        "neuron",
        lambda tables: [
            shown.formula_holds(tables, "mse_sigmoid"),
            shown.mostly_saturated(tables),
        ],
        shown.squared_loss_slower,
        theory_numbers.slow_neuron,
    ),
    "C2": Claim(
        "Under MSE a small gradient does not tell nearly right from totally wrong: it vanishes "
        "at both ends.",
        "gradient-against-output",
        lambda tables: [shown.vanishes_when_wrong(tables), shown.entropy_keeps_slope(tables)],
        shown.softmax_vanishes_when_wrong,
        theory_numbers.vanishing,
    ),
    "C3": Claim(
        "With a sigmoid output and binary cross-entropy σ′ cancels: the larger the error, the "
        "faster the update.",
        "gradient-against-output",
        lambda tables: [
            shown.formula_holds(tables, "bce_sigmoid"),
            shown.grows_with_error(tables),
        ],
        shown.update_follows_error,
        theory_numbers.proportional,
    ),
    "C4": Claim(
        "With softmax and categorical cross-entropy the same holds: the gradient of the logits "
        "is output minus target.",
        "softmax-gradient",
        lambda tables: [shown.softmax_keeps_gradient(tables)],
        shown.softmax_formula_holds,
        theory_numbers.softmax,
    ),
    "C7": Claim(
        "The squared loss of linear regression is convex and has a closed-form minimum.",
        "linear-regression",
        lambda tables: [shown.linear_convex(tables)],
        shown.descent_meets_normal_equations,
        theory_numbers.linear,
    ),
    "C8": Claim(
        "The squared loss of logistic regression is not convex, gets stuck in poor optima and is "
        "hard to optimise.",
        "solving",
        lambda tables: [shown.squared_loss_not_convex(tables), shown.two_minima(tables)],
        shown.squared_loss_stuck,
        theory_numbers.not_convex,
    ),
    "C9": Claim(
        "The cross-entropy of logistic regression is convex without local optima; gradient "
        "descent and quasi-Newton both solve it.",
        "solving",
        lambda tables: [shown.entropy_convex(tables), shown.one_minimum(tables)],
        shown.entropy_solved,
        theory_numbers.convex,
    ),
}
"""By the claims' names in the protocol's order."""
