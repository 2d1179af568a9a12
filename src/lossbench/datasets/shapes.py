"""Procedural 32×32 colour images of ten geometric shapes: a stand-in for CIFAR-10.

Each image shows one light shape at a random place, size, tilt and stretch, before a darker textured
background with a distracting line and blob, under uneven light and noise. Every edge is
anti-aliased through its signed distance. The shapes differ in local structure (curves, corners,
gaps), so that a small convolutional network learns them within a few hundred steps, yet still
errs on a few per cent.

One fixed seed draws all images, in float64, so that another machine's last bit does not reach the
rounded pixels. Label i is i mod 10, hence every split is balanced.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossbench.datasets.digests import sha256
from lossbench.datasets.outlines import OUTLINES
from lossbench.datasets.prepared import Examples, Loaded, Split, UInt8

SEED = 1
COUNTS: dict[Split, int] = {"train": 3000, "validation": 500, "test": 1000}
SIDE = 32
DARK, MEDIUM, LIGHT = (0.25, 0.55), (0.3, 0.8), (0.7, 1.0)
"""Ranges of a colour's brightest channel."""
CHUNK = 250
"""Images drawn at a time, so that the work stays in the processor's cache."""

Field = NDArray[np.floating[Any]]
"""Values by image and pixel (N, 32, 32), or anything that broadcasts to it."""


def draw_splits() -> Loaded:
    """The train, validation and test splits, drawn one after the other from one seed."""
    images, labels = draw(sum(COUNTS.values()), generator=np.random.default_rng(SEED))
    splits, start = {}, 0
    for split, count in COUNTS.items():
        splits[split] = Examples(images[start : start + count], labels[start : start + count])
        start += count
    return Loaded(splits, {"drawn images": sha256(images)})


def draw(count: int, *, generator: np.random.Generator) -> Examples:
    """`count` images (count, 3, 32, 32) and their labels 0, 1, … 9, 0, 1, …"""
    labels = (np.arange(count) % len(OUTLINES)).astype(np.uint8)
    chunks = [_Scene(labels[i : i + CHUNK], generator).draw() for i in range(0, count, CHUNK)]
    return Examples(np.concatenate(chunks), labels)


class _Scene:
    """One image for each label; every draw from the generator makes a value for each image."""

    def __init__(self, labels: UInt8, generator: np.random.Generator) -> None:
        self.labels = labels
        self.generator = generator
        centres = np.arange(SIDE) + 0.5 - SIDE / 2
        self.x: Field = centres[None, None, :]
        self.y: Field = centres[None, ::-1, None]

    def draw(self) -> UInt8:
        """The images, uint8 (N, 3, 32, 32), painted from the back to the front."""
        hue = self.uniform(0, 1)
        ground = self.colour(hue, DARK)
        accent = self.colour(hue + self.uniform(-0.2, 0.2), DARK)
        image = mix(ground, accent, self.texture())
        image = mix(image, self.colour(self.uniform(0, 1), MEDIUM), self.stroke())
        image = mix(image, self.colour(self.uniform(0, 1), MEDIUM), self.blob())
        figure = self.colour(hue + self.uniform(0.25, 0.75), LIGHT)
        filling = mix(figure, accent, self.uniform(0, 0.4) * self.texture())
        image = mix(image, filling, self.figure())
        image = image * self.light()[:, None]
        image += self.uniform(0.01, 0.05)[:, None] * self.generator.standard_normal(image.shape)
        pixels: UInt8 = np.rint(255 * image.clip(0, 1)).astype(np.uint8)
        return pixels

    def uniform(self, low: float, high: float) -> Field:
        """(N, 1, 1)."""
        return self.generator.uniform(low, high, (len(self.labels), 1, 1))

    def colour(self, hue: Field, value: tuple[float, float]) -> Field:
        """Red, green and blue (N, 3, 1, 1) of a hue (N, 1, 1) in turns, at a value in a range."""
        saturation, peak = self.uniform(0.2, 0.8)[:, None], self.uniform(*value)[:, None]
        turns = hue[:, None] + np.arange(3).reshape(1, 3, 1, 1) / 3
        colour: Field = peak * (1 - saturation * (0.5 - 0.5 * np.cos(2 * np.pi * turns)))
        return colour

    def turned(self, x: Field, y: Field, degrees: float = 180) -> tuple[Field, Field]:
        """The coordinates in a frame rotated at random by up to so many degrees either way."""
        angle = np.deg2rad(self.uniform(-degrees, degrees))
        cosine, sine = np.cos(angle), np.sin(angle)
        return cosine * x + sine * y, cosine * y - sine * x

    def texture(self) -> Field:
        """Two crossing waves and a ramp, in [0, 1]."""
        wave: Field = np.zeros(())
        for _ in range(2):
            along, _across = self.turned(self.x, self.y)
            wave = wave + np.sin(self.uniform(0.1, 1.3) * along + self.uniform(0, 2 * np.pi))
        ramp, _across = self.turned(self.x, self.y)
        return (0.5 + wave / 6 + ramp / 100).clip(0, 1)

    def stroke(self) -> Field:
        """Cover of a thin straight line of random length."""
        along, across = self.turned(self.x - self.uniform(-13, 13), self.y - self.uniform(-13, 13))
        beyond = np.maximum(np.abs(along) - self.uniform(2, 9), 0)
        return cover(np.hypot(beyond, across) - self.uniform(0.3, 1.0))

    def blob(self) -> Field:
        """Cover of a small ellipse."""
        along, across = self.turned(self.x - self.uniform(-15, 15), self.y - self.uniform(-15, 15))
        return cover(np.hypot(along, across * self.uniform(1, 2)) - self.uniform(1.5, 3.5))

    def figure(self) -> Field:
        """Cover of the labelled shape."""
        radius = self.uniform(7, 12)
        reach = 0.9 * (SIDE / 2 - radius)
        right, up = reach * self.uniform(-1, 1), reach * self.uniform(-1, 1)
        x, y = self.turned((self.x - right) / radius, (self.y - up) / radius, degrees=15)
        stretch: Field = np.exp(self.uniform(-0.12, 0.12))
        wide, high = x * stretch, y / stretch
        distance = np.empty((len(self.labels), SIDE, SIDE))
        for label, outline in enumerate(OUTLINES.values()):
            chosen = self.labels == label
            distance[chosen] = outline(wide[chosen], high[chosen])
        return cover(distance * radius)

    def light(self) -> Field:
        """Brightness that falls off to one side."""
        along, _across = self.turned(self.x, self.y)
        return self.uniform(0.75, 1.1) + self.uniform(0, 0.2) * along / (SIDE / 2)


def mix(back: Field, front: Field, cover: Field) -> Field:
    """`front` (N, 3, …) painted over `back` where `cover` (N, H, W) says, 1 hiding all of it."""
    return back + cover[:, None] * (front - back)


def cover(distance: Field) -> Field:
    """Share of a pixel that lies inside an outline at this signed distance, in pixels."""
    return (0.5 - distance).clip(0, 1)
