"""What is drawn and said is what the tables hold: each figure against an authority of its own."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

from builders import drawn_figures, synthetic
from builders.drawn_figures import draw, drawn, in_color_of, panels, study, title
from builders.theory_tables import made
from lossbench.analysis.metrics import BINS
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.figures import gradient_and_saturation, rate_sensitivity, same_rate, theme
from lossbench.figures.panels import places
from lossbench.tables.logits import matrix, predicted
from lossbench.tables.rows import of_comparisons
from lossbench.tables.runs import COMPARISON
from lossbench.words import names, numbers, phrases
from lossbench.words.findings import find, select
from lossbench.words.questions import CALIBRATION, ERROR, SCATTER, SPEED


def rows_of(table: str, place, **wanted) -> pd.DataFrame:
    frame = place.rows(study()[0][table])
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def first_place(table: str):
    tables, settings = study()
    return places(tables[table], settings)[0]


def lines_of(axes, loss: str, width: float | None = None) -> list:
    """The lines in a loss's colour, all or those that are so wide."""
    return [line for line in in_color_of(loss, axes) if width in (None, line.get_linewidth())]


def texts(name: str, knob: str = "plain") -> list[str | None]:
    root = ET.fromstring(drawn(name, knob)[0])
    return [element.text for element in root.iter() if element.tag.endswith("}text")]


@pytest.mark.parametrize(
    ("name", "panel", "column"),
    [
        ("learning-curves", 0, "validation_error"),
        ("gradient-and-saturation", 0, "logit_gradient_rms"),
        ("gradient-and-saturation", 1, "saturation"),
    ],
)
def test_curves_show_each_run_thin_and_the_median_bold(name, panel, column):
    """Four seeds: the median of logarithms would lie elsewhere."""
    axes = panels(name).axes[panel]
    assert axes.get_xscale() == axes.get_yscale() == "log"
    rows = rows_of("history", first_place("history"), stage="evaluation", loss=PRIMARY)
    rows = rows[(rows["step"] > 0) & rows[column].notna()]
    (bold,) = lines_of(axes, PRIMARY, 1.9)
    steps, drawn_values = bold.get_data()
    expected = rows.groupby("step")[column].median()
    assert {steps[0], steps[-1]} == {rows["step"].min(), rows["step"].max()}
    np.testing.assert_allclose(drawn_values, expected.loc[steps])
    thin = lines_of(axes, PRIMARY, 0.5)
    assert len(thin) == rows["seed"].nunique() == 4
    ends = {round(float(line.get_ydata()[-1]), 12) for line in thin}
    assert ends == set(rows[rows["step"] == rows["step"].max()][column].round(12))


@pytest.mark.filterwarnings("error:constrained_layout")  # a label far off a panel takes its room
def test_a_loss_that_fails_does_not_flatten_the_pair_s_gradients():
    tables, settings = study()
    history = tables["history"].copy()
    place = first_place("history")
    failing = (history["loss"] == "mse_sigmoid") & (history["step"] > 10)
    failing &= history.index.isin(place.rows(history).index)
    columns = ["logit_gradient_rms", "saturation"]
    history.loc[failing, columns] = 1e-30
    with theme.applied():
        figure = gradient_and_saturation.draw(tables | {"history": history}, settings)
    rows = place.rows(history).query("loss in [@REFERENCE, @PRIMARY] and stage == 'evaluation'")
    for axes, other, column in zip(figure.axes, figure.axes[2:], columns, strict=False):
        lowest = rows.loc[rows["step"] > 0, column].min()
        assert axes.get_ylim()[0] == pytest.approx(lowest / 1000)
        assert axes.get_ylim()[1] < 10 * history[column].max()
        assert other.get_ylim()[0] > history.loc[~failing, column].min() / 10
    said = draw("gradient-and-saturation", tables | {"history": history}, settings)[1].caption
    assert said.endswith("go on below: MSE on sigmoid on MNIST with MLP.")
    assert "below" not in drawn("gradient-and-saturation")[1].caption


