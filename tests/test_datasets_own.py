"""Data sets of the user's own: what is read, how it is split, what is refused."""

import hashlib
import re
import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image

from builders import class_folders, tiny_sources
from builders.class_folders import NAMES, png
from builders.project_copy import Project, tiny_of
from builders.refusals import refused
from builders.tiny_sources import random_images as pixels
from lossbench.datasets.image import SIDES
from lossbench.datasets.own import hold_out, prepare_own
from lossbench.datasets.prepared import Examples
from lossbench.datasets.source_files import source_digest
from lossbench.errors import DataError
from lossbench.networks.models import MODELS

write_classes = partial(class_folders.write_classes, shape=(16, 20, 3))


def digest(image: np.ndarray) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()


def arrays(
    train: int = 40, test: int = 10, *, shape: tuple[int, ...] = (16, 16), classes: int = 10
) -> dict[str, np.ndarray]:
    return {
        "x_train": pixels(train, *shape),
        "y_train": np.arange(train) % classes,
        "x_test": pixels(test, *shape, seed=1),
        "y_test": np.arange(test) % classes,
    }


def write_archive(path: Path, **changes: np.ndarray | None) -> Path:
    """The arrays above with some replaced, added, or (None) left out."""
    kept = {name: array for name, array in (arrays() | changes).items() if array is not None}
    np.savez(path, **kept)
    return path


def test_a_folder_of_classes_is_split_eight_to_one_to_one(tmp_path):
    prepared = prepare_own("own", write_classes(tmp_path / "photos", each=10))
    assert prepared.manifest.counts.model_dump() == {"train": 80, "validation": 10, "test": 10}
    assert prepared.manifest.image_shape == (3, 16, 20)
    for split in ("train", "validation", "test"):
        assert len(set(np.bincount(prepared.examples(split).labels).tolist())) == 1
    assert not prepared.manifest.stand_in


def test_pixels_and_labels_are_those_of_the_files(tmp_path):
    source = write_classes(tmp_path / "photos", each=3)
    prepared = prepare_own("own", source)
    read = {
        image.tobytes(): NAMES[label]
        for image, label in zip(prepared.images, prepared.labels, strict=True)
    }
    assert len(read) == 30
    for path in source.rglob("*.png"):
        image = np.asarray(Image.open(path)).transpose(2, 0, 1)
        assert read[image.tobytes()] == path.parent.name


def test_a_folder_with_a_split_keeps_it(tmp_path):
    for part, seed in (("train", 1), ("test", 2)):
        write_classes(tmp_path / "photos" / part, each=10, seed=seed)
    prepared = prepare_own("own", tmp_path / "photos")
    assert prepared.manifest.counts.model_dump() == {"train": 90, "validation": 10, "test": 100}


def test_held_out_are_the_smallest_digests_whatever_the_names_and_order():
    examples = Examples(pixels(40, 1, 4, 4), (np.arange(40) % 10).astype(np.uint8))
    order = np.random.default_rng(3).permutation(40)
    shuffled = Examples(examples.images[order], examples.labels[order])
    for one, other in zip(hold_out(examples), hold_out(shuffled), strict=True):
        assert {image.tobytes() for image in one.images} == {
            image.tobytes() for image in other.images
        }
    images = pixels(20, 1, 4, 4)
    rest, held = hold_out(Examples(images, np.zeros(20, np.uint8)))
    smallest = sorted(map(digest, images))[:2]
    assert sorted(map(digest, held.images)) == smallest
    assert len(rest.labels) == 18


@pytest.mark.parametrize("shape", [(16, 17), (16, 17, 3), (3, 16, 17), (1, 16, 17), (16, 17, 1)])
def test_an_archive_may_have_its_channels_first_last_or_not_at_all(tmp_path, shape):
    given = arrays(shape=shape)
    prepared = prepare_own("own", write_archive(tmp_path / "own.npz", **given))
    channels = 3 if 3 in shape else 1
    assert prepared.manifest.image_shape == (channels, 16, 17)
    wanted = given["x_test"][4]
    wanted = wanted.transpose(2, 0, 1) if wanted.ndim == 3 and shape[-1] in (1, 3) else wanted
    np.testing.assert_array_equal(prepared.examples("test").images[4].squeeze(), wanted.squeeze())


def test_a_validation_set_in_the_archive_is_kept(tmp_path):
    extra = {"x_validation": pixels(20, 16, 16, seed=5), "y_validation": np.arange(20) % 10}
    prepared = prepare_own("own", write_archive(tmp_path / "own.npz", **extra))
    assert prepared.manifest.counts.model_dump() == {"train": 40, "validation": 20, "test": 10}


def test_the_manifest_has_the_digest_of_the_archive_or_of_each_class(tmp_path):
    path = write_archive(tmp_path / "own.npz")
    file_digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert prepare_own("own", path).manifest.source_sha256 == {"own.npz": file_digest}
    source = write_classes(tmp_path / "photos")
    before = prepare_own("own", source).manifest.source_sha256
    assert tuple(before) == NAMES
    (source / "cat/0.png").write_bytes(png(pixels(1, 16, 20, 3, seed=9)[0]))
    after = prepare_own("own", source).manifest.source_sha256
    assert {name for name in NAMES if before[name] != after[name]} == {"cat"}


