"""What a job does to the device that it runs on."""

import platform
import resource
import time

import numpy as np
import pytest
import torch

from lossbench.training.device import keep_freed_memory, matmul_rate

PIECE = 20_000_000
"""Bytes; several of them together are more than glibc keeps by default."""


def faults_of_a_round() -> int:
    """Memory pages that the system must clear while four pieces are filled and freed again."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pieces = [b"x" * PIECE for _ in range(4)]
    del pieces
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_freed_memory_is_kept_for_the_next_step():
    keep_freed_memory()
    first = faults_of_a_round()
    later = min(faults_of_a_round() for _ in range(3))
    assert later < 0.1 * 4 * PIECE / resource.getpagesize() or later < 0.1 * first


def test_the_matrix_product_rate_is_numpy_s_within_a_factor():
    """Both libraries are near the core's peak; only a wrong count of operations is far off."""
    torch.set_num_threads(1)
    matrix, seconds = np.ones((1024, 1024), np.float32), []
    for _ in range(5):
        started = time.process_time()
        matrix @ matrix
        seconds.append(time.process_time() - started)
    theirs = 2 * 1024**3 / min(seconds)
    assert 1 / 4 < matmul_rate(torch.device("cpu"), "float32") / theirs < 4
