"""The palette: contrast on light and dark pages, and losses told apart without colour vision."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from lossbench.cards.look import Look
from lossbench.cards.loss import LOSSES
from lossbench.errors import ConfigError
from lossbench.figures import palette
from lossbench.figures.palette import Role


def luminance(color: str) -> float:
    """WCAG 2.2's relative luminance of #rrggbb."""
    return float(linear_channels(color) @ [0.2126, 0.7152, 0.0722])


def linear_channels(color: str) -> np.ndarray:
    channels = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# Machado, Oliveira and Fernandes 2009: what full colour blindness makes of linear RGB.
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]


def lab(color: str, vision: list[list[float]]) -> np.ndarray:
    """CIE L*a*b* of #rrggbb as this vision sees it."""
    seen = np.clip(np.array(vision) @ linear_channels(color), 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / [0.9505, 1.0, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_contrast_is_wcags():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


def looks() -> dict[str, Look]:
    """Of every loss, and those to spare for losses to come."""
    taken = palette.loss_styles().values()
    spare = [look for look in palette.SPARE if look not in taken]
    return palette.loss_styles() | {f"spare look {look.color}": look for look in spare}


@pytest.mark.parametrize("loss", looks())
def test_losses_stand_out_on_light_and_dark_pages(loss):
    style = looks()[loss]
    assert contrast(style.color, palette.BACKGROUND.light) >= 3
    assert contrast(style.text, palette.BACKGROUND.light) >= 4.5
    assert contrast(style.dark, palette.BACKGROUND.dark) >= 4.5


@pytest.mark.parametrize("role", [palette.INK, palette.MUTED], ids=lambda role: role.name)
def test_text_is_readable_on_light_and_dark_pages(role):
    assert contrast(role.light, palette.BACKGROUND.light) >= 4.5
    assert contrast(role.dark, palette.BACKGROUND.dark) >= 4.5
    assert contrast(role.light, palette.BAND.light) >= 4.5
    assert contrast(role.dark, palette.BAND.dark) >= 4.5


@pytest.mark.parametrize("role", palette.CLASS_COLORS, ids=lambda role: role.name)
def test_classes_stand_out_on_light_and_dark_pages(role):
    assert contrast(role.light, palette.BACKGROUND.light) >= 3
    assert contrast(role.dark, palette.BACKGROUND.dark) >= 3


def test_no_two_losses_share_a_colour_marker_or_dash():
    """But both cross-entropies are solid lines."""
    for (one, mine), (other, theirs) in combinations(looks().items(), 2):
        for field in ("color", "dark", "marker", "dash"):
            same = getattr(mine, field) == getattr(theirs, field)
            assert not same or getattr(mine, field) == "-", f"{one} and {other} share a {field}"


@pytest.mark.parametrize(
    "vision", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["full", "no green", "no red"]
)
@pytest.mark.parametrize("side", ["color", "dark"])
def test_colour_blind_readers_can_tell_losses_apart(vision, side):
    seen = [(loss, lab(getattr(look, side), vision)) for loss, look in looks().items()]
    alike = [
        f"{one} and {other}"
        for (one, mine), (other, theirs) in combinations(seen, 2)
        if np.linalg.norm(mine - theirs) <= 12
    ]
    assert not alike


def test_a_card_without_a_look_takes_the_next_that_no_other_card_has(monkeypatch):
    plain = replace(LOSSES["mse_softmax"], look=None)
    chosen = replace(plain, look=palette.SPARE[1])
    monkeypatch.setattr(palette, "loss_cards", lambda: {"a": plain, "b": chosen, "c": plain})
    expected = {"a": palette.SPARE[0], "b": palette.SPARE[1], "c": palette.SPARE[2]}
    assert palette.loss_styles() == expected
    many = {str(n): plain for n in range(len(palette.SPARE) + 1)}
    monkeypatch.setattr(palette, "loss_cards", lambda: many)
    with pytest.raises(ConfigError, match="card of 8: has no look"):
        palette.loss_styles()


def test_no_two_roles_share_a_light_colour():
    light = [role.light for role in palette.roles()]
    assert len(set(light)) == len(light)
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in light)


def test_no_text_colour_is_another_role_s_colour():
    for role in palette.roles():
        others = {
            colour for other in palette.roles() if other != role for colour in other.properties()
        }
        assert not others & set(role.properties())


def test_the_stylesheet_sets_every_property_for_light_and_dark():
    light, dark = palette.stylesheet().split("@media")
    for role in palette.roles():
        assert f"--{role.name}:{role.light};" in light
        assert f"--{role.name}:{role.dark};" in dark
    assert "--cross-entropy-text:" in light


def test_a_role_without_a_text_colour_has_one_property():
    role = Role("x", "#111111", "#eeeeee")
    assert role.declaration(dark=True) == "--x:#eeeeee;"
    assert role.properties() == {"#111111": "--x"}
    darker = Role("y", "#cccccc", "#eeeeee", "#333333")
    assert darker.properties() == {"#cccccc": "--y", "#333333": "--y-text"}
