"""The published numbers, computed again from the published tables by other means.

Nothing of the project but the names of files: pandas reads the text, NumPy and SciPy do the rest.
An invented study is published beside the real ones, so that the test has something to try.
"""

import itertools
import json
import math
from collections import defaultdict
from pathlib import Path
from statistics import mean, median

import numpy as np
import pandas as pd
import pytest
import scipy

from builders import synthetic
from builders.project_copy import ROOT
from lossbench.study.paths import EXPORTED

INVENTED = "an invented one"
PUBLISHED = {
    path.parents[1].name: path.parents[1] for path in ROOT.glob("docs/published/*/tables/levels.*")
}
PLACE = ["dataset", "model", "recipe", "epochs"]
CONTRAST = [*PLACE, "rates", "metric", "loss", "reference"]
RUN = [*PLACE, "loss", "setting", "learning_rate", "stage", "seed"]


class Published:
    """The tables and the configuration of a study, as text."""

    def __init__(self, folder: Path, *, digits: int = 6) -> None:
        self.folder, self.digits = folder, digits
        self.study = json.loads((folder / "study.json").read_text("utf-8"))
        self.recipes = {recipe["name"]: recipe for recipe in self.study["recipes"]}
        self.contrasts = self.table("contrasts")
        self.steps = self.table("steps_to_level")

    def near(self, expected):
        """What comes out again; of six digits after subtracting and interpolating."""
        rel, floor = (1e-4, 1e-7) if self.digits == 6 else (1e-6, 1e-12)
        return pytest.approx(expected, rel=rel, abs=floor)

    def table(self, name: str) -> pd.DataFrame:
        (path,) = self.folder.glob(f"tables/{name}.csv*")
        return pd.read_csv(path, keep_default_na=False, na_values=[""]).fillna(
            {"setting": "", "bound": "", "bound_again": "", "family": "", "verdict": ""}
        )

    def curves(self, stage: str) -> dict[tuple, tuple[np.ndarray, np.ndarray]]:
        """Run (RUN) → steps and validation errors; a diverged run has none."""
        lost = self.table("runs").query("diverged")
        gone = set(lost[RUN].itertuples(index=False, name=None))
        history = self.table("history").query("stage == @stage").sort_values("step")
        return {
            run: (rows["step"].to_numpy(), rows["validation_error"].to_numpy())
            for run, rows in history.groupby(RUN)
            if run not in gone
        }

    def errors(self) -> dict[tuple, dict[int, float]]:
        """(PLACE, loss) → final test error by seed."""
        found = self.table("metrics").query(
            "stage == 'evaluation' and split == 'test' and metric == 'error'"
        )
        return {
            key: dict(zip(rows["seed"], rows["value"], strict=True))
            for key, rows in found.groupby([*PLACE, "loss"])
        }


@pytest.fixture(scope="module", params=[INVENTED, *PUBLISHED])
def study(request, tmp_path_factory):
    if request.param in PUBLISHED:
        return Published(PUBLISHED[request.param])
    folder = tmp_path_factory.mktemp("invented")
    (folder / "tables").mkdir()
    tables, made = synthetic.build(networks=1, recipes=True)
    for name in EXPORTED:
        tables[name].to_csv(folder / f"tables/{name}.csv", index=False)
    (folder / "study.json").write_text(made.model_dump_json(), "utf-8")
    return Published(folder, digits=17)


def clear_of_failure(grid, chance):
    """The rates and settings at which, and at the next larger rate, a run learned; all if none."""
    rates = sorted({rate for rate, _ in grid})
    larger = dict(itertools.pairwise(rates))
    learned = {cell for cell, (_, end) in grid.items() if end < 0.75 * chance}
    top = {(rates[-1], setting) for _, setting in grid}
    return {(r, s) for r, s in learned if (r, s) in top or (larger[r], s) in learned} or set(grid)


