"""Record where the results come from: code digests, versions, machine, commit, data."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from lossbench.files import read_json, write_json
from lossbench.provenance import environment, git_state
from lossbench.study.paths import StudyPaths, manifest
from lossbench.study.slices import read_slice
from lossbench.tables.stored import read_tables
from lossbench.verbs import Folder, StudyText

USES = ("comparisons.dataset",)


def trace(
    study: StudyText,
    folder: Folder,
    digests: Annotated[str, typer.Option(help="Of the code behind the results, as JSON.")],
) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    used = sorted({comparison.dataset for comparison in settings.comparisons})
    timing = read_tables(paths, "timing")["timing"]
    record = {
        **git_state(),
        "code_digests": json.loads(digests),
        **environment(),
        "datasets": {name: read_json(manifest(name, paths.results)) for name in used},
        "training": training(timing),
        "finished": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    write_json(paths.provenance, record)


def training(timing: pd.DataFrame) -> list[dict[str, Any]]:
    """What each device trained: data sets, its seconds, the share of its speed that it reached.

    A study may be trained on several, such as the nodes of a cluster.
    """
    return [
        {
            "device": device,
            "datasets": sorted(runs["dataset"].unique()),
            "train_seconds": float(runs["train_s"].sum()),
            "peak_share": float(np.average(runs["peak_share"], weights=runs["train_s"])),
        }
        for device, runs in timing.groupby("device")
    ]
