"""Measure the last layer's least-squares problem of every network before training."""

from lossbench.datasets.prepared import load
from lossbench.networks.loader import add_network
from lossbench.study.paths import StudyPaths, prepared
from lossbench.study.plan import most_replicates
from lossbench.study.slices import read_slice
from lossbench.tables.parquet import concat
from lossbench.tables.stored import write_tables
from lossbench.tables.study import LAST_LAYER
from lossbench.training.last_layer import last_layer
from lossbench.verbs import Folder, StudyText

USES = (
    "seeds",
    "comparisons.dataset",
    "comparisons.model",
    "comparisons.replicates",
    "comparisons.losses.replicates",
    "networks.name",
    "networks.source",
    "networks.code",
    "limits.replicates",
    "history.train_examples",
    "compute.threads",
)


def probe(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    for own in settings.networks:
        add_network(own.name, own.source, own.code)
    networks: dict[tuple[str, str], tuple[int, ...]] = {}
    for each in settings.comparisons:
        used = tuple(replicate.seed for replicate in most_replicates(settings, each))
        before = networks.get((each.dataset, each.model), ())
        networks[each.dataset, each.model] = max(used, before, key=len)
    frames = [
        last_layer(
            model,
            used,
            load(prepared(dataset, paths.results)),
            examples=settings.history.train_examples,
            threads=settings.compute.threads,
        )
        for (dataset, model), used in networks.items()
    ]
    write_tables(paths, {"last_layer": concat(frames, LAST_LAYER)})