def test_every_replicate_chose_the_best_of_its_tuning_runs(study):
    curves = study.curves("tuning")
    chosen = study.table("choices")
    classes = study.table("runs").groupby("dataset")["classes"].first()
    tried = defaultdict(dict)
    for (*place, epochs, loss, setting, rate, _, seed), (steps, errors) in curves.items():
        after = np.log(errors[steps > 0]) if errors.min() > 0 else np.array([np.nan])
        goals = {"error": errors[-1], "speed": after.mean()}
        goal = goals[study.recipes[place[2]]["tuned_for"]]
        tried[(*place, epochs, loss, seed)][rate, setting] = goal, errors[-1]
    checked = 0
    for row in chosen.itertuples():
        grid = tried[(*row[1:4], row.tuning_epochs, row.loss, row.tuning_seed)]
        mine, _ = grid[row.learning_rate, row.setting]
        if not math.isnan(mine) and len(grid) == row.trials:
            for_speed = study.recipes[row.recipe]["tuned_for"] == "speed"
            chance = 1 - 1 / classes[row.dataset]
            allowed = clear_of_failure(grid, chance) if for_speed else grid
            assert mine == study.near(min(grid[cell][0] for cell in allowed)), row
            checked += 1
    assert checked > 0.8 * len(chosen) > 0


def test_levels_are_what_the_weaker_of_the_pair_reached_when_tuned(study):
    curves, chosen = study.curves("tuning"), study.table("choices")
    classes = study.table("runs").groupby("dataset")["classes"].first()
    for place, levels in study.table("levels").groupby(PLACE):
        ends = []
        (compared,) = (
            {grid["loss"] for grid in each["losses"]}
            for each in study.study["comparisons"]
            if [each[name] for name in PLACE] == list(place)
        )
        for loss in {"cross_entropy", "mse_softmax"} & compared:
            mine = chosen[(chosen[PLACE] == list(place)).all(axis=1) & (chosen["loss"] == loss)]
            runs = [
                (*place[:3], row.tuning_epochs, loss, row.setting, row.learning_rate, "tuning",
                 row.tuning_seed)
                for row in mine.itertuples()
            ]  # fmt: skip
            chance = 1 - 1 / classes[place[0]]
            ends.append(median(curves[run][1].min() if run in curves else chance for run in runs))
        hardest = min(max(max(ends), 0.001), 0.6 * chance)
        easiest = min(4 * hardest, 0.75 * chance)
        errors = levels.sort_values("level")["validation_error"]
        assert errors.iloc[[0, -1]].to_list() == study.near([easiest, hardest])
        assert errors.to_numpy() == study.near(np.geomspace(easiest, hardest, 20))


def crossing(steps: np.ndarray, lowest: np.ndarray, level: float) -> float:
    """Where the line between the log measurements of a running minimum first meets the level."""
    before = None
    for step, error in zip(np.maximum(steps, 1), lowest, strict=True):
        if error <= level + 1e-9:
            if before is None or error >= level:
                return float(step)
            share = math.log(before[1] / level) / math.log(before[1] / error)
            return float(before[0] * (step / before[0]) ** share)
        before = step, error
    return math.inf


def test_levels_are_met_where_the_measured_curve_falls_below_them(study):
    curves = study.curves("evaluation")
    met = study.steps.query("stage == 'evaluation'")
    budgets = met.merge(study.table("runs")[[*RUN, "steps"]], on=RUN, suffixes=("", "_run"))
    budget = budgets.groupby(PLACE)["steps_run"].max()
    for run, rows in met.groupby(RUN):
        floor = rows["validation_error"].min() / 2
        for row in rows.itertuples():
            found = math.inf
            if run in curves:
                steps, errors = curves[run]
                lowest = np.minimum.accumulate(np.maximum(errors, floor))
                found = crossing(steps, lowest, row.validation_error)
            assert row.reached == math.isfinite(found)
            assert row.steps == study.near(found if row.reached else budget[run[:4]])


def of(contrasts: pd.DataFrame, metric: str, rates: str = "tuned") -> pd.DataFrame:
    return contrasts[(contrasts["metric"] == metric) & (contrasts["rates"] == rates)]


