"""A study with two recipes and two lengths on one network, from its plan to its page."""

import json
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text

from builders import synthetic
from builders.drawn_figures import STUDY_FIGURES, in_words
from builders.report_pages import parsed, rendered
from lossbench.analysis import selection
from lossbench.cards.loss import PRIMARY, REFERENCE
from lossbench.errors import ConfigError
from lossbench.figures.catalogue import FIGURES
from lossbench.stats.derived import derived_tables
from lossbench.stats.multiplicity import main_places
from lossbench.study.config import Study
from lossbench.study.job import Job, Run
from lossbench.study.loading import load_study, parse_study
from lossbench.study.paths import COLLECTED, STAGE_TABLES, StudyPaths
from lossbench.study.plan import groups, jobs
from lossbench.study.settings import Recipe
from lossbench.tables.listing import Listed, write_listing
from lossbench.tables.parquet import write
from lossbench.tables.rows import of_comparisons
from lossbench.tables.runs import COMPARISON, RUN_TABLES
from lossbench.tables.stored import read_tables
from lossbench.verbs.choose import choose
from lossbench.verbs.collect import collect
from lossbench.verbs.declare import declare
from lossbench.words.places import places, places_in
from lossbench.words.questions import ERROR, SPEED
from lossbench.words.recipes import described

MINIATURE = Path(__file__).parents[1] / "config/miniature.yaml"
NETWORK = ("mnist", "mlp")
LENGTHS = [("annealed", 4), ("annealed", 6), ("constant", 6)]


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, pd.DataFrame], Study]:
    return synthetic.build(networks=1, recipes=True)


def planned(study: Study, stage: str) -> list[tuple[object, ...]]:
    """Every run, as (network, recipe, epochs, loss, rate, seed)."""
    return [
        (cell.model, cell.recipe.name, cell.epochs, cell.loss, cell.learning_rate, seed)
        for job in jobs(study, stage)
        for cell in job.cells
        for seed in (replicate.seed for replicate in job.replicates)
    ]


def test_lengths_that_tune_alike_share_their_tuning_runs(made) -> None:
    study = made[1]
    tuning, evaluation = planned(study, "tuning"), planned(study, "evaluation")
    assert len(tuning) == len(set(tuning))
    found = {run[1:3] for run in tuning if run[0] == "mlp"}
    assert found == {("annealed", 3), ("constant", 3)}
    assert {run[1:3] for run in evaluation if run[0] == "mlp"} == set(LENGTHS)
    folders = [job.folder for stage in ("tuning", "evaluation") for job in jobs(study, stage)]
    assert len(folders) == len(set(folders))


def test_a_comparison_adds_the_rates_that_an_earlier_one_lacks() -> None:
    study = load_study(MINIATURE)
    first = study.comparisons[0].model_dump()
    second = first | {"epochs": 8}
    second["losses"] = [
        grid | {"learning_rates": (*grid["learning_rates"][1:], 5.0)} for grid in first["losses"]
    ]
    fields = changed(comparisons=[first, second])
    runs = planned(Study.model_validate(fields), "tuning")
    rates = [run[4] for run in runs if run[3] == "cross_entropy" and run[5] == 100]
    assert rates == [0.01, 0.03, 0.1, 5.0]


def test_every_table_of_runs_has_each_run_once_and_every_comparison(made) -> None:
    tables, study = made
    asked = {(*NETWORK, *each) for each in LENGTHS}
    for name in ("metrics", "contrasts", "choices", "levels", "gallery"):
        found = set(tables[name][list(COMPARISON)].itertuples(index=False, name=None))
        assert asked <= found, name
    assert len(tables["runs"]) == sum(len(planned(study, s)) for s in ("tuning", "evaluation"))


