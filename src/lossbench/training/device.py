"""The device that a job runs on: which one, its name, and the memory used."""

import ctypes
import resource
import sys
import time
from functools import cache

import torch

from lossbench.errors import ConfigError
from lossbench.provenance import processor
from lossbench.training.lease import gpu_index

CPU = torch.device("cpu")
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Numbers of the settings in glibc's malloc.h."""

MATRIX_SIDE = {"cpu": 1024, "cuda": 8192}
"""Rows and columns of the matrices that a device's rate is measured with: milliseconds each."""


def pick_device(accelerator: str) -> torch.device:
    """The device for `auto`, `cpu` or `cuda`, a GPU being one that no other job holds.

    Raises ConfigError: CUDA is asked for in vain.
    """
    if accelerator == "cuda" and not torch.cuda.is_available():
        raise ConfigError("compute.accelerator: 'cuda' is not allowed: no CUDA device is visible")
    use_cuda = accelerator != "cpu" and torch.cuda.is_available()
    return torch.device("cuda", gpu_index(torch.cuda.device_count())) if use_cuda else CPU


def device_name(device: torch.device) -> str:
    """The model of the GPU or processor."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else processor()


def clock(device: torch.device) -> float:
    """Seconds, once a GPU has done all that it was given: its work is queued, not waited for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def peak_memory_bytes(device: torch.device) -> int:
    """The most memory held so far: on a GPU its own, on a CPU the process's."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    unit = 1 if sys.platform == "darwin" else 1024  # Linux counts in KiB, macOS in bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@cache
def matmul_rate(device: torch.device, precision: str) -> float:
    """The device's matrix-product rate in FLOP/s: the best of five products of square matrices.

    `precision` names a type of PyTorch. On a CPU with the threads that PyTorch is set to. Measured
    once a process.
    """
    side = MATRIX_SIDE[device.type]
    left, right = torch.ones(2, side, side, device=device, dtype=getattr(torch, precision))
    times = []
    for _ in range(5):
        started = time.perf_counter()
        (left @ right)[0, 0].item()  # waits for the device
        times.append(time.perf_counter() - started)
    return 2 * side**3 / min(times)


def settle(threads: int) -> None:
    """Let PyTorch take so many CPU threads, and on a GPU the same kernels each time.

    They compute in the precision that is asked for: by default convolutions would round the
    factors of float32 products to ten bits (TensorFloat-32).
    """
    torch.set_num_threads(threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.allow_tf32 = False


def keep_freed_memory() -> None:
    """Let the C library keep what a step frees for the next step, up to 1 GiB of it.

    By default it hands larger pieces back to the system, which must clear them page by page when
    the next step asks for them again: a tenth of the time of a small convolutional network. A C
    library without these settings, one other than glibc, stays as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, 2**25)  # the largest that glibc takes
        mallopt(M_TRIM_THRESHOLD, 2**30)
