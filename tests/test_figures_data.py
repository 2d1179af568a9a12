"""Lines and marks stand where the tables say, in every kind of figure."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D

from builders import synthetic
from builders.drawn_figures import draw, in_color_of, panels, study
from lossbench.analysis import outcomes
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.figures import (
    answer,
    conditions,
    final_error,
    paired_runs,
    palette,
    projections,
    theme,
)
from lossbench.figures.panels import by_loss, main, places
from lossbench.figures.solver_runs import FLOOR
from lossbench.words import names, numbers
from lossbench.words.findings import select


def table(name: str, query: str = "", knob: str = "plain") -> pd.DataFrame:
    frame = study(knob)[0][name]
    return frame.query(query) if query else frame


def at_first(frame: pd.DataFrame, *question: str) -> pd.DataFrame:
    """The rows of the comparison that has the first panel."""
    return main(frame, study()[1], *question)[0].rows(frame)


def lines_of(axes: Axes, loss: str, *, marks: bool = False) -> list[Line2D]:
    """The lines, or the rows of marks, in a loss's colour."""
    mine = in_color_of(loss, axes)
    return [line for line in mine if (line.get_linestyle() == "None") is marks]


def drawn(axes: Axes, loss: str, *, marks: bool = False) -> list[np.ndarray]:
    """The points (n, 2) of each of them."""
    return [line.get_xydata() for line in lines_of(axes, loss, marks=marks)]


def assert_forest(axes: Axes, rows: pd.DataFrame, heights: dict[str, int], *, log: bool) -> None:
    """Each row's mark, interval and band; what lies beyond the panel has an arrow at its edge."""
    left, right = axes.get_xlim()
    for row in rows.itertuples():
        height = heights[row.loss]
        marks = {line.get_ydata()[0]: line for line in lines_of(axes, row.loss, marks=True)}
        mark = marks[height]
        assert mark.get_xdata() == pytest.approx([np.clip(row.value, left, right)])
        assert (mark.get_marker() == ">") == (row.value > right)
        ends = [each for each in drawn(axes, row.loss) if len(each) == 2]
        assert len(ends) == (row.ci_low < right)
        for end in ends:
            expected = np.clip([row.ci_low, row.ci_high], left, right)
            np.testing.assert_allclose(end, np.transpose([expected, [height] * 2]))
        assert_band(axes, height, row.margin, log=log)


def assert_band(axes: Axes, height: int, margin: float, *, log: bool) -> None:
    """At the middle and at the edges of a row the band is as wide as its margin."""
    (band,) = axes.patches
    assert to_hex(band.get_facecolor()) == palette.BAND.light
    inside = band.get_path().contains_point
    low, high = (1 / (1 + margin), 1 + margin) if log else (-margin, margin)
    for y in (height - 0.49, height, height + 0.49):
        assert inside((low + 1e-6, y))
        assert inside((high - 1e-6, y))
        assert not inside((low - 1e-6, y))
        assert not inside((high + 1e-6, y))


@pytest.mark.parametrize(
    ("figure", "panel", "metric"),
    [
        ("answer", 0, "error"),
        ("answer", 1, "speed"),
        ("speed", 0, "speed"),
        ("final-error", 1, "error"),
    ],
)
def test_contrasts_have_their_value_interval_and_margin(figure, panel, metric):
    axes = panels(figure).axes
    named = [label.get_text() for label in axes[0].get_yticklabels()]
    rows = at_first(select(study()[0], metric), metric)
    heights = {loss: named.index(names.loss_name(loss)) for loss in rows["loss"]}
    assert len(rows) > 2
    assert_forest(axes[panel], rows, heights, log=metric == "speed")


