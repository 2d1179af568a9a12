import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics.pairwise import cosine_similarity

from lossbench.errors import DataError
from lossbench.training.geometry import ABSENT, layer, measures, projection

NAMES = ["within", "between", "scatter_ratio", "own_cosine", "other_cosine"]


@pytest.fixture
def clusters():
    """Unbalanced classes around different means, away from the origin, as behind a ReLU."""
    generator = np.random.default_rng(1)
    labels = generator.choice(5, size=400, p=[0.4, 0.3, 0.15, 0.1, 0.05])
    means = generator.normal(3.0, 2.0, size=(5, 8))
    return means[labels] + generator.normal(size=(400, 8)), labels


def test_scatter_is_that_of_linear_discriminant_analysis(clusters):
    features, labels = clusters
    analysis = LinearDiscriminantAnalysis(solver="eigen", store_covariance=True)
    within = np.trace(analysis.fit(features, labels).covariance_)
    total = np.trace(np.cov(features.T, bias=True))
    found = measures(features, labels)
    assert found["within"] == pytest.approx(within, rel=1e-12)
    assert found["between"] == pytest.approx(total - within, rel=1e-12)
    assert found["scatter_ratio"] == pytest.approx(within / (total - within), rel=1e-12)


def test_cosines_are_those_of_scikit_learn(clusters):
    features, labels = clusters
    centred = features - features.mean(axis=0)
    means = np.array([centred[labels == label].mean(axis=0) for label in range(5)])
    cosines = cosine_similarity(centred, means)
    own = [row[label] for row, label in zip(cosines, labels, strict=True)]
    other = [max(np.delete(row, label)) for row, label in zip(cosines, labels, strict=True)]
    found = measures(features, labels)
    assert found["own_cosine"] == pytest.approx(np.mean(own), rel=1e-12)
    assert found["other_cosine"] == pytest.approx(np.mean(other), rel=1e-12)


def test_a_case_worked_by_hand_and_the_simplex_that_the_module_names():
    # Class means (2, 0) and (−2, 0), overall mean the origin; every example 1 from its mean and
    # 2 from the overall mean's axis: own cosine 2/√5, other cosine −2/√5.
    features = np.array([[2.0, 1.0], [2.0, -1.0], [-2.0, 1.0], [-2.0, -1.0]])
    found = measures(features + 7.0, np.array([3, 3, 8, 8]))
    assert list(found) == NAMES
    assert found == pytest.approx(
        {
            "within": 1.0,
            "between": 4.0,
            "scatter_ratio": 0.25,
            "own_cosine": 2 / np.sqrt(5),
            "other_cosine": -2 / np.sqrt(5),
        }
    )
    labels = np.repeat(np.arange(10), 3)
    found = measures(np.eye(10)[labels], labels)
    assert found["scatter_ratio"] == pytest.approx(0.0, abs=1e-30)
    assert found["own_cosine"] == pytest.approx(1.0)
    assert found["other_cosine"] == pytest.approx(-1 / 9)


def test_float32_loses_nothing_in_the_sums_and_a_class_without_examples_is_left_out(clusters):
    features, labels = clusters
    narrow = (features + 1000.0).astype(np.float32)
    assert measures(narrow, labels) == measures(narrow.astype(np.float64), labels)
    present = labels != 2
    relabelled = np.where(labels > 2, labels - 1, labels)
    assert measures(features[present], labels[present]) == measures(
        features[present], relabelled[present]
    )


@pytest.mark.parametrize(
    "features", [np.zeros((6, 4)), np.full((6, 4), 1 / 3)], ids=["zero", "constant"]
)
def test_dead_features_have_scatter_zero_and_no_ratio_or_direction(features):
    found = measures(features, np.arange(6) % 3)
    assert (found["within"], found["between"]) == (0.0, 0.0)
    assert {name for name, value in found.items() if np.isnan(value)} == set(ABSENT)


def test_one_class_has_no_between_scatter_and_no_other(clusters):
    features, _ = clusters
    found = measures(features, np.zeros(len(features), dtype=int))
    assert found["within"] == pytest.approx(np.trace(np.cov(features.T, bias=True)))
    assert found["between"] == 0.0
    assert {name for name, value in found.items() if np.isnan(value)} == set(ABSENT)


