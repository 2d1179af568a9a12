"""Folders of images as users have them: names, links, parts, what systems leave, what is equal."""

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from builders.class_folders import NAMES, as_nobody, write_classes
from builders.refusals import refused
from lossbench.cli import app
from lossbench.datasets.layout import layout
from lossbench.datasets.own import prepare_own
from lossbench.datasets.prepared import SPLITS, Prepared
from lossbench.datasets.source_files import source_digest
from lossbench.datasets.splitting import equal_images, held_out
from lossbench.errors import DataError


def adopt(source: Path) -> str:
    """What the command says; the files go beside the source."""
    out = source.parent / "out"
    arguments = ["adopt", "own", f"--source={source}", f"--out={out}.npz", f"--manifest={out}.json"]
    result = CliRunner().invoke(app, arguments)
    return result.output + (str(result.exception) if result.exception else "")


refusal = partial(refused, DataError, prepare_own, "own")
"""The one line with which a source is refused when it is adopted."""


def planned_refusal(source: Path) -> str:
    """As above, and the plan says the same."""
    text = refusal(source)
    assert refused(DataError, source_digest, source) == text
    return text


def labels_by_image(prepared: Prepared) -> dict[bytes, int]:
    pairs = zip(prepared.images, prepared.labels, strict=True)
    return {image.tobytes(): int(label) for image, label in pairs}


def pixels(path: Path) -> bytes:
    return np.asarray(Image.open(path)).tobytes()


# Names


@pytest.mark.parametrize("name", [b"\xff.png", b"a\nb.png", b"'\"$(x)#{y} .png", b"-rf.png"])
def test_files_may_have_any_name(tmp_path, name):
    source = write_classes(tmp_path / "photos")
    (source / "cat/0.png").rename(source / "cat" / os.fsdecode(name))
    assert len(prepare_own("own", source).labels) == 40
    assert adopt(source) == ""


@pytest.mark.parametrize("name", [b"\xff.png", b"a\nb.png"])
def test_a_damaged_file_of_any_name_is_one_line(tmp_path, name):
    source = write_classes(tmp_path / "photos")
    (source / "cat" / os.fsdecode(name)).write_bytes(b"no")
    assert "cat/" in refusal(source)


def test_numbers_in_names_are_in_the_order_of_numbers(tmp_path):
    source = write_classes(tmp_path / "photos", names=[str(k) for k in range(1, 11)])
    prepared = prepare_own("own", source)
    assert prepared.manifest.classes == tuple(str(k) for k in range(1, 11))
    labels = labels_by_image(prepared)
    assert labels[pixels(source / "10/0.png")] == 9
    assert labels[pixels(source / "2/0.png")] == 1
    mixed = ["v1.9", "v1.10", "v2", "a10b2", "a10b10", "a9", "n000", "n1", "n01", "B"]
    found = layout(write_classes(tmp_path / "mixed", names=mixed))["all"]
    assert list(found) == ["B", *mixed[5:6], *mixed[3:5], "n000", "n01", "n1", *mixed[:3]]


def test_one_name_spelt_in_two_ways_is_one_class(tmp_path):
    """macOS takes an accent apart, and zip files carry it to Linux."""
    for part, accent in (("train", "\u00e9"), ("test", "e\u0301")):
        names = [*NAMES[:9], f"caf{accent}"]
        write_classes(tmp_path / "photos" / part, names=names, seed=len(accent))
    assert "caf\u00e9" in prepare_own("own", tmp_path / "photos").manifest.classes


# Parts


def test_a_class_may_be_called_train(tmp_path):
    source = write_classes(tmp_path / "vehicles", names=[*NAMES[:7], "test", "train", "trains"])
    assert "train" in prepare_own("own", source).manifest.classes


@pytest.mark.parametrize(
    "names", ["Train test val", "train test valid", "Training Testing validation", "TRAIN test Val"]
)
def test_a_part_is_one_by_any_of_its_names(tmp_path, names):
    for seed, part in enumerate(names.split()):
        write_classes(tmp_path / "photos" / part, each=2 + seed, seed=seed)
    counts = prepare_own("own", tmp_path / "photos").manifest.counts
    assert (counts.train, counts.test, counts.validation) == (20, 30, 40)


UNKNOWN = {
    name: f"{name} beside train, test; allowed there" for name in ("dev", "extra", "unlabelled")
}


@pytest.mark.parametrize(("others", "said"), [*UNKNOWN.items(), ("val valid", "val and valid;")])
def test_an_unknown_folder_beside_parts_or_one_too_many_is_named(tmp_path, others, said):
    for part in ("train", "test", *others.split()):
        write_classes(tmp_path / "photos" / part)
    assert f"has {said}" in planned_refusal(tmp_path / "photos")


