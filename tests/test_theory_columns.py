"""Every column of the theory's tables, from PyTorch's autograd, SciPy and loops written out here.

Of the project it takes the random draws of the starts, which are its convention.
"""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import null_space
from sklearn.datasets import load_diabetes, load_digits
from sklearn.preprocessing import StandardScaler

from builders.theory_tables import made
from lossbench.theory.chapter import SEED
from lossbench.theory.convexity import TWO_MINIMA
from lossbench.theory.linear import UNITS

LOSSES = {
    "mse_sigmoid": lambda z, y: (z.sigmoid() - y).square() / 2,
    "bce_sigmoid": lambda z, y: torch.logaddexp(torch.zeros_like(z), z) - y * z,
}
PAIRS = {"overlapping": (3, 8), "separable": (0, 1)}
MOST_BENT = (15 - 33**0.5) / 24
BEND = {"mse_sigmoid": MOST_BENT**2 * (1 - MOST_BENT) * (2 - 3 * MOST_BENT), "bce_sigmoid": 0.25}
"""The largest |C″(z)|, of a²(1 − a)(2 − 3a) and a(1 − a)."""


def digits(problem: str) -> tuple[np.ndarray, np.ndarray]:
    """Standardised ink of the left half and of the centre, a one; and whether it is the larger."""
    data = load_digits()
    chosen = np.isin(data.target, PAIRS[problem])
    images = data.images[chosen]
    ink = [image[:, :4].mean() for image in images], [image[3:5, 3:5].mean() for image in images]
    features = StandardScaler().fit_transform(np.array(ink).T)
    return np.c_[features, np.ones(len(images))], data.target[chosen] == PAIRS[problem][1]


def line() -> tuple[np.ndarray, np.ndarray]:
    """The overlapping digits by their place between the means of the classes."""
    features, labels = digits("overlapping")
    along = features @ (features[labels].mean(0) - features[~labels].mean(0))
    return np.c_[StandardScaler().fit_transform(along[:, None]), np.ones(len(along))], labels


def mean_loss(loss, features, labels):
    x, y = torch.tensor(features), torch.tensor(labels, dtype=torch.float64)
    return lambda w: LOSSES[loss](x @ w, y).mean()


def slope(loss, features, labels, place):
    at = torch.tensor(place, requires_grad=True)
    return torch.autograd.grad(mean_loss(loss, features, labels)(at), at)[0].numpy()


def bends(loss, features, labels, place):
    function = mean_loss(loss, features, labels)
    return np.linalg.eigvalsh(torch.autograd.functional.hessian(function, torch.tensor(place)))


def descents(loss, features, labels, places, steps):
    """The places after 0, 1, … steps at the rate 1/L, of all starts at once."""
    x, y = torch.tensor(features), torch.tensor(labels, dtype=torch.float64)
    rate = len(x) / (BEND[loss] * np.linalg.eigvalsh(features.T @ features)[-1])
    at = torch.tensor(places, dtype=torch.float64)
    for _ in range(steps):
        yield at
        at = at.detach().requires_grad_()
        # Each start has its own mean; their sum's gradient has each one's in its row.
        total = LOSSES[loss](at @ x.T, y).mean(1).sum()
        at = (at - rate * torch.autograd.grad(total, at)[0]).detach()
    yield at


def wrong(features, labels, place):
    return np.mean((features @ place > 0) != labels)


def close(found, expected, rtol=1e-6, atol=1e-9):
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)


def test_digits():
    frame = made()["theory_digits"]
    for problem, rows in frame.groupby("problem"):
        features, labels = digits(problem)
        close(rows[["left_ink", "centre_ink"]], features[:, :2])
        assert (rows["label"] == labels).all()
        assert set(load_digits().target[rows["example"]]) == set(PAIRS[problem])
    close(frame.query("problem == 'overlapping'")["direction"], line()[0][:, 0])


def test_descent_paths():
    for (loss, _), path in made()["descent_paths"].groupby(["loss", "start"]):
        places = path[["weight", "bias"]].to_numpy()
        assert path["step"].tolist() == list(range(501))
        walk = torch.stack(list(descents(loss, *line(), places[:1], 500)))[:, 0]
        close(places, walk, rtol=1e-3, atol=1e-3)
        for step in (0, 7, 500):
            row = path.iloc[step]
            close(row["value"], mean_loss(loss, *line())(torch.tensor(places[step])))
            close(row["gradient_norm"], np.linalg.norm(slope(loss, *line(), places[step])))