def test_differences_of_error_and_both_intervals(study):
    errors, squares = study.errors(), study.table("mean_squares").set_index([*PLACE, "loss"])
    judged = of(study.contrasts, "error").dropna(subset="ci_low")
    assert len(judged)
    for row in judged.to_dict("records"):
        place = tuple(row[name] for name in PLACE)
        ours, theirs = errors[(*place, row["loss"])], errors[(*place, "cross_entropy")]
        shared = sorted(ours.keys() & theirs.keys())
        differences = np.array([ours[seed] - theirs[seed] for seed in shared])
        n = len(differences)
        assert (row["pairs"], row["value"]) == (n, study.near(differences.mean()))
        alone = [row["replicates_low"], row["replicates_high"]]
        if np.ptp(differences):
            t = scipy.stats.ttest_1samp(differences, 0)
            assert alone == study.near([*t.confidence_interval(row["level"])])
        else:
            assert np.isnan(alone).all()
        found = squares.loc[(*place, row["loss"])]
        m = found["images"]
        assert found["of_replicates"] == study.near(m * differences.var(ddof=1))
        parts = np.array([found["of_replicates"], found["of_images"], found["of_residual"]])
        if parts[1] <= parts[2]:
            parts[1:] = 0
        squared = parts @ [1, 1, -1] / (n * m)
        weights = parts**2 / [n - 1, m - 1, (n - 1) * (m - 1)]
        df = max(n - 1, (parts @ [1, 1, -1]) ** 2 / weights.sum())
        both = scipy.stats.t.interval(row["level"], df, differences.mean(), math.sqrt(squared))
        assert [row["ci_low"], row["ci_high"]] == study.near([*both])
        p = 2 * scipy.stats.t.sf(abs(differences.mean()) / math.sqrt(squared), df)
        assert row["t_p_value"] == study.near(p)


def test_ratios_of_steps_and_their_bounds(study):
    met = study.steps.query("stage == 'evaluation'")
    runs = {
        key: rows.set_index("level").sort_index()
        for key, rows in met.groupby([*PLACE, "loss", "seed"])
    }
    judged = of(study.contrasts, "speed")
    judged = judged[judged["scale"] == "ratio"].dropna(subset="value")
    assert len(judged)
    for row in judged.to_dict("records"):
        place = tuple(row[name] for name in PLACE)
        seeds = [key[5] for key in runs if key[:5] == (*place, row["loss"])]
        seeds = [seed for seed in seeds if (*place, "cross_entropy", seed) in runs]
        pairs = [
            (runs[(*place, row["loss"], seed)], runs[(*place, "cross_entropy", seed)])
            for seed in seeds
        ]
        alone = [(a["reached"] != b["reached"]).mean() for a, b in pairs]
        few = mean(alone) <= 0.05 and max(alone) <= 0.5
        logs = []
        for ours, theirs in pairs:
            kept = ours["reached"] | theirs["reached"]
            if few:
                kept = ours["reached"] & theirs["reached"]
            if kept.any():
                logs.append(np.log(ours["steps"] / theirs["steps"])[kept].mean())
        assert row["value"] == study.near(math.exp(mean(logs)))
        bounds = ["", "at least", "at most", "within the budget"]
        we_miss = any((b["reached"] & ~a["reached"]).any() for a, b in pairs)
        they_miss = any((a["reached"] & ~b["reached"]).any() for a, b in pairs)
        assert row["bound"] == ("" if few else bounds[we_miss + 2 * they_miss])
        if not math.isnan(row["ci_low"]):
            t = scipy.stats.ttest_1samp(logs, 0)
            ends = np.exp(t.confidence_interval(row["level"]))
            assert [row["ci_low"], row["ci_high"]] == study.near([*ends])
            assert row["t_p_value"] == study.near(t.pvalue)


QUESTIONS = {"nll": "probabilities", "brier": "probabilities", "ece": "probabilities"}


def families(contrasts: pd.DataFrame):
    """The contrasts that are corrected together, with the `p` that is; of equal pairs, a flip's."""
    flips = contrasts["p_value"].where(contrasts["value"] != 0)
    asked = contrasts.assign(p=contrasts["t_p_value"].fillna(flips))
    asked = asked[(asked["family"] != "") & asked["p"].notna()]
    primary = asked["family"] == "primary"
    for _, rows in asked[primary].groupby("metric"):
        yield rows
    yield from (
        rows
        for _, rows in asked[~primary].groupby(
            [*PLACE, "rates", asked["metric"].replace(QUESTIONS)]
        )
    )


def test_holm_s_correction_within_each_family(study):
    found = list(families(study.contrasts))
    assert max(map(len, found)) > 1
    for rows in found:
        ranked, reached = rows.sort_values("p"), 0.0
        for position, row in enumerate(ranked.itertuples()):
            reached = max(reached, min(1.0, (len(rows) - position) * row.p))
            assert row.p_adjusted == study.near(reached), row


