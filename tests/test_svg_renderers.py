"""A figure's SVG file looks the same outside a browser: librsvg stands for Inkscape and Cairo.

Needs Chromium and rsvg-convert on the PATH.
"""

import base64
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from builders.drawn_figures import drawn
from lossbench.figures.catalogue import FIGURES

pytestmark = pytest.mark.browser
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

WIDTH, COARSE = 900, 6
"""Pixels across, and how many of them become one before pictures are compared."""
ALIKE = 2.5
"""Mean difference of two pictures, of 255: programs smooth edges and enlarge images differently."""

Show = Callable[[str, int], Image.Image]


@pytest.fixture(scope="module")
def in_chromium() -> Iterator[Show]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or shutil.which("rsvg-convert") is None:
        pytest.skip("no Chromium or no rsvg-convert on the PATH")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()

        def show(svg: str, height: int) -> Image.Image:
            page.set_viewport_size({"width": WIDTH, "height": height})
            source = base64.b64encode(svg.encode()).decode()
            page.set_content(
                f'<body style="margin: 0"><img width="{WIDTH}" style="display: block" '
                f'src="data:image/svg+xml;base64,{source}">'
            )
            page.wait_for_function("document.images[0].complete")
            return Image.open(io.BytesIO(page.screenshot()))

        yield show
        browser.close()


def in_librsvg(svg: str) -> Image.Image:
    command = ["rsvg-convert", "--width", str(WIDTH), "--background-color", "white"]
    done = subprocess.run(command, input=svg.encode(), capture_output=True, check=True)
    return Image.open(io.BytesIO(done.stdout))


def difference(svg: str, show: Show) -> float:
    """How far apart two renderers' pictures are, with one font for both."""
    svg = re.sub(r'font-family="[^"]*"', 'font-family="DejaVu Sans"', svg)
    rendered = in_librsvg(svg)
    size = WIDTH // COARSE, rendered.height // COARSE
    first, second = (
        np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX), float)
        for picture in (rendered, show(svg, rendered.height))
    )
    return float(np.abs(first - second).mean())


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_looks_the_same_outside_a_browser(name: str, in_chromium: Show) -> None:
    assert difference(drawn(name)[0], in_chromium) < ALIKE


def test_a_page_s_colours_would_be_seen_to_get_lost(in_chromium: Show) -> None:
    """Properties of a page, which other programs do not know, turn colours black."""
    svg = drawn("speed")[0]
    of_a_page = re.sub(r"#[0-9a-f]{6}", lambda colour: f"var(--none, {colour[0]})", svg)
    assert of_a_page != svg
    assert difference(of_a_page, in_chromium) > ALIKE
