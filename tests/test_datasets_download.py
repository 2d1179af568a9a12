"""Downloads from a loopback server that fails in every way, then recovers."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from builders import tiny_sources
from builders.tiny_sources import HASTE, cut, redirect, serve, stall, stall_midway, status
from lossbench.datasets.digests import sha256
from lossbench.datasets.download import extract, fetch
from lossbench.datasets.sources import load_cifar10, load_mnist
from lossbench.errors import DataError


@pytest.fixture
def mirror():
    with tiny_sources.mirror() as served:
        yield served


@pytest.fixture(params=["mnist", "cifar10"])
def source(request, mirror):
    """A tiny data set, its loader, and what its server should answer by path."""
    if request.param == "mnist":
        tiny, load = tiny_sources.tiny_mnist(), load_mnist
        good = {f"/{name}.gz": gzip.compress(content) for name, content in tiny.contents.items()}
    else:
        tiny, load = tiny_sources.tiny_cifar10(), load_cifar10
        good = {f"/{tiny.official.archive}": tiny_sources.tar(tiny.contents)}
    mirror.answers = {path: [serve(content)] for path, content in good.items()}
    return tiny, load, good


def leftovers(folder, official):
    kept = {folder / official.folder / name for name in official.files}
    return [path for path in folder.rglob("*") if path.is_file() and path not in kept]


def test_a_download_is_verified_kept_and_not_repeated(source, mirror, tmp_path):
    tiny, load, _good = source
    official = tiny.mirrored(mirror.address)
    first = load(tmp_path / "da ta", official)
    asked = len(mirror.asked)
    second = load(tmp_path / "da ta", official)
    assert len(mirror.asked) == asked
    assert sha256(first.splits["test"].images) == sha256(second.splits["test"].images)
    for name, content in tiny.contents.items():
        assert (tmp_path / "da ta" / official.folder / name).read_bytes() == content
    assert not leftovers(tmp_path / "da ta", official)


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
    "bit-flipped": lambda mirror, good: serve(good[:60] + bytes([good[60] ^ 1]) + good[61:]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_at_fault_is_one_line_and_leaves_nothing(source, mirror, tmp_path, fault):
    tiny, load, good = source
    official = tiny.mirrored(mirror.address)
    path, content = next(iter(good.items()))
    mirror.answers[path] = [FAULTS[fault](mirror, content)]
    with pytest.raises(DataError) as caught:
        load(tmp_path, official)
    message = str(caught.value)
    assert "\n" not in message
    assert path in message
    assert "make demo" in message
    assert not [left for left in tmp_path.rglob("*") if left.is_file()]
    mirror.answers[path] = [serve(content)]
    load(tmp_path, official)
    assert not leftovers(tmp_path, official)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_recovers_is_asked_again(source, mirror, tmp_path, fault):
    tiny, load, good = source
    path, content = next(iter(good.items()))
    mirror.answers[path] = [FAULTS[fault](mirror, content), serve(content)]
    load(tmp_path, tiny.mirrored(mirror.address))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("404", "404 Client Error: Not Found"),
        ("500", "500 Server Error"),
        ("redirect in circles", "Exceeded 30 redirects"),
        ("stall", "timed out"),
        ("stall midway", "timed out"),
        ("cut", "IncompleteRead"),
        ("html", "has SHA-256"),
    ],
)
def test_the_reason_is_said_in_a_few_words(mirror, tmp_path, fault, reason):
    tiny = tiny_sources.tiny_mnist()
    path, content = "/train-images-idx3-ubyte.gz", gzip.compress(bytes(999))
    mirror.answers[path] = []
    mirror.answers[path].append(FAULTS[fault](mirror, content))
    with pytest.raises(DataError, match=reason) as caught:
        load_mnist(tmp_path, tiny.mirrored(mirror.address))
    assert len(str(caught.value)) < 700 + 2 * len(str(tmp_path))


def test_a_redirect_is_followed(source, mirror, tmp_path):
    tiny, load, good = source
    path = next(iter(good))
    mirror.answers["/moved"] = mirror.answers[path]
    mirror.answers[path] = [redirect("/moved")]
    load(tmp_path, tiny.mirrored(mirror.address))


def test_mirrors_are_asked_in_order(mirror, tmp_path):
    mirror.answers = {"/b": [serve(b"second")], "/c": [serve(b"third")]}
    received = []
    urls = [mirror.address + name for name in "abc"]
    fetch(urls, tmp_path, lambda path: received.append(path.read_bytes()), patience=HASTE)
    assert received == [b"second"]
    assert mirror.asked == ["/a", "/b"]


def test_an_uncompressed_answer_serves_as_well(mirror, tmp_path):
    tiny = tiny_sources.tiny_mnist()
    mirror.answers = {f"/{name}.gz": [serve(data)] for name, data in tiny.contents.items()}
    load_mnist(tmp_path, tiny.mirrored(mirror.address))


def test_an_archive_in_the_data_folder_is_used_without_a_network(tmp_path):
    tiny = tiny_sources.tiny_cifar10()
    (tmp_path / tiny.official.archive).write_bytes(tiny_sources.tar(tiny.contents))
    load_cifar10(tmp_path, tiny.official)


def test_files_that_are_there_are_not_replaced_by_the_archive(tmp_path):
    tiny = tiny_sources.tiny_cifar10()
    folder = tiny.write(tmp_path, {"data_batch_2": None, "test_batch": b"mine"})
    (tmp_path / tiny.official.archive).write_bytes(tiny_sources.tar(tiny.contents))
    with pytest.raises(DataError, match="test_batch: has SHA-256"):
        load_cifar10(tmp_path, tiny.official)
    assert (folder / "test_batch").read_bytes() == b"mine"


def member(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, link
    return found


HOSTILE = [
    member("../escaped", tarfile.REGTYPE),
    member("a/../../escaped", tarfile.REGTYPE),
    member("/escaped", tarfile.REGTYPE),
    member("link", tarfile.SYMTYPE, "../secret"),
    member("link", tarfile.SYMTYPE, "/etc/hostname"),
    member("link", tarfile.LNKTYPE, "../secret"),
    member("device", tarfile.CHRTYPE),
    member("folder", tarfile.DIRTYPE),
]


@pytest.fixture
def hostile_tar(tmp_path) -> Path:
    """A tar of many traps and one file, next to a folder and a secret."""
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret").write_text("secret")
    path = tmp_path / "hostile.tar"
    with tarfile.open(path, "w") as archive:
        for trap in HOSTILE:
            archive.addfile(trap, io.BytesIO())
        wanted = member("folder/wanted", tarfile.REGTYPE)
        wanted.size = 4
        archive.addfile(wanted, io.BytesIO(b"data"))
    return path


def test_a_tar_gives_the_files_asked_for_and_nothing_else(hostile_tar):
    extract(hostile_tar, ["folder/wanted"], hostile_tar.parent / "inside")
    names = sorted(path.name for path in hostile_tar.parent.rglob("*"))
    assert names == ["hostile.tar", "inside", "secret", "wanted"]
    assert (hostile_tar.parent / "inside/wanted").read_bytes() == b"data"


@pytest.mark.parametrize("name", ["link", "device", "folder", "missing"])
def test_what_is_no_file_in_the_tar_is_refused(hostile_tar, name):
    with pytest.raises(DataError, match=r"hostile\.tar: cannot be unpacked") as refusal:
        extract(hostile_tar, [name], hostile_tar.parent / "inside")
    assert "\n" not in str(refusal.value)
    assert not list((hostile_tar.parent / "inside").iterdir())


@pytest.mark.parametrize(
    "content",
    [b"", b"no tar", gzip.compress(b"no tar")[:-3]],
    ids=["empty", "text", "truncated"],
)
def test_a_damaged_tar_is_one_line(tmp_path, content):
    path = tmp_path / "damaged.tar.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged\.tar\.gz: cannot be unpacked"):
        extract(path, ["name"], tmp_path)
