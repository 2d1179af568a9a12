"""The losses as the page's legends and formulas show them."""

from dataclasses import dataclass
from functools import cache

from markupsafe import Markup
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

from lossbench.cards.kinds import OutputName
from lossbench.cards.look import Look
from lossbench.cards.loss import LossCard
from lossbench.cards.own_cards import loss_cards
from lossbench.figures.palette import css_name, loss_styles
from lossbench.report.templating import mathml
from lossbench.study.config import Study


@dataclass(frozen=True)
class LossKey:
    """A loss as legends and formulas show it."""

    name: str
    label: str
    formula: Markup
    probabilities: str
    """How its logits become probabilities."""
    source: str
    link: str
    """To the source; empty without."""
    swatch: Markup


PROBABILITIES: dict[OutputName, str] = {
    "softmax": "softmax",
    "sigmoid": "sigmoids divided by their sum",
    "none": "none",
}
"""How each output's logits become probabilities."""
COMMANDS = {
    int(Path.MOVETO): "M",
    int(Path.LINETO): "L",
    int(Path.CURVE3): "Q",
    int(Path.CURVE4): "C",
    int(Path.CLOSEPOLY): "z",
}
"""matplotlib's path codes in SVG."""


def losses(study: Study) -> tuple[LossKey, ...]:
    """The losses that the study compares, in the order of figures and tables."""
    used = {grid.loss for comparison in study.comparisons for grid in comparison.losses}
    return tuple(_key(loss, card) for loss, card in loss_cards().items() if loss in used)


@cache
def _key(loss: str, card: LossCard) -> LossKey:
    margin_free = ", margin-free" if card.family == "margin" else ""
    return LossKey(
        name=loss,
        label=card.name,
        formula=Markup(mathml(card.formula, display="block")),
        probabilities=PROBABILITIES[card.output] + margin_free,
        source=card.source,
        link=card.link,
        swatch=_swatch(loss, loss_styles()[loss]),
    )


def _swatch(loss: str, look: Look) -> Markup:
    """A short line in the loss's colour and dash with its marker on it."""
    color = f"var(--{css_name(loss)}, {look.color})"
    dashes = () if isinstance(look.dash, str) else look.dash[1]
    return Markup(
        '<svg class="swatch" viewBox="0 0 36 14" aria-hidden="true" style="color:{color}">'
        '<path d="M0 7h36" stroke="currentColor" stroke-width="2" stroke-dasharray="{pattern}"/>'
        '<path d="{mark}" fill="currentColor"/></svg>'
    ).format(
        color=color,
        pattern=" ".join(f"{2 * part:g}" for part in dashes) or "none",
        mark=_mark(look),
    )


def _mark(look: Look) -> str:
    """The marker as the path of an SVG, around the middle of a swatch."""
    marker, size = MarkerStyle(look.marker), 13 if look.has_arms else 9.5
    place = Affine2D().scale(size, -size).translate(18, 7)
    path = marker.get_path().transformed(marker.get_transform() + place)
    return "".join(
        COMMANDS[int(code)] + " ".join(f"{x:.4g}" for x in points if code != Path.CLOSEPOLY)
        for points, code in path.iter_segments(curves=True)
    )
