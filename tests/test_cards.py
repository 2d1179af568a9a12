"""What follows from the cards elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest

from lossbench.analysis.metrics import OUTPUTS
from lossbench.cards.loss import LOSSES, PRIMARY, REFERENCE, of_family
from lossbench.cards.metric import METRICS, OF_FEATURES, OF_PREDICTIONS
from lossbench.cards.own_cards import dataset_cards, stand_ins
from lossbench.claims import from_benchmark
from lossbench.errors import ConfigError
from lossbench.report.labels import PROBABILITIES
from lossbench.study.config import Study
from lossbench.study.grid import RESCALED
from lossbench.study.loading import parse_study
from lossbench.study.plan import jobs
from lossbench.words.names import dataset_name, metric_name

SETTINGS = {
    "linear": {"m": 2.0},
    "cosine": {"m": 2.0, "s": 10.0},
    "linear_no_bias": {"m": 2.0, "annealing": {}},
}
"""A margin for a loss with each kind of head."""


PAIR = ({"loss": REFERENCE}, {"loss": PRIMARY})


def of_datasets(*datasets: dict[str, object], losses: Sequence[dict[str, Any]] = PAIR) -> Study:
    """A study whose data sets are these, in each of which these losses are compared."""
    grids = [{"learning_rates": [0.1]} | grid for grid in losses]
    settings = {"model": "mlp", "epochs": 1, "tuning_epochs": 1, "losses": grids}
    fields = {
        "name": "cards",
        "title": "Cards",
        "seeds": {"tuning": [100], "evaluation": [0]},
        "datasets": [{"equivalence_margin": 0.01} | each for each in datasets],
        "comparisons": [settings | {"dataset": each["name"]} for each in datasets],
    }
    return parse_study(fields, origin="test")


def study_of(loss: str, margins: list) -> Study:
    other = PRIMARY if loss == REFERENCE else REFERENCE
    return of_datasets(
        {"name": "digits"}, losses=[{"loss": other}, {"loss": loss, "margins": margins}]
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_of_the_margin_family_and_rescaled_ones_take_margins(loss):
    if loss in RESCALED:
        study_of(loss, [{"k": 15, "M": 30}])
        with pytest.raises(ConfigError, match="k and M belong to MSE on logits"):
            study_of(loss, [{"m": 0.5}])
        if loss == "mse_logits":
            study_of(loss, [])
            return
        with pytest.raises(ConfigError, match=f"{loss} takes at least one margin"):
            study_of(loss, [])
        return
    card, choices = LOSSES[loss], ([], [SETTINGS[LOSSES[loss].head]])
    taken, refused = choices[::-1] if card.family == "margin" else choices
    with pytest.raises(ConfigError, match=f"{loss} takes"):
        study_of(loss, refused)
    cells = [job.cells[0] for job in jobs(study_of(loss, taken), "evaluation")]
    cell = next(cell for cell in cells if cell.loss == loss)
    assert (cell.head, cell.output) == (card.head, card.output)


def test_mse_on_logits_can_be_compared_plain_and_rescaled_at_rates_decades_apart():
    given = study_of("mse_logits", []).model_dump()
    rescaled = {"loss": "mse_rescaled", "learning_rates": [0.01], "margins": [{"k": 9, "M": 15}]}
    given["comparisons"][0]["losses"] += (rescaled,)
    study = Study.model_validate(given)
    found = {job.cells[0].loss: job.cells[0] for job in jobs(study, "tuning")}
    assert (found["mse_logits"].learning_rate, found["mse_logits"].setting) == (0.1, "")
    assert (found["mse_rescaled"].learning_rate, found["mse_rescaled"].setting) == (
        0.01,
        "k=9,M=15",
    )


def test_claims_speak_of_the_families():
    assert from_benchmark.SQUARED == ("mse_softmax", "mse_logits", "mse_rescaled", "mse_sigmoid")
    assert from_benchmark.MARGINS == ("sm_softmax", "am_softmax", "l_softmax")
    assert REFERENCE in of_family("cross-entropy")
    assert PRIMARY in of_family("squared")


def test_every_output_has_probabilities_and_words_for_them():
    outputs = {card.output for card in LOSSES.values()}
    assert outputs == set(OUTPUTS) == set(PROBABILITIES)


def test_every_metric_has_a_direction():
    errors = {name for name in OF_PREDICTIONS if "error" in name}
    lower = {name for name, card in OF_PREDICTIONS.items() if card.direction == "lower"}
    assert lower == errors | {"nll", "brier", "ece"}
    compact = {name: card.direction for name, card in OF_FEATURES.items()}
    assert {name for name in compact if compact[name] == "lower"} == {
        "scatter_ratio",
        "other_cosine",
    }
    assert {name for name in compact if compact[name] == "higher"} == {"own_cosine"}
    assert METRICS["images"].direction == "none"
    assert METRICS["validation_error"].direction == METRICS["speed"].direction == "lower"
    assert METRICS["reach"].direction == "higher"


def test_verdicts_are_given_where_the_page_asks():
    asked = {name for name, card in METRICS.items() if card.is_asked}
    probabilities = {"nll", "brier", "ece"}
    assert asked == probabilities | {
        *("error", "validation_error", "speed", "reach", "scatter_ratio")
    }
    assert {name for name in asked if METRICS[name].question == "probabilities"} == probabilities
    assert all(METRICS[name].direction != "none" for name in asked)


def test_names_and_meanings_tell_metrics_apart():
    for field in ("name", "meaning"):
        values = [getattr(card, field) for card in METRICS.values()]
        assert len(set(values)) == len(values)
    assert metric_name("nll") == "Negative log-likelihood"
    assert metric_name("steps to errors of 0.1 to 0.02") == "Steps to errors of 0.1 to 0.02"


PART = {"name": "two", "source": "mnist", "classes": [4, 9]}


def test_a_part_of_a_built_in_data_set_is_named_and_listed_after_it():
    of_datasets(
        {"name": "cifar10"},
        PART,
        {"name": "letters", "source": "somewhere.npz", "label": "Letters, by hand"},
        {"name": "small", "source": "digits", "classes": [1, 2, 3]},
    )
    assert dataset_name("two") == "MNIST (2 classes)"
    assert dataset_name("letters") == "Letters, by hand"
    assert dataset_name("small") == "Digits (3 classes) (stand-in)"
    assert stand_ins() == {"digits", "shapes", "small"}
    order = list(dataset_cards())
    assert order.index("two") == order.index("mnist") + 1
    assert order[-1] == "letters"


def test_a_label_is_for_a_data_set_of_one_s_own_and_tells_two_apart():
    with pytest.raises(ConfigError, match="label 'Digits!' is not allowed: mnist is built in"):
        of_datasets({"name": "mnist", "label": "Digits!"})
    with pytest.raises(ConfigError, match=r"two are called 'MNIST \(2 classes\)' on the page"):
        of_datasets(PART, PART | {"name": "other", "classes": [3, 5]})
    of_datasets(PART, PART | {"name": "other", "classes": [3, 5], "label": "MNIST, 3 and 5"})
    assert dataset_name("other") == "MNIST, 3 and 5"