@pytest.mark.parametrize("parts", ["Train2017 val2017", "traineval testing", "train test train2"])
def test_what_may_be_a_part_is_no_class_and_is_told_the_names_of_parts(tmp_path, parts):
    for part in parts.split():
        write_classes(tmp_path / "photos" / part)
    names = "train, training, validation, valid, val, test, testing"
    assert f"allowed names of parts: {names}" in planned_refusal(tmp_path / "photos")


def in_parts(source: Path) -> None:
    """Classes below `train` and `test`, and an image beside those of training."""
    classes = list(source.iterdir())
    for part in ("train", "test"):
        for folder in classes:
            shutil.copytree(folder, source / part / folder.name)
    for folder in classes:
        shutil.rmtree(folder)
    shutil.copy(source / "train/cat/0.png", source / "train/lost.png")


STRAY = {
    "in no class": (lambda s: shutil.copy(s / "cat/0.png", s), "0.png: lies in no class folder"),
    "in no class of a part": (in_parts, "train/lost.png: lies in no class folder"),
    "a name": (lambda s: (s / os.fsdecode(b"\xff")).mkdir(), "is no name for a class"),
    "a circle": (lambda s: (s / "cat/again").symlink_to(s), "cat/again: is no image"),
    "no folder": (lambda s: (s / "kit").symlink_to("gone"), "kit: is a broken link; allowed: a"),
    "itself": (lambda s: (s / "cat/own.png").symlink_to("own.png"), "own.png: is a broken link"),
    "a pipe": (lambda s: os.mkfifo(s / "cat/pipe.png"), "pipe.png: is no file"),
}
"""What may not be in a folder: an image in no class, a name that cannot be printed, links that lead
in a circle, nowhere or to themselves, and a pipe, for which nobody waits."""


@pytest.mark.parametrize(("add", "said"), STRAY.values(), ids=STRAY)
def test_what_is_no_class_and_no_image_is_refused(tmp_path, add, said):
    source = write_classes(tmp_path / "photos")
    add(source)
    assert said in planned_refusal(source)


def test_a_thousand_classes_are_not_listed(tmp_path):
    for index in range(1000):
        (tmp_path / f"photos/c{index}").mkdir(parents=True)
    assert len(planned_refusal(tmp_path / "photos")) < 300


# Links, rights, and what is no image


def test_links_to_class_folders_are_followed(tmp_path):
    real = write_classes(tmp_path / "real")
    source = tmp_path / "photos"
    source.mkdir()
    for name in NAMES:
        (source / name).symlink_to(real / name)
    before, prepared = source_digest(source), prepare_own("own", source)
    assert prepared.manifest.images_sha256 == prepare_own("own", real).manifest.images_sha256
    shutil.copy(real / "cat/0.png", real / "cat/later.png")
    assert source_digest(source) != before


@pytest.mark.parametrize("closed", ["", "cat", "cat/0.png"])
def test_what_may_not_be_read_is_one_line(tmp_path, closed):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder != Path("/") and not folder.stat().st_mode & 1:
            folder.chmod(0o755)
    source = write_classes(tmp_path / "photos")
    (source / closed).chmod(0)
    with as_nobody():
        text = planned_refusal(source)
    (source / closed).chmod(0o755)
    assert f"{source / closed}: cannot be read (Permission denied)" in text


def test_the_archive_may_not_be_read(tmp_path):
    path = tmp_path / "own.npz"
    path.write_bytes(b"")
    path.chmod(0)
    with as_nobody():
        assert "Permission denied" in refusal(path)


@pytest.mark.parametrize("clutter", [".DS_Store", "Thumbs.db", "desktop.ini", "._0.png"])
@pytest.mark.parametrize("place", ["", "cat"])
def test_what_systems_leave_changes_nothing(tmp_path, place, clutter):
    source = write_classes(tmp_path / "photos")
    before = source_digest(source), prepare_own("own", source)
    (source / place / clutter).write_bytes(b"")
    assert source_digest(source) == before[0]
    assert prepare_own("own", source).manifest == before[1].manifest


@pytest.mark.parametrize("clutter", ["__MACOSX", "@eaDir", ".ipynb_checkpoints", ".git"])
def test_a_folder_that_systems_leave_is_no_class_and_no_part(tmp_path, clutter):
    for part in ("train", "test"):
        write_classes(tmp_path / "photos" / part)
        write_classes(tmp_path / "photos" / part / clutter)
    before = source_digest(tmp_path / "photos")
    write_classes(tmp_path / "photos" / clutter)
    assert source_digest(tmp_path / "photos") == before
    prepare_own("own", tmp_path / "photos")


# Equal images


def copies(source: Path, name: str, times: int) -> None:
    for path in list((source / name).iterdir()):
        for index in range(1, times):
            shutil.copy(path, path.with_stem(f"{path.stem} copy {index}"))


def splits(prepared: Prepared) -> list[set[bytes]]:
    return [{image.tobytes() for image in prepared.examples(split).images} for split in SPLITS]


