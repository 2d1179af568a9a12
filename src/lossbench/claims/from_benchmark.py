"""The claims that the benchmark decides, each by a rule that stands here."""

from collections.abc import Mapping

import pandas as pd

from lossbench.cards.dataset import DATASETS, STAND_INS
from lossbench.claims.votes import Question, Vote, asked, combine, count_votes, place, span, where
from lossbench.stats.multiplicity import LAST_TARGET
from lossbench.stats.reversals import find_reversal
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.parquet import check
from lossbench.tables.study import CLAIMS
from lossbench.words import names, numbers

Row = dict[str, str]

SQUARED: tuple[LossName, ...] = ("mse_softmax", "mse_logits", "mse_sigmoid")
MARGINS: tuple[LossName, ...] = ("sm_softmax", "am_softmax", "l_softmax")


def benchmark_claims(
    study: Study, contrasts: pd.DataFrame, metrics: pd.DataFrame, theory: pd.DataFrame
) -> pd.DataFrame:
    """The CLAIMS rows C5, C6, C10, C11 and C12.

    `theory` holds the rows that theory decides; C12 takes C7, C8 and C9 from it where they stand.
    """
    rows = [
        faster(contrasts),
        lower_error(contrasts),
        compact(contrasts),
        error_judges(metrics, level=study.statistics.level),
    ]
    verdicts = {row["claim"]: row["verdict"] for row in rows}
    decided = dict(zip(theory["claim"], theory["verdict"], strict=True)) | verdicts
    return check(pd.DataFrame([*rows, rule_of_thumb(decided)]), CLAIMS)


def faster(contrasts: pd.DataFrame) -> Row:
    """C5 by the tuned time to the last target; the shared rate stands beside, without a vote."""
    tuned = asked(contrasts, TIME)
    same = asked(contrasts, TIME, rates="same_rate")
    words = count_votes(tuned, TIME)
    if len(same.dropna(subset="value")):
        ratios = span(same["value"], numbers.ratio)
        words += f"; at cross-entropy's own rate, which confounds, {ratios} the steps"
    return _by_votes("C5", tuned, words)


def lower_error(contrasts: pd.DataFrame) -> Row:
    """C6 by the tuned test error; a tie within the margin is a vote against `lower`."""
    tuned = asked(contrasts, ERROR)
    return _by_votes("C6", tuned, count_votes(tuned, ERROR))


def compact(contrasts: pd.DataFrame) -> Row:
    """C10 by the scatter ratio of margin losses; their test error stands beside, without a vote."""
    scatter = asked(contrasts, SCATTER)
    errors = asked(contrasts, MARGIN_ERROR)
    if scatter.empty:
        missing = "no margin loss was compared" if errors.empty else "no features were measured"
        return _row("C10", "undecided", missing, "")
    words = f"Scatter ratio: {count_votes(scatter, SCATTER)}. "
    words += f"Test error: {count_votes(errors, MARGIN_ERROR)}"
    return _by_votes("C10", scatter, words)


def error_judges(metrics: pd.DataFrame, *, level: float) -> Row:
    """C11 by a pair of losses of which one has the lower NLL and the other the lower error.

    Supported if both differences are resolved over the seeds, corrected for having searched all
    pairs; with limits if they are seen but not resolved.
    """
    found = find_reversal(metrics, alpha=1 - level)
    if found is None:
        return _row("C11", "undecided", "no two losses disagree in NLL and error", "")
    likely, right = (names.loss_name(loss) for loss in (found.likely, found.right))
    nll = f"{numbers.number(found.nll[0], 4)} against {numbers.number(found.nll[1], 4)}"
    errors = f"{numbers.percent(found.error[0])} against {numbers.percent(found.error[1])}"
    words = (
        f"{place(found.dataset, found.model)}: {likely} has a lower NLL than {right} ({nll}) "
        f"and yet a higher error ({errors}); "
        f"{numbers.count(found.seeds, 'seed')}, {numbers.p_value(found.p_adjusted)} for both"
    )
    row = _row("C11", "supported", words, "")
    if not found.is_resolved:
        limits = "seen in the means, not resolved from the spread between seeds"
        row |= {"verdict": "supported with limits", "limits": limits}
    return _limited(row, {found.dataset})


def rule_of_thumb(verdicts: Mapping[str, str]) -> Row:
    """C12 from the other claims' verdicts.

    The benchmark decides: contradicted where it bears out neither C5 nor C6 and denies one,
    undecided where it settles neither. Else supported with limits, never without: the study
    trains no network for regression, so that half rests on theory alone.
    """
    theirs = {claim: verdicts.get(claim, "undecided") for claim in SUMMED}
    verdict = combine([VOTES[theirs[claim]] for claim in ("C5", "C6")])
    verdict = "supported with limits" if verdict == "supported" else verdict
    grouped = {
        each: numbers.join([claim for claim in SUMMED if theirs[claim] == each])
        for each in dict.fromkeys(theirs.values())
    }
    words = "; ".join(f"{claims} {each}" for each, claims in grouped.items())
    limits = "regression rests on C7 alone: no network was trained for it"
    return _row("C12", verdict, words, limits)


def _by_votes(claim: str, answers: pd.DataFrame, words: str) -> Row:
    verdict = combine(answers["vote"])
    limits = "" if verdict in ("supported", "undecided") else where(answers)
    row = _row(claim, verdict, words, limits)
    return _limited(row, set(answers["dataset"])) if verdict != "undecided" else row


def _limited(row: Row, datasets: set[str]) -> Row:
    """`row`, with the limit that evidence from stand-in data sets has."""
    stand_ins = sorted(datasets & STAND_INS)
    if not stand_ins:
        return row
    listed = numbers.join([DATASETS[name].name for name in stand_ins])
    limits = "; ".join(filter(None, [row["limits"], f"measured on stand-in data: {listed}"]))
    supported = row["verdict"] == "supported"
    verdict = "supported with limits" if supported else row["verdict"]
    return {**row, "verdict": verdict, "limits": limits}


def _row(claim: str, verdict: str, words: str, limits: str) -> Row:
    statement, figure = STATEMENTS[claim]
    return {
        "claim": claim,
        "statement": statement,
        "verdict": verdict,
        "numbers": words,
        "limits": limits,
        "figure": figure,
    }


TIME = Question(f"steps_to_target_{LAST_TARGET}", SQUARED, "worse", "slower", numbers.ratio)
ERROR = Question("error", SQUARED, "worse", "higher error", numbers.points)
SCATTER = Question("scatter_ratio", MARGINS, "better", "lower", numbers.number)
MARGIN_ERROR = Question("error", MARGINS, "better", "lower", numbers.points)

SUMMED = ("C5", "C6", "C7", "C8", "C9")
"""The claims that C12 rests on."""
VOTES: dict[str, Vote] = {
    "supported": "for",
    "supported with limits": "for",
    "contradicted": "against",
    "undecided": "open",
}
STATEMENTS: dict[str, tuple[str, str]] = {
    "C5": ("Cross-entropy learns faster than squared error.", "time-to-target"),
    "C6": ("Cross-entropy ends at a lower classification error.", "final-error"),
    "C10": (
        "Softmax with cross-entropy leaves features scattered; margin losses make them compact.",
        "features",
    ),
    "C11": ("Networks should be judged by their error, not by their loss.", "calibration"),
    "C12": (
        "Rule of thumb: cross-entropy for classification, squared error for regression.",
        "answer",
    ),
}
"""What each claim says, and the figure that shows it."""
