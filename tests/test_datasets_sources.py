"""MNIST and CIFAR-10 on disk: every fault is one line, and the good file then works."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from builders import tiny_sources
from builders.refusals import refused
from builders.small_disks import read_only
from lossbench.datasets import official
from lossbench.datasets.digests import sha256
from lossbench.datasets.own import prepare_own
from lossbench.datasets.preparation import LOADERS
from lossbench.errors import DataError

IMAGES = "train-images-idx3-ubyte"


@pytest.fixture(params=["mnist", "kmnist", "cifar10", "cifar100"])
def tiny(request):
    return getattr(tiny_sources, f"tiny_{request.param}")()


def test_the_last_five_thousand_training_images_of_an_official_file_validate():
    made = [each for each in vars(official).values() if isinstance(each, official.Official)]
    assert {each.title for each in made} >= {"MNIST", "CIFAR-10"}
    assert {each.validation for each in made} == {5000}


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_mnist_splits_keep_the_files_order_and_leave_some_to_train_on(tmp_path):
    tiny = tiny_sources.tiny_mnist()
    tiny.write(tmp_path)
    splits = tiny.load(tmp_path).splits
    images = tiny.arrays[IMAGES][:, None]
    np.testing.assert_array_equal(splits["train"].images, images[:5])
    np.testing.assert_array_equal(splits["validation"].images, images[5:])
    np.testing.assert_array_equal(splits["validation"].labels, [5, 6])
    np.testing.assert_array_equal(splits["test"].labels, [9, 0, 5])
    with pytest.raises(DataError, match="holds 7 training examples; allowed: more than the 7"):
        tiny.load(tmp_path, validation=7)


def test_cifar10_training_batches_come_in_order_and_cifar100_has_its_fine_labels(tmp_path):
    tiny = tiny_sources.tiny_cifar10()
    tiny.write(tmp_path)
    splits = tiny.load(tmp_path).splits
    batches = [tiny.arrays[f"data_batch_{k}"] for k in range(1, 6)]
    np.testing.assert_array_equal(splits["train"].images, np.concatenate(batches[:4]))
    np.testing.assert_array_equal(splits["validation"].images, batches[4])
    np.testing.assert_array_equal(splits["test"].images, tiny.arrays["test_batch"])
    np.testing.assert_array_equal(splits["train"].labels, [0, 9, 1, 8, 2, 7, 3, 6])
    tiny = tiny_sources.tiny_cifar100()
    tiny.write(tmp_path)
    splits = tiny.load(tmp_path).splits
    np.testing.assert_array_equal(splits["train"].labels, range(92, 98))
    np.testing.assert_array_equal(splits["test"].images, tiny.arrays["test"])


def test_what_is_known_as_it_is_published_is_read_so(tmp_path):
    tiny = tiny_sources.tiny_kmnist()
    tiny.write(tmp_path)
    splits = tiny.load(tmp_path).splits
    np.testing.assert_array_equal(splits["train"].images[:, 0], tiny.arrays[IMAGES][:5])
    path = tmp_path / tiny.official.folder / f"{IMAGES}.gz"
    path.write_bytes(gzip.compress(tiny_sources.idx(tiny.arrays[IMAGES]), compresslevel=1))
    with pytest.raises(DataError, match=r"idx3-ubyte\.gz: has SHA-256"):
        tiny.load(tmp_path)


def test_mnist_is_read_as_gzip_by_content_not_by_name(tmp_path):
    tiny = tiny_sources.tiny_mnist()
    folder = tiny.write(tmp_path, dict.fromkeys(tiny.contents))
    for k, (name, content) in enumerate(tiny.contents.items()):
        (folder / (name + ".gz" * (k % 2))).write_bytes(gzip.compress(content))
    assert len(tiny.load(tmp_path).splits["train"].labels) == 5


FAULTS = {
    "truncated": lambda content: content[:-1],
    "bit-flipped": lambda content: content[:99] + bytes([content[99] ^ 4]) + content[100:],
    "empty": lambda content: b"",
    "html": lambda content: b"<!doctype html><title>Sign in</title>",
    "gzip cut short": lambda content: gzip.compress(content)[:-9],
    "gzip of another": lambda content: gzip.compress(b"another file"),
    "extended": lambda content: content + b"\0",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_is_named_and_a_good_one_then_works(tiny, tmp_path, fault):
    name = next(iter(tiny.contents))
    folder = tiny.write(tmp_path, {name: FAULTS[fault](tiny.contents[name])})
    before = files_below(tmp_path)
    assert str(folder / name) in refused(DataError, tiny.load, tmp_path)
    assert files_below(tmp_path) == before
    tiny.write(tmp_path)
    tiny.load(tmp_path)


def test_a_folder_that_has_everything_need_not_be_writable(tiny, tmp_path):
    tiny.write(tmp_path)
    expected = tiny.load(tmp_path).splits["test"]
    with read_only(tmp_path):
        found = tiny.load(tmp_path).splits["test"]
    np.testing.assert_array_equal(found.images, expected.images)


def test_swapped_files_are_refused(tiny, tmp_path):
    first, second = list(tiny.contents)[:2]
    tiny.write(tmp_path, {first: tiny.contents[second], second: tiny.contents[first]})
    with pytest.raises(DataError, match=f"{first}: has SHA-256 {sha256(tiny.contents[second])}"):
        tiny.load(tmp_path)


def test_a_renamed_file_is_a_missing_file(tiny, tmp_path):
    name = next(iter(tiny.contents))
    folder = tiny.write(tmp_path, {name: None})
    (folder / f"{name}.old").write_bytes(tiny.contents[name])
    before = files_below(tmp_path)
    message = refused(DataError, tiny.load, tmp_path)
    for wanted in (f"data_dir {tmp_path}", f"Put {name} into {folder}", "make demo"):
        assert wanted in message
    assert files_below(tmp_path) == before


def test_no_network_and_no_files_say_what_to_put_where(tiny, tmp_path):
    message = refused(DataError, tiny.load, tmp_path / "data")
    for wanted in (*tiny.contents, str(tmp_path / "data"), "data_dir", "make demo", "refused"):
        assert wanted in message
    assert "Max retries" not in message
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("obstacle", ["folder", "broken link"])
def test_what_cannot_be_read_is_named_and_left_alone(tiny, tmp_path, obstacle):
    name = next(iter(tiny.contents))
    path = tiny.write(tmp_path, {name: None}) / name
    path.mkdir() if obstacle == "folder" else path.symlink_to(tmp_path / "gone")
    assert f"{path}: cannot be read (" in refused(DataError, tiny.load, tmp_path)
    assert path.is_dir() or path.is_symlink()


def test_a_broken_link_in_a_packed_file_s_place_is_named(tmp_path):
    tiny = tiny_sources.tiny_mnist()
    path = tiny.write(tmp_path, {IMAGES: None}) / f"{IMAGES}.gz"
    path.symlink_to("gone")
    said = f"{path}: cannot be read (No such file"
    assert said in refused(DataError, tiny.load, tmp_path)
    assert said in refused(DataError, prepare_own, "own", path.parent)


def test_a_data_folder_that_takes_no_file_is_one_line(tiny, tmp_path):
    data_dir = tmp_path / "data"
    data_dir.write_text("a file where the folder should be")
    assert f"data_dir {data_dir}" in refused(DataError, tiny.load, data_dir)


OFFICIAL_ARRAYS = {
    "cifar10": (
        "9d5c2eddadb0deff02c14c350c0385aab7b1d5ff1edfeb4997c8dc8644960111",
        "2b7cd2f24487317614016b72ffd53071c3062f592f0eb300c18a770d41ae1253",
        "177777c33ba79825320efa646ad04a94bdc3c80e4ebe3bd21724f8cdfd4b9d56",
        "cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
    ),
    "mnist": (
        "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    ),
}
"""SHA-256 of training images, training labels, test images, test labels, in the files' order."""


@pytest.mark.skipif(
    "LOSSBENCH_DATA_DIR" not in os.environ,
    reason="LOSSBENCH_DATA_DIR names no folder with the official data",
)
@pytest.mark.parametrize("name", OFFICIAL_ARRAYS)
def test_the_official_data_decode_to_the_known_arrays(name):
    splits = LOADERS[name](Path(os.environ["LOSSBENCH_DATA_DIR"])).splits
    train, validation, test = splits["train"], splits["validation"], splits["test"]
    assert len(validation.labels) == 5000
    assert len(test.labels) == 10000
    images = np.concatenate([train.images, validation.images])
    labels = np.concatenate([train.labels, validation.labels])
    found = tuple(map(sha256, (images, labels, test.images, test.labels)))
    assert found == OFFICIAL_ARRAYS[name]
