"""Measure the last layer's least-squares problem of every network before training."""

from lossbench.datasets.prepared import load
from lossbench.study.loading import read_study
from lossbench.study.paths import StudyPaths, prepared
from lossbench.study.plan import seeds
from lossbench.tables.parquet import concat
from lossbench.tables.stored import write_tables
from lossbench.tables.study import LAST_LAYER
from lossbench.training.last_layer import last_layer
from lossbench.verbs import StudyFile


def probe(study: StudyFile) -> None:
    settings = read_study(study)
    paths = StudyPaths.around(study)
    frames = [
        last_layer(
            comparison.model,
            seeds(settings, comparison, "evaluation"),
            load(prepared(comparison.dataset, paths.results)),
            examples=settings.history.train_examples,
            threads=settings.compute.threads,
        )
        for comparison in settings.comparisons
    ]
    write_tables(paths, {"last_layer": concat(frames, LAST_LAYER)})