def test_what_jobs_leave_is_collected_once_and_chosen_for_every_comparison(made, tmp_path) -> None:
    tables, study = of_the_pair(*made)
    paths = StudyPaths("synthetic", tmp_path)
    seeds = json.dumps(list(zip(study.seeds.tuning, study.seeds.evaluation, strict=True)))
    for group in groups(study):
        for folder, job in zip(paths.jobs(group), group.jobs, strict=True):
            leave(job, tables, folder)
    for each in study.comparisons:
        recipe = study.recipe(each.recipe).model_dump_json()
        runs = paths.root / f"runs/tuning/{each.dataset}/{each.model}"
        runs /= f"{each.recipe}-{each.tuning_epochs}"
        for grid in each.losses:
            out = paths.choice(each.folder, grid.loss)
            folders = [folder.parent for folder in runs.glob(f"*/{grid.loss}")]
            choose(folders, grid.model_dump_json(), out, each.epochs, recipe, seeds)
        pair = [paths.choice(each.folder, loss) for loss in (REFERENCE, PRIMARY)]
        declare(list(runs.iterdir()), pair, paths.levels(each.folder))
    collect(study.model_dump_json(), paths.root)
    for name, found in read_tables(paths, *COLLECTED).items():
        pd.testing.assert_frame_equal(found, tables[name])


def of_the_pair(
    tables: dict[str, pd.DataFrame], study: Study
) -> tuple[dict[str, pd.DataFrame], Study]:
    """What is on MNIST and about the primary pair: files enough."""
    kept = {"dataset": {"mnist"}, "loss": {REFERENCE, PRIMARY}}
    comparisons = tuple(
        each.model_copy(
            update={"losses": tuple(one for one in each.losses if one.loss in kept["loss"])}
        )
        for each in study.comparisons
        if each.dataset in kept["dataset"]
    )
    datasets = tuple(each for each in study.datasets if each.name in kept["dataset"])
    found = {}
    for name, frame in tables.items():
        for column in frame.columns.intersection(list(kept)):
            frame = frame[frame[column].isin(kept[column])]
        found[name] = frame.reset_index(drop=True)
    return found, study.model_copy(update={"comparisons": comparisons, "datasets": datasets})