@pytest.mark.parametrize(("figure", "panel"), [(answer, 0), (final_error, 1)])
def test_the_primary_loss_is_on_the_scale_of_its_network_and_flattens_no_other(figure, panel):
    tables, settings = synthetic.build(networks=2)
    contrasts = tables["contrasts"].copy()
    ends = ["value", "ci_low", "ci_high"]
    contrasts.loc[contrasts["metric"] == "error", ends] = 0.0
    wide = (contrasts["metric"] == "error") & (contrasts["model"] == "mlp")
    contrasts.loc[wide & (contrasts["loss"] == PRIMARY), ends] = 0.05, -0.35, 0.46
    axes = figure.draw(tables | {"contrasts": contrasts}, settings).axes
    reach, other = (axes[at].get_xlim()[1] for at in (panel, panel + 2))
    assert 0.46 < reach < 0.6
    assert other < 0.05


def test_every_condition_has_its_row():
    tables, settings = synthetic.build(networks=1, recipes=True)
    # The conditions that answer have another margin than the rest, as data sets may.
    margins = tables["contrasts"]["margin"] * np.where(tables["contrasts"]["main"], 1.5, 1)
    tables["contrasts"] = tables["contrasts"].assign(margin=margins)
    left, right = conditions.draw(tables, settings).axes
    named = [label.get_text() for label in left.get_yticklabels()]
    for axes, metric in ((left, "error"), (right, "speed")):
        rows = select(tables, metric, loss=PRIMARY)
        shown = {place.heading: place for place in places(rows, settings)}
        assert list(shown) == named
        assert len(named) == 4
        for height, heading in enumerate(named):
            (row,) = shown[heading].rows(rows).itertuples()
            marks = [each[0] for each in drawn(axes, PRIMARY, marks=True)]
            (mark,) = (each for each in marks if each[1] == height)
            assert mark[0] == pytest.approx(np.clip(row.value, *axes.get_xlim()))
            assert_band(axes, height, row.margin, log=metric == "speed")


def test_paired_runs_are_joined_by_replicate():
    errors = at_first(table("metrics", "metric == 'error' and split == 'test'"), "error")
    wide = errors.pivot(index="seed", columns="loss", values="value")[[REFERENCE, PRIMARY]]
    axes = panels("paired-runs").axes[0]
    joined = {tuple(line.get_xdata()) for line in axes.lines if list(line.get_ydata()) == [1, 0]}
    assert joined == set(wide.itertuples(index=False, name=None))
    for height, loss in ((1, REFERENCE), (0, PRIMARY)):
        (marks,) = drawn(axes, loss, marks=True)
        np.testing.assert_allclose(np.sort(marks[:, 0]), np.sort(wide[loss]))
        assert set(marks[:, 1]) == {height}
    np.testing.assert_allclose(axes.get_xticks(), sorted(wide.mean()))
    ordered = wide.mean().sort_values().index
    for label, loss in zip(axes.get_xticklabels(), ordered, strict=True):
        assert to_hex(label.get_color()) == theme.colors()[loss]
    lower = sum(theirs < ours for theirs, ours in joined)
    (said,) = (text.get_text() for text in axes.texts if "errors" in text.get_text())
    assert said.endswith(f"\n{lower} of 4{numbers.NO_BREAK}pairs")


def test_a_run_that_diverged_is_a_cross_and_its_errors_are_not_compared():
    tables, settings = study("troubled")
    runs = table("runs", "diverged and stage == 'evaluation'", knob="troubled")
    assert set(zip(runs["loss"], runs["seed"], strict=True)) == {(PRIMARY, 0)}
    for axes in panels("paired-runs", "troubled").axes:
        dots, crosses = lines_of(axes, PRIMARY, marks=True)
        assert (crosses.get_marker(), list(crosses.get_xdata())) == ("x", [0.9])
        assert len(dots.get_xdata()) == 3
        (said,) = (text.get_text() for text in axes.texts if "pairs" in text.get_text())
        assert "1\N{NO-BREAK SPACE}run diverged" in said
        assert "errors" not in said
    svg, words = draw("paired-runs", tables, settings)
    assert svg.count("<title>diverged, counted at chance</title>") == len(runs)
    assert "×" in words.caption
    assert "×" not in draw("paired-runs", *study())[1].caption


