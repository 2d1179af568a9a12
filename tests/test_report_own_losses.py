"""A loss of a study's own on page, figures and in the terminal, like a built-in one."""

from collections.abc import Mapping

import pandas as pd
import pytest

from builders import synthetic
from builders.report_pages import parsed, rendered, table_values
from lossbench.cards.loss import LOSSES
from lossbench.claims.all_claims import ALL_CLAIMS
from lossbench.claims.rule import Grounds
from lossbench.figures import palette
from lossbench.figures.catalogue import FIGURES
from lossbench.figures.drawing import svg_and_words
from lossbench.report.one_metric import metric_rows
from lossbench.study.config import Study
from lossbench.words.findings import on_trial
from lossbench.words.names import focus, in_sentence, loss_name, network_name
from test_stats_reversals import metrics_of

FOCAL = {
    "name": "focal",
    "source": "elsewhere/my_losses.py:focal",
    "label": "Focal loss",
    "formula": r"-(1-p_y)^2 \log p_y",
    "code": "0123456789abcdef",
}
NET = {"name": "my_net", "source": "nets.py:Net", "label": "My net", "code": "fedcba9876543210"}
RENAMED = {"mse_sigmoid": "focal", "lenet": "my_net"}


def renamed(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables, one loss and one network called otherwise."""
    called = {"loss": RENAMED, "reference": RENAMED, "model": RENAMED}
    return {
        name: frame.replace({column: names for column, names in called.items() if column in frame})
        for name, frame in tables.items()
    }


@pytest.fixture
def made() -> tuple[dict[str, pd.DataFrame], Study]:
    """The invented study, its MSE on sigmoid and its LeNet replaced by the study's own."""
    tables, study = synthetic.build()
    fields = study.model_dump()
    for comparison in fields["comparisons"]:
        comparison["model"] = RENAMED.get(comparison["model"], comparison["model"])
        for grid in comparison["losses"]:
            grid["loss"] = RENAMED.get(grid["loss"], grid["loss"])
    own = {"losses": [FOCAL], "networks": [NET]}
    return renamed(tables), Study.model_validate(fields | own)


def test_the_answer_speaks_of_the_own_loss_and_the_page_shows_where_its_code_comes_from(made):
    tables, study = made
    assert on_trial(tables) == ("mse_softmax", "focal")
    assert focus(["cross_entropy", "mse_softmax", "focal"]) == "focal"
    assert focus(["cross_entropy", "mse_logits", "mse_softmax"]) == "mse_softmax"
    page = parsed(rendered(tables, study))
    (question,) = page.all("div", class_="question")[:1]
    assert "ocal loss" in question.text
    rows = page.all("div", id="table-losses")[0].all("tr")
    (row,) = [each for each in rows if each.attributes.get("data-loss") == "focal"]
    assert "own loss: my_losses.py:focal, code 0123456789abcdef" in row.text
    assert "own network: nets.py:Net, code fedcba9876543210" in page.all("main")[0].text
    values = table_values(page, "headline")
    assert set(values["loss"]) == {"mse_softmax", "focal"}
    contrasts = tables["contrasts"].query("rates == 'tuned' and metric == 'error' and main")
    expected = contrasts[contrasts["loss"].isin(["mse_softmax", "focal"])]["value"]
    assert sorted(map(float, values["error_value"])) == sorted(expected)
    contrasts = tables["contrasts"]
    tables["contrasts"] = contrasts[contrasts["loss"] != "mse_softmax"]
    assert on_trial(tables) == ("focal",)


def test_no_claim_rests_on_it(made):
    likely, right = ([0.1, 0.12, 0.11], [0.03, 0.034, 0.031]), ([0.2, 0.23, 0.21], [0.02] * 3)
    metrics = metrics_of({"cross_entropy": likely, "focal": right})
    found = ALL_CLAIMS["C11"].judge(Grounds({"metrics": metrics}, 0.95))
    assert found.numbers == "No two losses disagree in NLL and error."


def test_names_and_looks_are_the_study_s_and_the_palette_s_next(made):
    assert (loss_name("focal"), in_sentence("focal")) == ("Focal loss", "Focal loss")
    assert network_name("my_net") == "My net"
    assert loss_name("unheard_of") == "unheard_of"
    styles = palette.loss_styles()
    assert list(styles) == [*LOSSES, "focal"]
    assert styles["focal"] == palette.SPARE[0]
    names = [role.name for role in palette.roles()]
    assert len(set(names)) == len(names)
    assert "own-focal" in names


@pytest.mark.parametrize("figure", ["answer", "learning-curves", "rate-sensitivity", "features"])
def test_figures_draw_it(made, figure):
    tables, study = made
    svg, words = svg_and_words(figure, FIGURES[figure].module, tables, study)
    assert words is not None
    assert palette.SPARE[0].color in svg
    assert "Focal loss" in svg


@pytest.mark.parametrize("metric", ["error", "nll", "speed", "scatter_ratio", "validation_error"])
def test_a_metric_s_rows_are_the_tables(made, metric):
    tables, _ = made
    contrasts = tables["contrasts"].query("metric == @metric and rates == 'tuned'")
    rows = [row for row in metric_rows(tables, metric) if row.contrast]
    assert len(rows) == len(contrasts)
    assert sorted(row.verdict for row in rows) == sorted(contrasts["verdict"])
    assert {row.loss for row in rows} == set(contrasts["loss"])
    assert sum(bool(row.interval) for row in rows) == contrasts["ci_low"].notna().sum()


def test_the_mean_is_that_of_the_replicates(made):
    tables, _ = made
    metrics = tables["metrics"].query(
        "stage == 'evaluation' and split == 'test' and metric == 'error' and loss == 'focal'"
    )
    means = metrics.groupby(["dataset", "model", "recipe", "epochs"])["value"].mean()
    rows = [row for row in metric_rows(tables, "error") if row.loss == "focal"]
    assert sorted(row.mean for row in rows) == sorted(f"{100 * mean:.2f}%" for mean in means)
    assert "Classification error of Focal loss, " in rows[0].sentence
    assert f"; {rows[0].verdict}; " in rows[0].sentence
    assert rows[0].interval in rows[0].sentence
