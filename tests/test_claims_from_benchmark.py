"""What the benchmark says of each claim: which verdicts vote how, and what stands beside."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from builders.study_tables import make_contrasts
from builders.theory_tables import made
from lossbench.claims.all_claims import ALL_CLAIMS
from lossbench.claims.rule import Grounds, Judgement
from lossbench.stats.multiplicity import ERROR, SPEED
from lossbench.study.settings import Recipe
from lossbench.tables.parquet import check
from lossbench.tables.theory_problems import REGRESSION_ERRORS
from lossbench.words import numbers
from test_stats_reversals import LIKELY, RIGHT, metrics_of

SCATTER = "scatter_ratio"
SQUARED = ("mse_softmax", "mse_logits", "mse_sigmoid")
Verdicts = Mapping[str, str | tuple[str, str]]
"""By loss: one for MNIST and CIFAR-10, or one for each."""


def contrasts(metric: str, verdicts: Verdicts, **identity: str) -> pd.DataFrame:
    rows = []
    for loss, verdict in verdicts.items():
        each = (verdict,) * 2 if isinstance(verdict, str) else verdict
        for place, word in zip((("mnist", "mlp"), ("cifar10", "convnet")), each, strict=True):
            rows.append((*place, loss, word))
    frame = pd.DataFrame(rows, columns=["dataset", "model", "loss", "verdict"])
    return make_contrasts(frame.to_dict("records"), metric=metric, **identity)


def heads(verdict: str) -> dict[str, str | tuple[str, str]]:
    return dict.fromkeys(SQUARED, verdict)


def judged(
    claim: str, *frames: pd.DataFrame, tried: pd.DataFrame | None = None, **verdicts: str
) -> Judgement:
    tables = {"contrasts": pd.concat(frames)} if frames else {}
    tables |= {} if tried is None else {"regression_errors": tried}
    return ALL_CLAIMS[claim].judge(Grounds(tables, 0.95, verdicts))


@pytest.mark.parametrize(("claim", "metric"), [("C5", SPEED), ("C6", ERROR)])
@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (heads("worse"), "supported"),
        (heads("better"), "contradicted"),
        (heads("equivalent"), "contradicted"),
        (heads("undecided"), "undecided"),
        ({**heads("worse"), "mse_logits": ("worse", "better")}, "mixed"),
        ({**heads("worse"), "mse_logits": "undecided"}, "supported with limits"),
        ({**heads("worse"), "mse_logits": "not measurable"}, "supported with limits"),
        ({**heads("undecided"), "mse_sigmoid": "worse"}, "undecided"),
        ({**heads("better"), "mse_logits": "undecided"}, "contradicted"),
    ],
)
def test_c5_and_c6_follow_every_head_and_network(
    claim: str, metric: str, verdicts: Verdicts, expected: str
) -> None:
    found = judged(claim, contrasts(metric, verdicts))
    assert (found.verdict, found.limits) == (expected, "")


def test_numbers_count_every_verdict_of_every_loss() -> None:
    found = judged("C6", contrasts(ERROR, {**heads("worse"), "mse_logits": ("undecided", "worse")}))
    assert "MSE on logits: less accurate in 1 of 2, undecided in 1." in found.numbers
    assert "MSE on softmax: less accurate in 2 of 2." in found.numbers
    assert judged("C6").numbers == "Squared error was not compared."


def test_the_shared_rate_other_recipes_and_lengths_stand_beside_c5_without_a_vote() -> None:
    shared = contrasts(SPEED, heads("better"), rates="same_rate")
    found = judged("C5", contrasts(SPEED, heads("worse")), shared)
    assert found.verdict == "supported"
    assert "own rate, which confounds, 1.50× the steps" in found.numbers
    alone = judged("C5", shared)
    assert alone.verdict == "undecided"
    assert alone.numbers.startswith("Squared error was not compared. At ")
    longer = contrasts(SPEED, heads("better"), recipe="annealed", epochs=9, main=False, value=1.1)
    found = judged("C5", contrasts(SPEED, heads("worse")), longer)
    assert found.verdict == "supported"
    assert "Under other recipes or lengths 1.10× the steps." in found.numbers


def test_other_losses_and_questions_have_no_vote_on_c5() -> None:
    others = [
        contrasts("reach", heads("worse")),
        contrasts(SPEED, {"bce_sigmoid": "worse", "am_softmax": "worse"}),
    ]
    assert judged("C5", *others).verdict == "undecided"


@pytest.mark.parametrize(
    ("scatter", "expected"),
    [
        ({"am_softmax": "better", "sm_softmax": "better"}, "supported"),
        ({"am_softmax": "better", "sm_softmax": "worse"}, "mixed"),
        ({"am_softmax": ("better", "undecided"), "sm_softmax": "better"}, "supported with limits"),
        ({"am_softmax": ("better", "undecided")}, "undecided"),
        ({"am_softmax": "worse"}, "contradicted"),
        ({"am_softmax": "undecided"}, "undecided"),
    ],
)
def test_c10_follows_the_scatter_ratio_and_reports_the_error_apart(
    scatter: Verdicts, expected: str
) -> None:
    errors = contrasts(ERROR, {"am_softmax": "worse"})
    found = judged("C10", contrasts(SCATTER, scatter), errors)
    assert found.verdict == expected
    compact, accurate = found.numbers.split(" Their test error has no vote. ")
    assert "AM-Softmax: more compact in " in compact
    assert "AM-Softmax: more accurate in 0 of 2" in accurate


def test_c10_without_margin_losses_or_features_is_undecided_with_the_reason() -> None:
    squared = contrasts(SCATTER, heads("better")), contrasts(ERROR, heads("worse"))
    found = judged("C10", *squared)
    assert (found.verdict, found.numbers) == ("undecided", "No margin loss was compared.")
    found = judged("C10", contrasts(ERROR, {"am_softmax": "better"}))
    assert (found.verdict, found.numbers) == ("undecided", "No features were measured.")


def reversal(**values: tuple[list[float], list[float]]) -> Judgement:
    return ALL_CLAIMS["C11"].judge(Grounds({"metrics": metrics_of(values)}, 0.95))


def test_c11_shows_its_case() -> None:
    found = reversal(cross_entropy=LIKELY, mse_softmax=RIGHT)
    assert (found.verdict, found.limits) == ("supported", "")
    parts = "MNIST · MLP", "0.1075 against 0.2075", "3.08% against 2.05%", "4\u00a0replicates"
    for part in parts:
        assert part in found.numbers
    assert found.numbers.index("Cross-entropy") < found.numbers.index("MSE on softmax")


@pytest.mark.parametrize("order", [1, -1])
def test_c11_names_the_comparison_of_its_case_among_several(order: int) -> None:
    agreeing = {"cross_entropy": LIKELY, "mse_softmax": tuple(np.add(LIKELY, 0.5).tolist())}
    frames = [
        metrics_of({"cross_entropy": LIKELY, "mse_softmax": RIGHT}, model="lenet"),
        metrics_of(agreeing, model="lenet", recipe="another"),
        metrics_of(agreeing, model="convnet"),
        metrics_of(agreeing, dataset="cifar10"),
        metrics_of(agreeing, model="mlp"),
    ]
    metrics = pd.concat([*frames[1:3], frames[0], *frames[3:]][::order])
    found = ALL_CLAIMS["C11"].judge(Grounds({"metrics": metrics}, 0.95))
    place = metrics_of({"cross_entropy": LIKELY}).iloc[0]
    told = f"{place.recipe}, {numbers.count(place.epochs, 'epoch', 'epochs')}"
    assert found.numbers.startswith(f"MNIST · LeNet · {told}: Cross-entropy has a lower NLL")


def test_c11_asks_for_the_studys_level_and_names_stand_in_data() -> None:
    values = {"cross_entropy": LIKELY, "mse_softmax": RIGHT}
    tables = {"metrics": metrics_of(values, dataset="digits")}
    usual, strict = (ALL_CLAIMS["C11"].judge(Grounds(tables, level)) for level in (0.95, 0.999999))
    assert usual == replace(usual, verdict="supported", limits="Measured on stand-in data: Digits.")
    assert strict.verdict == "undecided"
    assert strict.limits.endswith(". Measured on stand-in data: Digits.")


def test_c11_seen_once_or_never_is_undecided() -> None:
    found = reversal(cross_entropy=([0.1], [0.03]), mse_softmax=([0.2], [0.02]))
    assert found.verdict == "undecided"
    assert "not resolved" in found.limits
    assert reversal(cross_entropy=LIKELY).verdict == "undecided"


def regressions(**excess: Sequence[float]) -> pd.DataFrame:
    """Folds of targets in which cross-entropy leaves so much more of the variance."""
    rows = [
        {"target": target, "fold": fold, "loss": loss, "train": 90, "test": 10}
        | {"squared_error": 0.5 + (value if loss == "cross-entropy" else 0)}
        for target, values in excess.items()
        for fold, value in enumerate(values)
        for loss in ("squared error", "cross-entropy")
    ]
    return check(pd.DataFrame(rows), REGRESSION_ERRORS)


FOR, OPEN, AGAINST = (0.09, 0.1, 0.11), (-0.1, 0.1, 0.1), (-0.09, -0.1, -0.11)


@pytest.mark.parametrize(
    ("c5", "c6", "tried", "expected"),
    [
        ("supported", "supported", {"a": FOR, "b": FOR}, "supported"),
        ("supported", "supported", {"a": FOR, "b": OPEN}, "supported with limits"),
        ("supported", "supported", {"a": FOR, "b": AGAINST}, "mixed"),
        ("supported", "supported", {"a": OPEN, "b": OPEN}, "undecided"),
        ("supported with limits", "contradicted", {"a": FOR}, "mixed"),
        ("mixed", "undecided", {"a": OPEN}, "mixed"),
        ("contradicted", "contradicted", {"a": AGAINST, "b": OPEN}, "contradicted"),
        ("undecided", "undecided", {"a": OPEN}, "undecided"),
    ],
)
def test_c12_sums_the_others_and_the_regressions(c5, c6, tried, expected) -> None:
    verdicts = {"C5": c5, "C6": c6} | dict.fromkeys(("C7", "C8", "C9"), "supported")
    found = judged("C12", tried=regressions(**tried), **verdicts)
    assert found.verdict == expected
    assert "linear models" in found.limits
    assert "C7" in found.numbers


def test_c12_names_its_numbers_and_what_theory_has_not_shown() -> None:
    tried = regressions(alcohol=(0.1, 0.2, 0.3))
    found = judged("C12", tried=tried, C5="supported", C6="supported", C7="supported")
    assert found.numbers.startswith(
        "Verdicts: C5, C6 and C7 supported; C8 and C9 undecided. Alcohol: "
    )
    assert "squared error leaves 50% of the variance, cross-entropy over bins 70%" in found.numbers


def test_stand_in_data_are_named_beside_every_verdict() -> None:
    rows = [{"dataset": "digits", "loss": loss, "verdict": "worse"} for loss in SQUARED]
    found = judged("C5", make_contrasts(rows, metric=SPEED))
    assert found.verdict == "supported"
    assert found.limits == "Measured on stand-in data: Digits."


RECIPES = (
    Recipe(name="constant", schedule="constant"),
    Recipe(name="confident", schedule="constant", head_scale=20),
    Recipe(name="adamw", optimiser="adamw"),
    Recipe(name="both", optimiser="adamw", head_scale=20),
)


OUTPUTS = ("softmax", "sigmoid")


def on_networks(*rows: Mapping[str, object]) -> str:
    """What C1's numbers have behind those of calculus."""
    usual = {"dataset": "mnist", "model": "mlp", "metric": SPEED, "scale": "ratio"}
    tables = made() | {"contrasts": make_contrasts([{**usual, **row} for row in rows])}
    alone, found = (
        ALL_CLAIMS["C1"].judge(Grounds(tables, 0.95, recipes=recipes)) for recipes in ((), RECIPES)
    )
    assert found.verdict == alone.verdict
    assert found.numbers.startswith(alone.numbers)
    return found.numbers.removeprefix(alone.numbers).strip()


