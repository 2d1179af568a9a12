"""Two to a hundred classes, from predictions to figures and the page's tables."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from builders.drawn_figures import Tables, draw, study, title
from lossbench.analysis.class_errors import SHOWN, class_errors, class_names, confusion
from lossbench.figures import confusion as confusion_figure
from lossbench.figures import theme
from lossbench.report import error_tables
from lossbench.tables.logits import column, predicted
from lossbench.tables.parquet import check
from lossbench.tables.runs import PREDICTIONS, RUN_KEY

COUNTS = (2, 3, 26, 100)
EXAMPLES = 800


@cache
def tables(classes: int) -> Tables:
    """The tables of the plain study's runs on MNIST, as if it had so many classes."""
    runs = study()[0]["runs"].query("dataset == 'mnist' and stage == 'evaluation'")
    runs = runs.assign(classes=classes)
    generator = np.random.default_rng(classes)
    labels = generator.integers(classes, size=EXAMPLES)
    parts = []
    for run in runs[list(RUN_KEY)].to_dict("records"):
        clear = 1.5 if run["loss"] == "cross_entropy" else 1.2
        logits = generator.normal(size=(EXAMPLES, classes)) + clear * np.eye(classes)[labels]
        frame = pd.DataFrame({"logits": column(logits), "label": labels})
        parts.append(frame.assign(**run, output="softmax", example=range(EXAMPLES)))
    predictions = check(pd.concat(parts), PREDICTIONS)
    return {
        "runs": runs,
        "predictions": predictions,
        "class_names": class_names({"mnist": [f"kind {k}" for k in range(classes)]}),
        "class_errors": class_errors(predictions, runs),
        "confusion": confusion(predictions),
    }


def median_shares(classes: int, loss: str) -> np.ndarray:
    """By scikit-learn: the share of each label taken for each class, the median over runs."""
    rows = tables(classes)["predictions"].query(f"loss == '{loss}'")
    by_run = [
        confusion_matrix(run["label"], predicted(run), labels=range(classes), normalize="true")
        for _, run in rows.groupby("seed")
    ]
    shares: np.ndarray = np.median(by_run, axis=0)
    np.fill_diagonal(shares, 0)
    return shares


@pytest.mark.parametrize("classes", COUNTS)
def test_confusions_have_words_and_a_title_with_scikit_learn_s_largest(classes):
    svg, words = draw("confusion", tables(classes), study()[1])
    assert "kind 1" in svg
    assert ("more than 20 classes" in words.subtitle) == (classes > SHOWN)
    shares = median_shares(classes, "mse_softmax")
    label, other = np.unravel_index(shares.argmax(), shares.shape)
    found = title("confusion", tables(classes), study()[1])
    assert f"{100 * shares.max():.1f}%" in found
    if np.sum(shares == shares.max()) == 1:
        assert f"kind {label} for kind {other}" in found


@pytest.mark.parametrize("classes", [26, 100])
def test_of_many_classes_the_drawing_has_the_pairs_confused_most(classes):
    with theme.applied():
        figure = confusion_figure.draw(tables(classes), study()[1])
    (axes,) = figure.axes
    names = [text.get_text() for text in axes.get_yticklabels()]
    losses = ("cross_entropy", "mse_softmax")
    shares = {loss: median_shares(classes, loss) for loss in losses}
    largest = np.maximum(*shares.values())
    drawn = [
        tuple(int(part.removeprefix("kind ")) for part in name.split(" for ")) for name in names
    ]
    assert len(set(drawn)) == confusion_figure.PAIRS
    assert min(largest[pair] for pair in drawn) >= np.sort(largest.ravel())[-len(drawn)]
    for marks, loss in zip(axes.lines, losses, strict=True):
        expected = [shares[loss][pair] for pair in drawn]
        np.testing.assert_allclose(marks.get_xdata(), expected)


@pytest.mark.parametrize("classes", COUNTS)
def test_the_page_s_tables_have_the_classes_that_tell_most(classes):
    table = error_tables.class_errors(tables(classes))
    assert len(table.rows) == min(classes, SHOWN)
    assert {row.cells[-len(table.columns) :][0].text for row in table.rows} == {"MNIST"}
    pairs = error_tables.confusion(tables(classes))
    assert len(pairs.rows) == min(classes * (classes - 1), SHOWN)
    heads = [column.label for column in pairs.columns]
    first = {head: cell.text for head, cell in zip(heads, pairs.rows[0].cells, strict=True)}
    label, other = (int(first[head].removeprefix("kind ")) for head in ("True class", "Taken for"))
    share = median_shares(classes, "mse_softmax")[label, other]
    assert float(first["MSE on softmax"]) == pytest.approx(100 * share, abs=0.005)


def test_a_loss_that_confuses_nothing_is_said_to():
    sure = tables(3) | {"confusion": tables(3)["confusion"].query("label == predicted")}
    _, words = draw("confusion", sure, study()[1])
    assert words.title.endswith("most: none")
    assert error_tables.confusion(sure).rows == ()
