import numpy as np
import pandas as pd
import pytest

from lossbench.claims import from_benchmark
from lossbench.figures.catalogue import FIGURES
from lossbench.study.config import Study
from lossbench.tables import study
from lossbench.tables.parquet import empty
from test_stats_contrasts import make_study
from test_stats_reversals import LIKELY, RIGHT, metrics_of

PLACES = (("mnist", "mlp"), ("cifar10", "convnet"))
TIME, ERROR, SCATTER = "steps_to_target_3", "error", "scatter_ratio"
SQUARED = ("mse_softmax", "mse_logits", "mse_sigmoid")


def contrast_rows(
    metric: str,
    verdicts: dict[str, str | tuple[str, str]],
    comparison: str = "tuned",
    places: tuple[tuple[str, str], ...] = PLACES,
) -> pd.DataFrame:
    """Contrasts with these verdicts, by loss: one for all places, or one for each."""
    rows = []
    for loss, verdict in verdicts.items():
        each = (verdict,) * len(places) if isinstance(verdict, str) else verdict
        for (dataset, model), word in zip(places, each, strict=True):
            row = {"dataset": dataset, "model": model, "loss": loss, "verdict": word}
            rows.append({**row, "metric": metric, "comparison": comparison, "value": 1.5})
    return pd.DataFrame(rows)


def heads(verdict: str) -> dict[str, str | tuple[str, str]]:
    return dict.fromkeys(SQUARED, verdict)


@pytest.mark.parametrize(
    ("rule", "metric"), [(from_benchmark.faster, TIME), (from_benchmark.lower_error, ERROR)]
)
@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (heads("worse"), "supported"),
        (heads("better"), "contradicted"),
        (heads("equivalent"), "contradicted"),
        (heads("undecided"), "undecided"),
        ({**heads("worse"), "mse_logits": ("worse", "better")}, "supported with limits"),
        ({**heads("undecided"), "mse_sigmoid": "worse"}, "supported with limits"),
        ({**heads("undecided"), "mse_logits": "better"}, "contradicted"),
    ],
)
def test_c5_and_c6_follow_every_head_and_network(
    rule: object, metric: str, verdicts: dict[str, str | tuple[str, str]], expected: str
) -> None:
    assert callable(rule)
    row = rule(contrast_rows(metric, verdicts))
    assert row["verdict"] == expected
    assert bool(row["limits"]) == (expected in ("supported with limits", "contradicted"))


def test_c5_says_where_it_fails_and_reports_the_shared_rate_without_a_vote() -> None:
    mixed = {**heads("worse"), "mse_logits": ("worse", "better")}
    shared = contrast_rows(TIME, heads("better"), "same_rate")
    row = from_benchmark.faster(pd.concat([contrast_rows(TIME, mixed), shared]))
    assert "not for MSE on logits on CIFAR-10 · ConvNet" in row["limits"]
    assert "own rate, which confounds, 1.50× the steps" in row["numbers"]
    alone = from_benchmark.faster(shared)
    assert (alone["verdict"], alone["numbers"].split(";")[0]) == (
        "undecided",
        "nothing was compared",
    )


def test_other_losses_and_targets_have_no_vote_on_c5() -> None:
    others = [
        contrast_rows("steps_to_target_2", heads("worse")),
        contrast_rows(TIME, {"bce_sigmoid": "worse", "am_softmax": "worse"}),
    ]
    assert from_benchmark.faster(pd.concat(others))["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("scatter", "expected"),
    [
        ({"am_softmax": "better", "sm_softmax": "better"}, "supported"),
        ({"am_softmax": "better", "sm_softmax": "worse"}, "supported with limits"),
        ({"am_softmax": ("better", "undecided")}, "supported with limits"),
        ({"am_softmax": "worse"}, "contradicted"),
        ({"am_softmax": "undecided"}, "undecided"),
    ],
)
def test_c10_follows_the_scatter_ratio_and_reports_the_error_apart(
    scatter: dict[str, str | tuple[str, str]], expected: str
) -> None:
    errors = contrast_rows(ERROR, {"am_softmax": "worse"})
    row = from_benchmark.compact(pd.concat([contrast_rows(SCATTER, scatter), errors]))
    assert row["verdict"] == expected
    assert "Test error: AM-Softmax: lower in 0 of 2" in row["numbers"]


