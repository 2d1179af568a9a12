"""The error of each loss on the images of each class."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.figures import palette, theme
from lossbench.figures.axes import percent_axis, positive
from lossbench.figures.classes import class_labels, class_names
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import losses, panel_each, places, records
from lossbench.study.config import Study
from lossbench.tables.runs import CLASSES, COMPARISON
from lossbench.words import names, numbers

TEMPLATE = "class_error.j2"


def available(tables: Tables) -> bool:
    """Whether errors of classes were measured."""
    return filled("metrics")(tables) and len(_class_errors(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: the error on the images of each class, the mean over seeds."""
    errors = _class_errors(tables)
    figure, panels, _ = panel_each(places(errors, study), panel_height=2.5)
    for place, panel in panels.items():
        _classes(panel, place.rows(errors), class_labels(tables, place.dataset))
        panel.set_xlabel("test error of the class")
    legend(figure, losses(errors), lines=False)
    return figure


def words(tables: Tables, _study: Study) -> Words:
    """The class with the highest error on each data set, over its networks and losses."""
    means = _class_errors(tables).groupby(["dataset", "label"])["value"].mean().reset_index()
    worst = means.loc[means.groupby("dataset", sort=False)["value"].idxmax()]
    hardest = [
        f"{class_names(tables, row.dataset)[row.label]} on {names.dataset_name(row.dataset)} "
        f"({numbers.percent(row.value, 1)})"
        for row in records(worst)
    ]
    return {"title": f"Hardest class, averaged over losses and networks: {numbers.join(hardest)}"}


def _class_errors(tables: Tables) -> pd.DataFrame:
    """The mean over seeds of each class's test error, with the class as a number."""
    metrics = tables["metrics"]
    rows = metrics[metrics["metric"].str.startswith("class_error_") & metrics["value"].notna()]
    rows = rows.assign(label=rows["metric"].str.removeprefix("class_error_").astype(int))
    return rows.groupby([*COMPARISON, "loss", "label"])["value"].mean().reset_index()


def _classes(axes: Axes, errors: pd.DataFrame, labels: list[str]) -> None:
    errors = errors.assign(value=positive(errors["value"]))
    order = losses(errors)
    ends = errors.groupby("label")["value"].agg(["min", "max"])
    axes.hlines(ends.index, ends["min"], ends["max"], color=palette.RULE.light, linewidth=0.8)
    sns.pointplot(
        errors,
        x="value",
        y="label",
        orient="y",
        order=range(CLASSES),
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
    axes.set_xlim(float(errors["value"].min()) / 1.3, float(errors["value"].max()) * 1.3)
    axes.set_yticks(range(CLASSES), labels)
    axes.grid(visible=False)
    percent_axis(axes.xaxis, log=True)