def test_equal_images_are_on_one_side(tmp_path):
    source = write_classes(tmp_path / "photos", each=4)
    for name in NAMES:
        copies(source, name, 6)
    prepared = prepare_own("own", source)
    train, validation, test = splits(prepared)
    assert not train & validation | train & test | validation & test
    assert prepared.manifest.equal_images == {}
    assert len(prepared.labels) == 240


def test_a_class_of_two_different_images_cannot_be_split(tmp_path):
    source = write_classes(tmp_path / "photos", each=2)
    for name in NAMES:
        copies(source, name, 6)
    assert "no example of class ant" in refusal(source)


def test_one_picture_under_two_labels_is_on_one_side(tmp_path):
    source = write_classes(tmp_path / "photos", each=8)
    for path in (source / "cat").iterdir():
        shutil.copy(path, source / "dog" / f"cat {path.name}")
    prepared = prepare_own("own", source)
    train, validation, test = splits(prepared)
    assert not train & validation | train & test | validation & test
    assert prepared.manifest.contradictions == 16
    assert "own: 16 images are equal to one with another label" in adopt(source)


def test_equal_images_across_given_parts_are_counted_and_said(tmp_path):
    source = tmp_path / "photos"
    write_classes(source / "train", each=5, seed=1)
    write_classes(source / "test", each=3, seed=2)
    shutil.copy(source / "train/cat/0.png", source / "test/cat/same.png")
    shutil.copy(source / "train/cat/0.png", source / "test/dog/same.png")
    found = prepare_own("own", source).manifest.equal_images
    assert sum(found.values()) == 2
    assert set(found) <= {"test in train", "test in validation"}
    assert "own: 2 images of test are equal to images of" in adopt(source)
    shutil.rmtree(source / "test")
    shutil.copytree(source / "train", source / "test")
    found = prepare_own("own", source).manifest.equal_images
    assert found == {"test in train": 40, "test in validation": 10}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 12)), min_size=1, max_size=40),
    st.floats(0.05, 0.6),
    st.none() | st.integers(0, 2**31),
    st.integers(0, 2**31),
)
def test_a_split_keeps_groups_together_and_depends_on_no_order(examples, share, seed, shuffle):
    def held(pairs):
        labels, groups = np.array(pairs).T
        groups = np.unique(groups, return_inverse=True)[1]
        return held_out(labels.astype(np.uint8), groups, share, seed=seed)

    found = held(examples)
    sides = {}
    for (_, group), side in zip(examples, found, strict=True):
        sides.setdefault(group, set()).add(bool(side))
    assert all(len(each) == 1 for each in sides.values())
    order = np.random.default_rng(shuffle).permutation(len(examples))
    np.testing.assert_array_equal(held([examples[k] for k in order]), found[order])


def test_of_different_images_the_share_is_exact_and_seeds_differ():
    labels = np.repeat(np.arange(10, dtype=np.uint8), 50)
    groups = np.random.default_rng(0).permutation(500)
    drawn = [held_out(labels, groups, 0.1, seed=seed) for seed in (None, 0, 0, 1)]
    for held in drawn:
        assert np.bincount(labels[held], minlength=10).tolist() == [5] * 10
    assert (drawn[1] == drawn[2]).all()
    assert (drawn[1] != drawn[3]).any()


@pytest.mark.parametrize(
    ("sizes", "held"),
    [
        ([4, 3, 5, 9], [1]),  # none fits a share of 2 of 21, so the smallest is held
        ([1, 1, 1, 18], [0, 1]),  # two fit; the last is kept whatever its size
        ([2, 1, 18], [0]),
        ([5], []),
    ],
)
def test_a_group_is_held_of_every_class_the_smallest_where_none_fits(sizes, held):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    found = held_out(np.zeros(len(groups), np.uint8), groups, 0.1)
    assert np.unique(groups[found]).tolist() == held


def test_groups_are_those_of_equal_pixels():
    images = np.random.default_rng(0).integers(0, 256, (6, 1, 4, 4), np.uint8)
    images[4], images[5] = images[1], images[1]
    groups = equal_images(images)
    assert groups[4] == groups[5] == groups[1]
    assert len(set(groups)) == 4


# Channels


@pytest.mark.parametrize(("channel", "name"), [(0, "red"), (1, "green"), (2, "blue")])
def test_a_constant_channel_is_named(tmp_path, channel, name):
    source = write_classes(tmp_path / "photos")
    for path in source.rglob("*.png"):
        colour = np.random.default_rng(0).integers(0, 256, (16, 20, 3), np.uint8)
        colour[..., channel] = 7
        Image.fromarray(colour).save(path)
    assert f"{name} is 7 in every pixel of the training images" in refusal(source)


def test_blank_images_are_refused(tmp_path):
    source = write_classes(tmp_path / "photos")
    for path in source.rglob("*.png"):
        Image.fromarray(np.zeros((16, 20), np.uint8)).save(path)
    assert "grey is 0 in every pixel" in refusal(source)
