"""The colours of figures and page, and how each loss is told from the others."""

from dataclasses import dataclass
from typing import Any

from lossbench.study.fields import LossName


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

    def reference(self, *, text: bool) -> str:
        """The CSS value that refers to this colour and falls back on the light palette."""
        if text and self.text is not None:
            return f"var(--{self.name}-text, {self.text})"
        return f"var(--{self.name}, {self.light})"


BACKGROUND = Role("background", "#ffffff", "#15171a")
INK = Role("ink", "#1a1a1a", "#e8e6e3")
MUTED = Role("muted", "#5f6368", "#a8adb3")
RULE = Role("rule", "#d4d7da", "#3b4046")
BAND = Role("band", "#e9ebed", "#2a2e33")


@dataclass(frozen=True)
class LossStyle:
    """How one loss looks in every figure."""

    color: str
    """Of lines and marks on the light page: at least 3:1 against it."""
    dark: str
    """Of lines, marks and text on the dark page: at least 4.5:1 against it."""
    text: str
    """Of text on the light page: at least 4.5:1 against it."""
    marker: str
    """matplotlib's marker."""
    dash: Any
    """matplotlib's line style. Solid: cross-entropies; dashed: MSE; dotted: margins."""


# Okabe and Ito's palette (2008), safe for colour-blind readers. Its sky blue is darkened until a
# line in it keeps 3:1 on white. So darkened, its orange and yellow could not be told from
# vermilion by readers who see no red or green: the margins are amber, violet and grey instead.
LOSS_STYLES: dict[LossName, LossStyle] = {
    "cross_entropy": LossStyle("#0072b2", "#4da3db", "#0072b2", "o", "-"),
    "bce_sigmoid": LossStyle("#2f97d0", "#8fd0f5", "#1f76a8", "^", "-"),
    "mse_softmax": LossStyle("#d55e00", "#f08a45", "#b85000", "s", (0, (4, 1.3))),
    "mse_logits": LossStyle("#009e73", "#2fbf94", "#007f5c", "v", (0, (6.5, 1.3))),
    "mse_sigmoid": LossStyle("#cc79a7", "#dd9cc0", "#a94f82", "D", (0, (2.4, 1.3))),
    "sm_softmax": LossStyle("#6b4300", "#ffbf00", "#6b4300", "P", (0, (1, 1.1))),
    "am_softmax": LossStyle("#6a3df0", "#9e7bff", "#6a3df0", "X", (0, (1, 2.2))),
    "l_softmax": LossStyle("#555555", "#e6e6e6", "#555555", "*", (0, (1, 1.1, 1, 3))),
}


_CLASSES = (
    *("#3b75af", "#c5671a", "#3a923a", "#c44140", "#8d69b8"),
    *("#966f5c", "#c9699f", "#7b7b7b", "#8a8a1c", "#1e8fa0"),
)
CLASS_COLORS = tuple(Role(f"class-{k}", color, color) for k, color in enumerate(_CLASSES))
"""Colours of the ten classes, in the middle tones that keep 3:1 on light and on dark pages."""


def roles() -> list[Role]:
    """Every colour of the theme, with the CSS custom property that carries it."""
    general = [BACKGROUND, INK, MUTED, RULE, BAND, *CLASS_COLORS]
    return general + [
        Role(css_name(loss), style.color, style.dark, style.text)
        for loss, style in LOSS_STYLES.items()
    ]


def css_name(loss: str) -> str:
    """The name of the loss in CSS: `mse_softmax` is `mse-softmax`."""
    return loss.replace("_", "-")


def stylesheet() -> str:
    """CSS that defines the custom properties for light pages, dark pages and print."""
    light = "".join(role.declaration(dark=False) for role in roles())
    dark = "".join(role.declaration(dark=True) for role in roles())
    scheme = "screen and (prefers-color-scheme:dark)"
    return f":root{{{light}}}\n@media {scheme}{{:root{{{dark}}}}}\n"
