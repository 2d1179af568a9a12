"""Numbers in words."""

import numpy as np
import pytest

from builders.theory_tables import made
from lossbench.claims import theory_numbers
from lossbench.theory.solving import NEAR
from lossbench.words import numbers
from lossbench.words.numbers import number, percent


@pytest.mark.parametrize(
    ("x", "text"), [(0.0, "0"), (3.2e-14, "3 × 10⁻¹⁴"), (6e-5, "6 × 10⁻⁵"), (2e3, "2 × 10³")]
)
def test_small_numbers_stand_in_powers_of_ten(x, text):
    assert numbers.small(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [(0.0, "0"), (1.39e-14, "2 × 10⁻¹⁴"), (2e-14, "2 × 10⁻¹⁴"), (9.1e-3, "1 × 10⁻²")],
)
def test_bounds_are_rounded_up(x, text):
    assert numbers.within(x) == text


def test_runs_that_missed_and_that_stopped_are_counted():
    runs = made()["solver_runs"].query("loss == 'mse_sigmoid' and solver == 'L-BFGS'")
    runs = runs.assign(reached=True, gradient_norm=1e-9)
    runs.loc[runs.index[:3], "reached"] = False
    runs.loc[runs.index[0], "gradient_norm"] = 0.1
    assert theory_numbers.missed(runs) == (
        "From starts of scale 0.1 it is missed in 3 of 20 runs by L-BFGS. "
        "From starts of scale 3 and 10 every run finds it."
    )
    one = runs.assign(reached=runs.index != runs.index[-1])
    assert theory_numbers.missed(one).endswith("scale 10 it is missed in 1 of 20 runs by L-BFGS.")
    assert theory_numbers.stuck(runs) == 2


def test_disagreement_is_the_largest():
    frame = made()["logistic_solutions"]
    frame.loc[(frame["method"] == "L-BFGS") & (frame["parameter"] == "bias"), "value"] += 0.5
    assert theory_numbers.disagreement({"logistic_solutions": frame}) == pytest.approx(
        0.5, abs=1e-6
    )


VARIED = {
    "theory_constants": ["value"],
    "neuron_times": ["epochs"],
    "output_gradients": ["gradient"],
    "softmax_gradients": ["gradient_norm"],
    "gradient_checks": ["largest_difference"],
    "neuron_trajectories": ["gradient"],
    "linear_solutions": ["smallest_eigenvalue", "parameter_difference", "prediction_difference"],
    "hessians": ["smallest_eigenvalue"],
    "local_minima": ["value"],
    "solver_runs": ["value", "gradient_norm"],
    "logistic_solutions": ["value"],
    "separable_descent": ["parameter_norm"],
}


@pytest.fixture(scope="module")
def varied():
    """The chapter's tables with other values in all that claims quote, so that no two are alike."""
    tables, rng = dict(made()), np.random.default_rng(0)
    for name, columns in VARIED.items():
        frame = tables[name].copy()
        for column in columns:
            values = frame[column] * rng.uniform(0.5, 2, len(frame))
            frame[column] = values.round().astype(int) if column == "epochs" else values
        tables[name] = frame
    runs = tables["solver_runs"]
    tables["solver_runs"] = runs.assign(reached=rng.random(len(runs)) < 0.6)
    return tables


def test_c1_quotes_its_tables(varied):
    value = varied["theory_constants"].set_index("name")["value"]
    times = varied["neuron_times"].query("output == 0.5")
    times = times.set_index(["start_weight", "loss", "rates"])["epochs"]
    pairs = [
        f"{times[weight, 'mse_sigmoid', rates]:,} against {times[weight, 'bce_sigmoid', rates]:,} "
        f"from weight {weight:g}, bias {bias:g}"
        for rates in ("shared", "equal steps")
        for weight, bias in ((0.6, 0.9), (2.0, 2.0))
    ]
    assert theory_numbers.slow_neuron(varied) == (
        f"σ′ is at most {number(value['sigmoid_slope_max'])}, and below a tenth of that over"
        f" {percent(value['saturated_share'], 0)} of −10 ≤ z ≤ 10. Epochs until the output is at"
        f" most 0.5, squared loss against cross-entropy: at one rate {pairs[0]} and {pairs[1]}. At"
        f" rates with equal largest steps: {pairs[2]} and {pairs[3]}."
    )


