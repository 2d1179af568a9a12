"""Every command in the documents is run, planned, or named here with the reason why it is not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from builders.fresh_copy import ROOT, copy_project, run

DOCUMENTS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md")),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("profiles/*/README.md"),
    ]
)
MINIATURE = "snakemake --cores all --configfile config/miniature.yaml"
PLACE = "results/miniature/runs/evaluation/digits/mlp/annealed-6"

RUN = [
    MINIATURE,
    "lossbench status",
    "snakemake --cores all --configfile config/miniature.yaml --config name=short "
    "'limits={epochs: 2}'",
    "lossbench compare results/miniature results/short",
    f"snakemake --cores all --force {PLACE}/* --configfile config/miniature.yaml",
    f"snakemake --cores all --dry-run --printshellcmds --force {PLACE}/* "
    "--configfile config/miniature.yaml",
    "lossbench cache",
    "lossbench list",
    "lossbench --help",
    "snakemake --unlock",
    "snakemake --report report/snakemake.html --configfile config/miniature.yaml",
    "find results report -newermt now -exec touch -d @$(date +%s) {} +",
    'python -c "import pandas, sys; print(pandas.read_parquet(sys.argv[1]).iloc[0])" '
    f"{PLACE}/*/mse_softmax/*/*_seed-0/predictions.parquet",
    "grep -E '^dataset|^digits,mlp,annealed,6,(cross_entropy|mse_softmax),.*,test,error,' "
    "results/miniature/tables/metrics.csv",
    "grep -E '^dataset|^digits,mlp,annealed,6,tuned,error,mse_softmax,' "
    "results/miniature/tables/contrasts.csv",
    r"grep -E '^\| Data set|^\| Digits' results/miniature/summary.md",
    "lossbench export miniature --format pdf",
    "RENEW_GOLDEN=1 pytest tests/test_golden.py",
]
"""Run as they stand, one after the other, in a copy of the project with a shortened miniature."""

PLANNED = [
    "snakemake --cores all",
    "snakemake --cores all --dry-run",
    "snakemake --cores all --configfile config/full.yaml",
    "snakemake --cores all --config name=trial 'limits={epochs: 1, tuning_epochs: 1, "
    "replicates: 1, learning_rates: 1}'",
    "snakemake --cores all report/mnist-cifar10.html",
    "snakemake --cores all results/mnist-cifar10/figures/answer.svg",
    "snakemake --cores all results/mnist-cifar10/tables/contrasts.parquet",
    "snakemake --cores all --forcerun contrasts",
    "snakemake --workflow-profile profiles/slurm --configfile config/full.yaml",
]
"""Run with --dry-run: they train for hours, want a cluster, or show a plan."""

ELSEWHERE = {
    "source .venv/bin/activate": "the tests run in this environment",
    "python3 -m venv .venv": "the first line of every make target's environment",
    "lossbench compare docs/published/mnist-cifar10 results/mnist-cifar10": (
        "needs the real study; test_publish.py compares a published one"
    ),
    "snakemake --cores all --configfile config/miniature.yaml --config name=again "
    "'seeds={tuning: [300, 301, 302, 303, 304], evaluation: [30, 31, 32, 33, 34]}'": (
        "test_pipeline.py makes a tiny study twice"
    ),
    "snakemake --cores all --configfile config/miniature.yaml --config repetition=again": (
        "test_pipeline.py compares the two"
    ),
    "lossbench predict WEIGHTS IMAGE": "test_pipeline_run_cache.py runs it on a kept network",
    "snakemake --workflow-profile profiles/kubernetes --configfile config/full.yaml": (
        "planned against a local S3 server: test_profiles.py"
    ),
    "export SNAKEMAKE_STORAGE_S3_ACCESS_KEY=KEY SNAKEMAKE_STORAGE_S3_SECRET_KEY=SECRET": (
        "test_profiles.py sets both"
    ),
    ".venv/bin/pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu": (
        "the check workflow does it; its version is compared with the lock below"
    ),
}
"""Run by another test, or by what starts the tests."""

TRIAL = [
    "source ../lossbench/.venv/bin/activate",
    "lossbench new focal",
    "lossbench check focal.yaml",
    "snakemake --snakefile ../lossbench/Snakefile --cores all --configfile focal.yaml",
    "lossbench show focal error",
    "lossbench new NAME",
    "lossbench check STUDY",
]
"""Run from an empty folder outside the project, word by word: test_trial.py."""

NOT_RUN = {
    "conda env create --file environment.yml": "no conda here; test_environments.py reads the file",
    "conda activate lossbench": "no conda here",
    "pip install --no-deps --editable .": "make does the same in .venv",
    "pip install --constraint requirements.lock --constraint requirements-dev.lock --editable "
    "'.[kubernetes]'": "the tests' environment has these plugins in these versions",
    "docker build --tag REGISTRY/lossbench:0.1.0 --file Containerfile .": "no container engine",
    "snakemake --sdm conda": "no conda here",
    "docker build --tag lossbench --file Containerfile .": "no container engine",
    'docker run --rm --volume "$PWD/report:/lossbench/report" lossbench': "no container engine",
    "docker push REGISTRY/lossbench:0.1.0": "no registry",
    "python -m pdb .venv/bin/lossbench work --group GROUP --compute COMPUTE --choice CHOICE "
    "--data DATA --out build/debug": "a debugger waits for a person",
}
"""Not run by any test."""

MAKE = re.compile(r"make ([a-z-]+)( [A-Z_]+=\S+)*$")


def fenced(text: str) -> Iterator[str]:
    """The commands in blocks of the console: lines joined at backslashes, without comments."""
    for block in re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            yield re.sub(r"\s+#.*", "", line).strip()


def inline(text: str) -> Iterator[str]:
    """The commands between backticks in running text."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for code in re.findall(r"`([^`]+)`", prose):
        code = " ".join(code.split())
        if re.match(r"(make|snakemake|lossbench|pip|docker) [a-z-]", code):
            yield code


def commands() -> list[tuple[str, str]]:
    """Every command with its document; the walk-through has a test of its own."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text()
        if path.name == "CONTRIBUTING.md":
            start, end = text.index("## Adding a loss"), text.index("## Adding a figure")
            text = text[:start] + text[end:]
        name = str(path.relative_to(ROOT))
        found += [(name, command) for part in (fenced, inline) for command in part(text)]
    return found


def targets() -> dict[str, str]:
    """Target → its recipe."""
    makefile = (ROOT / "Makefile").read_text()
    return dict(re.findall(r"^([a-z-]+):.*?##.*\n((?:\t.*\n)*)", makefile, flags=re.MULTILINE))


def test_every_command_is_run_or_the_reason_why_not_is_given():
    known = {*RUN, *PLANNED, *ELSEWHERE, *TRIAL, *NOT_RUN}
    for document, command in commands():
        target = MAKE.match(command)
        assert command in known or (target and target[1] in targets()), f"{document}: {command}"


def test_no_command_is_listed_that_no_document_has():
    written = {command for _, command in commands()}
    assert {*RUN, *PLANNED, *ELSEWHERE, *TRIAL, *NOT_RUN} <= written


def test_no_command_hides_in_a_block_of_another_kind():
    for path in DOCUMENTS:
        opened = re.findall(r"^```(\w*)$", path.read_text(), flags=re.MULTILINE)[::2]
        assert set(opened) <= {"", "console", "python", "yaml", "html", "mermaid"}, path.name