@pytest.mark.parametrize("apart", [0.0, 0.00004, 0.0004])
def test_the_labels_of_close_means_stand_apart(apart):
    tables, settings = study()
    metrics = tables["metrics"].copy()
    theirs, ours = (metrics["loss"] == loss for loss in (REFERENCE, PRIMARY))
    metrics.loc[ours, "value"] = metrics.loc[theirs, "value"].to_numpy() + apart
    figure = paired_runs.draw(tables | {"metrics": metrics}, settings)
    figure.draw_without_rendering()
    for axes in figure.axes:
        labels = axes.get_xticklabels()
        texts = [label.get_text() for label in labels]
        assert len(set(texts)) == len(texts)
        ends = [edge for label in labels for edge in label.get_window_extent().intervalx]
        space = labels[0].get_fontsize() / 72 * figure.dpi / 4
        blank = space * "".join(texts).count(numbers.NO_BREAK)
        assert (np.diff(ends)[1::2] + blank > space).all()


@pytest.mark.parametrize(
    "name", ["Label smoothing, annealed 0.1", "my_label_smoothing_loss_of_mine"]
)
def test_a_long_name_takes_no_room_from_the_runs(monkeypatch, name):
    own = {REFERENCE: "cross-entropy", PRIMARY: name}
    monkeypatch.setattr(names, "in_sentence", own.__getitem__)
    figure = paired_runs.draw(*study())
    figure.draw_without_rendering()
    axes = figure.axes[0]
    runs = [line.get_window_extent() for loss in own for line in lines_of(axes, loss, marks=True)]
    (said,) = (text for text in axes.texts if "errors" in text.get_text())
    called = [text for text in axes.texts if text.get_color() in map(theme.colors().get, own)]
    assert ["".join(text.get_text().split()) for text in called] == [
        "".join(each.split()) for each in own.values()
    ]
    assert max(text.get_window_extent().x1 for text in called) < min(run.x0 for run in runs)
    assert said.get_window_extent().x0 > max(run.x1 for run in runs)


def test_the_lead_by_level_has_its_ratios_and_their_intervals():
    rows = at_first(table("level_ratios", "loss == @PRIMARY"), "speed").dropna(subset="ratio")
    axes = panels("lead-by-level").axes[0]
    curve, *_ = drawn(axes, PRIMARY)
    np.testing.assert_allclose(curve, rows[["validation_error", "ratio"]])
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices
    for row in rows.itertuples():
        here = corners[np.isclose(corners[:, 0], row.validation_error, rtol=1e-9), 1]
        assert (here.min(), here.max()) == pytest.approx((row.ci_low, row.ci_high))


def test_the_same_rate_is_the_reference_s_and_the_own_one_each_loss_s():
    tables = study()[0]
    choices = at_first(tables["choices"])
    tuned = outcomes.final_validation_errors(
        tables["history"], tables["runs"].query("stage == 'tuning'")
    )
    place = ["dataset", "model", "recipe", "loss", "learning_rate", "seed"]
    error = tuned.set_index(place)["validation_error"]
    shared, own = [], []
    reference = choices[choices["loss"] == REFERENCE].set_index("tuning_seed")["learning_rate"]
    for row in choices[choices["loss"] == PRIMARY].itertuples():
        at = (row.dataset, row.model, row.recipe, PRIMARY)
        shared.append(error[(*at, reference[row.tuning_seed], row.tuning_seed)])
        own.append(error[(*at, row.learning_rate, row.tuning_seed)])
    axes = panels("same-rate").axes[0]
    hollow, filled = (each[0, 0] for each in drawn(axes, PRIMARY, marks=True))
    assert (hollow, filled) == pytest.approx((np.mean(shared), np.mean(own)))


