"""How much the learning rate matters: validation error of the tuning runs against the rate."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lossbench.analysis.outcomes import chance_errors
from lossbench.figures import theme
from lossbench.figures.axes import percent_axis, plain_axis, positive
from lossbench.figures.curves import draw_summary
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.legends import legend
from lossbench.figures.panels import losses, main, main_rows, panel_each
from lossbench.figures.tuning_runs import tuned
from lossbench.study.config import Study
from lossbench.words import numbers

TEMPLATE = "rate_sensitivity.j2"


def available(tables: Tables) -> bool:
    """Whether there are tuning runs of the chosen settings."""
    return filled("history", "runs", "choices")(tables) and len(tuned(tables)) > 0


def draw(tables: Tables, study: Study) -> Figure:
    """A panel for each comparison: final validation error of tuning runs against the rate."""
    ended = tuned(tables)
    figure, panels, _ = panel_each(main(ended, study), panel_height=2.3)
    for place, panel in panels.items():
        _rates(panel, place.rows(ended), place.rows(tables["choices"]))
        spec = panel.get_subplotspec()
        is_first = spec is not None and spec.is_first_col()
        panel.set(xlabel="peak learning rate", ylabel="validation error" if is_first else "")
    legend(figure, losses(main_rows(ended, study)))
    return figure


def words(tables: Tables, study: Study) -> Words:
    """Whether the chosen rates lie inside their grids, and how many runs diverged, as drawn."""
    choices = main_rows(tables["choices"], study)
    edges = choices[choices["on_edge"]]
    title = (
        "Every chosen learning rate lies inside its grid"
        if edges.empty
        else f"On the edge of the grid: {len(edges)} of "
        f"{numbers.count(len(choices), 'chosen learning rate')}"
    )
    diverged = int(main_rows(tuned(tables), study)["diverged"].sum())
    return {
        "title": title,
        "diverged": numbers.count(diverged, "tuning run") if diverged else "",
    }


def _rates(axes: Axes, ended: pd.DataFrame, choices: pd.DataFrame) -> None:
    has_zeros = bool((ended["validation_error"] == 0).any())
    means = ended.groupby(["loss", "learning_rate"])["validation_error"].mean().reset_index()
    lowest = positive(pd.concat([ended, means])["validation_error"]).min()
    ended, means, choices = (
        rows.assign(validation_error=rows["validation_error"].clip(lower=lowest))
        for rows in (ended, means, choices)
    )
    lost = ended[ended["diverged"]].assign(validation_error=chance_errors)
    edges = choices[choices["on_edge"]]
    at = ("learning_rate", "validation_error")
    draw_summary(axes, means, *at, estimator=None, linewidth=1.4)
    _marks(axes, ended[~ended["diverged"]], s=9, linewidth=0)
    _marks(axes, lost, marker="x", s=25, linewidth=1)
    for rows, shape, size in ((choices, "o", 34), (edges, "s", 90)):
        colors = rows["loss"].map(theme.colors())
        ring = {"facecolors": "none", "edgecolors": colors, "linewidths": 1.3}
        axes.scatter(rows[at[0]], rows[at[1]], marker=shape, s=size, **ring)
    axes.set(xscale="log", yscale="log", xlabel="", ylabel="")
    axes.margins(0.09)
    plain_axis(axes.xaxis, log=True)
    percent_axis(axes.yaxis, log=True)
    if has_zeros:  # which are drawn elsewhere
        axes.fmt_ydata = None


def _marks(axes: Axes, rows: pd.DataFrame, **look: object) -> None:
    """A mark for each run, losses in the figures' order."""
    if rows.empty:
        return
    at = {"x": "learning_rate", "y": "validation_error"}
    hue = {"hue": "loss", "hue_order": losses(rows), "palette": theme.colors()}
    sns.scatterplot(rows, **at, **hue, legend=False, ax=axes, **look)
