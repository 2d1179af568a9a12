"""The values of marks, which a reader sees who points at them."""

import xml.etree.ElementTree as ET

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_SVG = "{http://www.w3.org/2000/svg}"
_POINTS_PER_INCH = 72
_SAYS = "says "
"""Begins the id in matplotlib's SVG of what has its values from `say`."""


def say(marks: Artist, values: str) -> None:
    """Give marks that are not clipped to their panel a `title`: their place may not tell it."""
    marks.set_gid(_SAYS + values)


def tell_values(root: ET.Element, figure: Figure) -> None:
    """Give each mark of matplotlib's SVG of the drawn figure a `title` with its values.

    An axis whose panel does not say how its values are written (`Axes.fmt_xdata`) has none, and so
    has a mark that is not clipped to its panel: it may stand at the edge for a value beyond, and
    `say` tells what that is.
    """
    for part in root.iterfind(f".//{_SVG}g[@id]"):
        if part.attrib["id"].startswith(_SAYS):
            for mark in part.iterfind(f".//{_SVG}use"):
                ET.SubElement(mark, f"{_SVG}title").text = part.attrib["id"].removeprefix(_SAYS)
    for number, axes in enumerate(figure.axes, start=1):
        panel = root.find(f".//{_SVG}g[@id='axes_{number}']")
        if panel is None or (axes.fmt_xdata is None and axes.fmt_ydata is None):
            continue
        drawn = [part for part in panel if part.get("id", "").startswith(("line2d", "Path"))]
        for mark in (mark for part in drawn for mark in part.iterfind(f".//{_SVG}g[@clip-path]/*")):
            if mark.tag == f"{_SVG}use":
                ET.SubElement(mark, f"{_SVG}title").text = _values(axes, figure, mark)


def _values(axes: Axes, figure: Figure, mark: ET.Element) -> str:
    """What the axes say of the place at which the mark stands."""
    right, down = (float(mark.attrib[side]) / _POINTS_PER_INCH * figure.dpi for side in "xy")
    place = right, figure.get_figheight() * figure.dpi - down
    data = axes.transData.inverted().transform(place)
    writers = axes.fmt_xdata, axes.fmt_ydata
    return ", ".join(write(value) for write, value in zip(writers, data, strict=True) if write)