def test_chosen_rates_are_ringed():
    chosen = at_first(table("choices", "loss == @PRIMARY"))
    dots = panels("rate-sensitivity").axes[0].collections
    rings = [each for each in dots if not len(each.get_facecolor())]
    at = {tuple(point) for ring in rings for point in np.asarray(ring.get_offsets())}
    assert (
        set(chosen[["learning_rate", "validation_error"]].itertuples(index=False, name=None)) <= at
    )


@pytest.mark.parametrize(
    ("panel", "measures"), [(0, ["scatter_ratio"]), (1, ["other_cosine", "own_cosine"])]
)
def test_features_show_every_run(panel, measures):
    axes = panels("features").axes[panel]
    measured = at_first(table("geometry", "loss == @PRIMARY"))
    color = theme.colors()[PRIMARY]
    dots = [each for each in axes.collections if to_hex(each.get_edgecolor()[0]) == color]
    for each, measure in zip(dots, measures, strict=True):
        expected = measured[measured["measure"] == measure]["value"]
        np.testing.assert_allclose(np.sort(each.get_offsets()[:, 0]), np.sort(expected))
    if panel:
        hollow, filled = dots
        assert not len(hollow.get_facecolor())
        assert len(filled.get_facecolor())


def test_projections_show_points_of_the_first_seed_by_class():
    tables, settings = study()
    every = tables["projections"]
    later = every.assign(seed=every["seed"] + 1, x=every["x"] + 9)
    points = at_first(every.query("loss == @REFERENCE"))
    both = tables | {"projections": pd.concat([later, every])}
    figure = projections.draw(both, settings)
    assert len(figure.axes) == projections.LOSSES  # of the first comparison alone
    axes = figure.axes[0]
    colors = [color.light for color in palette.CLASS_COLORS]
    shown = {colors.index(to_hex(patch.get_edgecolor())): patch for patch in axes.patches}
    assert set(shown) == set(points["label"])
    for label, patch in shown.items():
        expected = points[points["label"] == label][["x", "y"]].head(projections.PER_CLASS)
        np.testing.assert_allclose(patch.get_path().vertices[::2], expected)


CURVES = {
    ("neuron", 0): ("neuron_trajectories", "start_weight == 0.6", "epoch", "output"),
    ("neuron", 1): ("neuron_trajectories", "start_weight == 0.6", "epoch", "cost"),
    ("neuron", 2): ("neuron_trajectories", "start_weight == 0.6", "epoch", "gradient"),
    ("neuron", 3): ("neuron_trajectories", "start_weight == 2", "epoch", "output"),
    ("slowdown", 0): ("neuron_slowdown", "", "start_z", "flow_epochs"),
    ("gradient-against-output", 1): ("output_gradients", "target == 0", "output", "gradient"),
    ("gradient-against-output", 2): ("output_gradients", "target == 1", "output", "gradient"),
    ("softmax-gradient", 0): (
        "softmax_gradients",
        "classes == 10 and case == 'right'",
        "doubt",
        "gradient_norm",
    ),
    ("softmax-gradient", 1): (
        "softmax_gradients",
        "classes == 10 and case == 'wrong'",
        "doubt",
        "gradient_norm",
    ),
    ("curvature", 0): ("curvature", "target == 0", "z", "value"),
    ("curvature", 1): ("curvature", "target == 0", "z", "slope"),
    ("curvature", 2): ("curvature", "target == 0", "z", "curvature"),
    ("misclassification-cost", 0): ("misclassification_cost", "", "probability", "cost"),
    ("misclassification-cost", 1): ("misclassification_cost", "", "probability", "cost"),
}
"""Figure and panel → table, its rows, what is drawn against what."""
SIZES = "gradient-against-output"
"""It shows the size of a gradient whatever its sign."""


@pytest.mark.parametrize(("figure", "panel"), CURVES)
def test_a_curve_of_the_theory_is_its_table_s(figure, panel):
    name, query, x, y = CURVES[figure, panel]
    axes = panels(figure).axes[panel]
    for loss, rows in by_loss(table(name, query)):
        (line,) = drawn(axes, loss)
        expected = rows[[x, y]].abs() if figure == SIZES else rows[[x, y]]
        np.testing.assert_allclose(line, expected)


