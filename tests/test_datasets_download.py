"""Downloads from a loopback server that fails in every way, then recovers."""

import contextlib
import gzip
import io
import re
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from builders import tiny_sources
from builders.refusals import refused
from builders.small_disks import read_only
from builders.tiny_sources import HASTE, cut, redirect, serve, stall, stall_midway, status
from lossbench.datasets.digests import sha256
from lossbench.datasets.download import download
from lossbench.errors import DataError


@pytest.fixture
def mirror():
    with tiny_sources.mirror() as served:
        yield served


@pytest.fixture(params=["mnist", "kmnist", "cifar10", "cifar100"])
def source(request, mirror):
    """A tiny data set with this mirror, and what its server should answer by path."""
    tiny = getattr(tiny_sources, f"tiny_{request.param}")(mirror.address)
    if request.param == "mnist":
        good = {f"/{name}.gz": gzip.compress(content) for name, content in tiny.contents.items()}
    elif request.param == "kmnist":
        good = {f"/{name}": content for name, content in tiny.contents.items()}
    else:
        good = {f"/{tiny.official.archive}": tiny.packed}
    mirror.answers = {path: [serve(content)] for path, content in good.items()}
    return tiny, good


def kept(folder, tiny):
    """What a download leaves, by path: MNIST's files unpacked, all others as they came."""
    official = tiny.official
    if official.archive:
        return {folder / official.archive: tiny.packed}
    return {folder / official.folder / name: data for name, data in tiny.contents.items()}


def files_in(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_download_is_verified_kept_and_not_repeated(source, mirror, tmp_path):
    tiny, _ = source
    first = tiny.load(tmp_path / "da ta")
    asked = len(mirror.asked)
    second = tiny.load(tmp_path / "da ta")
    assert len(mirror.asked) == asked
    assert sha256(first.splits["test"].images) == sha256(second.splits["test"].images)
    assert files_in(tmp_path) == kept(tmp_path / "da ta", tiny)


FAULTS = {
    "404": lambda mirror, good: status(404),
    "500": lambda mirror, good: status(500),
    "redirect to nothing": lambda mirror, good: redirect("/lost"),
    "redirect in circles": lambda mirror, good: redirect(next(iter(mirror.answers))),
    "stall": lambda mirror, good: stall(mirror),
    "stall midway": lambda mirror, good: stall_midway(mirror, good),
    "cut": lambda mirror, good: cut(good),
    "empty": lambda mirror, good: serve(b""),
    "html": lambda mirror, good: serve(b"<html>Sign in</html>"),
    "wrong file": lambda mirror, good: serve(gzip.compress(b"wrong")),
    "gzip cut short": lambda mirror, good: serve(good[:-9]),
    "bit-flipped": lambda mirror, good: serve(good[:60] + bytes([good[60] ^ 1]) + good[61:]),
}


every_way_to_keep_files = pytest.mark.parametrize(
    "source", ["mnist", "kmnist", "cifar10"], indirect=True
)


@every_way_to_keep_files
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_at_fault_is_one_line_and_leaves_nothing(source, mirror, tmp_path, fault):
    tiny, good = source
    path, content = next(iter(good.items()))
    mirror.answers[path] = [FAULTS[fault](mirror, content)]
    message = refused(DataError, tiny.load, tmp_path)
    assert path in message
    assert "make demo" in message
    assert not files_in(tmp_path)
    mirror.answers[path] = [serve(content)]
    tiny.load(tmp_path)
    assert files_in(tmp_path) == kept(tmp_path, tiny)


@every_way_to_keep_files
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_recovers_is_asked_again(source, mirror, tmp_path, fault):
    tiny, good = source
    path, content = next(iter(good.items()))
    mirror.answers[path] = [FAULTS[fault](mirror, content), serve(content)]
    tiny.load(tmp_path)
    assert files_in(tmp_path) == kept(tmp_path, tiny)
    assert mirror.asked.count(path) >= 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("404", "404 Client Error: Not Found"),
        ("500", "500 Server Error"),
        ("redirect in circles", "Exceeded 30 redirects"),
        ("stall", "timed out"),
        ("stall midway", "timed out"),
        ("cut", "IncompleteRead"),
        ("html", "does not match the known hash"),
        ("wrong file", "does not match the known hash"),
        ("gzip cut short", "damaged gzip"),
    ],
)
def test_the_reason_is_said_in_a_few_words(mirror, tmp_path, fault, reason):
    tiny = tiny_sources.tiny_mnist(mirror.address)
    path, content = "/train-images-idx3-ubyte.gz", gzip.compress(bytes(999))
    mirror.answers[path] = []
    mirror.answers[path].append(FAULTS[fault](mirror, content))
    said = refused(DataError, tiny.load, tmp_path)
    assert reason in said
    assert len(said) < 700 + 2 * len(str(tmp_path))


def test_a_redirect_is_followed(source, mirror, tmp_path):
    tiny, good = source
    path = next(iter(good))
    mirror.answers["/moved"] = mirror.answers[path]
    mirror.answers[path] = [redirect("/moved")]
    tiny.load(tmp_path)
    assert "/moved" in mirror.asked
    assert files_in(tmp_path) == kept(tmp_path, tiny)