def test_c10_without_margin_losses_or_features_is_undecided_with_the_reason() -> None:
    squared = pd.concat(
        [contrast_rows(SCATTER, heads("better")), contrast_rows(ERROR, heads("worse"))]
    )
    row = from_benchmark.compact(squared)
    assert (row["verdict"], row["numbers"]) == ("undecided", "no margin loss was compared")
    row = from_benchmark.compact(contrast_rows(ERROR, {"am_softmax": "better"}))
    assert (row["verdict"], row["numbers"]) == ("undecided", "no features were measured")


def test_c11_shows_its_case() -> None:
    metrics = metrics_of({"cross_entropy": LIKELY, "mse_softmax": RIGHT})
    row = from_benchmark.error_judges(metrics, level=0.95)
    assert row["verdict"] == "supported"
    assert row["numbers"].startswith(
        "MNIST · MLP: Cross-entropy has a lower NLL than MSE on softmax (0.1075 against 0.2075) "
        "and yet a higher error (3.08% against 2.05%); 4\u00a0seeds"
    )


def test_c11_seen_once_is_limited_and_never_seen_is_undecided() -> None:
    once = metrics_of({"cross_entropy": ([0.1], [0.03]), "mse_softmax": ([0.2], [0.02])})
    row = from_benchmark.error_judges(once, level=0.95)
    assert (row["verdict"], row["limits"][:17]) == ("supported with limits", "seen in the means")
    never = metrics_of({"cross_entropy": LIKELY})
    assert from_benchmark.error_judges(never, level=0.95)["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("c5", "c6", "expected"),
    [
        ("supported", "supported", "supported with limits"),
        ("supported with limits", "contradicted", "supported with limits"),
        ("contradicted", "contradicted", "contradicted"),
        ("contradicted", "undecided", "contradicted"),
        ("undecided", "undecided", "undecided"),
    ],
)
def test_c12_sums_the_others_and_states_its_limit(c5: str, c6: str, expected: str) -> None:
    theory = dict.fromkeys(("C7", "C8", "C9"), "supported")
    row = from_benchmark.rule_of_thumb({"C5": c5, "C6": c6, **theory})
    assert row["verdict"] == expected
    assert "no network was trained for it" in row["limits"]
    assert "C7" in row["numbers"]


def test_c12_names_what_theory_has_not_shown() -> None:
    row = from_benchmark.rule_of_thumb({"C5": "supported", "C6": "supported", "C7": "supported"})
    assert row["numbers"] == "C5, C6 and C7 supported; C8 and C9 undecided"


def test_stand_in_data_limit_every_verdict() -> None:
    digits = contrast_rows(TIME, heads("worse"), places=(("digits", "mlp"),))
    row = from_benchmark.faster(digits)
    assert row["verdict"] == "supported with limits"
    assert row["limits"] == "measured on stand-in data: Digits"


def the_study() -> Study:
    return make_study(*SQUARED)


def test_the_table_has_the_five_claims_with_figures_that_exist() -> None:
    contrasts = pd.concat(
        [contrast_rows(TIME, heads("worse")), contrast_rows(ERROR, heads("worse"))]
    )
    metrics = metrics_of({"cross_entropy": LIKELY, "mse_softmax": RIGHT})
    theory = pd.DataFrame({"claim": ["C7", "C8", "C9"], "verdict": ["supported"] * 3})
    table = from_benchmark.benchmark_claims(the_study(), contrasts, metrics, theory).set_index(
        "claim"
    )
    assert sorted(table.index) == ["C10", "C11", "C12", "C5", "C6"]
    assert set(table["figure"]) <= set(FIGURES)
    assert table["statement"].str.endswith(".").all()
    assert table.loc["C12", "numbers"] == "C5, C6, C7, C8 and C9 supported"


def test_an_empty_study_decides_nothing() -> None:
    table = from_benchmark.benchmark_claims(
        the_study(), empty(study.CONTRASTS), empty(study.METRICS), empty(study.CLAIMS)
    )
    assert (table["verdict"] == "undecided").all()
    assert not table["numbers"].eq("").any()
    assert np.isin(["C5", "C12"], table["claim"]).all()