def test_learning_curves_become_one_path_of_runs_and_one_of_the_median():
    tables, _ = study()
    runs = tables["runs"].query("stage == 'evaluation' and loss == 'cross_entropy'")
    root = ET.fromstring(drawn("learning-curves")[0])
    mine = [e for e in root.iter() if e.get("data-loss") == REFERENCE and e.tag.endswith("}path")]
    thin = [path for path in mine if "opacity" in path.get("style")]
    shown = len(runs.groupby(list(COMPARISON)))
    assert len(thin) == shown
    assert len(mine) == 2 * shown + 1  # the legend's
    assert sum(path.get("d").count("M") for path in thin) == len(runs)


def test_reliability_curves_are_scikit_learn_s():
    """All runs of a loss together; its bins hold their images up to the edge, ours at it."""
    rows = rows_of("predictions", first_place("predictions"), loss=PRIMARY)
    logits = matrix(rows).astype(float)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    correct = probabilities.argmax(axis=1) == rows["label"]
    accuracy, confidence = calibration_curve(correct, probabilities.max(axis=1), n_bins=BINS)
    axes = panels("calibration").axes[0]
    (bold,) = lines_of(axes, PRIMARY, 1.6)
    np.testing.assert_allclose(bold.get_xdata(), confidence, atol=1e-6)
    np.testing.assert_allclose(bold.get_ydata(), accuracy, atol=1e-6)
    first = (rows["seed"] == rows["seed"].min()).to_numpy()
    certain = probabilities.max(axis=1)[first]
    accuracy, confidence = calibration_curve(correct[first], certain, n_bins=BINS)
    thin = lines_of(axes, PRIMARY, 0.5)[0]
    np.testing.assert_allclose(thin.get_xydata(), np.transpose([confidence, accuracy]), atol=1e-6)


def test_strips_show_every_run_in_the_row_of_its_loss():
    errors = rows_of("metrics", first_place("metrics"), metric="error", split="test")
    axes = panels("final-error").axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    strips = {to_hex(dots.get_edgecolor()[0], keep_alpha=False): dots for dots in axes.collections}
    assert labels == [
        names.loss_name(loss) for loss in theme.colors() if loss in set(errors["loss"])
    ]
    for loss, mine in errors.groupby("loss"):
        x, y = strips[theme.colors()[loss]].get_offsets().T
        np.testing.assert_allclose(np.sort(x), np.sort(mine["value"]))
        assert set(y) == {labels.index(names.loss_name(loss))}


def test_confusions_are_scikit_learn_s():
    """Shades follow the square root of the share; an absent confusion is not drawn."""
    rows = rows_of("predictions", first_place("predictions"), loss=PRIMARY)
    by_run = [
        confusion_matrix(run["label"], predicted(run), labels=range(10), normalize="true")
        for _, run in rows.groupby("seed")
    ]
    shares = np.median(by_run, axis=0)
    np.fill_diagonal(shares, 0)
    mesh = panels("confusion").axes[1].collections[0]
    shades = np.ma.filled(mesh.get_array().reshape(10, 10), 0)
    assert ((shades > 0) == (shares > 0)).all()
    drawn_shares, drawn_shades = shares[shares > 0], shades[shares > 0]
    order = np.argsort(drawn_shares)
    assert (np.diff(drawn_shades[order]) >= 0).all()


def test_a_difference_of_confusions_is_drawn_where_all_replicates_agree():
    rows = rows_of("predictions", first_place("predictions"))
    by_loss = [
        np.array(
            [
                confusion_matrix(run["label"], predicted(run), labels=range(10), normalize="true")
                for _, run in rows[rows["loss"] == loss].groupby("seed")
            ]
        )
        for loss in (PRIMARY, REFERENCE)
    ]
    excess = by_loss[0] - by_loss[1]
    agreed = (excess > 0).all(axis=0) | (excess < 0).all(axis=0)
    median = np.where(agreed & ~np.eye(10, dtype=bool), np.median(excess, axis=0), 0)
    panel = panels("confusion").axes[2]
    for mesh, sign in zip(panel.collections, (1, -1), strict=True):
        shades = np.ma.filled(mesh.get_array().reshape(10, 10), 0)
        assert ((shades > 0) == (sign * median > 0)).all()
        deepest = np.ceil(6 * np.sqrt(np.abs(median[shades > 0]) / np.abs(median).max()))
        np.testing.assert_allclose(shades[shades > 0], deepest)
    assert median.any()