def test_separable_descent():
    for problem, rows in made()["separable_descent"].groupby("problem"):
        features, labels = digits(problem)
        walk = list(descents("bce_sigmoid", features, labels, np.zeros((1, 3)), 4096))
        assert rows["step"].tolist() == [0, *(2**k for k in range(13))]
        for row in rows.itertuples():
            place = walk[row.step][0]
            close(row.value, mean_loss("bce_sigmoid", features, labels)(place))
            close(row.parameter_norm, place.norm())
            if row.step:  # at zero every output is ½, and counts as 1
                assert row.error == wrong(features, labels, place.numpy())
        assert (rows["separable"] == (problem == "separable")).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_solver_runs_by_gradient_descent(loss):
    features, labels = digits("overlapping")
    scales = np.repeat([0.1, 3.0, 10.0], 20)
    starts = np.random.default_rng([SEED, 3]).normal(0, 1, (60, 3)) * scales[:, None]
    walk = torch.stack(list(descents(loss, features, labels, starts, 1000)))
    y = torch.tensor(labels, dtype=torch.float64)
    values = LOSSES[loss](walk @ torch.tensor(features).T, y).mean(2).numpy()
    both = made()["solver_runs"].query("loss == @loss")
    rows = both.query("solver == 'gradient descent'")
    best = both["value"].min()
    close(rows["start_scale"], scales)
    close(rows["value"], values[-1], rtol=1e-4)
    close(both["excess"], both["value"] - best)
    assert (both["reached"] == (both["value"] <= 1.001 * best)).all()
    for row, end, curve in zip(rows.itertuples(), walk[-1].numpy(), values.T, strict=True):
        close(row.gradient_norm, np.linalg.norm(slope(loss, features, labels, end)), atol=1e-5)
        assert row.error == pytest.approx(wrong(features, labels, end), abs=0.003)
        first = np.flatnonzero(curve <= 1.001 * best)
        assert row.iterations == pytest.approx(first[0] if len(first) else 1000, abs=2)


def test_hessians():
    features, labels = digits("overlapping")
    scales = np.repeat([1.0, 3.0], 100)
    places = np.random.default_rng([SEED, 1]).normal(0, 1, (200, 3)) * scales[:, None]
    frame = made()["hessians"].set_index(["loss", "point"])
    assert len(frame) == 400
    assert frame["difference"].max() < 1e-8
    for loss in LOSSES:
        for point in (0, 60, 140, 199):
            row = frame.loc[loss, point]
            eigenvalues = bends(loss, features, labels, places[point])
            found = row[["scale", "smallest_eigenvalue", "largest_eigenvalue"]]
            close(found, [scales[point], eigenvalues[0], eigenvalues[-1]])


def test_local_minima():
    problem = TWO_MINIMA.features, TWO_MINIMA.labels
    frame = made()["local_minima"]
    for row in frame.itertuples():
        place = np.array([row.weight, row.bias])
        close(row.value, mean_loss(row.loss, *problem)(torch.tensor(place)))
        close(row.gradient_norm, np.linalg.norm(slope(row.loss, *problem, place)))
        close(row.smallest_eigenvalue, bends(row.loss, *problem, place)[0])
        # A step of Newton's would move it by less than 1e-5.
        assert 0 < row.gradient_norm < 1e-5 * row.smallest_eigenvalue
        angles = torch.linspace(0, 2 * np.pi, 20_001, dtype=torch.float64)[:-1]
        rim = torch.tensor(place) + row.radius * torch.stack([angles.cos(), angles.sin()], 1)
        x, y = (torch.tensor(part) for part in problem)
        lowest = LOSSES[row.loss](rim @ x.T, y).mean(1).min()
        # Half an arc between neighbours, times the steepest slope in z and the lengths of (x, 1).
        steepest = {"mse_sigmoid": 4 / 27, "bce_sigmoid": 1}[row.loss]
        slack = np.pi * row.radius / 20_000 * steepest * x.norm(dim=1).mean()
        close(lowest - row.circle_bound, slack)
    assert frame.query("loss == 'bce_sigmoid'")["starts"].tolist() == [60]
    assert frame.groupby("loss")["minimum"].apply(list).tolist() == [[0], [0, 1]]
    assert frame.query("loss == 'mse_sigmoid'")["certified"].all()


