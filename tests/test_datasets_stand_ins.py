"""The bundled digits and the drawn shapes."""

import numpy as np
import pytest
from scipy import ndimage
from sklearn import datasets
from sklearn.svm import SVC

from lossbench.cards.dataset import DATASETS
from lossbench.datasets import digits
from lossbench.datasets.digits import enlarge, read_digits
from lossbench.datasets.outlines import OUTLINES, box, polygon, star_corners
from lossbench.datasets.shapes import COUNTS, cover, draw, draw_splits
from lossbench.errors import DataError

SHAPES_SHA256 = "581a1cf8add8c9fb980289fc71ccec6593bf916724f1039ed52e1c83a7f2f1e4"


@pytest.fixture(scope="module")
def drawn():
    return draw_splits()


def test_enlarging_is_scipys_bilinear_zoom():
    coarse = datasets.load_digits().images.astype(np.uint8)[:20]
    zoomed = ndimage.zoom(
        coarse.astype(float), (1, 2.5, 2.5), order=1, mode="nearest", grid_mode=True
    )
    found = enlarge(coarse)
    np.testing.assert_allclose(found[:, 4:24, 4:24], zoomed * 255 / 16, atol=0.5 + 1e-9)
    assert found[:, :4].max() == found[:, :, 24:].max() == 0


def test_digits_split_follows_the_file_and_enlarged_ones_are_as_readable():
    splits = read_digits().splits
    assert [len(splits[name].labels) for name in splits] == [1097, 300, 400]
    labels = np.concatenate([splits[name].labels for name in ("train", "validation", "test")])
    np.testing.assert_array_equal(labels, datasets.load_digits().target)
    train, test = splits["train"], splits["test"]
    machine = SVC().fit(train.images.reshape(1097, -1) / 255, train.labels)
    original = datasets.load_digits()
    coarse = SVC().fit(original.data[:1097], original.target[:1097])
    error = np.mean(machine.predict(test.images.reshape(400, -1) / 255) != test.labels)
    coarse_error = np.mean(coarse.predict(original.data[1397:]) != original.target[1397:])
    assert error <= coarse_error + 0.02
    assert error < 0.08


@pytest.mark.parametrize("known", ["0" * 64, "f" * 64])
@pytest.mark.parametrize("name", ["images", "labels"])
def test_digits_of_another_digest_are_refused(monkeypatch, name, known):
    monkeypatch.setitem(digits.DIGITS_ARRAYS, name, known)
    said = f"scikit-learn's digits: {name} have SHA-256 .*, not {known}"
    with pytest.raises(DataError, match=said):
        read_digits()


def test_shapes_are_the_known_images_balanced_and_never_repeat(drawn):
    """The drawn images are part of the study: another NumPy must draw the same ones."""
    assert drawn.source_sha256["drawn images"] == SHAPES_SHA256
    images = np.concatenate([examples.images for examples in drawn.splits.values()])
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images) == 4500
    for examples in drawn.splits.values():
        assert len(set(np.bincount(examples.labels))) == 1


def test_another_generator_draws_other_images():
    one, two = (draw(10, generator=np.random.default_rng(seed)).images for seed in (1, 2))
    assert (one != two).mean() > 0.9


def test_shapes_cannot_be_told_by_colour_alone(drawn):
    """Mean colours say little about the class; the outline has to be seen."""
    train, test = drawn.splits["train"], drawn.splits["test"]
    means = [part.images.mean(axis=(2, 3)) / 255 for part in (train, test)]
    error = np.mean(SVC().fit(means[0], train.labels).predict(means[1]) != test.labels)
    assert error > 0.75


@pytest.mark.parametrize("name", OUTLINES)
def test_outlines_are_signed_distances_that_enclose_about_one_unit(name):
    """No two values differ by more than their points do; near the edge the slope is one."""
    generator = np.random.default_rng(0)
    start = generator.uniform(-1.6, 1.6, (2, 20_000))
    step = generator.normal(0, 0.05, start.shape)
    difference = OUTLINES[name](*(start + step)) - OUTLINES[name](*start)
    assert (np.abs(difference) <= np.hypot(*step) + 1e-12).all()
    x, y = np.meshgrid(*2 * [np.linspace(-1.6, 1.6, 321)])
    distance = OUTLINES[name](x, y)
    slopes = np.hypot(*np.gradient(distance, 0.01))
    assert np.median(slopes[np.abs(distance) < 0.05]) == pytest.approx(1, abs=0.01)
    inside = distance < 0
    assert 0.8 < inside.mean() * 3.2**2 < 2.6
    assert np.hypot(x, y)[inside].max() < 1.25


def test_polygons_agree_with_the_rectangle_and_star_corners_by_hand():
    generator = np.random.default_rng(0)
    x, y = generator.uniform(-2, 2, (2, 500))
    corners = np.array([[0.7, 0.4], [-0.7, 0.4], [-0.7, -0.4], [0.7, -0.4]])
    np.testing.assert_allclose(polygon(x, y, corners), box(x, y, 0.7, 0.4), atol=1e-12)
    np.testing.assert_allclose(star_corners(2, (2.0,)), [[0, 2], [0, -2]], atol=1e-12)


def test_cover_of_a_straight_edge_is_the_share_of_the_pixel():
    np.testing.assert_allclose(
        cover(np.array([-2, -0.5, -0.25, 0, 0.5, 3])), [1, 1, 0.75, 0.5, 0, 0]
    )


def test_their_cards_have_their_size():
    training = [read_digits().splits[name] for name in ("train", "validation")]
    assert DATASETS["digits"].examples == sum(len(each.labels) for each in training)
    assert DATASETS["shapes"].examples == COUNTS["train"] + COUNTS["validation"]
