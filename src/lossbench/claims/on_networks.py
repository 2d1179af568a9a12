"""What networks show of a claim that calculus decides: beside the verdict, without a vote."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.cards.own_cards import loss_cards
from lossbench.claims.rule import Grounds, Judgement
from lossbench.study.settings import Recipe
from lossbench.tables.rows import records
from lossbench.tables.runs import COMPARISON, NETWORK
from lossbench.words import notes, numbers
from lossbench.words.findings import select
from lossbench.words.names import in_sentence, loss_name
from lossbench.words.phrases import amount
from lossbench.words.places import Place, on
from lossbench.words.questions import SPEED

Judge = Callable[[Grounds], Judgement]

CONDITIONS: dict[str, Callable[[Recipe], bool]] = {
    # If a factor σ′ slows learning, it slows it most where outputs are saturated and wrong …
    "from a saturated start": lambda recipe: recipe.head_scale > 1,
    # … and an optimiser that rescales gradients takes the handicap away.
    "under AdamW": lambda recipe: recipe.optimiser == "adamw",
}


def and_on_networks(judge: Judge) -> Judge:
    """The judgement, and behind its numbers the ratios of steps under the recipes that try it."""

    def judged(grounds: Grounds) -> Judgement:
        found = judge(grounds)
        told = _told(grounds)
        return replace(found, numbers=f"{found.numbers} {told}") if told else found

    return judged


def _told(grounds: Grounds) -> str:
    """For each squared error behind a saturating output, its steps under each kind of recipe."""
    kinds = defaultdict(str, {recipe.name: _kind(recipe) for recipe in grounds.recipes})
    losses = [
        name
        for name, card in loss_cards().items()
        if card.family == "squared" and card.output in ("softmax", "sigmoid")
    ]
    speeds = select(grounds.tables, SPEED.metric)
    speeds = speeds[speeds["loss"].isin(losses)].assign(kind=speeds["recipe"].map(kinds))
    tried = speeds[speeds["kind"] != ""][list(NETWORK)].drop_duplicates()
    of_loss = dict(list(speeds.merge(tried).groupby("loss")))
    told = {loss: _of(loss, of_loss[loss]) for loss in losses if loss in of_loss}
    if not any(told.values()):
        return ""
    networks = tried.assign(recipe="", epochs=0)[list(COMPARISON)]
    where = on(map(Place.of, records(networks)))
    words = " ".join(filter(None, told.values()))
    return f"{where[0].upper()}{where[1:]}, against {in_sentence(REFERENCE)}: {words}"


def _kind(recipe: Recipe) -> str:
    """Which condition of these the recipe is; empty for none, or where it is both."""
    kinds = [kind for kind, holds in CONDITIONS.items() if holds(recipe)]
    return kinds[0] if len(kinds) == 1 else ""


def _of(loss: str, speeds: pd.DataFrame) -> str:
    """The ratios in one sentence; where there is none, what each loss reached in others."""
    groups = {str(kind): records(rows) for kind, rows in speeds.groupby("kind")}
    needed: list[str] = []
    reached: list[str] = []
    for kind, rows in groups.items():
        if ratio := amount(SPEED, rows, "" if needed else SPEED.unit):
            needed.append(f"{ratio} {kind}".strip())
        lacking = [row for row in rows if math.isnan(row.value)]
        where = on(map(Place.of, lacking)) if len(lacking) < len(rows) else kind
        reached += [f"{where} {each}.".strip() for each in notes.reach(lacking)]
    told = [f"{loss_name(loss)} needs {numbers.join(needed)}."] if needed else []
    return " ".join([*told, *(f"{each[0].upper()}{each[1:]}" for each in reached)])