def test_neurons():
    paths = made()["neuron_trajectories"]
    for loss, rows in paths.groupby("loss"):
        z = torch.tensor(rows["z"].to_numpy(), requires_grad=True)
        cost = LOSSES[loss](z, torch.zeros_like(z))
        close(rows["cost"], cost.detach())
        close(rows["gradient"], torch.autograd.grad(cost.sum(), z)[0])
    times, slow = made()["neuron_times"], made()["neuron_slowdown"]
    assert len(times) == 2 * 2 * 2 * 3
    rates = times.set_index(["loss", "rates"])["learning_rate"].groupby(level=[0, 1]).max()
    assert rates.to_dict() == {
        ("mse_sigmoid", "shared"): 0.15,
        ("mse_sigmoid", "equal steps"): pytest.approx(0.15 / (4 / 27)),
        ("bce_sigmoid", "shared"): 0.15,
        ("bce_sigmoid", "equal steps"): 0.15,
    }
    started = times.assign(start_z=times["start_weight"] + times["start_bias"])
    slow = slow[slow["start_z"] <= 5].assign(learning_rate=0.15)
    for row in pd.concat([started, slow]).itertuples():
        z, epochs = torch.tensor(row.start_z, dtype=torch.float64), 0
        while (a := z.sigmoid()) > row.output:
            push = a if row.loss == "bce_sigmoid" else a**2 * (1 - a)
            z, epochs = z - 2 * row.learning_rate * push, epochs + 1
        assert (row.epochs, row.reached) == (epochs, True)
        assert row.flow_epochs == pytest.approx(epochs, rel=0.02, abs=2)


def test_linear_solutions():
    data = load_diabetes(as_frame=True)
    features = StandardScaler().fit_transform(data.data[["bmi", "bp", "s5"]])
    target = StandardScaler().fit_transform(data.target.to_numpy()[:, None])[:, 0]
    closed = "normal equations"
    ones, generator = np.ones(len(target)), np.random.default_rng([SEED, 4])
    twice = np.c_[UNITS * features[:, 0], features]
    problems = {"full rank": np.c_[features, ones], "rank deficient": np.c_[twice, ones]}
    for problem, width in (("full rank", 4), ("rank deficient", 5)):
        x, starts = problems[problem], generator.normal(0, 3, (5, width))
        starts[0] = 0
        shortest, _, rank, _ = np.linalg.lstsq(x, target, rcond=None)
        free = null_space(x)
        hessian = x.T @ x / len(x)
        eigenvalues = np.linalg.eigvalsh(hessian)
        rows = made()["linear_solutions"].query("problem == @problem")
        assert rows["method"].value_counts().to_dict() == {"gradient descent": 5, closed: 1}
        for row in rows.itertuples():
            start = starts[row.start]
            apart = free @ free.T @ start  # what no gradient ever changes
            assert (row.rank, row.parameters) == (rank, width) == (4, width)
            found = [row.smallest_eigenvalue, row.largest_eigenvalue]
            close(found, eigenvalues[[0, -1]], atol=1e-12)
            close(row.value, np.mean((x @ shortest - target) ** 2) / 2)
            close(row.parameter_norm, np.linalg.norm(shortest + apart))
            close(row.parameter_difference, np.linalg.norm(apart), atol=1e-7)
            assert row.prediction_difference < 1e-8
            pull, steps = hessian @ (start - shortest), 0
            while np.linalg.norm(pull) > 1e-10 and row.method != closed:
                pull, steps = pull - hessian @ pull / eigenvalues[-1], steps + 1
            assert row.steps == pytest.approx(steps, abs=1)


def test_gradients():
    for row in made()["softmax_gradients"].itertuples():
        p = torch.full((row.classes,), row.doubt / (row.classes - 1), dtype=torch.float64)
        p[0] = 1 - row.doubt
        z = p.log().requires_grad_()
        goal = F.one_hot(torch.tensor(0 if row.case == "right" else 1), row.classes)
        loss = (
            F.cross_entropy(z, goal.double())
            if row.loss == "cross_entropy"
            else F.mse_loss(z.softmax(0), goal.double())
        )
        close(row.gradient_norm, torch.autograd.grad(loss, z)[0].norm(), rtol=1e-6, atol=1e-12)
    frame = made()["output_gradients"]
    close(frame["error"], (frame["output"] - frame["target"]).abs())
