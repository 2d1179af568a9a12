"""What determines a run's numbers, down to the last bit. PyTorch is not imported to know it."""

import os
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from lossbench.provenance import has_gpu
from lossbench.study.job import Run
from lossbench.study.settings import Compute

LIBRARIES = ("torch", "pytorch-lightning", "numpy")
DATA = ("images_sha256", "labels_sha256", "counts", "gives_validation")
"""Fields of a prepared data set's manifest."""


def determinants(
    run: Run, code: str, manifest: Mapping[str, Any], compute: Compute, device: str
) -> dict[str, Any]:
    """All of them, as JSON can hold them, for a run of this code on this type of device.

    What a study, job or block is called, which runs were trained beside this one, and how often
    its state was saved are not among them: they change no number (docs/guarantees.md).
    """
    return {
        "cell": run.cell.model_dump(mode="json", exclude={"recipe": {"tuned_for"}}),
        "replicate": run.replicate.model_dump(mode="json"),
        "code": code,
        "data": {name: manifest[name] for name in DATA} | {"classes": len(manifest["classes"])},
        "versions": {name: metadata.version(name) for name in LIBRARIES},
        "device": device,
        "threads": compute.threads,
        "compile": compute.compile,
    }


def expected_device(accelerator: str) -> str:
    """The type of device that `accelerator` stands for on this machine, as far as one can guess.

    The guess may be wrong where a driver does not fit: PyTorch itself knows.
    """
    if accelerator != "auto":
        return accelerator
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1")
    for_cpu = metadata.version("torch").endswith("+cpu")
    return "cuda" if has_gpu() and not (hidden or for_cpu) else "cpu"
