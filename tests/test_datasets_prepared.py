"""The prepared form: its splits, its bytes, and what it refuses to load."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builders import tiny_sources
from builders.refusals import refused
from lossbench.cards.dataset import DATASETS
from lossbench.cards.own_cards import stand_ins
from lossbench.datasets.preparation import LOADERS, prepare
from lossbench.datasets.prepared import Examples, Loaded, build, channel_moments, load, save
from lossbench.errors import DataError, FileError

ABOUT = {
    "name": "shapes",
    "stand_in": True,
    "licence": "MIT",
    "citation": "none",
    "classes": tuple("abcdefghij"),
}


def tiny(seed: int = 0):
    def examples(count: int) -> Examples:
        labels = np.arange(count, dtype=np.uint8) % 10
        return Examples(tiny_sources.random_images(count, 3, 4, 5, seed=seed + count), labels)

    splits = {"train": examples(6), "validation": examples(3), "test": examples(4)}
    digests = {"a file": "0" * 64}
    return build(Loaded(splits, digests), **ABOUT), splits


@pytest.fixture
def saved(tmp_path):
    prepared, _ = tiny()
    paths = tmp_path / "prepared data.npz", tmp_path / "manifest.json"
    save(prepared, *paths)
    return prepared, *paths


def test_splits_come_back_through_the_files(saved):
    _, splits = tiny()
    loaded = load(*saved[1:])
    for split, examples in splits.items():
        np.testing.assert_array_equal(loaded.examples(split).images, examples.images)
        np.testing.assert_array_equal(loaded.examples(split).labels, examples.labels)
    assert loaded.indices("test") == slice(9, 13)
    assert loaded.manifest == saved[0].manifest


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("mnist", "MNIST/raw/train-images-idx3-ubyte"),
        ("fashion_mnist", "FashionMNIST/raw/train-images-idx3-ubyte.gz"),
        ("kmnist", "KMNIST/raw/train-images-idx3-ubyte.gz"),
        ("mnist_pairs", "MNIST/raw/train-images-idx3-ubyte"),
        ("cifar10", "cifar-10-batches-py/data_batch_1"),
        ("cifar100", "cifar-100-python/train"),
    ],
)
def test_official_data_are_looked_for_where_torchvision_puts_them(tmp_path, name, place):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_bytes(b"not these")
    assert refused(DataError, prepare, name, tmp_path).startswith(
        f"{tmp_path / place}: has SHA-256"
    )


def test_the_same_data_give_the_same_bytes_at_another_time(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    again = tmp_path / "again.npz", tmp_path / "again.json"
    save(tiny()[0], *again)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in saved[1:]]


def test_channel_moments_are_numpys_and_never_come_from_the_test_set():
    images = tiny_sources.random_images(9, 3, 6, 7)
    scaled = images.astype(np.float64) / 255
    mean, std = channel_moments(images)
    np.testing.assert_allclose(mean, scaled.mean(axis=(0, 2, 3)), rtol=1e-14)
    np.testing.assert_allclose(std, scaled.std(axis=(0, 2, 3)), rtol=1e-14)
    prepared, splits = tiny()
    official = np.concatenate([splits[name].images for name in ("train", "validation")])
    assert prepared.manifest.channel_mean == channel_moments(official)[0]


@pytest.fixture(scope="module")
def digits():
    return prepare("digits", Path("needs none"))


def test_a_replicate_divides_all_training_examples_by_class_and_each_differently(digits):
    counts = digits.manifest.counts
    share = counts.validation / (counts.train + counts.validation)
    train, validation = digits.divided(3)
    rows = np.concatenate([train, validation])
    assert sorted(rows) == list(range(counts.train + counts.validation))
    assert (len(train), len(validation)) == (counts.train, counts.validation)
    for label in range(10):
        of_class = (digits.labels[rows] == label).sum()
        held = (digits.labels[validation] == label).sum()
        assert abs(held - share * of_class) < 1
    first, again, other = (digits.divided(seed) for seed in (3, 3, 4))
    assert np.array_equal(first.validation, again.validation)
    shared = np.intersect1d(first.validation, other.validation)
    expected = len(first.validation) ** 2 / (len(first.train) + len(first.validation))
    assert abs(len(shared) - expected) < 5 * expected**0.5
    assert len(first.train) == len(other.train)


def test_equal_images_never_stand_on_both_sides(digits):
    images = digits.images.copy()
    images[:600:2] = images[1:600:2]
    doubled = replace(digits, images=images)
    for seed in range(3):
        train, validation = (
            {image.tobytes() for image in images[rows]} for rows in doubled.divided(seed)
        )
        assert not train & validation


def test_validation_that_the_source_gives_is_every_replicate_s(digits):
    manifest = digits.manifest.model_copy(update={"gives_validation": True})
    given = replace(digits, manifest=manifest)
    for seed in (3, 4):
        assert np.array_equal(given.divided(seed).train, digits.rows("train"))
        assert np.array_equal(given.divided(seed).validation, digits.rows("validation"))


def test_no_flipped_bit_yields_other_data(saved):
    """The zip's own dates and hints do not matter; whatever does is found."""
    prepared, npz, manifest = saved
    whole, found = npz.read_bytes(), 0
    for place in range(0, len(whole), 7):
        npz.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            loaded = load(npz, manifest)
        except DataError as error:
            assert npz.name in str(error)  # noqa: PT017
            found += 1
        else:
            np.testing.assert_array_equal(loaded.images, prepared.images)
            np.testing.assert_array_equal(loaded.labels, prepared.labels)
            assert loaded.manifest == prepared.manifest
    assert found > 0.7 * len(whole) / 7


