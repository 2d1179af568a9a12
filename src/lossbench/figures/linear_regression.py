"""Linear regression by descent from several starts, against the closed form."""

from matplotlib.figure import Figure

from lossbench.figures import palette
from lossbench.figures.drawing import Tables, Words, filled
from lossbench.figures.panels import grid, heading
from lossbench.study.config import Study
from lossbench.words.numbers import count, number, within

TEMPLATE = "linear_regression.j2"

SHOWN = {
    "parameter_difference": ("parameters (distance)", "o"),
    "prediction_difference": ("predictions (largest)", "x"),
}
"""By column: what it is, and its mark."""

available = filled("linear_solutions")


def draw(tables: Tables, _: Study) -> Figure:
    """Distances of each descent's end to the least-norm solution, with full rank and without."""
    figure, axes = grid(1, 2, panel_height=2.2, sharey=True)
    descents = tables["linear_solutions"].query("method == 'gradient descent'")
    for axis, (problem, rows) in zip(axes[0], descents.groupby("problem"), strict=True):
        for column, (label, marker) in SHOWN.items():
            values = rows[column].clip(lower=1e-12)
            axis.plot(rows["start"], values, marker, color=palette.INK.light, label=label)
        axis.set(yscale="log", xlabel="start (0: zeros)", ylim=(1e-12, 100))
        axis.set_xticks(rows["start"])
        heading(axis, str(problem).capitalize())
    axes[0, 0].set_ylabel("difference from the closed form")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    return figure


def words(tables: Tables, _: Study) -> Words:
    """Agreement of descent with the normal equations, and what deficient rank leaves open."""
    frame = tables["linear_solutions"].query("method == 'gradient descent'")
    small = within(frame["prediction_difference"].max())
    apart = frame["parameter_difference"].max()
    return {
        "title": f"Linear regression: descent predicts as the normal equations do, within {small}",
        "apart": number(apart, 1),
        "starts": count(frame["start"].nunique(), "start"),
    }
