"""Own data in the formats that people have, against Pillow and the files' own bytes."""

import errno
import gzip
import json
import os
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageOps

from builders.class_folders import png, write_classes
from builders.project_copy import tiny_of
from builders.refusals import refused
from builders.tiny_sources import idx
from builders.tiny_sources import random_images as pixels
from lossbench.datasets.own import prepare_own
from lossbench.datasets.preparation import prepare
from lossbench.datasets.source_files import source_digest
from lossbench.errors import ConfigError, DataError
from lossbench.study.data import Reading
from lossbench.study.loading import parse_study


def labels(count: int, classes: int) -> np.ndarray:
    return np.arange(count) % classes


# IDX files


def write_idx(folder: Path, prefix: str = "", *, test: str = "t10k", first: int = 0, packed=False):
    """Three classes whose labels begin at `first`: 30 images to train on, 9 to test."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        "train-images-idx3-ubyte": pixels(30, 16, 18),
        "train-labels-idx1-ubyte": (labels(30, 3) + first).astype(np.uint8),
        f"{test}-images-idx3-ubyte": pixels(9, 16, 18, seed=1),
        f"{test}-labels-idx1-ubyte": (labels(9, 3) + first).astype(np.uint8),
    }
    for name, array in arrays.items():
        content = gzip.compress(idx(array)) if packed else idx(array)
        (folder / f"{prefix}{name}{'.gz' if packed else ''}").write_bytes(content)
    return {name.partition("-idx")[0]: array for name, array in arrays.items()}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("inner", ["", "raw"])
def test_idx_files_are_read_as_torchvision_lays_them_out(tmp_path, packed, inner):
    written = write_idx(tmp_path / "Own" / inner, packed=packed)
    prepared = prepare_own("own", tmp_path / "Own")
    assert prepared.manifest.counts.model_dump() == {"train": 27, "validation": 3, "test": 9}
    assert prepared.manifest.classes == ("0", "1", "2")
    test = prepared.examples("test")
    np.testing.assert_array_equal(test.images[:, 0], written["t10k-images"])
    np.testing.assert_array_equal(test.labels, written["t10k-labels"])


def test_a_split_of_emnist_is_named_by_its_prefix_and_turned_upright(tmp_path):
    raw = tmp_path / "EMNIST/raw"
    for split, first in (("letters", 1), ("digits", 0)):
        written = write_idx(raw, f"emnist-{split}-", test="test", first=first)
    (raw / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n")
    prepared = prepare_own("own", raw / "emnist-letters")
    assert prepared.manifest.classes == ("Aa", "Bb", "Cc")
    assert prepared.manifest.image_shape == (1, 18, 16)
    test = prepared.examples("test")
    np.testing.assert_array_equal(test.images[:, 0], written["test-images"].swapaxes(1, 2))
    assert test.labels.tolist() == labels(9, 3).tolist()
    assert set(prepared.manifest.source_sha256) == {
        f"emnist-letters-{part}-{what}"
        for part in ("train", "test")
        for what in ("images-idx3-ubyte", "labels-idx1-ubyte")
    }
    before = source_digest(raw / "emnist-letters")
    (raw / "emnist-digits-train-labels-idx1-ubyte").write_bytes(b"")
    assert source_digest(raw / "emnist-letters") == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3", b"\x1f\x8bno", "train-images-idx3-ubyte: is damaged gzip"),
        ("train-labels-idx1", b"no IDX", "train-labels-idx1-ubyte: starts with"),
        ("train-labels-idx1", idx(np.zeros(29, np.uint8)), r"labels \(29,\); allowed: \(N"),
        ("t10k-labels-idx1", idx(np.full(9, 7, np.uint8)), "no training image has the label 7"),
    ],
)
def test_wrong_idx_files_are_one_line(tmp_path, name, content, message):
    write_idx(tmp_path / "own")
    (tmp_path / f"own/{name}-ubyte").write_bytes(content)
    assert re.search(message, refused(DataError, prepare_own, "own", tmp_path / "own"))


@pytest.mark.parametrize("prefix", ["", "emnist-letters-"])
def test_idx_files_that_are_missing_are_named(tmp_path, prefix):
    test = "test" if prefix else "t10k"
    write_idx(tmp_path / "own/raw", prefix, test=test, packed=True)
    (tmp_path / f"own/raw/{prefix}train-labels-idx1-ubyte.gz").unlink()
    (tmp_path / f"own/raw/{prefix}{test}-images-idx3-ubyte.gz").rename(tmp_path / "own/t10k.gz")
    source = tmp_path / "own" / (f"raw/{prefix[:-1]}" if prefix else "")
    said = f"raw: lacks {prefix}train-labels-idx1-ubyte, {prefix}{test}-images-idx3-ubyte; allowed:"
    for read in (partial(prepare_own, "own"), source_digest):
        assert said in refused(DataError, read, source)


@pytest.mark.parametrize("names", [["train-images.idx3", "train-labels.idx1"], []])
def test_a_folder_without_folders_is_told_what_it_has_and_what_it_may_have(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    text = refused(DataError, prepare_own, "own", tmp_path)
    assert f"{f'has {names[0]}, {names[1]}, but no folder' if names else 'is empty'}; all" in text
    assert "2 to 1000 folders, one a class, or Parquet files" in text
    assert "t10k-images-idx3-ubyte" in text


def test_an_idx_file_that_cannot_be_read_is_one_line(tmp_path, monkeypatch):
    write_idx(tmp_path / "own")
    broken, read_bytes = tmp_path / "own/train-labels-idx1-ubyte", Path.read_bytes

    def read(path: Path) -> bytes:
        if path == broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(DataError, match=r"idx1-ubyte: cannot be read \(Input/output error\)$"):
        prepare_own("own", tmp_path / "own")


# Archives


def test_an_archive_may_have_medmnists_names(tmp_path):
    sizes = {"train": 30, "val": 9, "test": 6}
    arrays = {f"{part}_images": pixels(size, 28, 28, 3, seed=size) for part, size in sizes.items()}
    columns = {f"{part}_labels": labels(size, 3)[:, None] for part, size in sizes.items()}
    np.savez(tmp_path / "own.npz", **arrays, **columns)
    prepared = prepare_own("own", tmp_path / "own.npz")
    assert prepared.manifest.counts.model_dump() == {"train": 30, "validation": 9, "test": 6}
    assert prepared.manifest.gives_validation
    validation = prepared.examples("validation")
    np.testing.assert_array_equal(validation.images, arrays["val_images"].transpose(0, 3, 1, 2))
    assert validation.labels.tolist() == labels(9, 3).tolist()


@pytest.mark.parametrize("classes", [2, 3, 26, 100])
def test_an_archive_has_as_many_classes_as_its_labels_say(tmp_path, classes):
    names = np.array([f"kind {k}" for k in range(classes)])
    arrays = {"x_train": pixels(3 * classes, 16, 16), "y_train": labels(3 * classes, classes)}
    arrays |= {"x_test": pixels(classes, 16, 16, seed=1), "y_test": labels(classes, classes)}
    np.savez(tmp_path / "own.npz", **arrays)
    assert prepare_own("own", tmp_path / "own.npz").manifest.classes == tuple(
        map(str, range(classes))
    )
    np.savez(tmp_path / "named.npz", **arrays, class_names=names)
    prepared = prepare_own("own", tmp_path / "named.npz")
    assert prepared.manifest.classes == tuple(names)
    assert prepared.classes == classes
    np.savez(tmp_path / "few.npz", **arrays, class_names=names[1:])
    with pytest.raises(DataError, match=f"has {classes - 1} names; allowed: {classes}, one"):
        prepare_own("own", tmp_path / "few.npz")


# Parquet shards


def shard(images: Iterable[np.ndarray], numbers: Any, *, column: str = "image") -> pa.Table:
    values = [{"bytes": png(image), "path": None} for image in images]
    return pa.table({column: values, "label": pa.array(numbers, pa.int64())})


def write_shard(path: Path, images: np.ndarray, numbers: Any, *, names: Any = None, **how: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = shard(images, numbers, **how)
    if names:
        features = {"label": {"names": names, "_type": "ClassLabel"}}
        about = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": about})
    pq.write_table(table, path)


@pytest.mark.parametrize("where", ["data/{part}-0000{k}-of-00002.parquet", "{part}/000{k}.parquet"])
def test_parquet_shards_are_read_part_by_part(tmp_path, where):
    source, names = tmp_path / "hub", ["ant", "bee", "cat"]
    images = {part: pixels(18, 16, 18, 3, seed=len(part)) for part in ("train", "test")}
    for part, each in images.items():
        for k, rows in enumerate(np.split(np.arange(18), 2)):
            path = source / where.format(part=part, k=k)
            write_shard(path, each[rows], labels(18, 3)[rows], names=names)
    prepared = prepare_own("own", source)
    assert prepared.manifest.classes == tuple(names)
    test = prepared.examples("test")
    np.testing.assert_array_equal(test.images, images["test"].transpose(0, 3, 1, 2))
    assert test.labels.tolist() == labels(18, 3).tolist()
    assert len(prepared.manifest.source_sha256) == 4


def test_shards_that_are_missing_are_one_line(tmp_path):
    """A download that was cut off would otherwise be a smaller data set."""
    for part, numbers in (("train", (0, 2)), ("test", (0,))):
        for k in numbers:
            path = tmp_path / f"hub/{part}-0000{k}-of-0000{1 if part == 'test' else 3}.parquet"
            write_shard(path, pixels(8, 16, 16, seed=k), labels(8, 2))
    said = refused(DataError, prepare_own, "own", tmp_path / "hub")
    assert said == f"{tmp_path / 'hub'}: has 2 of the files train-…-of-00003; allowed: all"
    write_shard(tmp_path / "hub/train-00001-of-00003.parquet", pixels(8, 16, 16), labels(8, 2))
    assert prepare_own("own", tmp_path / "hub").manifest.counts.test == 8


@pytest.mark.parametrize("part", ["", "train/"])
def test_class_folders_beside_shards_are_not_left_out_in_silence(tmp_path, part):
    source = tmp_path / "own"
    write_shard(source / "data/all.parquet", pixels(20, 16, 16), labels(20, 2))
    write_classes(source, 1, names=["logos"])
    assert prepare_own("own", source).manifest.counts.train == 16
    write_classes(source, 1, names=[f"{part}ant"])
    said = refused(DataError, prepare_own, "own", source)
    assert said == (
        f"{source}: has data/all.parquet beside folders of images ("
        f"{', '.join(sorted([f'{part}ant', 'logos']))}); allowed: Parquet files or class folders,"
        " not both"
    )


def test_one_parquet_file_without_parts_is_split(tmp_path):
    write_shard(tmp_path / "own.parquet", pixels(60, 16, 16), labels(60, 2), column="img")
    prepared = prepare_own("own", tmp_path / "own.parquet")
    assert prepared.manifest.counts.model_dump() == {"train": 48, "validation": 6, "test": 6}
    assert not prepared.manifest.gives_validation
    assert prepared.manifest.classes == ("0", "1")


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_images_may_be_plain_bytes(tmp_path, kind):
    images = pixels(20, 16, 16)
    column = pa.array(map(png, images), kind)
    path = tmp_path / "own.parquet"
    pq.write_table(pa.table({"image": column, "label": labels(20, 2)}), path)
    structs = tmp_path / "structs.parquet"
    write_shard(structs, images, labels(20, 2))
    plain, whole = (prepare_own("own", each) for each in (path, structs))
    np.testing.assert_array_equal(plain.images, whole.images)
    np.testing.assert_array_equal(plain.labels, whole.labels)


KIND = pa.struct({"bytes": pa.binary(), "path": pa.string()})
NO_BYTES = pa.array([{"bytes": None, "path": "a.png"}], KIND)
ODD_SIZES = shard((*pixels(1, 16, 16), *pixels(1, 17, 16)), [0, 1])
TEXT = pa.table({"text": ["a"], "label": [0]})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not a readable Parquet file"),
        (TEXT, r"has the columns text \(string\), label \(int64\); allowed: "),
        (pa.table({"image": NO_BYTES, "label": [0]}), "row 0: has no image's bytes"),
        (shard(pixels(2, 16, 16), [0, -1]), "row 1: label -1; allowed: 0 to 999"),
        (ODD_SIZES, "row 1: is 17×16 grey; allowed: 16×16 grey, as .*row 0; `size`"),
    ],
)
def test_a_wrong_shard_is_one_line(tmp_path, content, message):
    path = tmp_path / "own.parquet"
    path.write_bytes(b"PAR1 no")
    if content:
        pq.write_table(content, path)
    said = refused(DataError, prepare_own, "own", path)
    assert str(path) in said
    assert re.search(message, said)


# Folders


def test_a_folder_may_have_validation_and_no_test(tmp_path):
    for part, seed in (("train", 1), ("valid", 2)):
        write_classes(tmp_path / "own" / part, each=10, names=("ant", "bee"), seed=seed)
    prepared = prepare_own("own", tmp_path / "own")
    assert prepared.manifest.counts.model_dump() == {"train": 18, "validation": 20, "test": 2}


def test_images_may_lie_deeper_in_a_class_folder(tmp_path):
    source = write_classes(tmp_path / "own", each=6, names=("ant", "bee"))
    before = prepare_own("own", source).manifest.labels_sha256
    (source / "ant/images").mkdir()
    (source / "ant/0.png").rename(source / "ant/images/0.png")
    assert prepare_own("own", source).manifest.labels_sha256 == before


# How images are read


def mixed_folder(folder: Path) -> Path:
    """Two classes of photographs of several sizes, grey and in colour."""
    generator = np.random.default_rng(5)
    for name in ("ant", "bee"):
        (folder / name).mkdir(parents=True)
        for index in range(6):
            height, width = generator.integers(20, 300, 2)
            smooth = Image.fromarray(pixels(1, 6, 6, 3, seed=index)[0]).resize((width, height))
            image = smooth.convert("L") if index % 2 else smooth
            image.save(folder / name / f"{name} {index}.png")
    return folder


def test_images_of_all_sizes_are_resized_and_cropped_as_pillow_does(tmp_path):
    source = mixed_folder(tmp_path / "own")
    prepared = prepare_own("own", source, Reading(size=32, colour="rgb"))
    assert prepared.manifest.image_shape == (3, 32, 32)
    found = {image.tobytes() for image in prepared.images}
    for path in source.rglob("*.png"):
        image = ImageOps.fit(Image.open(path).convert("RGB"), (32, 32), Image.Resampling.BILINEAR)
        assert np.asarray(image).transpose(2, 0, 1).tobytes() in found
    with pytest.raises(DataError, match=r"make images alike|or others with `size`"):
        prepare_own("own", source)


def test_resizing_is_antialiased_and_centred(tmp_path):
    """A fine chequerboard turns grey; what is cropped are both ends of the longer side."""
    board = (255 * (np.indices((64, 64)).sum(axis=0) % 2)).astype(np.uint8)
    bars = np.zeros((64, 128), np.uint8)
    bars[:, :32] = bars[:, 96:] = 255
    x = np.stack([np.pad(board, ((0, 0), (32, 32))), bars] * 30)
    x[:, 0, 60] = np.arange(60)  # no two alike
    np.savez(tmp_path / "own.npz", x_train=x, y_train=labels(60, 2), x_test=x, y_test=labels(60, 2))
    prepared = prepare_own("own", tmp_path / "own.npz", Reading(size=16))
    test = prepared.examples("test")
    assert np.abs(test.images[0, 0, 2:, 1:-1].astype(int) - 127).max() <= 1
    assert test.images[1, 0, 2:, 1:-1].max() == 0


@pytest.mark.parametrize(("colour", "mode", "channels"), [("grey", "L", 1), ("rgb", "RGB", 3)])
def test_colour_is_turned_into_what_the_study_says(tmp_path, colour, mode, channels):
    x = pixels(20, 16, 16, 3)
    arrays = {"x_train": x, "y_train": labels(20, 2), "x_test": x, "y_test": labels(20, 2)}
    np.savez(tmp_path / "own.npz", **arrays)
    prepared = prepare_own("own", tmp_path / "own.npz", Reading(colour=colour))
    assert prepared.manifest.image_shape[0] == channels
    expected = np.asarray(Image.fromarray(x[3]).convert(mode)).reshape(16, 16, channels)
    found = prepared.examples("test").images[3]
    np.testing.assert_array_equal(found, expected.transpose(2, 0, 1))


def test_classes_are_taken_in_the_order_by_the_names_and_not_the_places_of_the_study(tmp_path):
    source = write_classes(tmp_path / "own", each=5)
    whole = prepare_own("own", source)
    reading = Reading(classes={"cat": "Felis catus", "0": None})
    prepared = prepare_own("own", source, reading)
    assert prepared.manifest.classes == ("Felis catus", "ant")
    for new, old in enumerate((2, 0)):
        mine = {image.tobytes() for image in prepared.images[prepared.labels == new]}
        assert mine == {image.tobytes() for image in whole.images[whole.labels == old]}
    for wrong, message in (
        (["cat", "cow"], "classes has 'cow'; allowed: names of its classes, or 0 to 9"),
        (["cat", "2"], "classes names cat twice"),
    ):
        with pytest.raises(DataError, match=message):
            prepare_own("own", source, Reading(classes=wrong))
    source = write_classes(tmp_path / "numbers", names=("001", "002", "1"))
    assert prepare_own("own", source, Reading(classes=["1", "002"])).manifest.classes == (
        "1",
        "002",
    )
    with pytest.raises(DataError, match="has '2'; allowed: names of its classes, such as 001"):
        prepare_own("own", source, Reading(classes=["1", "2"]))


def test_some_classes_of_a_built_in_data_set(tmp_path):
    whole = prepare("digits", tmp_path)
    prepared = prepare_own("fives", Path("digits"), Reading(classes=[5, 3]), data_dir=tmp_path)
    assert prepared.manifest.classes == ("5", "3")
    assert prepared.manifest.stand_in
    assert not prepared.manifest.gives_validation
    assert prepared.manifest.citation == whole.manifest.citation
    for split in ("train", "validation", "test"):
        theirs = whole.examples(split)
        kept = np.isin(theirs.labels, [3, 5])
        np.testing.assert_array_equal(prepared.examples(split).images, theirs.images[kept])
        assert (prepared.examples(split).labels == (theirs.labels[kept] == 3)).all()


def test_a_study_says_how_images_are_read_with_a_source_alone():
    own = {"name": "own", "source": "photos"}
    fields = {"size": 32, "colour": "grey", "classes": [3, "cat"]}
    study = parse_study(tiny_of(own | fields), origin="test")
    reading = study.datasets[0].reading
    assert reading == Reading(size=32, colour="grey", classes={"3": None, "cat": None})
    for wrong, message in (
        ({"name": "mnist", "classes": [3, 5]}, "size, colour and classes need a source"),
        (own | {"size": 8}, "datasets.0.size: 8 is not allowed"),
        (own | {"colour": "red"}, "datasets.0.colour: 'red'"),
        (own | {"classes": [3]}, "at least 2"),
        (own | {"classes": [3, 3]}, "lists 3 twice"),
    ):
        with pytest.raises(ConfigError, match=message):
            parse_study(tiny_of(wrong), origin="test")
