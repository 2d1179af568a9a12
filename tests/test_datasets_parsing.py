"""IDX and CIFAR-10 files: what is parsed, what is refused, and that a pickle cannot act."""

import gzip
import io
import os
import pickle
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from builders import tiny_sources
from lossbench.datasets.cifar import parse_batch, unpickle
from lossbench.datasets.idx import LARGEST_BYTES, decompress, parse_idx
from lossbench.errors import DataError


@given(arrays(np.uint8, array_shapes(max_dims=4, max_side=5)))
def test_idx_returns_what_was_written(array):
    np.testing.assert_array_equal(parse_idx(tiny_sources.idx(array), origin="it"), array)


def test_idx_by_hand():
    content = b"\0\0\x08\x02" + b"\0\0\0\x02" + b"\0\0\0\x03" + bytes([1, 2, 3, 4, 5, 6])
    assert parse_idx(content, origin="it").tolist() == [[1, 2, 3], [4, 5, 6]]


@given(st.binary(max_size=40))
def test_idx_refuses_by_name_or_parses(content):
    try:
        parse_idx(content, origin="the file")
    except DataError as error:
        assert str(error).startswith("the file: ")  # noqa: PT017


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0\x08", b"\0\0\x08\0", b"\0\0\x0d\x01\0\0\0\x01\0\0\0\0", b"\0\0\x08\x03\0"],
)
def test_idx_of_another_type_or_cut_in_its_header_is_refused(content):
    with pytest.raises(DataError, match="allowed: an IDX file of uint8"):
        parse_idx(content, origin="it")


def test_a_gzip_bomb_is_not_unpacked_whole():
    bomb = gzip.compress(bytes(LARGEST_BYTES + 2**20), compresslevel=1)
    assert len(decompress(bomb)) == LARGEST_BYTES


def test_a_pickle_of_python_2_and_numpy_1_is_read():
    """Written out in the opcodes that the official files use: byte strings, numpy.core."""
    rows = bytes(range(256)) * 12
    content = (
        b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n"
        b"K\x00\x85U\x01btR(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\n(U\x02u1K\x00K\x01tR"
        b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T\x00\x0c\x00\x00"
        + rows
        + b"tbU\x06labels]K\x07au."
    )
    parsed = parse_batch(content, origin="it")
    assert parsed.images.tobytes() == rows
    assert parsed.labels.tolist() == [7]


class Act:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [os.system, eval, exec, subprocess.call, io.open, np.load])
def test_a_malicious_pickle_does_not_act(tmp_path, function, protocol):
    trap = tmp_path / "sprung"
    argument = f"touch {trap}" if function is os.system else f"open({str(trap)!r}, 'w')"
    content = pickle.dumps({b"data": Act(function, argument)}, protocol=protocol)
    with pytest.raises(DataError, match=r"^the file: asks for .*; allowed: dict"):
        unpickle(content, origin="the file")
    assert not trap.exists()


def test_the_trap_would_spring(tmp_path):
    """Python's own unpickler runs what ours refuses: the test above can fail."""
    trap = tmp_path / "sprung"
    pickle.loads(pickle.dumps(Act(os.system, f"touch {trap}")))
    assert trap.exists()


@pytest.mark.parametrize(
    "batch",
    [
        [],
        {},
        {b"data": np.zeros((1, 3072), np.uint8)},
        {b"data": np.zeros((1, 3071), np.uint8), b"labels": [0]},
        {b"data": np.zeros((1, 3072)), b"labels": [0]},
        {b"data": [0] * 3072, b"labels": [0]},
        {b"data": np.zeros((1, 3072), np.uint8), b"labels": [256]},
        {b"data": np.zeros((1, 3072), np.uint8), b"labels": ["cat"]},
    ],
    ids=["list", "empty", "no labels", "short", "float", "no array", "label", "text"],
)
def test_a_pickle_that_is_no_batch_is_refused_by_name(batch):
    with pytest.raises(DataError, match=r"^the file: is a pickle, but not a CIFAR batch"):
        parse_batch(pickle.dumps(batch, protocol=2), origin="the file")


def test_images_without_labels_are_counted():
    batch = {b"data": np.zeros((5, 3072), np.uint8), b"labels": [0]}
    with pytest.raises(DataError, match=r"not a CIFAR batch.*5 images, 1 labels"):
        parse_batch(pickle.dumps(batch, protocol=2), origin="the file")


@given(st.binary(max_size=60))
def test_damaged_pickles_are_refused_by_name(content):
    with pytest.raises(DataError, match=r"^the file: "):
        parse_batch(content, origin="the file")