def test_mirrors_are_asked_in_order_and_each_failure_is_told(mirror, tmp_path):
    mirror.answers = {"/b": [serve(b"else")], "/c": [status(503), serve(b"wanted")]}
    urls, digest = [mirror.address + name for name in "abc"], sha256(b"wanted")
    once = replace(HASTE, pauses_s=(0,))
    reasons = refused(DataError, download, urls, tmp_path / "it", digest, patience=once).split("; ")
    for url, reason, words in zip(urls, reasons, ("404", "known hash", "503"), strict=True):
        assert reason.startswith(f"{url}: ")
        assert words in reason
    download(urls, tmp_path / "it", digest, patience=once)
    assert mirror.asked == ["/a", "/b", "/c"] * 2
    assert files_in(tmp_path) == {tmp_path / "it": b"wanted"}


def test_a_bar_is_drawn_on_the_error_stream(mirror, tmp_path, capsys):
    mirror.answers = {"/a": [serve(b"wanted")]}
    shown = replace(HASTE, show_progress=True)
    download([mirror.address + "a"], tmp_path / "it", sha256(b"wanted"), patience=shown)
    printed = capsys.readouterr()
    assert not printed.out
    assert "100%" in printed.err


def test_an_uncompressed_answer_serves_as_well(mirror, tmp_path):
    tiny = tiny_sources.tiny_mnist(mirror.address)
    mirror.answers = {f"/{name}.gz": [serve(data)] for name, data in tiny.contents.items()}
    loaded = tiny.load(tmp_path)
    tiny.write(tmp_path / "plain")
    assert_same(loaded, tiny.load(tmp_path / "plain"))


def assert_same(loaded, expected) -> None:
    for part, examples in expected.splits.items():
        np.testing.assert_array_equal(loaded.splits[part].images, examples.images)
        np.testing.assert_array_equal(loaded.splits[part].labels, examples.labels)


@pytest.mark.parametrize("what_may_be_done", [contextlib.nullcontext, read_only])
def test_an_archive_in_the_data_folder_is_used_without_a_network(tmp_path, what_may_be_done):
    tiny = tiny_sources.tiny_cifar10()
    (tmp_path / tiny.official.archive).write_bytes(tiny.packed)
    with what_may_be_done(tmp_path):
        loaded = tiny.load(tmp_path)
    assert set(loaded.splits) == {"train", "validation", "test"}
    tiny.write(tmp_path / "plain")
    assert_same(loaded, tiny.load(tmp_path / "plain"))


def test_files_that_are_there_are_not_replaced_by_the_archive(tmp_path):
    tiny = tiny_sources.tiny_cifar10()
    folder = tiny.write(tmp_path, {"data_batch_2": None, "test_batch": b"mine"})
    (tmp_path / tiny.official.archive).write_bytes(tiny.packed)
    with pytest.raises(DataError, match="test_batch: has SHA-256"):
        tiny.load(tmp_path)
    assert (folder / "test_batch").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "content",
    [b"", b"no tar", gzip.compress(b"no tar")[:-3]],
    ids=["empty", "text", "truncated"],
)
def test_a_damaged_archive_is_one_line_and_stays(tmp_path, content):
    tiny = tiny_sources.tiny_cifar10()
    path = tmp_path / tiny.official.archive
    path.write_bytes(content)
    said = refused(DataError, tiny.load, tmp_path)
    assert re.search(rf"{path.name}: has SHA-256 .*remove the file", said)
    assert files_in(tmp_path) == {path: content}


def member(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


FOLDER = "cifar-10-batches-py"
HOSTILE = [
    member("../escaped", tarfile.REGTYPE),
    member("a/../../escaped", tarfile.REGTYPE),
    member("/tmp/escaped", tarfile.REGTYPE),
    member(f"{FOLDER}/data_batch_1/escaped", tarfile.REGTYPE),
    member("link", tarfile.SYMTYPE, "../secret"),
    member(FOLDER, tarfile.SYMTYPE, "/tmp"),
    member("link", tarfile.LNKTYPE, "../secret"),
    member("device", tarfile.CHRTYPE),
    member("folder", tarfile.DIRTYPE),
]


def test_nothing_in_an_archive_lands_on_the_disk(tmp_path):
    """Even where its digest is the expected one."""
    tiny = tiny_sources.tiny_cifar10()
    data_dir = tmp_path / "inside"
    data_dir.mkdir()
    path = data_dir / tiny.official.archive
    with tarfile.open(path, "w") as archive:
        for trap in HOSTILE:
            archive.addfile(trap)
        for name, content in tiny.contents.items():
            wanted = member(f"{FOLDER}/{name}", tarfile.REGTYPE)
            wanted.size = len(content)
            archive.addfile(wanted, io.BytesIO(content))
    test = tiny.load(data_dir, archive_sha256=sha256(path.read_bytes())).splits["test"]
    assert test.images.tobytes() == tiny.arrays["test_batch"].tobytes()
    assert list(tmp_path.rglob("*")) == [data_dir, path]
