import gc

# A plan is a million small objects that stay: looking for garbage among them takes a sixth of a dry run.
gc.set_threshold(1_000_000)

import json
import shlex
import sys
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from lossbench.cards.dataset import DATASETS
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.code.code_digest import code_digest, declared
from lossbench.datasets.source_files import source_digest
from lossbench.errors import ConfigError, DataError
from lossbench.figures.catalogue import FIGURES, figures_of
from lossbench.provenance import has_gpu, jobs_use_this_python
from lossbench.study import paths
from lossbench.study.fields import near, on_disk
from lossbench.study.finished import finished
from lossbench.study.loading import snakemake_study
from lossbench.study.plan import groups, replicates, serves, tuning_grid
from lossbench.study.slices import cards_json, cards_of, slice_json
from lossbench.tables.theory import THEORY_TABLES

# An exception of Snakemake's would be shown with lines of these files, where the mistake is not.
try:
    STUDY = snakemake_study(
        sys.argv[1:],
        workflow.config_settings.config_args,
        workflow.configfiles,
        Path(workflow.basedir),
    )
except ConfigError as error:
    sys.exit(f"lossbench: {error}")

jobs_use_this_python()

PATHS = paths.StudyPaths(STUDY.name)
GROUPS = {group.folder: group for group in groups(STUDY)}
ALL_TABLES = [PATHS.table(name) for name in (*paths.COLLECTED, *paths.DERIVED)]
THEORY = [PATHS.theory(name) for name in THEORY_TABLES]
OWN = {dataset.name: dataset for dataset in STUDY.datasets if dataset.source}
USED = sorted({comparison.dataset for comparison in STUDY.comparisons})
OWN_SOURCES = {
    "own_loss": {loss.name: loss.source for loss in STUDY.losses},
    "own_network": {network.name: network.source for network in STUDY.networks},
}
NETWORKS = sorted(
    {comparison.model for comparison in STUDY.comparisons}
    - set(OWN_SOURCES["own_network"])
)
# Nothing is trained before the study's own losses and networks have been tried.
OWN_CODE = [PATHS.own_code] if STUDY.losses or STUDY.networks else []
# Where no GPU is used, jobs must not queue for one.
GPUS_PER_JOB = int(
    STUDY.compute.accelerator == "cuda"
    or (STUDY.compute.accelerator == "auto" and has_gpu())
)

# Training jobs have priority; independent rules fill idle cores at the end. Only the study's
# record, an instant's work, comes before them: `lossbench status` reads it while runs train.
TRAINING_FIRST = 1
BEFORE_TRAINING = 2

# Tables of the study that repeats this one, if there is one.
REPETITION = []
if STUDY.repetition:
    compared = ("contrasts", *paths.COMPARED)
    try:
        repetition = finished(str(on_disk(STUDY.repetition)), compared)
    except ConfigError as error:
        sys.exit(f"lossbench: repetition: {error}")
    if repetition.root == PATHS.root.resolve():
        sys.exit(
            f"lossbench: repetition: {STUDY.repetition} is this study; allowed: another"
        )
    REPETITION = [repetition.stored(name) for name in compared]

# What a command line carries is ASCII, whatever the locale.
STUDY_JSON = STUDY.model_dump_json(ensure_ascii=True)
COMPUTE_JSON = STUDY.compute.model_dump_json()
COMPARISON = "{dataset}/{model}/{recipe}-{epochs}"
PART = f"{COMPARISON}/{{part}}"


wildcard_constraints:
    dataset="[a-z][a-z0-9_]*",
    model="[a-z][a-z0-9_]*",
    recipe="[a-z][a-z0-9_]*",
    epochs="[0-9]+",
    loss="[a-z][a-z0-9_]*",
    part="[a-z0-9][a-z0-9_-]*",


def study_json(wildcards, input):
    """The whole study, as JSON. A function of the input is not compared with earlier runs."""
    return STUDY_JSON