def test_c1_has_the_networks_beside_it() -> None:
    found = on_networks(
        {"recipe": "constant", "value": 1.5},
        {"recipe": "confident", "value": 4.0, "bound": "at least"},
        {"recipe": "adamw", "value": 1.1},
        # Calculus says nothing of a squared error without a saturating output …
        {"recipe": "adamw", "loss": "mse_logits", "value": 7.0},
        # … a recipe that is both shows neither alone, and stands with the usual ones …
        {"recipe": "both", "value": 8.0},
        # … and a network that neither recipe tries shows nothing of the claim.
        {"recipe": "constant", "model": "lenet", "value": 9.0},
    )
    assert found.startswith("On MNIST with MLP, against cross-entropy: ")
    assert found.count("MSE") == 1
    usual, *tried = re.split(", | and ", found.partition(": ")[2])
    assert "1.50× to 8.0×" in usual
    assert ["at least 4.0×" in each for each in tried] == [True, False]
    assert "saturated" in tried[0]
    assert "1.10×" in tried[1]
    assert "AdamW" in tried[1]


def test_c1_says_what_a_stalled_loss_reached_and_without_such_recipes_is_calculus_alone() -> None:
    found = on_networks(
        {"recipe": "constant", "value": 1.5},
        {"recipe": "confident", "value": np.nan, "reach": 0.1, "reference_reach": 0.9},
    )
    assert "10%" in found
    assert "90%" in found
    missed = {"value": np.nan, "reach": 0.3, "reference_reach": 0.8}
    found = on_networks(
        {"recipe": "annealed", "value": 1.5},
        {"recipe": "constant", **missed},
        {"recipe": "confident", "value": 4.0},
    )
    assert "needs 1.50× the steps and 4.0× from a saturated start. On MNIST with MLP" in found
    assert f"(constant, 4{numbers.NO_BREAK}epochs) MSE on softmax reached 30% of the" in found
    assert on_networks({"recipe": "constant", "value": 1.5}) == ""


def test_c1_names_the_losses_in_the_order_of_their_cards() -> None:
    told = on_networks(*({"recipe": "confident", "loss": f"mse_{of}"} for of in OUTPUTS[::-1]))
    assert re.findall("softmax|sigmoid", told) == list(OUTPUTS)