def test_an_example_on_the_mean_of_all_is_left_out_of_the_cosines():
    features = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    found = measures(features, np.array([0, 1, 0, 1]))
    assert found["own_cosine"] == pytest.approx(1.0)
    assert found["other_cosine"] == pytest.approx(-1.0)


def test_features_that_are_not_finite_have_no_measures(clusters):
    features, labels = clusters
    features[3, 2] = np.inf
    found = measures(features, labels)
    assert list(found) == NAMES
    assert np.isnan(list(found.values())).all()
    assert projection(features, labels, examples=10).empty


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        (np.zeros((0, 3)), np.zeros(0, int)),
        (np.zeros((3, 0)), np.zeros(3, int)),
        (np.zeros(3), np.zeros(3, int)),
        (np.zeros((3, 2)), np.zeros(2, int)),
        (np.zeros((3, 2)), np.zeros(4, int)),
    ],
)
def test_shapes_that_do_not_fit_are_one_clear_error(features, labels):
    with pytest.raises(DataError, match=r"features: shape .* allowed: \(N, H\) with \(N,\)"):
        measures(features, labels)
    with pytest.raises(DataError, match="features: shape"):
        projection(features, labels, examples=1)


def test_projection_is_scikit_learn_s_with_the_sign_that_makes_the_largest_weight_positive(
    clusters,
):
    features, labels = clusters
    expected = PCA(n_components=2, svd_solver="full").fit_transform(features)
    found = projection(features, labels, examples=400)
    for column, reference in zip(("x", "y"), expected.T, strict=True):
        sign = np.sign(found[column] @ reference)
        np.testing.assert_allclose(found[column], sign * reference, rtol=1e-9, atol=1e-9)
    pd.testing.assert_frame_equal(found, projection(features, labels, examples=400))
    centred = features - features.mean(axis=0)
    for column in ("x", "y"):
        weights = centred.T @ found[column].to_numpy()  # proportional to the principal axis
        assert weights[np.abs(weights).argmax()] > 0
    mirrored = projection(-features, labels, examples=400)
    np.testing.assert_allclose(mirrored[["x", "y"]], -found[["x", "y"]])


def test_two_dimensional_features_are_given_as_they_are(clusters):
    features, labels = clusters[0][:, :2], clusters[1]
    found = projection(features, labels, examples=400)
    np.testing.assert_array_equal(found[["x", "y"]], features)
    np.testing.assert_array_equal(found["label"], labels)
    assert (layer(2), layer(3)) == ("last_hidden_2d", "last_hidden")


def test_projection_keeps_examples_spread_over_the_test_set_and_the_first_ten_classes(clusters):
    features, labels = clusters
    whole, part = (projection(features, labels, examples=count) for count in (400, 7))
    assert list(part["example"]) == [0, 57, 114, 171, 228, 285, 342]
    expected = whole[whole["example"].isin(part["example"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(part, expected)
    assert list(projection(features[:3], labels[:3], examples=9)["example"]) == [0, 1, 2]
    labels = np.arange(60) % 12
    features = np.random.default_rng(3).normal(size=(60, 2))
    found = projection(features, labels, examples=1000)
    assert found["label"].tolist() == [label for label in labels if label < 10]
    assert len(projection(features, labels, examples=7)) == 7


@pytest.mark.parametrize(
    ("features", "flat"),
    [
        (np.zeros((5, 4)), ["x", "y"]),
        (np.outer(np.arange(5.0), [1.0, 2.0, -3.0]), ["y"]),
        (np.arange(5.0)[:, np.newaxis], ["y"]),
        (np.array([[1.0, 2.0, 3.0]]), ["x", "y"]),
    ],
    ids=["dead", "on a line", "one feature", "one example"],
)
def test_missing_directions_give_zeros(features, flat):
    found = projection(features, np.arange(len(features)), examples=5)
    zero = [column for column in ("x", "y") if (found[column] == 0).all()]
    assert zero == flat
