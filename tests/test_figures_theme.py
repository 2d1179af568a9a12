"""The theme: matplotlib's settings for figures, and for nothing else."""

import matplotlib as mpl

from lossbench.figures import panels, theme
from lossbench.figures.svg import to_svg


def test_the_style_does_not_leak():
    before = dict(mpl.rcParams)
    with theme.applied():
        panels.grid(1, 1)
        assert mpl.rcParams["axes.spines.top"] is False
    assert dict(mpl.rcParams) == before


def test_a_user_s_own_settings_change_nothing():
    def svg() -> str:
        with theme.applied():
            figure, axes = panels.grid(1, 1)
            axes[0, 0].plot([1, 2])
            return to_svg(figure, "one")

    before = svg()
    with mpl.rc_context({"lines.marker": "o", "font.size": 20, "axes.grid": False}):
        assert svg() == before


def test_every_setting_differs_from_matplotlib_s_own():
    """What does not is dead weight."""
    same = [key for key, value in theme.STYLE.items() if mpl.rcParamsDefault[key] == value]
    assert same == []
