"""Where each loss ends: every run's test error, paired differences, the error of each class."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.cards.loss import REFERENCE
from lossbench.figures import forest, palette, theme
from lossbench.figures.layout import (
    by_loss,
    joined,
    legend,
    losses,
    panels_of,
    percent_axis,
    places,
    plain_axis,
    positive,
    records,
)
from lossbench.figures.spec import Description, FigureSpec, Tables, filled
from lossbench.study.config import Study
from lossbench.study.fields import LossName
from lossbench.tables.runs import CLASSES
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find, select
from lossbench.words.places import Place
from lossbench.words.questions import ERROR


def test_errors(metrics: pd.DataFrame) -> pd.DataFrame:
    """The test error of every evaluation run."""
    return metrics[(metrics["metric"] == "error") & (metrics["split"] == "test")]


def _draw_final(tables: Tables, study: Study) -> Figure:
    """A row for each network: every run's error, and its difference to the reference's."""
    errors = test_errors(tables["metrics"])
    shown = places(errors, study)
    orders = [losses(place.rows(errors)) for place in shown]
    figure, axes = forest.panels(orders)
    contrasts = _contrasts(tables)
    for line, place, order in zip(axes, shown, orders, strict=True):
        mine = place.rows(errors)
        theme.heading(line[0], place.heading)
        _runs(line[0], mine, order)
        by_dataset = contrasts[contrasts["dataset"] == place.dataset]
        limits = forest.difference_limits(by_dataset)
        scale = forest.Scale(0.0, False, limits, forest.points)
        forest.draw(line[1], place.rows(contrasts), order, scale)
        _pairs(line[1], mine, order, limits)
        forest.name_rows(line[0], order)
        plain_axis(line[1].xaxis, log=False, scale=100)
    axes[-1, 0].set_xlabel("test error of each run")
    axes[-1, 1].set_xlabel(f"difference to {names.in_sentence(REFERENCE)}, percentage points")
    return figure


def _describe_final(tables: Tables, study: Study) -> Description:
    finding = _finding(tables)
    return Description(
        title=finding,
        subtitle=(
            "Left: the test error of every run, on a log axis; a grey line joins the runs of one "
            f"seed. Right: differences to {names.in_sentence(REFERENCE)} seed by seed (small), "
            f"their mean and {study.statistics.level:.0%} interval (large); grey: the band of "
            "equivalence."
        ),
        alt=f"Dot plot of the test errors of all runs and their paired differences. {finding}.",
        caption=(
            "The test set is read once, after the last epoch. A run that diverged counts with the "
            "error of chance. A hollow mark is undecided; an arrow points to a value off the scale."
        ),
    )


def _draw_classes(tables: Tables, study: Study) -> Figure:
    """A panel for each network: the error on the images of each class, the mean over seeds."""
    errors = _class_errors(tables["metrics"])
    shown = places(errors, study)
    figure, panels, _ = panels_of(shown, panel_height=2.5)
    for place, panel in panels.items():
        _classes(panel, place, place.rows(errors))
        panel.set_xlabel("test error of the class")
    legend(figure, losses(errors), lines=False)
    return figure


def _describe_classes(tables: Tables, _study: Study) -> Description:
    errors = _class_errors(tables["metrics"])
    title = f"Hardest class, averaged over losses and networks: {numbers.join(_hardest(errors))}"
    return Description(
        title=title,
        subtitle="Test error on the images of each true class, mean over seeds, on a log axis.",
        alt=f"Dot plot of the error of each class and loss. {title}.",
        caption=(
            "Classes are in the data set's own order. Where the marks of a class lie close "
            "together the losses find it equally hard."
        ),
    )


def _runs(axes: Axes, errors: pd.DataFrame, order: list[LossName]) -> None:
    axes.set_xscale("log")
    axes.grid(visible=False)
    heights = {loss: len(order) - 1 - index for index, loss in enumerate(order)}
    points = errors.assign(value=positive(errors["value"]), y=errors["loss"].map(heights))
    seeds = [run.sort_values("y") for _, run in points.groupby("seed")]
    axes.plot(
        *joined([(run["value"].to_numpy(), run["y"].to_numpy(float)) for run in seeds]),
        color=palette.RULE.light,
        linewidth=0.7,
        zorder=1,
    )
    for loss, mine in by_loss(points):
        theme.tag(
            axes.plot(mine["value"], mine["y"], **theme.mark_style(loss, 4), alpha=0.8),
            loss,
        )
    percent_axis(axes.xaxis, log=True)


def _pairs(
    axes: Axes, errors: pd.DataFrame, order: list[LossName], limits: tuple[float, float]
) -> None:
    """Each seed's difference, small, just under the row's mean."""
    wide = errors.pivot(index="seed", columns="loss", values="value")
    if REFERENCE not in wide:
        return
    for loss in losses(errors):
        if loss == REFERENCE:
            continue
        values = (wide[loss] - wide[REFERENCE]).dropna()
        values = values[values.between(*limits)]
        y = np.full(len(values), len(order) - 1 - order.index(loss) - 0.3)
        color = palette.LOSS_STYLES[loss].color
        dots = axes.plot(values, y, "o", color=color, markersize=2, markeredgewidth=0)
        theme.tag(dots, loss)


def _contrasts(tables: Tables) -> pd.DataFrame:
    return select(tables, "error")


def _finding(tables: Tables) -> str:
    if not filled("contrasts")(tables):
        return "The test error of every run"
    return phrases.title(find(tables, ERROR))


def _class_errors(metrics: pd.DataFrame) -> pd.DataFrame:
    """The mean over seeds of each class's test error, with the class as a number."""
    rows = metrics[metrics["metric"].str.startswith("class_error_") & metrics["value"].notna()]
    rows = rows.assign(label=rows["metric"].str.removeprefix("class_error_").astype(int))
    return rows.groupby(["dataset", "model", "loss", "label"])["value"].mean().reset_index()


