"""The palette: contrast on light and dark pages, and losses told apart without colour vision."""

import re
from itertools import combinations

import numpy as np
import pytest

from lossbench.cards.loss import LOSSES
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


@pytest.mark.parametrize("loss", LOSSES)
def test_losses_stand_out_on_light_and_dark_pages(loss):
    style = palette.LOSS_STYLES[loss]
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


def test_every_loss_has_its_own_colour_marker_and_dash():
    assert set(palette.LOSS_STYLES) == set(LOSSES)
    for field in ("color", "dark", "marker"):
        values = [getattr(style, field) for style in palette.LOSS_STYLES.values()]
        assert len(set(values)) == len(values)
    dashes = [str(palette.LOSS_STYLES[loss].dash) for loss in LOSSES]
    assert dashes.count("-") == 2
    assert len(set(dashes)) == len(dashes) - 1


@pytest.mark.parametrize("vision", [np.eye(3), DEUTERANOPIA, PROTANOPIA])
@pytest.mark.parametrize("side", ["color", "dark"])
def test_colour_blind_readers_can_tell_losses_apart(vision, side):
    seen = [lab(getattr(style, side), vision) for style in palette.LOSS_STYLES.values()]
    nearest = min(np.linalg.norm(one - other) for one, other in combinations(seen, 2))
    assert nearest > 12


def test_no_two_roles_share_a_light_colour():
    light = [role.light for role in palette.roles()]
    assert len(set(light)) == len(light)
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in light)


def test_the_stylesheet_sets_every_property_for_light_and_dark():
    light, dark = palette.stylesheet().split("@media")
    for role in palette.roles():
        assert f"--{role.name}:{role.light};" in light
        assert f"--{role.name}:{role.dark};" in dark
    assert "--cross-entropy-text:" in light


def test_a_role_without_a_text_colour_has_one_property():
    role = Role("x", "#111111", "#eeeeee")
    assert role.declaration(dark=True) == "--x:#eeeeee;"
    assert role.reference(text=True) == role.reference(text=False) == "var(--x, #111111)"
