"""Measure every run by its stored predictions; pick images that tell the losses apart."""

from lossbench.analysis.class_errors import class_errors, class_names, confusion
from lossbench.analysis.gallery import pick
from lossbench.analysis.metrics import measure, reliability
from lossbench.datasets.prepared import load
from lossbench.stats.images import error_mean_squares
from lossbench.study.paths import StudyPaths, prepared
from lossbench.tables.stored import read_tables, write_tables
from lossbench.verbs import Folder


def evaluate(folder: Folder) -> None:
    paths = StudyPaths.around(folder)
    tables = read_tables(paths, "predictions", "runs", "history")
    predictions, runs = tables["predictions"], tables["runs"]
    names = set(runs["dataset"])  # where every run diverged there are no predictions
    data = {name: load(prepared(name, paths.results)) for name in sorted(names)}
    images = {name: each.examples("test").images for name, each in data.items()}
    measured = {
        "class_names": class_names({name: each.manifest.classes for name, each in data.items()}),
        "metrics": measure(**tables),
        "class_errors": class_errors(predictions, runs),
        "confusion": confusion(predictions),
        "reliability": reliability(predictions),
        "gallery": pick(predictions, images),
        "mean_squares": error_mean_squares(predictions, runs),
    }
    write_tables(paths, measured)