def _classes(axes: Axes, place: Place, errors: pd.DataFrame) -> None:
    axes.set_xscale("log")
    axes.grid(visible=False)
    errors = errors.assign(value=positive(errors["value"]))
    ends = errors.groupby("label")["value"].agg(["min", "max"])
    axes.hlines(-ends.index, ends["min"], ends["max"], color=palette.RULE.light, linewidth=0.8)
    for loss, mine in by_loss(errors):
        dots = axes.plot(mine["value"], -mine["label"], **theme.mark_style(loss, 4))
        theme.tag(dots, loss)
    axes.set_xlim(float(errors["value"].min()) / 1.3, float(errors["value"].max()) * 1.3)
    axes.set_yticks(-np.arange(CLASSES), names.class_names(place.dataset, CLASSES))
    percent_axis(axes.xaxis, log=True)


def _hardest(errors: pd.DataFrame) -> list[str]:
    """The class with the highest error on each data set, over its networks and losses."""
    means = errors.groupby(["dataset", "label"])["value"].mean().reset_index()
    worst = means.loc[means.groupby("dataset", sort=False)["value"].idxmax()]
    return [
        f"{names.class_names(row.dataset)[row.label]} on {names.dataset_name(row.dataset)} "
        f"({numbers.percent(row.value, 1)})"
        for row in records(worst)
    ]


FINAL_ERROR_FIGURES: dict[str, FigureSpec] = {
    "final-error": FigureSpec(
        "final-error",
        section="final-error",
        draw=_draw_final,
        describe=_describe_final,
        sources=("metrics", "contrasts"),
        available=lambda tables: (
            filled("metrics")(tables) and len(test_errors(tables["metrics"])) > 0
        ),
    ),
    "class-error": FigureSpec(
        "class-error",
        section="final-error",
        draw=_draw_classes,
        describe=_describe_classes,
        sources=("metrics",),
        available=lambda tables: (
            filled("metrics")(tables) and len(_class_errors(tables["metrics"])) > 0
        ),
    ),
}
"""The figures of runs' final errors."""