def study_folder(wildcards, output):
    """The study's folder, wherever Snakemake put the files in it."""
    return Path(output[-1].rpartition(f"{PATHS.root}/")[0], PATHS.root)


def snakemake_call(wildcards, input):
    """The call that runs this study from here, without its `--config`. Not compared: see above."""
    project, files = Path(workflow.basedir), workflow.configfiles
    options = [
        *(["--snakefile", str(project / "Snakefile")] if project != Path.cwd() else []),
        *(["--configfile", str(near(Path(files[0])))] if files else []),
    ]
    return shlex.join(["snakemake", "--cores", "1", *options])


def slice_of(verb):
    """A params function: what the verb uses of the study, as JSON, to compare with earlier runs.

    The page alone has the study's record as an input. A record made anew would rerun all that have
    it, and behind an `ancient` one Snakemake overlooks that parameters have changed. As plain text,
    the braces would be taken for wildcards.
    """
    text = slice_json(STUDY, declared(verb, "USES"))
    return lambda wildcards: text


def cards_for(verb):
    """A params function: what the verb uses of the study's cards, as JSON."""
    text = cards_json(declared(verb, "CARDS"), cards_of(STUDY))
    return lambda wildcards: text


def key_file(dataset):
    """The file beside a data set's prepared form that has the key of what it was made of."""
    return f"results/datasets/{dataset}.key"


@cache
def key_of(dataset):
    """A digest of all that determines a data set's prepared form: code, card, source, reading."""
    if dataset in OWN:
        source = OWN[dataset].source
        try:
            content = source_digest(on_disk(source))
        except DataError as error:
            sys.exit(f"lossbench: datasets, {dataset}: {error}")
        code = code_digest("adopt", *({str(source)} & set(DATASETS)))
        parts = code, content, reading_of(dataset)
    else:
        card = cards_json(declared("fetch", "CARDS"), {"dataset": {dataset}})
        parts = code_digest("fetch", dataset), card
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def is_stale(dataset):
    """Whether the prepared form there has another key, which Snakemake would not notice."""
    data, key = paths.prepared(dataset), Path(key_file(dataset))
    record = b64encode(str(data).encode(), b"@-").decode()
    if (
        not (data.exists() and key.exists())
        or Path(".snakemake/metadata", record).exists()
    ):
        return False
    return key.read_text().strip() != key_of(dataset)


def reading_of(dataset):
    """How the images of a data set of the study's own are read, as JSON."""
    return OWN[dataset].reading.model_dump_json(ensure_ascii=True)


def machine_of(rule):
    """A params function: what of the machine determines the numbers of this rule's runs, as JSON.

    `auto` counts as the device that the machine, or the profile, gives the job.
    """

    def machine(wildcards):
        device = STUDY.compute.accelerator
        if device == "auto":
            gpus = workflow.get_rule(rule).resources["gpu"].value
            device = "cuda" if gpus else "cpu"
        fields = {"threads": STUDY.compute.threads, "compile": STUDY.compute.compile}
        return json.dumps({"device": device} | fields)

    return machine


def digests_of_results(wildcards):
    """The digests of the code behind the results, as JSON."""
    jobs = [job for group in GROUPS.values() for job in group.jobs]
    used = {entry for job in jobs for entry in job.cells[0].entries}
    digests = {
        "runs": code_digest("train", *sorted(used)),
        "choices": code_digest("choose"),
        "levels": code_digest("declare"),
        "last layer": code_digest("probe", *NETWORKS, "linear"),
        "metrics": code_digest("evaluate"),
        "contrasts": code_digest("contrast"),
        "theory": code_digest("derive"),
        "claims": code_digest("judge"),
    }
    return json.dumps(digests)


def group_of(stage):
    """A params function: the group of jobs, as JSON, that writes to the wildcards' folder."""

    return lambda wildcards: planned(stage, wildcards).model_dump_json()


