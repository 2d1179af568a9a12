"""Turns a drawn figure into a small SVG element, in plain colours that every program reads."""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from itertools import count, groupby, pairwise

from matplotlib.figure import Figure

from lossbench.figures.hover import tell_values
from lossbench.figures.palette import loss_roles, roles

FONTS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
"""The reader's own interface font."""
DESCENT = 2
"""Points of room below a drawing."""

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_POINT = re.compile(r"([ML])(-?[\d.]+) (-?[\d.]+)")
_POLYLINES = re.compile(r"(?:M-?[\d.]+ -?[\d.]+(?:L-?[\d.]+ -?[\d.]+)+)+")
_REFERENCE = re.compile(r"#([\w.:-]+)")
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_DROPPED = re.compile(r"stroke-linejoin|stroke-linecap: butt|text-anchor: start|font-family|^font:")


def to_svg(figure: Figure, name: str, *, alt: str = "") -> str:
    """The figure as one SVG element that can stand in a page beside many others.

    Its ids start with `name`, its colours are plain ones of the light palette, its background is
    the page's, and the same figure always gives the same text.
    `alt` is what screen readers say.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(_raw(figure))
    tell_values(root, figure)
    _strip(root)
    _sort_cells(root)
    _sort_ticks(root)
    _define_once(root, name)
    _name(root, name, alt)
    letters = {role.light: role.text or role.light for role in roles()}
    for element in root.iter():
        _restyle(element, letters)
        _round(element)
    _simplify(root)
    _tag(root)
    return ET.tostring(root, encoding="unicode").strip()


def _raw(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    silent = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    # Laid out here, a figure is drawn once; matplotlib would draw it again to lay it out.
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)
    figure.savefig(buffer, format="svg", metadata=silent, transparent=True)
    return buffer.getvalue()


def _strip(root: ET.Element) -> None:
    """Drop what a page needs not: metadata, matplotlib's global style, comments, white space."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
            child.tail = None
        if not (parent.text or "").strip():
            parent.text = None


def _define_once(root: ET.Element, name: str) -> None:
    """Gather the shapes that are used by name, equal ones under one, and drop all other ids.

    They are numbered after the figure's name, as they are met.
    """
    gathered = ET.Element(f"{{{_SVG}}}defs")
    shapes: dict[bytes, ET.Element] = {}
    by_id: dict[str, ET.Element] = {}
    for parent in list(root.iter()):
        for definitions in parent.findall(f"{{{_SVG}}}defs"):
            parent.remove(definitions)
            for shape in definitions:
                # What uses it says so again, and a dark page recolours that alone.
                shape.attrib.pop("style", None)
                identity = shape.attrib.pop("id")
                by_id[identity] = shapes.setdefault(ET.tostring(shape), shape)
    gathered.extend(shapes.values())
    number = count(1)
    for element in root.iter():
        element.attrib.pop("id", None)
        if _LINK in element.attrib:
            element.set("href", element.attrib.pop(_LINK))
        for key in ("href", "clip-path"):
            found = _REFERENCE.search(element.get(key, ""))
            if found and (used := by_id.get(found[1])) is not None:
                if "id" not in used.attrib:
                    used.set("id", f"{name}-{next(number)}")
                element.set(key, element.attrib[key].replace(found[1], used.attrib["id"], 1))
    if len(gathered):
        root.insert(0, gathered)


def _sort_cells(root: ET.Element) -> None:
    """Put a heat map's cells in the order of their colours; none covers another."""
    for group in root.iter(f"{{{_SVG}}}g"):
        if group.get("id", "").startswith("QuadMesh"):
            group[:] = sorted(group, key=lambda cell: cell.get("style", ""))


def _sort_ticks(root: ET.Element) -> None:
    """Put an axis's grid lines first, then its ticks, then labels, so that they share styles."""

    def layer(part: ET.Element) -> tuple[bool, ...]:
        tags = {element.tag for element in part.iter()}
        return tuple(f"{{{_SVG}}}{name}" in tags for name in ("text", "use"))

    for axis in root.iter(f"{{{_SVG}}}g"):
        if axis.get("id", "").startswith("matplotlib.axis"):
            axis[:] = sorted((part for tick in axis for part in tick), key=layer)


def _name(root: ET.Element, name: str, alt: str) -> None:
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    # The reader's font may reach lower than the one with which matplotlib laid out the last line.
    *corner, height = root.attrib["viewBox"].split()
    root.set("viewBox", " ".join([*corner, f"{float(height) + DESCENT:g}"]))
    root.set("class", "figure")
    root.set("role", "img")
    root.set("font-family", FONTS)
    root.set("stroke-linejoin", "round")
    root.set("aria-labelledby", f"{name}-alt")
    # Not <title>, which browsers show as a tooltip wherever the pointer rests on the figure.
    description = ET.Element(f"{{{_SVG}}}desc", {"id": f"{name}-alt"})
    description.text = alt
    root.insert(0, description)