WRONG_ARRAYS = [
    ({"x_train": None}, "holds x_test, y_test, y_train; allowed: x_train, y_train, x_test, y_test"),
    ({"extra": np.zeros(3)}, "holds extra, x_test"),
    ({"x_validation": pixels(9, 16, 16)}, "x_validation with y_validation"),
    ({"x_train": np.zeros((40, 16, 16))}, "x_train is float64; allowed: uint8"),
    ({"x_train": pixels(40, 16 * 16)}, r"x_train has the shape \(40, 256\)"),
    ({"x_train": pixels(40, 16, 16, 2)}, r"x_train has the shape \(40, 16, 16, 2\)"),
    ({"x_train": pixels(39, 16, 16)}, "holds 39 images, y_train 40 labels"),
    ({"x_test": pixels(10, 16, 18)}, "images have the shapes"),
    ({"y_train": np.arange(40) + 990}, "y_train runs from 990 to 1029; allowed: 0 to 999"),
    ({"y_train": np.arange(40) % 9 - 1}, "y_train runs from -1 to 7; allowed: 0 to 999"),
    ({"y_train": np.arange(40) % 5}, "train: no example of class 5, 6, 7, 8, 9"),
    ({"y_test": np.full(10, 3)}, "test: no example of class 0, 1, 2, 4, 5, 6, 7, 8, 9; a"),
    ({"x_test": pixels(0, 16, 16), "y_test": np.zeros(0, int)}, "x_test holds no image"),
    ({"x_train": pixels(40, 0, 16)}, "x_train: is 0×16; allowed: sides of 16 to 224"),
    ({"y_train": np.linspace(0, 9, 40)}, "y_train is float64; allowed: whole numbers"),
    ({"y_train": np.zeros((40, 10), np.int64)}, r"y_train has the shape \(40, 10\)"),
    ({"y_train": np.array(3)}, r"y_train has the shape \(\)"),
    (
        {"y_train": np.array([None] * 40)},
        r"is not an \.npz archive of arrays \(Object arrays cannot",
    ),
    (dict(zip(("y_train", "y_test"), map(np.zeros, (40, 10), (int, int)), strict=True)), "is 1;"),
    ({"class_names": np.array([*"abcdefghi", "i"])}, "2 classes are called i; allowed: one"),
    ({"class_names": np.array([*"abcdefghi", "j\n"])}, r"'j\\n' is no name for a class"),
    ({"class_names": np.array([*"abcdefghi", "  "])}, "'  ' is no name for a class"),
    ({"class_names": np.arange(10).astype("S1")}, r"class_names is \|S1; allowed: texts"),
    ({"class_names": np.arange(1001).astype(str)}, "number of classes is 1001; allowed: 2 to 1000"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG_ARRAYS)
def test_a_wrong_archive_is_one_clear_error(tmp_path, changes, message):
    path = write_archive(tmp_path / "own.npz", **changes)
    said = refused(DataError, prepare_own, "own", path)
    assert str(path) in said
    assert re.search(message, said)


def test_a_damaged_archive_and_a_damaged_array_are_refused(tmp_path):
    path = tmp_path / "own.npz"
    path.write_bytes(b"PK\3\4 not really")
    with pytest.raises(DataError, match=r"own\.npz: is not an \.npz archive"):
        prepare_own("own", path)
    with zipfile.ZipFile(write_archive(path), "a") as archive:
        archive.writestr("mean.npy", b"not NumPy's")
    with pytest.raises(DataError, match=r"own\.npz: mean is no array; allowed: arrays"):
        prepare_own("own", path)


def remove_classes(source: Path) -> None:
    for name in NAMES[1:]:
        shutil.rmtree(source / name)


def add(name: str, content: bytes | np.ndarray) -> Callable[[Path], object]:
    """Puts a file into the source, an image or whatever these bytes are."""
    encoded = content if isinstance(content, bytes) else png(content)
    return lambda source: (source / name).write_bytes(encoded)


WRONG_FOLDERS = [
    (remove_classes, r"has 1 subfolders \(ant\); allowed: 2 to 1000, one a class"),
    (add("cat/notes.txt", b"meow"), r"notes\.txt: is no image; allowed: \.png"),
    (lambda source: (source / "cow").mkdir(), "cow: holds no image"),
    (
        add("cat/0.png", pixels(1, 18, 20, 3)[0]),
        r"cat/0\.png: is 18×20 colour; allowed: 16×20 colour, as .*ant/0\.png",
    ),
    (
        add("cat/0.png", pixels(1, 16, 20)[0]),
        r"cat/0\.png: is 16×20 grey; allowed: 16×20 colour",
    ),
    (
        add("cat/0.png", np.zeros((16, 20), np.uint16)),
        r"cat/0\.png: mode I;16; allowed: 1, L, LA, P, PA, RGB, RGBA",
    ),
    (add("cat/0.png", b"\x89PNG no"), r"cat/0\.png: is no image of the formats PNG, "),
    (
        lambda source: write_classes(source / "train"),
        "has train; allowed: train with test or validation, .* by the names train, training",
    ),
]


@pytest.mark.parametrize(("spoil", "message"), WRONG_FOLDERS)
def test_a_wrong_folder_is_one_clear_error(tmp_path, spoil, message):
    source = write_classes(tmp_path / "photos")
    spoil(source)
    assert re.search(message, refused(DataError, prepare_own, "own", source))


def test_classes_that_a_part_lacks_or_has_too_few_images_of_are_named(tmp_path):
    for part in ("train", "test"):
        write_classes(tmp_path / "photos" / part)
    (tmp_path / "photos/test/cat").rename(tmp_path / "photos/test/cow")
    with pytest.raises(DataError, match="only one of train and test has cat, cow"):
        prepare_own("own", tmp_path / "photos")
    with pytest.raises(DataError, match="validation: no example of class ant, bee, "):
        prepare_own("own", write_classes(tmp_path / "few", each=2))


def test_a_digest_of_idx_files_follows_each_of_them(tmp_path):
    tiny = tiny_sources.tiny_mnist()
    source = tiny.write(tmp_path)
    before = source_digest(source)
    for name, content in tiny.contents.items():
        tiny.write(tmp_path, {name: content + b"0"})
        assert source_digest(source) != before
    tiny.write(tmp_path)
    assert source_digest(source) == before


def test_a_source_that_is_neither_is_refused(tmp_path):
    with pytest.raises(DataError, match="nowhere: does not exist; allowed: a folder of images, "):
        prepare_own("own", tmp_path / "nowhere")
    (tmp_path / "own.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"own\.csv: is none of them; allowed: a folder of"):
        prepare_own("own", tmp_path / "own.csv")


@pytest.mark.parametrize("model", sorted(MODELS))
@pytest.mark.parametrize("sides", [(SIDES[0], SIDES[0]), (SIDES[0], 2 * SIDES[0] + 1)])
def test_every_network_takes_the_smallest_images(model, sides):
    body = MODELS[model]((1, *sides))
    assert body(torch.zeros(2, 1, *sides)).shape == (2, body.width)


def test_a_source_s_digest_changes_with_names_and_contents_and_not_with_times_or_place(tmp_path):
    source = write_classes(tmp_path / "photos")
    before = source_digest(source)
    next(source.rglob("*.png")).touch()
    moved = source.rename(tmp_path / "elsewhere")
    assert source_digest(moved) == before
    (moved / "cat/0.png").rename(moved / "cat/zero.png")
    renamed = source_digest(moved)
    content = bytearray((moved / "cat/1.png").read_bytes())
    content[50] ^= 1
    (moved / "cat/1.png").write_bytes(content)
    assert len({before, renamed, source_digest(moved)}) == 3


@pytest.mark.slow
def test_a_study_of_own_data_sets_runs_to_its_page(tmp_path):
    """A folder of two classes and an archive of a hundred: random pixels, hence of no interest."""
    project = Project(tmp_path / "project")
    data = project.folder / "my data"
    data.mkdir()
    sources = {
        "folder": write_classes(data / "photos", each=40, names=NAMES[:2]),
        "archive": write_archive(data / "own.npz", **arrays(400, 200, classes=100)),
    }
    used = ({"name": name, "source": f"my data/{path.name}"} for name, path in sources.items())
    study = tiny_of(*used, batch_size=10)
    (project.folder / "config/tiny.yaml").write_text(yaml.safe_dump(study))
    project.tiny()
    page = (project.folder / "report/tiny.html").read_text()
    assert all(name in page for name in (*sources, "ant", "bee"))
    errors = pd.read_csv(project.folder / "results/tiny/tables/class_errors.csv")
    assert errors.groupby("dataset")["label"].nunique().to_dict() == {"archive": 100, "folder": 2}
    runs = pd.read_csv(project.folder / "results/tiny/tables/runs.csv")
    assert runs.groupby("dataset")["classes"].max().to_dict() == {"archive": 100, "folder": 2}
    assert project.planned() == {}
    shutil.rmtree(project.folder / ".snakemake")  # as where results are copied without it
    assert project.planned() == {}
    (sources["folder"] / NAMES[0] / "0.png").unlink()
    output = project.tiny("--dry-run", check=False)
    assert "folder.npz: was made of other data or by other code" in output
    (project.folder / "results/datasets/folder.npz").unlink()
    project.tiny("--until", "own_dataset")
    assert "own_dataset" not in project.planned()
    for name, source in sources.items():
        moved = source.rename(data / f"moved {source.name}")
        output = project.snakemake("--dry-run", "--configfile", "config/tiny.yaml", check=False)
        assert f"datasets, {name}: source my data/{source.name}: does not exist" in output
        moved.rename(source)
