"""Signed distances to the ten shapes' outlines, each about one unit in radius.

A function takes coordinates x, y (any shape) and returns the distance to the outline, negative
inside. Combined shapes give a bound on the distance, exact at the outline, which is all that
anti-aliasing needs. Distances to a polygon and to an arc are those of elementary geometry.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Outline = Callable[[Field, Field], Field]


def disc(x: Field, y: Field, radius: float = 0.9) -> Field:
    """A filled circle about the origin."""
    return np.hypot(x, y) - radius


def ring(x: Field, y: Field) -> Field:
    """A circle with a hole."""
    return np.abs(disc(x, y, 0.7)) - 0.24


def crescent(x: Field, y: Field) -> Field:
    """A disc from which a disc beside it is cut."""
    return np.maximum(disc(x, y, 0.95), -disc(x - 0.5, y, 0.75))


def bars(x: Field, y: Field) -> Field:
    """Three parallel bars."""
    nearest = np.rint(y.clip(-0.7, 0.7) / 0.7)
    return box(x, y - 0.7 * nearest, 0.85, 0.2)


def dots(x: Field, y: Field) -> Field:
    """Four discs at the corners of a square."""
    return disc(np.abs(x) - 0.52, np.abs(y) - 0.52, 0.4)


def cross(x: Field, y: Field) -> Field:
    """Two bars of equal length at right angles."""
    return np.minimum(box(x, y, 0.98, 0.33), box(x, y, 0.33, 0.98))


def box(x: Field, y: Field, half_width: float, half_height: float) -> Field:
    """A rectangle about the origin."""
    right, up = np.abs(x) - half_width, np.abs(y) - half_height
    outside = np.hypot(np.maximum(right, 0), np.maximum(up, 0))
    return outside + np.minimum(np.maximum(right, up), 0)


def square(x: Field, y: Field) -> Field:
    """Four equal sides."""
    return box(x, y, 0.78, 0.78)


def heart(x: Field, y: Field) -> Field:
    """A square on its corner with a half disc on each of its two upper sides."""
    side = 0.6
    along, across = (x + y + 0.35) / 2**0.5, (y - x + 0.35) / 2**0.5
    lobes = np.minimum(disc(along - side, across, side), disc(along, across - side, side))
    return np.minimum(box(along, across, side, side), lobes)


def polygon(x: Field, y: Field, corners: NDArray[np.float64]) -> Field:
    """A simple polygon with corners (K, 2): the nearest edge, signed by the crossing number."""
    squared = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, bool)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        edge = end - start
        right, up = x - start[0], y - start[1]
        along = ((right * edge[0] + up * edge[1]) / (edge @ edge)).clip(0, 1)
        squared = np.minimum(squared, (right - along * edge[0]) ** 2 + (up - along * edge[1]) ** 2)
        crossed = (start[1] > y) != (end[1] > y)
        inside ^= crossed & ((right * edge[1] < up * edge[0]) == (edge[1] < 0))
    distance: Field = np.where(inside, -1.0, 1.0) * np.sqrt(squared)
    return distance


def star_corners(points: int, radii: tuple[float, ...]) -> NDArray[np.float64]:
    """Corners at equal angles, their distances from the origin running through `radii`."""
    count = points * len(radii)
    angle = np.pi / 2 + 2 * np.pi * np.arange(count) / count
    radius = np.resize(radii, count)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _regular(points: int, *radii: float) -> Outline:
    corners = star_corners(points, radii)
    return lambda x, y: polygon(x, y, corners)


OUTLINES: dict[str, Outline] = {
    "disc": disc,
    "ring": ring,
    "crescent": crescent,
    "triangle": _regular(3, 1.05),
    "square": square,
    "star": _regular(5, 1.08, 0.46),
    "cross": cross,
    "heart": heart,
    "bars": bars,
    "dots": dots,
}
"""Shape by class name; the position is the label."""