def test_rates_show_the_mean_over_tuning_seeds_where_the_table_has_it():
    place = first_place("choices")
    tables, settings = study()
    tuned = of_comparisons(tables["metrics"], tables["choices"])
    tuned = place.rows(tuned).query("split == 'validation' and stage == 'tuning'")
    mine = tuned[tuned["loss"] == REFERENCE]
    (line,) = lines_of(panels("rate-sensitivity").axes[0], REFERENCE, 1.4)
    expected = mine.groupby("learning_rate")["value"].mean()
    np.testing.assert_allclose(line.get_xdata(), expected.index)
    np.testing.assert_allclose(line.get_ydata(), expected)
    history = tables["history"].copy()
    tuning = history[(history["stage"] == "tuning") & (history["loss"] == REFERENCE)]
    last = tuning[tuning["step"] == tuning["step"].max()]
    history.loc[last.index[::2], "validation_error"] = 0.0
    figure = rate_sensitivity.draw(tables | {"history": history}, settings)
    (line,) = lines_of(figure.axes[0], REFERENCE, 1.4)
    ended = of_comparisons(history.loc[last.index], tables["choices"])
    mine = place.rows(ended[ended["loss"] == REFERENCE])
    expected = mine.groupby("learning_rate")["validation_error"].mean().clip(lower=0.0005)
    np.testing.assert_allclose(line.get_ydata(), expected)
    rings = [each.get_offsets()[:, 1] for each in figure.axes[0].collections]
    assert min(map(np.min, filter(len, rings))) > 0


def test_answer_writes_every_value_of_its_contrasts():
    tables, _ = study()
    said = texts("answer")
    contrasts = select(tables, "error")
    assert len(contrasts) == 8
    for value in contrasts["value"]:
        assert numbers.points(value) in said
    for value in select(tables, "speed")["value"]:
        for figure in ("answer", "speed"):
            assert any(text.endswith(numbers.ratio(value)) for text in texts(figure) if text)


@pytest.mark.parametrize("figure", ["answer", "speed"])
def test_a_ratio_of_runs_that_miss_levels_is_marked_as_a_bound_or_told_as_reach(figure):
    tables, _ = study("troubled")
    steps = select(tables, "speed")
    said = texts(figure, "troubled")
    for value in steps[steps["bound"] == "at least"]["value"]:
        assert f"≥ {numbers.ratio(value, toward=-1)}" in said
    stalled = steps[steps["scale"] == "reach"]
    assert set(stalled["loss"]) == {"mse_sigmoid"}
    assert "reaches 0%" in said


@pytest.mark.parametrize("figure", ["answer", "speed", "conditions"])
def test_a_ratio_of_which_both_sides_miss_levels_is_in_brackets(figure):
    tables, settings = synthetic.build(networks=1, recipes=True)
    contrasts = tables["contrasts"].copy()
    speeds = (contrasts["metric"] == SPEED.metric) & (contrasts["loss"] == PRIMARY)
    contrasts.loc[speeds, "bound"] = "within the budget"
    svg, words = draw(figure, tables | {"contrasts": contrasts}, settings)
    row = select({"contrasts": contrasts}, SPEED.metric, loss=PRIMARY).query("main").iloc[0]
    assert f">({numbers.ratio(row['value'])})</text>" in svg
    assert f">{numbers.ratio(row['value'])}</text>" not in svg
    assert "in brackets where each misses levels" in words.caption


