"""The pipeline, end to end on a tiny study: what reruns, what does not, and what is repeated."""

import pytest

from builders.project_copy import Project

pytestmark = pytest.mark.slow


def test_the_study_ends_in_a_page_and_tables(finished):
    page = (finished.folder / "report/tiny.html").read_text()
    assert "<h1" in page
    assert (finished.folder / "results/tiny/summary.md").read_text()
    assert (finished.folder / "results/tiny/tables/contrasts.csv").read_text()


def test_the_study_is_recorded_before_all_else(tmp_path):
    """`lossbench status` reads the record while the runs train; one core shows what comes first."""
    project = Project(tmp_path)
    project.tiny("--until", "study", "dataset", cores=1)
    recorded, fetched = (
        (project.folder / "results" / path).stat().st_mtime
        for path in ("tiny/study.json", "datasets/digits.npz")
    )
    assert recorded < fetched


def test_touching_files_changes_nothing(project):
    for path in [*project.folder.rglob("src/**/*.py"), *project.folder.rglob("results/**/*.npz")]:
        path.touch()
    assert project.planned() == {}


CONFIG = "config/tiny.yaml"
LOSSES = "src/lossbench/networks/losses.py"
SIGNATURE = "def mse_softmax(logits: Tensor, labels: Tensor) -> Tensor:\n    "
UNUSED = "def unused():\n    pass\n\n\n"


def once(*rules: str) -> dict[str, int]:
    """One job of each rule."""
    return dict.fromkeys(rules, 1)


WORDS = once("claims", "study_figures", "theory_figures", "csv", "page")
"""What shows display names, and what depends on it."""
JUDGED = once("contrasts", "claims", "study_figures", "csv", "page")
ANALYSIS = JUDGED | once("metrics", "provenance")
RETRAINED = ANALYSIS | once("tables", "levels", "tuning_runs", "evaluation_runs") | {"choices": 2}


@pytest.mark.parametrize(
    ("path", "old", "new", "jobs"),
    [
        (LOSSES, f'{SIGNATURE}"""(1/K) Σ', f'{UNUSED}# why\n{SIGNATURE}"""Σ', {}),
        (LOSSES, "max(-1), labels).square().mean", "max(-1), labels).square().sum", RETRAINED),
        ("src/lossbench/training/schedule.py", "step < warmup", "step <= warmup", RETRAINED),
        ("src/lossbench/analysis/metrics.py", "\nBINS = ", "\nBINS = 1 + ", ANALYSIS),
        ("src/lossbench/cards/loss.py", '"MSE on softmax"', '"Brier score"', WORDS),
        ("src/lossbench/report/templates/summary.md.j2", "# {", "## {", {"page": 1}),
        ("src/lossbench/verbs/trace.py", '"finished"', '"ended"', {"provenance": 1, "page": 1}),
        ("src/lossbench/verbs/csv.py", "index=False", "index=False, sep=';'", {"csv": 1}),
        (CONFIG, "title: Tiny", "title: Small", once("study", "page")),
        (CONFIG, "name: tiny", "name: tiny\ncompute: {checkpoint_s: 1.0}", {}),
        (CONFIG, "name: tiny", "name: tiny\ncompute: {accelerator: cpu}", once("study", "page")),
        (CONFIG, "equivalence_margin: 0.01", "equivalence_margin: 0.02", once("study") | JUDGED),
    ],
)
def test_an_edit_reruns_what_depends_on_it_and_nothing_else(project, path, old, new, jobs):
    project.edit(path, old, new)
    assert project.planned() == jobs


def test_a_gpu_from_the_profile_counts_as_the_device(project):
    assert project.planned("--set-resources", "tuning_runs:gpu=1")["tuning_runs"] == 1


def test_deleting_a_table_remakes_what_depends_on_it_only(project):
    (project.folder / "results/tiny/tables/contrasts.parquet").unlink()
    assert project.planned() == JUDGED
    (project.folder / "results/tiny/theory/curvature.parquet").unlink()
    assert "theory" in project.planned()
    assert "tuning_runs" not in project.planned()


def test_a_figure_is_drawn_anew_alone(project):
    project.edit("src/lossbench/figures/templates/answer.j2", "hollow", "open")
    assert project.planned() == {"study_figures": 1, "page": 1}
    project.tiny("results/tiny/figures/answer.svg")
    assert (project.folder / "results/tiny/logs/study_figures.log").read_text() == "answer: drawn\n"


def test_the_theory_s_figures_wait_for_no_run(tmp_path):
    project = Project(tmp_path)
    wanted = ("results/tiny/figures/slowdown.svg", "results/tiny/figures/neuron.svg")
    assert project.planned(*wanted) == {"theory": 1, "theory_figures": 1}


def test_single_things_can_be_asked_for_by_path(project):
    for path in ("report/tiny.html", "results/tiny/figures/answer.svg"):
        (project.folder / path).unlink()
    project.tiny("results/tiny/figures/answer.svg")
    assert (project.folder / "results/tiny/figures/answer.svg").exists()
    assert not (project.folder / "report/tiny.html").exists()


def test_a_study_made_twice_tells_what_came_again(project):
    again = ("--config", "name=again", "seeds={tuning: [500, 501, 502], evaluation: [50, 51, 52]}")
    project.tiny("results/again/tables/contrasts.parquet", *again)
    repeated = ("--config", "repetition=again")
    assert project.planned(*repeated) == once("study") | JUDGED
    project.tiny(*repeated)
    page = (project.folder / "report/tiny.html").read_text()
    assert "The study was repeated, as <code>again</code>" in page
    assert (project.folder / "results/tiny/tables/repetition.csv").read_text().count("again") > 1
    assert project.planned(*repeated) == {}


def test_a_repetition_that_is_not_there_is_one_line_of_the_plan(project):
    output = project.tiny("--config", "repetition=absent", "--dry-run", check=False)
    assert "lossbench: repetition: absent: is no study; finished here: tiny" in output
    output = project.tiny("--config", "repetition=results/tiny", "--dry-run", check=False)
    assert "lossbench: repetition: results/tiny is this study; allowed: another" in output
