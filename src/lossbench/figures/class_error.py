"""The error of each loss on the images of each class."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis.class_errors import SHOWN, mean_errors, most_different
from lossbench.figures import palette, theme
from lossbench.figures.axes import percent_axis
from lossbench.figures.classes import class_labels
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import losses, panel_each, places, records
from lossbench.study.config import Study
from lossbench.tables.rows import class_names
from lossbench.words import names, numbers

TEMPLATE = "class_error.j2"


LEAST = 0.001
"""Smaller errors are drawn there: zero has no place on a log axis."""

available = filled("class_errors")


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: the error on the images of each class, the mean over seeds."""
    errors = mean_errors(tables["class_errors"])
    order = {place: most_different(place.rows(errors)) for place in places(errors, study)}
    tallest = max(map(len, order.values()))
    figure, panels, _ = panel_each(list(order), panel_height=1.0 + 0.15 * tallest)
    for place, panel in panels.items():
        _classes(panel, place.rows(errors), order[place], class_labels(tables, place.dataset))
        panel.set_xlabel("test error of the class")
    legend(figure, losses(errors), lines=False)
    return figure


def words(tables: Tables, _study: Study) -> Words:
    """The class with the highest error on each data set, over its networks and losses."""
    errors = mean_errors(tables["class_errors"])
    means = errors.groupby(["dataset", "label"])["error"].mean().reset_index()
    worst = means.loc[means.groupby("dataset", sort=False)["error"].idxmax()]
    hardest = [
        f"{class_names(tables, row.dataset)[row.label]} on {names.dataset_name(row.dataset)} "
        f"({numbers.percent(row.error, 1)})"
        for row in records(worst)
    ]
    return {
        "title": f"Hardest class, averaged over losses and networks: {numbers.join(hardest)}",
        "least": numbers.percent(LEAST, 1),
        "shown": SHOWN,
        "many": bool((means["label"] >= SHOWN).any()),
    }


def _classes(axes: Axes, errors: pd.DataFrame, shown: list[int], labels: list[str]) -> None:
    errors = errors[errors["label"].isin(shown)]
    errors = errors.assign(error=errors["error"].clip(lower=LEAST))
    order = losses(errors)
    ends = errors.groupby("label")["error"].agg(["min", "max"]).loc[shown]
    rows = range(len(shown))
    axes.hlines(rows, ends["min"], ends["max"], color=palette.RULE.light, linewidth=0.8)
    sns.pointplot(
        errors,
        x="error",
        y="label",
        orient="y",
        order=shown,
        hue="loss",
        hue_order=order,
        palette=theme.colors(),
        markers=[theme.markers()[loss] for loss in order],
        markersize=4,
        markeredgewidth=0.5,
        linestyle="none",
        errorbar=None,
        legend=False,
        ax=axes,
    )
    axes.set(xscale="log", ylabel="")
    axes.set_xlim(float(errors["error"].min()) / 1.3, float(errors["error"].max()) * 1.3)
    axes.set_yticks(rows, [labels[label] for label in shown])
    axes.grid(visible=False)
    percent_axis(axes.xaxis, log=True)