def test_c2_quotes_its_tables(varied):
    value = varied["theory_constants"].set_index("name")["value"]
    wrong = varied["output_gradients"].query("error == 1").set_index(["loss", "target"])["gradient"]
    squared, entropy = (
        max(abs(wrong[loss, 0]), abs(wrong[loss, 1])) for loss in ("mse_sigmoid", "bce_sigmoid")
    )
    rows = varied["softmax_gradients"].query("classes == 10 and case == 'wrong'")
    surest = rows.sort_values("doubt").drop_duplicates("loss").set_index("loss")["gradient_norm"]
    said = theory_numbers.vanishing(varied)
    assert f"has the gradient {number(squared)}, as when exactly right" in said
    assert f"(its largest, {number(value['mse_slope_max'], 3)}, lies at output" in said
    assert f"{number(value['mse_slope_max_output'])} for target 0)" in said
    assert f"cross-entropy has {number(entropy)}. Softmax of 10 classes, sure and wrong:" in said
    small = numbers.small(surest["mse_softmax"])
    assert said.endswith(f"{small} against {number(surest['cross_entropy'])}.")


def test_c3_and_c4_quote_their_tables(varied):
    found = varied["gradient_checks"].groupby("loss")["largest_difference"].max()
    first = varied["neuron_trajectories"].query("loss == 'bce_sigmoid' and epoch == 0")
    updates = [
        f"{number(row.gradient)} at output {number(row.output)}"
        for row in first.sort_values("output").itertuples()
    ]
    assert theory_numbers.proportional(varied) == (
        "a − y agrees with complex-step differentiation within"
        f" {numbers.within(found['bce_sigmoid'])} over 50\xa0random draws. The neuron's"
        f" first gradients are {updates[0]} and {updates[1]}, with target 0."
    )
    value = varied["theory_constants"].set_index("name").loc["softmax_initial_ratio", "value"]
    assert theory_numbers.softmax(varied) == (
        "p − t agrees with complex-step differentiation within"
        f" {numbers.within(found['cross_entropy'])} for K from 2 to 1,000. At equal logits"
        f" and K = 10 the gradient of MSE on softmax is {percent(value, 0)} of cross-entropy's."
    )


def test_c7_quotes_its_table(varied):
    rows = varied["linear_solutions"].set_index("problem")
    full, deficient = rows.loc["full rank"], rows.loc["rank deficient"]
    to_full = numbers.within(max(full["parameter_difference"]))
    to_deficient = numbers.within(max(deficient["prediction_difference"]))
    assert theory_numbers.linear(varied) == (
        f"Smallest Hessian eigenvalue {number(min(full['smallest_eigenvalue']))}: descent from"
        f" 5\xa0starts meets the normal equations within {to_full}."
        f" With a repeated feature the eigenvalue is 0.00: the predictions still agree within"
        f" {to_deficient}, but the parameters differ by up to"
        f" {number(max(deficient['parameter_difference']), 1)}; the pseudo-inverse gives the"
        " shortest."
    )


def test_c8_quotes_its_tables(varied):
    runs = varied["solver_runs"].query("loss == 'mse_sigmoid'")
    lost = runs[~runs["reached"]]
    counts = lost.groupby(["solver", "start_scale"]).size()
    told = " ".join(
        f"From starts of scale {scale:g} it is missed "
        + " and ".join(
            f"in {counts[solver, scale]} of 20 runs by {solver}"
            for solver in ("L-BFGS", "gradient descent")
        )
        + "."
        for scale in (0.1, 3, 10)
    )
    values = varied["local_minima"].query("loss == 'mse_sigmoid' and certified")["value"]
    curved = varied["hessians"].query("loss == 'mse_sigmoid' and smallest_eigenvalue < 0")
    assert theory_numbers.not_convex(varied) == (
        f"Negative curvature at {len(curved)} of 200 random points. Certified separate minima on"
        f" 5\xa0examples: 2, with mean losses {' and '.join(f'{value:.3f}' for value in values)}."
        f" On the digits a run that ends more than {100 * NEAR:.1f}% above the best value misses"
        f" it. {told} Of these, {(lost['gradient_norm'] < theory_numbers.STUCK).sum()}"
        " stopped where the gradient vanishes; the others were still on their way."
    )


def test_c9_quotes_its_tables(varied):
    points = varied["hessians"].query("loss == 'bce_sigmoid'")["smallest_eigenvalue"]
    runs = varied["solver_runs"].query("loss == 'bce_sigmoid'")["value"]
    last = varied["separable_descent"].query("separable and step == 4096")["parameter_norm"]
    spread = numbers.within(np.ptp(runs))
    assert theory_numbers.convex(varied) == (
        f"Smallest eigenvalue at 200\xa0random points: {numbers.small(min(points))}."
        f" 120\xa0runs end within {spread} of one value, and the parameters agree with"
        f" scikit-learn's within {numbers.within(theory_numbers.disagreement(varied))}. On"
        " separable data there is no minimum to reach: the parameters still grow, to length"
        f" {last.item():.1f} after 4,096 steps."
    )
