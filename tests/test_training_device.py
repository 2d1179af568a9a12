"""What a job does to the device that it runs on."""

import itertools
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lossbench.training import device

ROUNDS = """
import resource
from lossbench.training.device import keep_freed_memory

def faults():
    "Memory pages that the system must clear while four pieces are filled and freed again."
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    pieces = [b"x" * 20_000_000 for _ in range(4)]  # together more than glibc keeps by default
    del pieces
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
usual = min(faults() for _ in range(3))
keep_freed_memory()
faults()
print(usual, min(faults() for _ in range(3)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_freed_memory_is_kept_for_the_next_step():
    # In a process of its own: what a test's process has freed before has a say in it.
    said = subprocess.run([sys.executable, "-c", ROUNDS], capture_output=True, check=True)
    usual, kept = map(int, said.stdout.split())
    assert kept < 0.1 * usual


STATUS = Path("/proc/self/status")
"""The kernel's other account of a process."""


@pytest.mark.skipif(not STATUS.exists(), reason="needs Linux")
def test_memory_is_the_process_s_in_bytes(monkeypatch):
    cpu = torch.device("cpu")
    kibibytes = int(re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text())[0])
    assert device.peak_memory_bytes(cpu) == pytest.approx(1024 * kibibytes, rel=0.25)
    monkeypatch.setattr(sys, "platform", "darwin")  # which counts in bytes
    assert device.peak_memory_bytes(cpu) == pytest.approx(kibibytes, rel=0.25)


class Products(TorchDispatchMode):
    """Collects the types of the factors of matrix products."""

    def __init__(self) -> None:
        super().__init__()
        self.types: set[torch.dtype] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func is torch.ops.aten.mm.default:
            self.types |= {factor.dtype for factor in args}
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_matrix_product_rate_is_that_of_the_precision(precision):
    device.matmul_rate.cache_clear()
    with Products() as products:
        assert device.matmul_rate(torch.device("cpu"), precision) > 0
    device.matmul_rate.cache_clear()
    assert products.types == {getattr(torch, precision)}


def test_the_matrix_product_rate_counts_two_operations_a_multiplication(monkeypatch):
    """On a clock by which the third product takes a quarter of a second and the others longer."""
    ticks = itertools.accumulate([0, 1, 9, 1, 9, 0.25, 9, 2, 9, 1])
    monkeypatch.setattr(device.time, "perf_counter", lambda: next(ticks))
    device.matmul_rate.cache_clear()
    rate = device.matmul_rate(torch.device("cpu"), "float32")
    device.matmul_rate.cache_clear()
    side = 1024
    multiplications = side * side * side
    assert rate == (multiplications + multiplications) / 0.25
