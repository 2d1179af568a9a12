"""Try a study's own losses and networks; what cannot be trained is one line each."""

from dataclasses import asdict

from lossbench.errors import ConfigError
from lossbench.files import read_json, write_json
from lossbench.networks.own_trials import try_own
from lossbench.study.paths import StudyPaths, manifest
from lossbench.study.slices import read_slice
from lossbench.training.determinants import expected_device
from lossbench.verbs import Folder, StudyText

USES = (
    "losses.name",
    "losses.source",
    "losses.code",
    "losses.head",
    "losses.settings",
    "networks.name",
    "networks.source",
    "networks.code",
    "comparisons.dataset",
    "comparisons.model",
    "comparisons.batch_size",
    "compute.accelerator",
)


def vet(study: StudyText, folder: Folder) -> None:
    settings = read_slice(study, USES)
    paths = StudyPaths.around(folder)
    used = {each.dataset for each in settings.comparisons}
    manifests = {name: read_json(manifest(name, paths.results)) for name in used}
    shapes = {name: tuple(each["image_shape"]) for name, each in manifests.items()}
    on_gpu = expected_device(settings.compute.accelerator) == "cuda"
    classes = {len(each["classes"]) for each in manifests.values()}
    tried = list(try_own(settings, shapes, classes=classes, on_gpu=on_gpu))
    if refusals := [line for each in tried for line in each.refusals]:
        raise ConfigError("\n".join(refusals))
    write_json(paths.own_code, {each.name: asdict(each) for each in tried})