def leave(job: Job, tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """What the job leaves in its folder, every run at the rate that its loss has in `tables`."""
    chosen = tables["choices"]
    chosen = chosen[chosen["loss"] == job.cells[0].loss].drop_duplicates("seed")
    pairs = zip(chosen["learning_rate"], chosen["setting"], strict=True)
    choices = dict(zip(chosen["seed"], pairs, strict=True))
    is_tuning = job.cells[0].stage == "tuning"
    listed = []
    for run in job.runs(None if is_tuning else choices):
        for name in STAGE_TABLES[run.cell.stage]:
            path = folder / run.folder / f"{name}.parquet"
            write(rows_of_run(tables[name], run), RUN_TABLES[name], path)
        origin = rows_of_run(tables["origins"], run).iloc[0]
        listed.append(Listed(run.folder, origin["key"], origin["study"], origin["trained"], False))
    write_listing(folder, listed)


def rows_of_run(frame: pd.DataFrame, run: Run) -> pd.DataFrame:
    cell = run.cell
    wanted = {"dataset": cell.dataset, "model": cell.model, "recipe": cell.recipe.name}
    wanted |= {"epochs": cell.epochs, "loss": cell.loss, "seed": run.replicate.seed}
    return of(frame, wanted | {"learning_rate": cell.learning_rate}, cell.stage)


@pytest.mark.parametrize("place", LENGTHS)
def test_a_comparison_says_what_it_would_say_alone(made, place) -> None:
    tables, study = made
    (alone,) = (
        each
        for each in study.comparisons
        if (each.dataset, each.model, each.recipe, each.epochs) == (*NETWORK, *place)
    )
    own = study.model_copy(update={"comparisons": (alone,)})
    here = dict(zip(COMPARISON, (*NETWORK, *place), strict=True))
    tuned = here | {"epochs": alone.tuning_epochs}
    read = {}
    for name in ("history", "runs", "metrics", "geometry"):
        frame = tables[name]
        parts = [of(frame, here, "evaluation"), of(frame, tuned, "tuning")]
        read[name] = pd.concat(parts, ignore_index=True)
    read |= {name: of(tables[name], here) for name in ("choices", "levels", "mean_squares")}
    expected = derived_tables(own, read)["contrasts"]
    found = of(tables["contrasts"], here)
    assert len(found)
    # What answers for a network, and with whom it is corrected, are questions to the whole study.
    of_study = ["main", "family", "p_adjusted", "verdict", "replication"]
    pd.testing.assert_frame_equal(found.drop(columns=of_study), expected.drop(columns=of_study))
    assert expected["main"].all()


def test_each_question_is_asked_of_one_comparison_per_network(made) -> None:
    contrasts = made[0]["contrasts"].query("model == 'mlp' and rates == 'tuned' and main")
    lengths = contrasts.groupby("metric")[["recipe", "epochs"]].agg(set)
    for metric, recipe in (("error", "annealed"), ("nll", "annealed"), ("speed", "constant")):
        assert lengths.loc[metric].tolist() == [{recipe}, {6}]


def of(frame: pd.DataFrame, place: dict[str, object], stage: str | None = None) -> pd.DataFrame:
    for column, value in (place | ({"stage": stage} if stage else {})).items():
        frame = frame[frame[column] == value]
    return frame.reset_index(drop=True)


def test_tuning_runs_are_found_for_each_comparison_that_chose_from_them(made) -> None:
    tables, _ = made
    runs = tables["runs"]
    found = of_comparisons(runs[runs["stage"] == "tuning"], tables["choices"])
    mine = found[(found["model"] == "mlp") & (found["recipe"] == "annealed")]
    assert mine["epochs"].value_counts().nunique() == 1
    assert set(mine["epochs"]) == {4, 6}
    assert set(mine["tuning_epochs"]) == {3}


def test_a_recipe_tuned_for_speed_takes_the_rate_that_learns_earlier(made) -> None:
    """By hand: the mean over seeds and points of the log error."""
    tables, study = made
    grid = study.comparisons[0].losses[0]
    history, runs = (
        of(tables[name], dict(zip(COMPARISON, (*NETWORK, "constant", 3), strict=True)), "tuning")
        for name in ("history", "runs")
    )
    history, runs = (frame[frame["loss"] == grid.loss].copy() for frame in (history, runs))
    late = (history["learning_rate"] == 0.3) & (history["step"] > 0)
    last = history["step"] == history["step"].max()
    history.loc[late & ~last, "validation_error"] /= 100  # early, and not at the end
    history.loc[last & (history["learning_rate"] == 1.0), "validation_error"] = 0.0
    seeds = dict(zip(study.seeds.tuning, study.seeds.evaluation, strict=True))
    ends = selection.choose(history, runs, grid, seeds, epochs=6)
    speed = selection.choose(history, runs, grid, seeds, epochs=6, tuned_for="speed")
    assert set(ends["learning_rate"]) == {1.0}
    assert set(speed["learning_rate"]) == {0.3}
    end = history[last & (history["learning_rate"] == 0.3)].set_index("seed")["validation_error"]
    found = speed.set_index("tuning_seed")["validation_error"]
    assert found.to_dict() == end.to_dict()


def test_places_are_told_apart_only_where_a_network_has_several(made) -> None:
    tables, study = made
    told = {place[:-1]: place.told for place in places(study.comparisons)}
    assert told["mnist", "mlp", "annealed", 4] == "annealed, 4\N{NO-BREAK SPACE}epochs"
    assert told["cifar10", "convnet", "annealed", 6] == ""
    assert {place[:-1]: place.told for place in places_in(tables["contrasts"])} == told


SPEEDS = {"lead-by-level", "speed", "speed-by-level", "learning-curves"}


@pytest.mark.parametrize("name", STUDY_FIGURES)
def test_a_figure_shows_the_comparisons_that_answer_its_question(made, name) -> None:
    """One figure shows them all. In a study with a network a data set those of data sets are so."""
    figure = import_module(FIGURES[name].module).draw(*made)
    said = "\n".join(text.get_text() for text in figure.findobj(Text))
    main = main_places(made[1])
    asked = main[SPEED.metric] if name in SPEEDS else main[ERROR.metric]
    if name == "answer":
        asked = main[ERROR.metric] | main[SPEED.metric]
    if name == "projections":  # of the first alone
        shown = places(made[1].comparisons)
        asked = {next(place[:-1] for place in shown if place[:-1] in asked)}
    for place in places(made[1].comparisons):
        is_shown = name == "conditions" or place[:-1] in asked
        heading = place._replace(told="").heading
        parts = heading.split(" · ") if name == "lead-by-level" else [heading]  # in two lines
        assert all(part in said for part in (*parts, place.told)) == is_shown


def test_the_page_describes_recipes_and_names_comparisons(made) -> None:
    tables, study = made
    page = parsed(rendered(tables, study, figures=in_words(tables, study)))
    both = zip(page.all("dt"), page.all("dd"), strict=True)
    terms = {term.text: text.text for term, text in both}
    for recipe in study.recipes:
        assert described(recipe) in terms[f"Recipe {recipe.name}"]
    assert any("MLP (constant, 6 epochs)" in term for term in terms)
    assert "under constant that with the lowest mean log error" in page.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "SGD, Nesterov momentum 0.9, no weight decay, linear warm-up over 25%"),
        ({"momentum": 0}, "plain SGD"),
        ({"nesterov": False}, "SGD, momentum 0.9"),
        ({"optimiser": "adamw"}, "AdamW, no weight decay"),
        ({"schedule": "constant", "warmup": 0}, "no warm-up, then a constant rate"),
        ({"weight_decay": 0.001}, "weight decay of 0.001 a step"),
        ({"head_scale": 20}, "initial weights times 20"),
        ({"tuned_for": "speed"}, "lowest mean log error"),
    ],
)
def test_a_recipe_reads_as_its_fields_say(fields, words) -> None:
    assert words in described(Recipe(name="own", **fields))


