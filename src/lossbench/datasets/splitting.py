"""Splits of labelled images in which equal images stay on one side."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Groups = NDArray[np.int64]
"""By image (N,): the same number where all pixels are equal."""


def equal_images(images: NDArray[np.uint8]) -> Groups:
    """The groups of equal images (N, C, H, W), numbered in the order of their SHA-256.

    The numbers depend on the images alone, neither on names nor on order.
    """
    digests = [hashlib.sha256(image.tobytes()).digest() for image in images]
    numbers: Groups = np.unique(np.array(digests, "S32"), return_inverse=True)[1]
    return numbers


def held_out(
    labels: NDArray[np.unsignedinteger], groups: Groups, share: float, *, seed: int | None = None
) -> NDArray[np.bool_]:
    """Which examples (N,) to hold out: `share` of them, as of each class, at least one group of it.

    Groups are taken in random order, or without a seed in that of their numbers, as long as the
    share is not exceeded; one group of each class, the last in that order, is never taken. A group
    with several labels is held out, or kept, as a whole.
    """
    count = int(groups.max()) + 1
    places = np.arange(count) if seed is None else np.random.default_rng(seed).permutation(count)
    place = places[groups]
    held, kept = np.zeros(count, bool), np.zeros(count, bool)
    classes, members = np.unique(labels, return_counts=True)
    for label, quota in zip(classes, _quotas(members, share), strict=True):
        own, sizes = np.unique(place[labels == label], return_counts=True)
        kept[own[~held[own]][-1:]] = True
        missing = quota - int(sizes[held[own]].sum())
        free = [(each, size) for each, size in zip(own, sizes, strict=True) if not kept[each]]
        for each, size in free:
            if size <= missing and not held[each]:
                held[each] = True
                missing -= size
        if free and not held[own].any():
            held[min(free, key=lambda pair: pair[1])[0]] = True
    return held[place]


def _quotas(members: NDArray[np.int64], share: float) -> list[int]:
    """How many of each class to hold out; together `share` of all, by largest remainders."""
    exact = share * members
    quotas = np.floor(exact)
    left = round(exact.sum()) - int(quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:left]] += 1
    return [max(1, int(quota)) for quota in quotas]


def count_of_contradictions(labels: NDArray[np.unsignedinteger], groups: Groups) -> int:
    """How many images are equal to one with another label."""
    named = np.unique(np.stack([groups, labels.astype(np.int64)]), axis=1)[0]
    several = np.unique(named[np.flatnonzero(np.diff(named) == 0)])
    return int(np.isin(groups, several).sum())


def counts_of_equal(groups: Mapping[Any, Groups]) -> dict[str, int]:
    """How many images of one split another has too: `test in train` → count, zeros left out."""
    names = list(groups)
    pairs = [(late, early) for k, late in enumerate(names) for early in names[:k]]
    counts = {
        f"{late} in {early}": int(np.isin(groups[late], groups[early]).sum())
        for late, early in pairs
    }
    return {pair: count for pair, count in counts.items() if count}