def test_continuous_integration_runs_the_targets_that_test_and_show():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    ran = {word for line in lines if line.startswith("make ") for word in line.split()}
    wanted = {"demo", "check"} | {name for name in targets() if name.startswith("test")}
    assert wanted <= ran


def test_versions_in_the_documents_are_those_of_the_lock():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.search(r"^torch==(\S+)", lock, flags=re.MULTILINE)[1]
    for name in ("docs/installing.md", "Makefile", ".github/workflows/check.yml"):
        assert set(re.findall(r"torch==([\d.]+)", (ROOT / name).read_text())) == {pinned}


def test_every_stated_version_of_python_is_checked():
    workflow = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text())
    matrix = workflow["jobs"]["check"]["strategy"]["matrix"]["python"]
    readme = (ROOT / "README.md").read_text()
    stated = re.search(r"Python ([\d.,\s]+ or [\d.]+), and `make`", readme)[1]
    assert re.findall(r"3\.\d+", stated) == matrix


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), link


def test_the_container_copies_what_is_there_and_installs_the_lock():
    recipe = (ROOT / "Containerfile").read_text()
    for source in re.findall(r"^COPY (\S+) ", recipe, flags=re.MULTILINE):
        assert (ROOT / source).exists(), source
    assert "pip install --no-cache-dir --requirement requirements.lock" in recipe


def test_the_number_that_is_followed_goes_through_functions_that_exist():
    text = (ROOT / "docs/architecture.md").read_text().partition("## Follow one number")[2]
    steps = re.findall(r"`(\w+/\w+\.py)`,\s+`(\w+)`", text.partition("\n## ")[0])
    rooms = {file.partition("/")[0] for file, _ in steps}
    assert rooms == {"training", "verbs", "analysis", "stats", "words", "report"}
    for file, name in steps:
        code = (ROOT / "src/lossbench" / file).read_text()
        assert re.search(rf"^(def {name}\(|{name} = )", code, flags=re.MULTILINE), (file, name)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project whose miniature has two losses on one network and two replicates."""
    folder = copy_project(tmp_path_factory.mktemp("reader"))
    path = folder / "config/miniature.yaml"
    study = yaml.safe_load(path.read_text())
    study["comparisons"], study["datasets"] = study["comparisons"][:1], study["datasets"][:1]
    study["comparisons"][0]["losses"] = study["comparisons"][0]["losses"][:2]
    study["limits"] = {"replicates": 2, "learning_rates": 1}
    path.write_text(yaml.safe_dump(study))
    run(folder, MINIATURE)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("command", RUN)
def test_a_command_does_what_it_should(project, command):
    said = run(project, command)
    assert (
        not command.startswith("grep") or len(said.splitlines()) > 1
    )  # the heads, and what is meant


@pytest.mark.slow
@pytest.mark.parametrize("command", PLANNED)
def test_a_long_command_has_a_plan(project, command):
    dry = command if "--dry-run" in command else f"{command} --dry-run"
    assert re.search(r"^total +\d+$", run(project, dry), flags=re.MULTILINE)


@pytest.mark.slow
def test_the_rule_graph_is_current(project):
    recipe = targets()["graph"].strip()
    before = (project / "docs/architecture.md").read_text()
    run(project, recipe)
    assert (project / "docs/architecture.md").read_text() == before
    assert "dataset --> tuning_runs" in before