def _restyle(element: ET.Element, letters: Mapping[str, str]) -> None:
    """Fonts come from the root; letters are darker than lines where these are too pale to read."""
    style = element.attrib.pop("style", "")
    if not style:
        return
    text = element.tag.endswith(("text", "tspan"))
    kept = []
    for declaration in filter(None, map(str.strip, style.split(";"))):
        if declaration.startswith("font:"):
            kept += _font(declaration)
        if _DROPPED.search(declaration):
            continue
        key, _, value = declaration.partition(": ")
        if text:
            value = letters.get(value, value)
        kept.append(f"{key}:{value}")
    if kept:
        element.set("style", ";".join(kept))


def _font(declaration: str) -> list[str]:
    """The size and weight in CSS's `font:` shorthand, without the family."""
    size = re.search(r"([\d.]+)px", declaration)
    weight = re.search(r"\b(bold|[1-9]00)\b", declaration)
    return [
        *([f"font-weight:{weight.group(1)}"] if weight else []),
        *([f"font-size:{size.group(1)}px"] if size else []),
    ]


def _round(element: ET.Element) -> None:
    """Coordinates to a tenth of a point; the paths of clips, marks and lines alike."""
    for key in ("d", "x", "y", "width", "height", "transform", "points"):
        if key in element.attrib and not element.get("href", "").startswith("data:"):
            element.set(key, _NUMBER.sub(_shorter, element.attrib[key]))
    if "d" in element.attrib:
        path = re.sub(r"\s*([A-Za-z])\s*", r"\1", element.attrib["d"]).strip()
        element.set("d", _relative(path) if _POLYLINES.fullmatch(path) else path)
    if element.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]


def _shorter(match: re.Match[str]) -> str:
    shortened = f"{float(match.group()):.1f}".removesuffix(".0")
    return "0" if shortened in ("-0", "-0.0") else shortened


def _relative(path: str) -> str:
    """Polylines written as steps from point to point, half as long; exact in tenths of a point."""
    written, here = [], (0, 0)
    for command, x, y in _POINT.findall(path):
        point = round(10 * float(x)), round(10 * float(y))
        if command == "M":
            written.append(f"M{_tenths(point[0])} {_tenths(point[1])}l")
        else:
            step = [_tenths(there - back) for there, back in zip(point, here, strict=True)]
            written.append(step[0] + step[1] if step[1].startswith("-") else " ".join(step))
            written.append(" ")
        here = point
    return "".join(written).replace(" -", "-").replace(" M", "M").removesuffix(" ")


def _tenths(value: int) -> str:
    """A whole number of tenths as a decimal without needless digits: 7 is .7, -120 is -12."""
    whole, rest = divmod(abs(value), 10)
    digits = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{digits}" if value < 0 else digits


def _simplify(parent: ET.Element) -> None:
    """Drop what draws nothing and groups that only wrap; write what neighbours share once."""
    _join(parent, f"{{{_SVG}}}g", "clip-path")
    for child in list(parent):
        _simplify(child)
        bare = child.tag == f"{{{_SVG}}}g" and not child.attrib
        if (bare and not len(child)) or child.get("style") == "fill:none":
            parent.remove(child)
        elif bare and len(child) == 1:
            parent[list(parent).index(child)] = child[0]
    _join(parent, f"{{{_SVG}}}path", "d")
    _share(parent, "clip-path", ("path", "use"))
    _share(parent, "style", ("use", "text"))


def _join(parent: ET.Element, tag: str, key: str) -> None:
    """Make one of neighbours with `key` that are drawn alike, such as the runs of one loss."""
    for later, earlier in pairwise(reversed(list(parent))):
        both = (later, earlier)
        if any(each.tag != tag or key not in each.attrib or "id" in each.attrib for each in both):
            continue
        if later.attrib | {"d": ""} == earlier.attrib | {"d": ""}:
            if "d" in later.attrib:
                earlier.set("d", earlier.attrib["d"] + later.attrib["d"])
            earlier.extend(later)
            parent.remove(later)


def _share(parent: ET.Element, key: str, names: Sequence[str]) -> None:
    """Write what neighbouring marks or words have in common once, on the group around them."""
    alike, group = {f"{{{_SVG}}}{name}" for name in names}, f"{{{_SVG}}}g"
    for value, run in groupby(list(parent), lambda each: each.tag in alike and each.get(key)):
        marks = list(run)
        if not value or len(marks) == 1:
            continue
        around = parent
        if len(marks) < len(parent) or parent.tag != group or key in parent.attrib:
            around = ET.Element(group)
            parent.insert(list(parent).index(marks[0]), around)
            around.extend(marks)
            for mark in marks:
                parent.remove(mark)
        around.set(key, str(value))
        for mark in marks:
            del mark.attrib[key]


def _tag(root: ET.Element) -> None:
    """Mark what is drawn in a loss's colour as the loss's: a page's legend can hide it."""
    named = {colour: loss for loss, role in loss_roles().items() for colour in role.properties()}
    for element in root.iter():
        # What has an id is a mark's shape, drawn by others.
        colours = _COLOUR.findall("" if "id" in element.attrib else element.get("style", ""))
        for loss in (named[colour] for colour in colours if colour in named):
            element.set("data-loss", loss)