def changed(**fields: object) -> dict[str, object]:
    study = load_study(MINIATURE).model_dump() | fields
    used = {each["dataset"] for each in study["comparisons"]}
    return study | {"datasets": [each for each in study["datasets"] if each["name"] in used]}


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        ({"momentum": 0.0, "nesterov": True}, "nesterov: True is not allowed: momentum is 0"),
        ({"optimiser": "adamw", "momentum": 0.9}, "momentum: 0.9 is not allowed: adamw has none"),
        ({"optimiser": "adamw", "nesterov": True}, "nesterov: True is not allowed"),
        ({"optimiser": "adam"}, "recipes.0.optimiser: 'adam' is not allowed"),
        ({"name": "own-1"}, "recipes.0.name: 'own-1' is not allowed"),
        ({"weight_decay": 1.0}, "recipes.0.weight_decay: 1.0 is not allowed"),
        ({"head_scale": 0}, "recipes.0.head_scale: 0 is not allowed"),
    ],
)
def test_a_recipe_without_sense_is_one_line(recipe, line) -> None:
    comparisons = [
        each.model_dump(exclude={"recipe"}) for each in load_study(MINIATURE).comparisons
    ]
    fields = changed(recipes=[{"name": "own"} | recipe], comparisons=comparisons)
    with pytest.raises(ConfigError) as caught:
        parse_study(fields, origin="study.yaml")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "comparisons lists digits/mlp/annealed-6 twice"),
        ({"recipe": "fast"}, "comparisons.1.recipe: 'fast' is not allowed: recipes lists annealed"),
        ({"epochs": 9}, "digits/mlp/annealed-9: tuning_epochs 4 is not allowed: at least half"),
        ({"epochs": 8, "batch_size": 64}, "batch_size 64 is not allowed: digits/mlp/annealed-6"),
    ],
)
def test_a_comparison_that_contradicts_another_is_one_line(change, line) -> None:
    first, _ = changed()["comparisons"]
    with pytest.raises(ConfigError) as caught:
        parse_study(changed(comparisons=[first, first | change]), origin="study.yaml")
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lengths_that_a_trial_makes_equal_are_compared_once() -> None:
    first, _ = changed()["comparisons"]
    limits = {"epochs": 2, "tuning_epochs": 1}
    fields = changed(comparisons=[first, first | {"epochs": 8}], limits=limits)
    study = parse_study(fields, origin="study.yaml")
    assert [(each.epochs, each.tuning_epochs) for each in study.comparisons] == [(2, 1)]
    assert Study.model_validate_json(study.model_dump_json()) == study