def test_an_array_file_of_another_kind_is_refused(saved):
    with saved[1].open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="not a readable prepared data set"):
        load(saved[1])


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"<html>", b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_missing_or_of_another_kind_is_one_line(saved, content):
    saved[1].unlink()
    if content is not None:
        saved[1].write_bytes(content)
    said = refused(DataError, load, saved[1])
    assert said.startswith(f"{saved[1]}: not a readable prepared data set (")


def test_an_archive_beside_another_sets_manifest_is_refused(saved, tmp_path):
    other = tmp_path / "other.npz", tmp_path / "other.json"
    save(tiny(seed=9)[0], *other)
    with pytest.raises(DataError, match=r"other\.json: is not the manifest of"):
        load(saved[1], other[1])
    with pytest.raises(DataError, match=r"manifest\.json: is not the manifest of"):
        load(other[0], saved[2])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda images: images[:-1], "images have shape (12, 3, 4, 5); allowed: (13"),
        (
            lambda images: np.full(images.shape, np.nan, np.float32),
            "images float32, labels uint8; allowed: uint8",
        ),
    ],
)
def test_images_that_the_manifest_does_not_describe_are_refused(saved, change, said):
    prepared, npz, _ = saved
    images = change(prepared.images)
    text = np.frombuffer(prepared.manifest.model_dump_json().encode(), np.uint8)
    np.savez(npz, images=images, labels=prepared.labels[: len(images)], manifest=text)
    assert said in refused(DataError, load, npz)


@pytest.mark.parametrize("digest", ["0" * 64, "f" * 64])
@pytest.mark.parametrize("name", ["images", "labels"])
def test_an_array_of_another_digest_than_its_manifest_s_is_refused(saved, name, digest):
    prepared, npz, manifest = saved
    changed = prepared.manifest.model_copy(update={f"{name}_sha256": digest})
    save(replace(prepared, manifest=changed), npz, manifest)
    with pytest.raises(DataError, match=f"{name} have SHA-256 .*; the manifest says {digest}"):
        load(npz, manifest)


def test_a_failed_write_leaves_the_old_files(saved, monkeypatch):
    before = [path.read_bytes() for path in saved[1:]]
    monkeypatch.setattr(np, "savez", lambda *_, **__: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(FileError, match=r"prepared data\.npz: cannot be written \(disk full\)"):
        save(tiny(seed=5)[0], *saved[1:])
    assert [path.read_bytes() for path in saved[1:]] == before
    assert len(list(saved[1].parent.iterdir())) == 2


def ten_first(labels: np.ndarray) -> np.ndarray:
    return np.append(np.uint8(10), labels[1:])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: Examples(e.images.astype(np.float32), e.labels), "images float32"),
        (lambda e: Examples(e.images[:, 0], e.labels), "allowed: \\(N, C, H, W\\)"),
        (lambda e: Examples(e.images, e.labels[:-1]), "allowed: \\(N, C, H, W\\)"),
        (lambda e: Examples(e.images, e.labels.astype(np.int64)), "labels int64"),
        (lambda e: Examples(e.images, ten_first(e.labels)), "holds the label 10; allowed"),
        (lambda e: Examples(e.images[:0], e.labels[:0]), "allowed: \\(N, C, H, W\\)"),
    ],
)
def test_build_names_the_split_at_fault(change, message):
    _, splits = tiny()
    splits["validation"] = change(splits["validation"])
    with pytest.raises(DataError, match=f"shapes validation: .*{message}"):
        build(Loaded(splits, {}), **ABOUT)


@pytest.mark.parametrize(("classes", "kind"), [(2, "uint8"), (256, "uint8"), (257, "uint16")])
def test_labels_take_as_many_bytes_as_the_classes_need(tmp_path, classes, kind):
    labels = np.arange(classes, dtype=np.uint16)
    images = tiny_sources.random_images(classes, 1, 4, 4)
    loaded = Loaded(dict.fromkeys(("train", "validation", "test"), Examples(images, labels)), {})
    names = tuple(f"kind {label}" for label in labels)
    save(build(loaded, **ABOUT | {"classes": names}), tmp_path / "a.npz", tmp_path / "a.json")
    prepared = load(tmp_path / "a.npz")
    assert (prepared.classes, prepared.manifest.classes) == (classes, names)
    assert prepared.labels.dtype == kind
    assert prepared.labels.max() == classes - 1


def test_the_catalogue_holds_every_data_set_of_the_configuration():
    assert set(LOADERS) == set(DATASETS)


@pytest.mark.parametrize("name", sorted(stand_ins()))
def test_stand_ins_need_no_folder_and_say_what_they_are(name, tmp_path):
    prepared = prepare(name, tmp_path / "nothing here")
    assert prepared.manifest.stand_in
    assert prepared.manifest.image_shape == DATASETS[name].image_shape
    assert not list(tmp_path.iterdir())
