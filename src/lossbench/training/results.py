"""What a finished block leaves behind: its runs as tables."""

import pandas as pd
import torch
from torch import Tensor

from lossbench.files import MACHINE
from lossbench.networks.models import ImageShape, Network, count_flops, count_parameters
from lossbench.study.job import Cell
from lossbench.tables.contract import Schema
from lossbench.tables.logits import column
from lossbench.tables.parquet import check, empty
from lossbench.tables.runs import (
    GEOMETRY,
    HISTORY,
    PREDICTIONS,
    PROJECTIONS,
    RUNS,
    TIMING,
)
from lossbench.training.device import device_name, matmul_rate, peak_memory_bytes
from lossbench.training.geometry import layer, measures, projection
from lossbench.training.measure import outputs
from lossbench.training.module import BlockTraining

PROJECTED = 1000
"""Test examples whose features are projected to a plane: enough for a picture."""


def history_table(module: BlockTraining) -> pd.DataFrame:
    """The HISTORY of all seeds."""
    return _identified([pd.DataFrame(module.history)], module.cell, HISTORY)


def runs_table(module: BlockTraining, network: Network, shape: ImageShape) -> pd.DataFrame:
    """One row of RUNS for each seed; parameters and FLOPs are counted on `network`."""
    frame = pd.DataFrame(
        {
            "seed": module.seeds,
            "diverged": (~module.alive).tolist(),
            "steps": module.taken.tolist(),
            "parameters": count_parameters(network),
            "flops_per_example": count_flops(network, shape),
            "classes": len(network.head.weight),
        }
    )
    return _identified([frame], module.cell, RUNS)


def timing_table(
    module: BlockTraining, runs: pd.DataFrame, device: torch.device, threads: int, train_s: float
) -> pd.DataFrame:
    """TIMING: the job's time shared equally by its seeds; the rates leave out the measuring."""
    seeds = len(module.seeds)
    examples = module.step * module.cell.batch_size * seeds
    examples_per_s = examples / (train_s - module.measuring_s)
    flops = runs["flops_per_example"].iloc[0] * examples_per_s
    frame = pd.DataFrame(
        {
            "seed": module.seeds,
            "train_s": train_s / seeds,
            "examples_per_s": examples_per_s,
            "peak_share": flops / matmul_rate(device, module.cell.precision),
            "device": device_name(device),
            "threads": threads,
            "peak_memory_bytes": peak_memory_bytes(device),
            "host": MACHINE,
        }
    )
    return _identified([frame], module.cell, TIMING)


def test_tables(module: BlockTraining, images: Tensor, labels: Tensor) -> dict[str, pd.DataFrame]:
    """PREDICTIONS, GEOMETRY and PROJECTIONS on the test set: images (S, N, C, H, W), labels (S, N).

    A run that diverged has none of them; its row in RUNS says so. One whose outputs are finite on
    the validation set but not here has diverged as well.
    """
    found = outputs(module.block, images)
    finite = found.logits.isfinite().all(-1).all(-1)
    module.alive &= finite.to(module.alive.device)  # Lightning moves the module back to the CPU
    surviving = [index for index, alive in enumerate(module.alive.tolist()) if alive]
    logits, features = (part.float().cpu().numpy() for part in found)
    truth = labels[0].cpu().numpy()
    where = layer(features.shape[-1])
    predictions, geometry, projections = [], [], []
    for index in surviving:
        seed, mine = module.seeds[index], features[index]
        scored = {"logits": column(logits[index]), "example": range(len(truth)), "label": truth}
        measured = pd.DataFrame(measures(mine, truth).items(), columns=["measure", "value"])
        plane = projection(mine, truth, examples=PROJECTED)
        predictions.append(pd.DataFrame(scored).assign(seed=seed, output=module.cell.output))
        geometry.append(measured.assign(seed=seed, layer=where))
        projections.append(plane.assign(seed=seed, layer=where))
    return {
        "predictions": _identified(predictions, module.cell, PREDICTIONS),
        "geometry": _identified(geometry, module.cell, GEOMETRY),
        "projections": _identified(projections, module.cell, PROJECTIONS),
    }


def _identified(frames: list[pd.DataFrame], cell: Cell, table: Schema) -> pd.DataFrame:
    """Frames as one, with the cell's identity in every row, checked; no rows: the empty table."""
    if all(frame.empty for frame in frames):
        return empty(table)
    identity = {
        "dataset": cell.dataset,
        "model": cell.model,
        "recipe": cell.recipe.name,
        "epochs": cell.epochs,
        "loss": cell.loss,
        "setting": cell.setting,
        "learning_rate": cell.learning_rate,
        "stage": cell.stage,
    }
    return check(pd.concat(frames, ignore_index=True).assign(**identity), table)