def test_ratios_at_levels_are_the_tables():
    place = first_place("level_ratios")
    tables, _ = study()
    mine = place.rows(tables["level_ratios"])
    axes = panels("speed-by-level").axes[0]
    for loss in set(mine["loss"]):
        rows = mine[mine["loss"] == loss]
        curve, _ = lines_of(axes, loss)
        np.testing.assert_allclose(curve.get_xdata(), rows["validation_error"])
        np.testing.assert_allclose(curve.get_ydata(), rows["ratio"])
    left, right = axes.get_xlim()
    assert left > right


@pytest.mark.parametrize(
    ("knob", "where"),
    [("plain", "Where no run misses a level,"), ("sparse", "From level to level")],
)
def test_the_title_of_ratios_at_levels_leaves_out_bounds(knob, where):
    tables, _ = study(knob)
    rows = tables["level_ratios"].query("loss == 'mse_softmax'")
    met = rows[(rows["missed"] == 0) & (rows["reference_missed"] == 0)]["ratio"]
    values = f"{numbers.ratio(met.min())} to {numbers.ratio(met.max())}"
    title = drawn("speed-by-level", knob)[1].title
    assert title == f"{where} MSE on softmax needs {values} the steps"
    assert drawn("speed-by-level", "troubled")[1].title.startswith("The ratio of steps at each")


def test_the_title_of_the_shared_rate_leaves_out_what_few_replicates_had():
    tables, settings = study()
    choices = tables["choices"].query("model != 'mlp' or seed < 2")
    (mean,) = same_rate._same_rate(tables).query("model != 'mlp' and loss == @PRIMARY").itertuples()
    told = title("same-rate", tables | {"choices": choices}, settings)
    assert told.endswith(f" changes by {numbers.points(mean.shared - mean.own)}")
    few = tables | {"choices": choices.query("seed < 2")}
    assert title("same-rate", few, settings).startswith("Too few replicates")


@pytest.mark.parametrize("knob", drawn_figures.KNOBS)
@pytest.mark.parametrize(
    ("name", "question"), [("final-error", ERROR), ("speed", SPEED), ("calibration", CALIBRATION)]
)
def test_titles_are_the_findings_on_their_metric(name, question, knob):
    tables, _ = study(knob)
    assert drawn(name, knob)[1].title == phrases.title(find(tables, question))
    if question is not CALIBRATION:
        assert drawn("answer", knob)[1].title == phrases.speed_and_error(tables)


def test_contrasts_without_values_and_errors_of_zero_can_be_drawn():
    tables, settings = study()
    empty = ["value", "ci_low", "ci_high", "equivalence_low", "equivalence_high"]
    lost = tables["contrasts"].assign(**dict.fromkeys(empty, np.nan), verdict="undecided")
    svg, _ = drawn_figures.draw("answer", tables | {"contrasts": lost}, settings)
    steps = select({"contrasts": lost}, "speed")
    assert svg.count(">no value</text>") == len(select({"contrasts": lost}, "error"))
    assert svg.count(">reaches ") == len(steps)
    none = tables | {"metrics": tables["metrics"].assign(value=0.0)}
    svg, _ = drawn_figures.draw("final-error", none, settings)
    told = {title.text for title in ET.fromstring(svg).iter() if title.tag.endswith("}title")}
    # All pairs' differences, beside contrasts; errors of zero have no place on a log axis.
    assert {text for text in told if "(" not in text} == {"0"}


def test_features_are_titled_by_verdicts_where_there_are_any():
    tables, settings = synthetic.build()
    contrasts = tables["contrasts"].copy()
    mine = (contrasts["metric"] == SCATTER.metric) & (contrasts["loss"] == PRIMARY)
    said = {}
    for verdict in ("better", "not measurable"):
        contrasts.loc[mine, "verdict"] = verdict
        said[verdict] = title("features", tables | {"contrasts": contrasts}, settings)
    assert said["better"] == "MSE on softmax is more compact in all 4 comparisons"
    assert said["not measurable"] == "How compact the features of each class are"


