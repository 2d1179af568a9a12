"""What a verb uses of a study and of the cards, so that an edit elsewhere reruns nothing.

A verb declares both in its file: `USES`, fields of the study such as `statistics.level`, and
`CARDS`, fields of the cards such as `loss.name`. Its rule has their values as parameters.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel

from lossbench.cards.own_cards import dataset_cards, loss_cards, network_cards
from lossbench.errors import ConfigError, one_line
from lossbench.study.config import Study

CARDS: dict[str, Callable[[], Mapping[str, Any]]] = {
    "loss": loss_cards,
    "network": network_cards,
    "dataset": dataset_cards,
}
"""The cards of each kind, the study's own included."""


def read_slice(study: str, uses: Iterable[str]) -> Study:
    """A slice of the study whose resolved configuration is this JSON.

    Raises ConfigError: it is none.
    """
    try:
        whole = Study.model_validate_json(study)
    except ValueError as error:
        raise ConfigError(f"--study: {one_line(error)}") from error
    return sliced(whole, uses)


def sliced(study: Study, uses: Iterable[str]) -> Study:
    """The study with the fields `uses` alone: all of `a`, or `a.b`; of a list, of each item.

    To ask it for another field is an AttributeError. Raises ValueError: there is no such field.
    """
    kept: dict[str, Any] = {}
    for field in uses:
        within = kept
        for part in field.split("."):
            within = within.setdefault(part, {})
    pruned: Study = _pruned(study, kept)
    return pruned


def slice_json(study: Study, uses: Iterable[str]) -> str:
    """The values of a slice."""
    return sliced(study, uses).model_dump_json(ensure_ascii=True)


def cards_of(study: Study) -> dict[str, set[str]]:
    """The keys of the cards that a study uses, by kind."""
    return {
        "loss": {grid.loss for each in study.comparisons for grid in each.losses},
        "network": {each.model for each in study.comparisons},
        "dataset": {each.name for each in study.datasets},
    }


def cards_json(fields: Iterable[str], keys: Mapping[str, Collection[str]]) -> str:
    """The values of fields of the cards with these keys, by kind, in the cards' order.

    `loss.name` is one field, `loss` all of them. Raises ValueError: the cards have no such field.
    """
    found: dict[str, Any] = {}
    for kind, _, field in (each.partition(".") for each in fields):
        cards = CARDS[kind]()
        for key in (key for key in cards if key in keys[kind]):
            values = asdict(cards[key])
            if field and field not in values:
                raise ValueError(f"a {kind}'s card has no {field}; allowed: {', '.join(values)}")
            kept = {field: values[field]} if field else values
            found.setdefault(f"{kind} {key}", {}).update(kept)
    return json.dumps(found)


def _pruned(value: Any, kept: Mapping[str, Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_pruned(item, kept) for item in value)
    if not kept:
        return value
    if not isinstance(value, BaseModel) or (set(kept) - set(type(value).model_fields)):
        raise ValueError(f"{type(value).__name__} has not all of the fields {', '.join(kept)}")
    copy = value.model_copy()
    fields = {name: _pruned(getattr(value, name), inner) for name, inner in kept.items()}
    object.__setattr__(copy, "__dict__", fields)
    return copy
