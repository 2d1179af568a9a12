"""What stands where: a panel for each comparison, its heading, and the losses in their order."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from lossbench.cards.own_cards import loss_cards
from lossbench.figures.palette import MUTED
from lossbench.figures.theme import WIDTH
from lossbench.stats.multiplicity import ERROR, main_places
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import COMPARISON
from lossbench.words import names
from lossbench.words.places import Place
from lossbench.words.places import places as places_of


def places(frame: pd.DataFrame, study: Study) -> list[Place]:
    """The study's comparisons on which `frame` has rows, in the study's order."""
    found = set(frame[list(COMPARISON)].drop_duplicates().itertuples(index=False, name=None))
    return [place for place in places_of(study.comparisons) if place[:-1] in found]


def main(frame: pd.DataFrame, study: Study, metric: str = ERROR) -> list[Place]:
    """Of those places the ones that answer for their network: others would fill screens."""
    answering = main_places(study)[metric]
    return [place for place in places(frame, study) if place[:-1] in answering]


def main_rows(frame: pd.DataFrame, study: Study, metric: str = ERROR) -> pd.DataFrame:
    """The rows of these places: what titles and legends speak of is what is drawn."""
    return pd.concat([frame[:0], *(place.rows(frame) for place in main(frame, study, metric))])


def main_of_datasets(frame: pd.DataFrame, study: Study) -> list[Place]:
    """Of the main places the first of each data set."""
    first = {place.dataset: place for place in reversed(main(frame, study))}
    return list(reversed(first.values()))


def losses(frame: pd.DataFrame) -> list[LossName]:
    """The losses in `frame`, in the order in which every figure lists them."""
    found = set(frame["loss"])
    return [loss for loss in loss_cards() if loss in found]


def focus(frame: pd.DataFrame) -> LossName | None:
    """The loss that titles speak of: the primary one, else the first other, else none."""
    return names.focus(set(frame["loss"]))


def by_loss(frame: pd.DataFrame) -> Iterator[tuple[LossName, pd.DataFrame]]:
    """Each loss with its rows, in the figures' order."""
    for loss in losses(frame):
        yield loss, frame[frame["loss"] == loss]


def evaluation(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of evaluation runs."""
    return frame[frame["stage"] == "evaluation"]


def grid(
    rows: int, columns: int, *, panel_height: float = 2.0, width: float = WIDTH, **options: Any
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, [rows, columns]. `options`: as in subplots."""
    figure = Figure(figsize=(width, 0.35 + rows * panel_height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **options)


def place_heading(axes: Axes, place: Place) -> None:
    """The heading of a narrow panel: what tells its place apart has a line of its own."""
    told = [place.told] if place.told else []
    heading(axes, place._replace(told="").heading, above=12 * len(told))
    for text in told:
        subheading(axes, text)


def panel_each(
    shown: Sequence[Place], *, head: Callable[[Axes, Place], None] = place_heading, **options: Any
) -> tuple[Figure, dict[Place, Axes], list[Axes]]:
    """A figure with a headed panel for each place, two in a row, and its lowest panels.

    `options`: as in `grid`.
    """
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    figure, axes = grid(rows, columns, **options)
    used = dict(zip(shown, axes.ravel(), strict=False))
    for place, panel in used.items():
        head(panel, place)
    for panel in axes.ravel()[len(shown) :]:
        panel.set_axis_off()
    return figure, used, list(used.values())[-columns:]


def heading(axes: Axes, text: str, *, above: float = 0) -> None:
    """A panel's heading, flush left, `above` points higher than usual to leave room below it."""
    # The empty title keeps the height free; the words may be wider than the panel.
    axes.set_title(" ", loc="left", pad=7 + above)
    _over(axes, text, 7 + above, fontsize=9, weight="bold")


def subheading(axes: Axes, text: str, *, color: str = MUTED.light, above: float = 0) -> None:
    """Quiet words over a panel; `heading` leaves room for a line of them with `above=12`."""
    _over(axes, text, 6 + above, color=color)


def _over(axes: Axes, text: str, offset: float, **options: Any) -> None:
    words: Text = axes.annotate(
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, offset),
        textcoords="offset points",
        parse_math=False,  # a dollar sign in a name begins no formula
        **options,
    )
    words.set_in_layout(False)
