"""The colours of figures and page, and how each loss is told from the others."""

from dataclasses import dataclass

from lossbench.cards.look import Look
from lossbench.cards.loss import LOSSES
from lossbench.cards.own_cards import loss_cards
from lossbench.errors import ConfigError


@dataclass(frozen=True)
class Role:
    """A colour with a meaning: its name in CSS and its value on light and dark pages."""

    name: str
    light: str
    dark: str
    text: str | None = None
    """Its value for text on light pages, where lines may be too pale to read as letters."""

    def declaration(self, *, dark: bool) -> str:
        """The CSS that sets this colour, and its variant for text where it has one."""
        value = f"--{self.name}:{self.dark if dark else self.light};"
        if self.text is None:
            return value
        return f"{value}--{self.name}-text:{self.dark if dark else self.text};"

    def properties(self) -> dict[str, str]:
        """Its colours on light pages, and the CSS properties that carry them."""
        found = {} if self.text is None else {self.text: f"--{self.name}-text"}
        return found | {self.light: f"--{self.name}"}


BACKGROUND = Role("background", "#ffffff", "#15171a")
INK = Role("ink", "#1a1a1a", "#e8e6e3")
MUTED = Role("muted", "#5f6368", "#a8adb3")
RULE = Role("rule", "#d4d7da", "#3b4046")
BAND = Role("band", "#e9ebed", "#2a2e33")


SPARE = (
    Look("#780c6c", "#e43cb4", "#780c6c", (4, 1, 0), (0, (4, 1.3, 1, 1.3))),
    Look("#849c54", "#d8f09c", "#5f7238", (5, 1, 36), (0, (6.5, 1.3, 1, 1.3))),
    Look("#483018", "#c06c48", "#483018", "p", (0, (2.4, 1.3, 1, 1.3))),
    Look("#6c603c", "#ffe46c", "#6c603c", "d", (0, (4, 1.3, 1, 1.3, 1, 1.3))),
    Look("#e43cff", "#b46c90", "#b000cc", "h", (0, (6.5, 1.3, 2.4, 1.3))),
    Look("#549c24", "#18cc78", "#3f7a18", (7, 1, 0), (0, (6.5, 1.3, 1, 1.3, 1, 1.3))),
    Look("#600c3c", "#d8546c", "#600c3c", (4, 1, 45), (0, (8, 2.6))),
    Look("#846c30", "#fce4c0", "#7c6428", (6, 1, 0), (0, (4, 1.3, 4, 1.3, 1, 1.3))),
)
"""Looks for losses whose card has none, in the order in which they are given out.

Found by search: of all pairs of these and the cards' own looks the closest are 13 apart in CIE
L*a*b* to readers with full colour vision and to those who see no red or no green.
"""


def loss_styles() -> dict[str, Look]:
    """How each loss looks in every figure: as its card says, or the next spare look."""
    cards = loss_cards()
    taken = [card.look for card in cards.values()]
    spare = iter([look for look in SPARE if look not in taken])
    styles = {}
    for loss, card in cards.items():
        look = card.look or next(spare, None)
        if look is None:
            raise ConfigError(f"card of {loss}: has no look, and the palette has none to spare")
        styles[loss] = look
    return styles


_CLASSES = (
    *("#3b75af", "#c5671a", "#3a923a", "#c44140", "#8d69b8"),
    *("#966f5c", "#c9699f", "#7b7b7b", "#8a8a1c", "#1e8fa0"),
)
CLASS_COLORS = tuple(Role(f"class-{k}", color, color) for k, color in enumerate(_CLASSES))
"""Colours of ten classes, in the middle tones that keep 3:1 on light and on dark pages."""


def roles() -> list[Role]:
    """Every colour of the theme, with the CSS custom property that carries it."""
    return [BACKGROUND, INK, MUTED, RULE, BAND, *CLASS_COLORS, *loss_roles().values()]


def loss_roles() -> dict[str, Role]:
    """Each loss's colour."""
    return {
        loss: Role(css_name(loss), style.color, style.dark, style.text)
        for loss, style in loss_styles().items()
    }


def css_name(loss: str) -> str:
    """The name of the loss in CSS: `mse_softmax` is `mse-softmax`, one's own `own-NAME`.

    So no own name takes that of another colour.
    """
    return ("" if loss in LOSSES else "own-") + loss.replace("_", "-")


def stylesheet() -> str:
    """CSS that defines the custom properties for light pages, dark pages and print.

    Drawings have the plain colours of light pages; on dark pages rules replace them.
    """
    light = "".join(role.declaration(dark=False) for role in roles())
    dark = "".join(role.declaration(dark=True) for role in roles())
    drawn = "".join(
        f'svg [style*="{part}:{colour}"]{{{part}:var({name})!important}}\n'
        for role in roles()
        if role.dark != role.light
        for colour, name in role.properties().items()
        for part in ("fill", "stroke")
    )
    scheme = "screen and (prefers-color-scheme:dark)"
    return f":root{{{light}}}\n@media {scheme}{{:root{{{dark}}}\n{drawn}}}\n"
