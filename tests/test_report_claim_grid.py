"""The grid below a claim shows what each of its contrasts says, and says it in words as well."""

import pytest

from builders.study_tables import make_contrasts
from lossbench.claims.expectations import EXPECTATIONS
from lossbench.report.claim_grid import claim_grid


@pytest.mark.parametrize(
    ("claim", "loss", "for_it"),
    [
        ("C5", "mse_logits", "worse"),
        ("C6", "mse_sigmoid", "worse"),
        ("C10", "am_softmax", "better"),
    ],
)
def test_each_contrast_has_its_mark_and_its_words(claim: str, loss: str, for_it: str) -> None:
    expectation = EXPECTATIONS[claim]
    against = {"worse": "better", "better": "worse"}[for_it]
    verdicts = [for_it, against, "equivalent", "undecided", "not measurable"]
    rows = [
        {"model": model, "verdict": verdict, "loss": loss, "metric": expectation.question.metric}
        for model, verdict in zip(
            ("mlp", "lenet", "convnet", "convnet_max", "resnet18"), verdicts, strict=True
        )
    ]
    found = claim_grid({"contrasts": make_contrasts(rows)}, expectation)
    assert found is not None
    assert len(found.losses) == 1
    cells = [cell for (cell,) in found.rows.values() if cell]
    assert "".join(cell.mark for cell in cells) == "✓✗~··"
    told = [expectation.question.phrases[verdict].short for verdict in verdicts[:3]]  # type: ignore[index]
    assert [cell.said for cell in cells] == [*told, "undecided", "not measurable"]


def test_a_loss_that_a_place_lacks_has_an_empty_cell_and_no_contrast_no_grid() -> None:
    rows = [
        {"model": "mlp", "loss": "mse_softmax"},
        {"model": "lenet", "loss": "mse_softmax"},
        {"model": "lenet", "loss": "mse_logits"},
    ]
    usual = {"metric": EXPECTATIONS["C6"].question.metric, "verdict": "worse"}
    found = claim_grid(
        {"contrasts": make_contrasts([usual | row for row in rows])}, EXPECTATIONS["C6"]
    )
    assert found is not None
    assert [[bool(cell) for cell in row] for row in found.rows.values()] == [
        [True, False],
        [True, True],
    ]
    assert claim_grid({}, EXPECTATIONS["C5"]) is None
