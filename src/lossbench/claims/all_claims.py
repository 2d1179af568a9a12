"""All claims: what each says, the figure that shows it, and by what it is judged."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import pandas as pd

from lossbench.claims import from_benchmark as benchmark
from lossbench.claims import theory_evidence as shown
from lossbench.claims import theory_numbers as numbers
from lossbench.claims.from_theory import by_theory
from lossbench.claims.on_networks import and_on_networks
from lossbench.claims.rule import Grounds, Judgement, Verdict
from lossbench.study.settings import Recipe
from lossbench.tables.parquet import check
from lossbench.tables.rows import Tables
from lossbench.tables.study import CLAIMS


@dataclass(frozen=True)
class Claim:
    """One claim of the usual explanation."""

    statement: str
    figure: str
    judge: Callable[[Grounds], Judgement]
    follows_from_calculus: bool = False
    """Whether it could not have come out otherwise."""


def judge(tables: Tables, level: float, recipes: Sequence[Recipe]) -> pd.DataFrame:
    """The CLAIMS rows of all claims, from the study's `contrasts` and `metrics` and the theory's.

    `level`: the coverage that the study asks of its intervals; `recipes`: how it trains.
    """
    rows: list[dict[str, str]] = []
    verdicts: dict[str, Verdict] = {}
    for name, claim in ALL_CLAIMS.items():
        judgement = claim.judge(Grounds(tables, level, verdicts, recipes))
        verdicts[name] = judgement.verdict
        named = {"claim": name, "statement": claim.statement, "figure": claim.figure}
        basis = "calculus" if claim.follows_from_calculus else "measurement"
        rows.append({**named, "basis": basis, **asdict(judgement)})
    return check(pd.DataFrame(rows), CLAIMS)


ALL_CLAIMS: dict[str, Claim] = {
    "C1": Claim(
        "With a sigmoid output and MSE the gradient carries the factor σ′(z), which is tiny over "
        "most of z, so learning is slow.",
        "neuron",
        and_on_networks(
            by_theory(
                numbers.slow_neuron,
                {
                    "in its formula": partial(shown.formula_holds, loss="mse_sigmoid"),
                    "over most of z": shown.mostly_saturated,
                },
                shown.squared_loss_slower,
            )
        ),
        follows_from_calculus=True,
    ),
    "C2": Claim(
        "Under MSE a small gradient does not tell nearly right from totally wrong: it vanishes "
        "at both ends.",
        "gradient-against-output",
        by_theory(
            numbers.vanishing,
            {
                "at both ends of the sigmoid": shown.vanishes_when_wrong,
                "against cross-entropy": shown.entropy_keeps_slope,
            },
            shown.softmax_vanishes_when_wrong,
        ),
        follows_from_calculus=True,
    ),
    "C3": Claim(
        "With a sigmoid output and binary cross-entropy σ′ cancels: the larger the error, the "
        "faster the update.",
        "gradient-against-output",
        by_theory(
            numbers.proportional,
            {
                "in its formula": partial(shown.formula_holds, loss="bce_sigmoid"),
                "as the error grows": shown.grows_with_error,
            },
            shown.update_follows_error,
        ),
        follows_from_calculus=True,
    ),
    "C4": Claim(
        "With softmax and categorical cross-entropy the same holds: the gradient of the logits "
        "is output minus target.",
        "softmax-gradient",
        by_theory(
            numbers.softmax,
            {"where the softmax is sure and wrong": shown.softmax_keeps_gradient},
            shown.softmax_formula_holds,
        ),
        follows_from_calculus=True,
    ),
    "C5": Claim("Cross-entropy learns faster than squared error.", "speed", benchmark.faster),
    "C6": Claim(
        "Cross-entropy ends at a lower classification error.",
        "final-error",
        benchmark.lower_error,
    ),
    "C7": Claim(
        "The squared loss of linear regression is convex and has a closed-form minimum.",
        "linear-regression",
        by_theory(
            numbers.linear,
            {"in its Hessian": shown.linear_convex},
            shown.descent_meets_normal_equations,
        ),
        follows_from_calculus=True,
    ),
    "C8": Claim(
        "The squared loss of logistic regression is not convex, gets stuck in poor optima and is "
        "hard to optimise.",
        "solving",
        by_theory(
            numbers.not_convex,
            {"in its Hessian": shown.squared_loss_not_convex, "in its minima": shown.two_minima},
            shown.squared_loss_stuck,
        ),
    ),
    "C9": Claim(
        "The cross-entropy of logistic regression is convex without local optima; gradient "
        "descent and quasi-Newton both solve it.",
        "solving",
        by_theory(
            numbers.convex,
            {"in its Hessian": shown.entropy_convex, "in its minima": shown.one_minimum},
            shown.entropy_solved,
        ),
    ),
    "C10": Claim(
        "Softmax with cross-entropy leaves features scattered; margin losses make them compact.",
        "features",
        benchmark.compact,
    ),
    "C11": Claim(
        "Networks should be judged by their error, not by their loss.",
        "calibration",
        benchmark.error_judges,
    ),
    "C12": Claim(
        "Rule of thumb: cross-entropy for classification, squared error for regression.",
        "answer",
        benchmark.rule_of_thumb,
    ),
}
"""By the claims' names, in the protocol's order; one may rest on those before it."""