def own_sources(stage):
    """A params function: where own code is, by loss, as JSON. Not compared: its digests are."""

    def sources(wildcards, input):
        cells = [job.cells[0] for job in planned(stage, wildcards).jobs]
        found = {
            cell.loss: {
                entry: OWN_SOURCES[entry][name] for entry, (name, _) in cell.own.items()
            }
            for cell in cells
        }
        return json.dumps(found)

    return sources


def planned(stage, wildcards):
    """The group of this stage that writes to the wildcards' folder."""
    folder = f"{stage}/{PART.format(**wildcards)}"
    if folder not in GROUPS:
        there = [name for name in GROUPS if Path(name).parent == Path(folder).parent]
        sys.exit(
            f"lossbench: {folder}: the study {STUDY.name} has no such training job;"
            f" allowed: {', '.join(there or GROUPS)}"
        )
    return GROUPS[folder]


def choices_of(wildcards):
    """What tuning chose for each loss of the wildcards' evaluation jobs, in their order."""
    comparison = COMPARISON.format(**wildcards)
    return [
        PATHS.choice(comparison, loss)
        for loss in planned("evaluation", wildcards).losses
    ]


def loss_of(wildcards):
    """What the study says of the wildcards' loss in their comparison."""
    losses = {grid.loss: grid for grid in comparison_of(wildcards).losses}
    if wildcards.loss not in losses:
        sys.exit(
            f"lossbench: {COMPARISON.format(**wildcards)}: the study {STUDY.name} has no loss"
            f" {wildcards.loss} there; allowed: {', '.join(losses)}"
        )
    return losses[wildcards.loss]


def grid_of(wildcards):
    """The loss's grid of learning rates and margins, as JSON."""
    return tuning_grid(STUDY, loss_of(wildcards)).model_dump_json()


def seeds_of(wildcards):
    """The tuning and the evaluation seed of each of the loss's replicates, as JSON."""
    comparison, grid = comparison_of(wildcards), loss_of(wildcards)
    evaluated = replicates(STUDY, comparison, grid, "evaluation")
    return json.dumps([(each.split, each.seed) for each in evaluated])


def comparison_of(wildcards):
    """The study's comparison of the wildcards' folder."""
    folder = COMPARISON.format(**wildcards)
    for comparison in STUDY.comparisons:
        if comparison.folder == folder:
            return comparison
    sys.exit(f"lossbench: the study {STUDY.name} has no comparison {folder}")


def tuning_jobs(comparison, losses):
    """What a choice reads: the folders of the groups with these losses' tuning jobs."""
    return [
        PATHS.group(group)
        for group in GROUPS.values()
        if group.stage == "tuning"
        and serves(group, comparison)
        and not set(losses).isdisjoint(group.losses)
    ]


def recipe_of(wildcards):
    """The comparison's recipe, as JSON."""
    return STUDY.recipe(wildcards.recipe).model_dump_json()


def primary_pair(wildcards):
    """The losses whose tuning runs declare the levels, as far as the study compares them."""
    compared = [grid.loss for grid in comparison_of(wildcards).losses]
    return [loss for loss in (REFERENCE, PRIMARY) if loss in compared]


def tables_of(figures):
    """The tables that the figures' entries in the catalogue name: they wait for no others."""
    names = {name for figure in figures for name in FIGURES[figure].tables}
    return [
        PATHS.theory(name) if name in THEORY_TABLES else PATHS.table(name)
        for name in sorted(names)
    ]


def codes_of(figures):
    """A params function: a digest of the code that draws each of the figures, as JSON."""
    codes = {figure: code_digest("draw", figure) for figure in figures}
    return lambda wildcards: json.dumps(codes)


def figures_on_the_page(wildcards):
    """Where the page shows each figure, as JSON."""
    placed = {
        name: (entry.section, entry.page_table) for name, entry in FIGURES.items()
    }
    return json.dumps(placed)
