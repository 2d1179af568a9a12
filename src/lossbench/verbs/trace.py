"""Record where the results come from: code digests, versions, machine, commit, data."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lossbench.files import read_json, write_json
from lossbench.provenance import code_digest, environment, git_state
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths, manifest
from lossbench.tables.stored import read_tables
from lossbench.verbs import StudyFile


def trace(study: StudyFile) -> None:
    settings = read_study(study)
    paths = StudyPaths.around(study)
    used = sorted({comparison.dataset for comparison in settings.comparisons})
    timing = read_tables(paths, "timing")["timing"]
    record = {
        **git_state(Path.cwd()),
        "code_digests": {
            "training": code_digest("training.fit"),
            "analysis": code_digest("analysis.metrics", "analysis.selection", "stats.derived"),
            "theory": code_digest("theory.chapter"),
        },
        **environment(),
        "devices": sorted(timing["device"].unique()),
        "datasets": {name: read_json(manifest(name, paths.results)) for name in used},
        "train_seconds": float(timing["train_s"].sum()),
        "peak_share": float(np.average(timing["peak_share"], weights=timing["train_s"])),
        "finished": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    write_json(paths.provenance, record)
