"""The SVG of a figure: small, well-formed, coloured by the page, its losses marked."""

import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from lossbench.cards.loss import LossCard
from lossbench.cards.own_cards import introduce
from lossbench.figures import palette, panels, theme
from lossbench.figures.legends import legend
from lossbench.figures.svg import to_svg

SVG = "{http://www.w3.org/2000/svg}"


def example():
    figure, axes = panels.grid(1, 2)
    axes[0, 0].plot([1, 2, 3], [1.0, 4.0, 2.0], **theme.line_style("mse_softmax"))
    axes[0, 1].plot([1, 2, 3], [1.0, 4.0, 2.0], **theme.mark_style("cross_entropy"))
    color = palette.loss_styles()["bce_sigmoid"].color
    axes[0, 1].text(2, 3, "a < b & c", color=color)
    panels.heading(axes[0, 0], "MNIST · MLP")
    return figure


def draw(name: str = "example") -> str:
    with theme.applied():
        return to_svg(example(), name, alt="It says a < b & c.")


def drawn(plot) -> ET.Element:
    """The SVG of one panel in which `plot` has drawn."""
    with theme.applied():
        figure, axes = panels.grid(1, 1)
        plot(axes[0, 0])
        return ET.fromstring(to_svg(figure, "one"))


def marked(root: ET.Element) -> list[tuple[str, str]]:
    """What is drawn in a loss's colour: the kind of element, and the loss."""
    return [
        (element.tag.removeprefix(SVG), element.get("data-loss"))
        for element in root.iter()
        if element.get("data-loss")
    ]


def test_a_loss_on_trial_is_marked_by_the_name_that_the_legend_has():
    introduce({"my_loss": LossCard("Mine", "z", output="softmax")}, {}, {})
    own = drawn(lambda axes: axes.plot([1, 2], [1.0, 2.0], **theme.line_style("my_loss")))
    assert {loss for _, loss in marked(own)} == {"my_loss"}


def test_svg_is_one_named_image_with_text_as_text_and_marked_losses():
    svg = draw()
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("role") == "img"
    named = root.get("aria-labelledby")
    described = next(element for element in root.iter() if element.get("id") == named)
    assert described.text == "It says a < b & c."
    assert "width" not in root.attrib
    assert "viewBox" in root.attrib
    assert sorted(marked(root)) == [
        ("g", "cross_entropy"),
        ("path", "mse_softmax"),
        ("text", "bce_sigmoid"),
    ]
    assert ">MNIST · MLP</text>" in svg
    assert "DejaVu" not in svg
    assert svg.count("font-family") == 1


def test_svg_colours_are_plain_and_the_page_s_dark_palette_knows_them():
    svg = draw()
    assert "var(" not in svg
    dark = palette.stylesheet().split("@media")[1]
    for drawn, name in [
        ("stroke:#d55e00", "--mse-softmax"),
        (f"fill:{palette.loss_styles()['bce_sigmoid'].text}", "--bce-sigmoid-text"),
        ("fill:#5f6368", "--muted"),
    ]:
        assert drawn in svg
        part = drawn.partition(":")[0]
        assert f'svg [style*="{drawn}"]{{{part}:var({name})!important}}' in dark


HOLLOW = theme.mark_style("mse_logits") | theme.HOLLOW


@pytest.mark.parametrize(
    "plot",
    [
        lambda axes: axes.plot([1, 2], [1, 2], **theme.line_style("mse_logits"), alpha=0.3),
        lambda axes: axes.plot([1], [1], **HOLLOW),
        lambda axes: axes.scatter([1, 2], [1, 2], s=64, facecolors="none", edgecolors="#009e73"),
        lambda axes: axes.annotate("here", (0, 0), color="#009e73"),
        lambda axes: axes.fill([0, 1, 1], [0, 0, 1], color="#009e73", alpha=0.2),
        lambda axes: legend(axes.figure, ["mse_logits"], lines=False),
    ],
    ids=["thin line", "hollow mark", "rings", "words", "faint cell", "legend"],
)
def test_everything_of_a_loss_can_be_hidden_and_nothing_else(plot):
    def both(axes):
        plot(axes)
        axes.axhline(0, color=palette.MUTED.light)

    found = marked(drawn(both))
    assert {loss for _, loss in found} == {"mse_logits"}
    nothing = drawn(lambda axes: axes.axhline(0, color=palette.MUTED.light))
    assert marked(nothing) == []


def test_neighbours_drawn_alike_become_one_path():
    def runs(axes):
        for level in range(5):
            axes.plot([1, 2], [level, level], **theme.line_style("mse_logits"))
        axes.plot([1, 2], [7, 8], **theme.line_style("cross_entropy"))
        axes.plot([1, 2], [8, 9], **theme.line_style("mse_logits"))

    root = drawn(runs)
    paths = [element.get("d") for element in root.iter() if element.get("data-loss")]
    assert [path.count("M") for path in paths] == [5, 1, 1]


def test_marks_of_one_style_share_it_and_marks_of_several_keep_theirs():
    root = drawn(lambda axes: axes.scatter(range(9), range(9), color="#009e73"))
    (group,) = [element for element in root.iter() if element.get("data-loss")]
    assert [child.tag for child in group] == [f"{SVG}use"] * 9
    assert not any("style" in child.attrib for child in group)
    colors = ["#009e73"] * 3 + ["#0072b2"] * 2 + ["#009e73"]
    root = drawn(lambda axes: axes.scatter(range(6), range(6), color=colors))
    assert marked(root) == [("g", "mse_logits"), ("g", "cross_entropy"), ("use", "mse_logits")]


def test_a_heat_map_is_one_path_a_colour():
    values = np.random.default_rng(5).integers(0, 3, size=(12, 12))
    cmap = mpl.colors.ListedColormap([("#009e73", alpha) for alpha in (0.2, 0.6, 1.0)])
    root = drawn(lambda axes: axes.pcolormesh(values, cmap=cmap))
    cells = [element for element in root.iter() if element.get("data-loss") == "mse_logits"]
    assert len(cells) == 3
    assert sorted(cell.get("d").count("M") for cell in cells) == sorted(np.bincount(values.ravel()))


def test_svg_ids_carry_the_figures_name_and_are_all_used():
    svg = draw("one")
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids
    assert all(identity.startswith("one-") for identity in ids)
    referred = set(re.findall(r'(?:#|labelledby=")(one-[\w-]+)', svg))
    assert set(ids) == referred


def test_svg_draws_polylines_where_matplotlib_put_them():
    """The shortened path, added up, is the path in matplotlib's own file."""
    with theme.applied():
        figure, axes = panels.grid(1, 1)
        x = np.linspace(0, 1, 23)
        axes[0, 0].plot(x, np.sin(9 * x), **theme.line_style("cross_entropy"))
        svg = to_svg(figure, "line")
        expected = axes[0, 0].transData.transform(np.column_stack([x, np.sin(9 * x)]))
    (line,) = [e for e in ET.fromstring(svg).iter() if e.get("data-loss") == "cross_entropy"]
    path = line.get("d").removeprefix("M")
    numbers = np.array([float(n) for n in re.findall(r"-?(?:\d+\.\d+|\d+|\.\d+)", path)])
    points = numbers.reshape(-1, 2).cumsum(axis=0)
    scale = 72 / figure.dpi
    height = figure.get_figheight() * 72
    np.testing.assert_allclose(points[:, 0], expected[:, 0] * scale, atol=0.06)
    np.testing.assert_allclose(points[:, 1], height - expected[:, 1] * scale, atol=0.06)