def test_the_largest_confusion_of_all_data_sets_is_named():
    """Of 10,000 images so many are taken for another class."""
    tables, settings = synthetic.build(networks=1)
    row = tables["confusion"].query("loss == @PRIMARY").iloc[[0]]
    comparison = settings.comparisons[0]
    wrong = {"a": 12, "b": 40, "c": 251}
    counts = [
        row.assign(dataset=name, model=comparison.model, label=0, predicted=predicted, count=count)
        for name, errors in wrong.items()
        for predicted, count in ((0, 10_000 - errors), (1, errors))
    ]
    classes = [
        {"dataset": name, "label": k, "name": f"{name}{k}"} for name in wrong for k in (0, 1)
    ]
    among = [comparison.model_copy(update={"dataset": name}) for name in wrong]
    found = title(
        "confusion",
        {"confusion": pd.concat(counts), "class_names": pd.DataFrame(classes)},
        settings.model_copy(update={"comparisons": tuple(among)}),
    )
    assert found == "What MSE on softmax confuses most: c0 for c1 on c (2.5%)"


def test_titles_of_the_theory_follow_the_tables():
    _, settings = study()
    runs = made()["solver_runs"].assign(reached=True)
    said = title("solving", made(solver_runs=runs), settings)
    assert re.match(r"0 of 120 runs miss .* 0 of 120 under MSE$", said)
    minima = made()["local_minima"].query("minimum == 0")
    said = title("local-minima", made(local_minima=minima), settings)
    assert said.replace(numbers.NO_BREAK, " ").endswith("1 separate minimum, cross-entropy 1")


def test_projections_say_what_their_numbers_are_called():
    tables, settings = study()
    named = tables["class_names"]
    named = named.assign(name=named["name"].where(named["label"] > 0, "nought"))
    _, words = draw("projections", tables | {"class_names": named}, settings)
    assert "MNIST: 0 nought." in words.caption
    _, words = drawn("projections")
    assert "MNIST:" not in words.caption


def test_the_caption_of_calibration_counts_what_the_proper_scores_say():
    tables, settings = study()
    contrasts = tables["contrasts"].copy()
    contrasts.loc[contrasts["metric"] == "nll", "verdict"] = "worse"
    contrasts.loc[contrasts["metric"] == "brier", "verdict"] = "undecided"
    first = contrasts[(contrasts["metric"] == "brier") & (contrasts["loss"] == PRIMARY)].index[0]
    contrasts.loc[first, "verdict"] = "better"
    _, said = drawn_figures.draw("calibration", tables | {"contrasts": contrasts}, settings)
    told = "MSE on softmax is worse in likelihood in both and better in Brier score in 1 of 2"
    assert f" {told} comparisons." in said.caption


def test_projections_and_images_are_titled_by_what_they_show_and_count_no_signs():
    """Of means and of images: they would read like verdicts."""
    tables, settings = study()
    title = "The features of 4\N{NO-BREAK SPACE}losses on MNIST with MLP, in two dimensions"
    assert drawn("projections")[1].title == title
    gallery = tables["gallery"]
    both = gallery.assign(right=PRIMARY, wrong=REFERENCE, total=3)
    mnist = pd.concat([gallery, both], ignore_index=True).query("dataset == 'mnist'")
    _, words = draw("gallery", tables | {"gallery": mnist}, settings)
    assert "cross-entropy or MSE on softmax always gets right" in words.title
    assert "for want of such an image: CIFAR-10." in words.caption
    one = mnist.query("right == @PRIMARY")
    _, words = draw("gallery", tables | {"gallery": one}, settings)
    assert words.title.endswith("MSE on softmax always gets right and cross-entropy never")
    cifar = gallery.assign(dataset="cifar10", model="convnet")
    whole = pd.concat([gallery, cifar], ignore_index=True)
    assert "for want" not in draw("gallery", tables | {"gallery": whole}, settings)[1].caption