def test_marks_on_the_slowdown_are_simulated():
    axes = panels("slowdown").axes[0]
    for loss, rows in by_loss(table("neuron_slowdown", "reached")):
        (marks,) = drawn(axes, loss, marks=True)
        simulated = rows.set_index("start_z")["epochs"]
        np.testing.assert_allclose(marks[:, 1], simulated.loc[marks[:, 0]])


def test_equal_logits_are_compared_over_the_classes():
    axes = panels("softmax-gradient").axes[2]
    for loss, rows in by_loss(table("softmax_gradients", "case == 'right'")):
        equal = rows[np.isclose(rows["doubt"], 1 - 1 / rows["classes"])]
        (line,) = drawn(axes, loss)
        np.testing.assert_allclose(line, equal[["classes", "gradient_norm"]])


def test_smallest_eigenvalues_are_drawn_with_the_share_up_to_them():
    axes = panels("curvature").axes[3]
    for loss, rows in by_loss(table("hessians")):
        values, shares = drawn(axes, loss)[0].T
        assert (np.diff(values) >= 0).all()
        found = [(rows["smallest_eigenvalue"] <= value).mean() for value in values]
        np.testing.assert_allclose(shares, found)


def test_descents_on_separable_data_are_the_table_s():
    for axes, column in zip(
        panels("separable-data").axes, ("value", "parameter_norm"), strict=True
    ):
        descents = table("separable_descent", "step > 0").groupby("problem")
        lines = drawn(axes, "bce_sigmoid")
        for line, (_, rows) in zip(lines, descents, strict=True):
            np.testing.assert_allclose(line, rows[["step", column]])


def test_paths_of_descent_start_hollow_and_end_filled():
    figure = panels("loss-surfaces")
    for axes, (loss, paths) in zip(figure.axes, by_loss(table("descent_paths")), strict=True):
        (contours,) = axes.collections
        assert np.ptp(np.diff(contours.levels)) == pytest.approx(0)
        lines = in_color_of(loss, axes)
        for at, (_, path) in enumerate(paths.groupby("start")):
            way, first, last = lines[3 * at : 3 * at + 3]
            places = path[["weight", "bias"]].to_numpy()
            np.testing.assert_allclose(way.get_xydata(), places)
            np.testing.assert_allclose(first.get_xydata(), places[:1])
            np.testing.assert_allclose(last.get_xydata(), places[-1:])
            assert (first.get_fillstyle(), last.get_fillstyle()) == ("none", "full")


def test_minima_are_marked_where_they_are():
    for axes, (loss, rows) in zip(
        panels("local-minima").axes, by_loss(table("local_minima")), strict=True
    ):
        marks = np.concatenate(drawn(axes, loss, marks=True))
        np.testing.assert_allclose(marks, rows[["weight", "bias"]])


def test_solvers_show_the_excess_of_every_run():
    by_solver = table("solver_runs").groupby("solver")
    for axes, (_, runs) in zip(panels("solving").axes, by_solver, strict=True):
        for loss, rows in by_loss(runs):
            best = (rows["value"] - rows["excess"]).min()
            shown = np.concatenate(drawn(axes, loss, marks=True))[:, 1]
            assert len(shown) == len(rows)
            expected = (rows["excess"] / best).clip(lower=FLOOR)
            np.testing.assert_allclose(np.sort(shown), np.sort(expected))


def test_regression_shows_both_distances_from_the_closed_form():
    descents = table("linear_solutions", "method == 'gradient descent'").groupby("problem")
    for axes, (_, rows) in zip(panels("linear-regression").axes, descents, strict=True):
        for line, column in zip(
            axes.lines, ("parameter_difference", "prediction_difference"), strict=True
        ):
            np.testing.assert_allclose(line.get_xdata(), rows["start"])
            np.testing.assert_allclose(line.get_ydata(), rows[column].clip(lower=1e-12))