def word(row: dict) -> str:
    """The verdict that the interval, the margin, the corrected p and the bound leave."""
    low, high, margin, value = (
        row[name] for name in ("equivalence_low", "equivalence_high", "margin", "value")
    )
    if row["scale"] == "ratio":
        low, high, value, margin = *map(math.log, (low, high, value)), math.log(1 + margin)
    if max(-low, high) < margin:
        return "equivalent"
    if row["p_adjusted"] > 1 - row["level"]:
        return "undecided"
    word = "worse" if value > 0 else "better"
    loose = {"at least": "better", "at most": "worse", "within the budget": word}
    return "undecided" if loose.get(row["bound"]) == word else word


@pytest.fixture(params=["contrasts", "together"])
def told(request, study) -> pd.DataFrame:
    """The contrasts of the study, or of it and its repetition together."""
    found = study.table(request.param)
    if found.empty:
        pytest.skip("not repeated")
    return found


def test_both_together_measure_the_mean_of_all_their_replicates(study):
    both = study.table("together").merge(study.table("repetition"), on=CONTRAST, how="outer")
    both = both.merge(study.contrasts[[*CONTRAST, "pairs"]], on=CONTRAST, suffixes=("", "_here"))
    unbound = (both[["bound_x", "bound_y", "bound_again"]] == "").all(axis=1)
    for row in both[unbound & both["value_again"].notna() & both["value_y"].notna()].itertuples():
        weights = row.pairs_here, row.pairs - row.pairs_here
        values = np.array([row.value_y, row.value_again])
        logs = np.log(values) if row.scale == "ratio" else values
        mean = np.average(logs, weights=weights)
        assert row.value_x == study.near(np.exp(mean) if row.scale == "ratio" else mean)


def test_verdicts_follow_from_the_numbers_beside_them(told):
    judged = pd.concat([of(told, "error"), of(told, "speed")])
    judged = judged[judged["scale"].isin(("difference", "ratio"))].dropna(subset="t_p_value")
    one_trial = len(judged) == 2  # a loss of one's own in one comparison: its error, its speed
    assert one_trial or judged["verdict"].nunique() > 1
    for row in judged.to_dict("records"):
        assert row["verdict"] == word(row), row


def test_replication_probabilities_come_again_from_other_draws(told):
    """Of primary contrasts, simulated one study at a time."""
    rng = np.random.default_rng(12)
    primary = told.query("family == 'primary'")
    for metric in ("error", "speed"):
        rows = primary[primary["metric"] == metric]
        rows = rows[rows["replication"].notna() & (rows["scale"] != "reach")]
        is_ratio = (rows["scale"] == "ratio").to_numpy()
        value, margin = rows["value"].to_numpy(), rows["margin"].to_numpy()
        center = np.where(is_ratio, np.log(np.where(is_ratio, value, 1)), value)
        margin = np.where(is_ratio, np.log1p(margin), margin)
        error, df = rows["standard_error"].to_numpy(), rows["df"].to_numpy()
        left = rows["bound"].map({"at least": 1, "at most": -1, "within the budget": 0}).to_numpy()

        def said(means, errors, margin=margin, df=df, left=left):
            p = 2 * scipy.stats.t.sf(np.abs(means) / errors, df)
            order, reached, clear = np.argsort(p), 0.0, np.zeros(len(p), bool)
            for position, index in enumerate(order):
                reached = max(reached, (len(p) - position) * p[index])
                clear[index] = reached <= 0.05
            inside = np.abs(means) + scipy.stats.t.ppf(0.95, df) * errors < margin
            words = np.where(inside, 9, np.where(clear, np.sign(means), 0))
            return np.where(np.isnan(left) | (words == left), words, 0)

        first = said(center, error)
        same = np.zeros(len(rows))
        for _ in range(800):
            spread = error * np.sqrt(df / rng.chisquare(df))
            true = center + rng.standard_normal(len(rows)) * spread
            errors = spread * np.sqrt(rng.chisquare(df) / df)
            same += said(true + rng.standard_normal(len(rows)) * spread, errors) == first
        assert rows["replication"].to_numpy() == pytest.approx(same / 800, abs=0.08)
