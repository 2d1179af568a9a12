"""A slice has the fields that a verb declares and no other, so that an edit reruns few rules."""

import dataclasses
import json
import pkgutil

import pytest

from builders import synthetic
from lossbench import verbs
from lossbench.cards.loss import LOSSES
from lossbench.code.code_digest import declared
from lossbench.study import slices
from lossbench.study.config import Study
from lossbench.study.slices import cards_json, cards_of, read_slice, slice_json, sliced

VERBS = sorted(module.name for module in pkgutil.iter_modules(verbs.__path__))
READERS = [verb for verb in VERBS if declared(verb, "USES")]
NAMERS = [verb for verb in VERBS if declared(verb, "CARDS")]


@pytest.fixture(scope="module")
def study() -> Study:
    _, made = synthetic.build(networks=1)
    return made


def test_a_slice_has_the_declared_fields_and_no_other(study):
    part = sliced(study, ("title", "statistics.level", "comparisons.losses.loss", "seeds"))
    assert part.title == study.title
    assert part.statistics.level == study.statistics.level
    assert part.seeds == study.seeds
    assert [grid.loss for grid in part.comparisons[1].losses] == list(synthetic.TRAITS)
    for ask in (
        lambda: part.name,
        lambda: part.theory,
        lambda: part.statistics.resamples,
        lambda: part.comparisons[0].dataset,
        lambda: part.comparisons[0].losses[0].learning_rates,
    ):
        with pytest.raises(AttributeError):
            ask()
    assert study.theory, "the whole study is as it was"


def test_a_slice_s_json_is_the_declared_part_of_the_study_s_and_is_read_from_it(study):
    whole = json.loads(study.model_dump_json())
    part = json.loads(slice_json(study, ("seeds.tuning", "datasets.name", "limits")))
    names = [{"name": dataset["name"]} for dataset in whole["datasets"]]
    seeds = {"tuning": whole["seeds"]["tuning"]}
    assert part == {"seeds": seeds, "datasets": names, "limits": whole["limits"]}
    assert read_slice(study.model_dump_json(), ("title",)) == sliced(study, ("title",))


@pytest.mark.parametrize("field", ["hue", "statistics.hue", "title.hue", "datasets.hue"])
def test_a_field_that_the_study_lacks_is_refused(study, field):
    with pytest.raises(ValueError, match="has not all of the fields hue"):
        sliced(study, (field,))


@pytest.mark.parametrize("verb", READERS)
def test_every_declared_field_exists_and_is_declared_once(study, verb):
    uses = declared(verb, "USES")
    assert slice_json(study, uses)
    for one in uses:
        assert not any(other.startswith(f"{one}.") for other in uses), f"{one} is all of it"


@pytest.mark.parametrize(
    ("kind", "key", "field", "readers"),
    [
        ("loss", "mse_softmax", "name", {"render", "draw", "judge"}),
        ("network", "mlp", "name", {"render", "draw", "judge"}),
        ("dataset", "mnist", "licence", {"render", "draw", "fetch"}),
        ("dataset", "mnist", "is_stand_in", {"render", "draw", "judge", "fetch"}),
        ("loss", "l_softmax", "name", set()),
    ],
)
def test_an_edit_of_a_card_concerns_what_declares_the_field_of_a_used_one(
    study, monkeypatch, kind, key, field, readers
):
    keys = cards_of(study)
    before = {verb: cards_json(declared(verb, "CARDS"), keys) for verb in NAMERS}
    cards = slices.CARDS[kind]()
    card = dataclasses.replace(cards[key], **{field: "another"})
    monkeypatch.setitem(slices.CARDS, kind, lambda: {**cards, key: card})
    found = {verb for verb in NAMERS if cards_json(declared(verb, "CARDS"), keys) != before[verb]}
    assert found == readers


def test_the_order_of_the_cards_counts(study, monkeypatch):
    before = cards_json(("loss.name",), cards_of(study))
    monkeypatch.setitem(slices.CARDS, "loss", lambda: dict(reversed(LOSSES.items())))
    assert cards_json(("loss.name",), cards_of(study)) != before


def test_a_field_that_the_cards_lack_is_refused(study):
    with pytest.raises(ValueError, match="a loss's card has no colour; allowed: name"):
        cards_json(("loss.colour",), cards_of(study))
