"""The sentences that the page writes itself. Every number comes from a table through `wording`."""

import math
from collections.abc import Callable, Iterable, Sequence

from lossbench import wording
from lossbench.config import PRIMARY, REFERENCE, Study
from lossbench.report import evidence, runs
from lossbench.report.blocks import Prose, Sentence, Text
from lossbench.report.evidence import Contrast, Tables
from lossbench.report.labels import (
    dataset_name,
    in_sentence,
    loss_name,
    model_name,
    place,
)

FEWEST_PAIRS = 3
"""Fewer seeds than this carry no interval."""
CLAIM_VERDICTS = {
    "supported": "supports {}",
    "supported with limits": "supports {} with limits",
    "contradicted": "contradicts {}",
    "undecided": "leaves {} undecided",
}
"""What the evidence does to a claim, by verdict."""


def answer(study: Study, tables: Tables) -> list[Prose]:
    """The page's first sentences: who learns faster, who ends lower, and how sure that is."""
    return [
        Prose(speed(tables, PRIMARY), "table-speed"),
        Prose(final(tables, PRIMARY), "table-error-contrasts"),
        Prose(claims(tables), "claims", "all claims"),
    ]


def speed(tables: Tables, loss: str) -> Text:
    """Whether `loss` needs more or fewer steps to the last target than the reference."""
    target = evidence.last_target(tables)
    found = evidence.contrasts(tables, f"steps_to_target_{target}", loss)
    if not found:
        return f"No run tells whether {_pair(loss)} learns faster."
    return _grouped(found, lambda verdict, group: _speed(verdict, group, tables, target))


def final(tables: Tables, loss: str) -> Text:
    """Whether `loss` ends at a higher or lower test error than the reference."""
    found = evidence.contrasts(tables, "error", loss)
    if not found:
        return f"No run tells whether {_pair(loss)} ends at a lower test error."
    return _grouped(found, _final)


def claims(tables: Tables) -> str:
    """How many of the claims stand, fall, hold with limits, or stay open."""
    if not evidence.filled(tables, "claims"):
        return "No claim was tested."
    verdicts = tables["claims"]["verdict"]
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in CLAIM_VERDICTS}
    parts = [CLAIM_VERDICTS[verdict].format(n) for verdict, n in counts.items() if n]
    tested = wording.count(len(verdicts), "claim")
    return f"Of the {tested} tested, the evidence {wording.join(parts)}."


def seeds(study: Study, tables: Tables) -> str:
    """How often each run was repeated, and what follows from it."""
    counts = sorted(set(evidence.evaluation_seeds(study)))
    how_many = wording.interval(counts[0], counts[-1], "{:.0f}".format) if len(counts) > 1 else ""
    runs = f"{how_many} seeds" if how_many else wording.count(counts[-1], "seed")
    level = f"{study.statistics.level:.0%}"
    text = (
        f"Each loss trains with its own tuned learning rate and the same {runs}, "
        "paired: one seed gives every loss the same start and the same batches."
    )
    if counts[0] < FEWEST_PAIRS:
        return f"{text} {_too_few(counts[0])}"
    return f"{text} Intervals cover {level}."


def losses_on_speed(study: Study, tables: Tables) -> tuple[Text, ...]:
    """One sentence a loss: its steps to the last target, against the reference."""
    return tuple(speed(tables, loss) for loss in _others(study))


def losses_on_error(study: Study, tables: Tables) -> tuple[Text, ...]:
    """One sentence a loss: its final test error, against the reference."""
    return tuple(final(tables, loss) for loss in _others(study))


def plain(text: Text) -> str:
    """The text without its leads standing out."""
    return text if isinstance(text, str) else " ".join(map(str, text))


def sensitivity(tables: Tables) -> str:
    """Whether tuning looked far enough: which chosen rates lie on an edge of their grid."""
    if not evidence.filled(tables, "choices"):
        return "No learning rate was tuned."
    chosen = tables["choices"]
    edges = chosen[chosen["on_edge"]]
    tried = wording.count(int(chosen["trials"].max()), "trial")
    if edges.empty:
        return f"With {tried} for each loss, every chosen learning rate lies inside its grid."
    listed = wording.join(
        [
            f"{in_sentence(row.loss)} on {place(row.dataset, row.model)} ({row.learning_rate:g})"
            for row in edges.itertuples()
        ]
    )
    return (
        f"With {tried} for each loss, the chosen learning rate lies on the edge of its grid for "
        f"{listed}: a better rate may lie beyond, so the tuned error there is an upper bound."
    )


def same_rate(tables: Tables) -> str:
    """What the comparison at one shared rate says, and why it decides nothing."""
    found = [
        row
        for row in evidence.contrasts(tables, "validation_error", comparison="same_rate")
        if not math.isnan(row.value)
    ]
    if not found:
        return "No tuning run of two losses shares a learning rate."
    worse = [row for row in found if row.value > 0]
    return (
        f"At the rate that suits {in_sentence(REFERENCE)}, the other losses have a higher "
        f"validation error in {len(worse)} of {wording.count(len(found), 'comparison')}. This "
        "comparison is confounded: a rate that suits one loss need not suit another, because "
        "their gradients differ in size. It shows what happens when the rate is not tuned."
    )


def counts(study: Study, tables: Tables) -> str:
    """How many of the planned runs were made, diverged, or are missing."""
    found = runs.status(study, tables)["status"].value_counts()
    parts = [
        f"{found[status]:,} {meaning}"
        for status, meaning in (
            ("ok", "finished"),
            ("diverged", "diverged"),
            ("missing", "missing"),
            ("not planned", "not planned"),
        )
        if status in found
    ]
    return f"{wording.count(int(found.sum()), 'run')}: {wording.join(parts)}."


def diverged(tables: Tables) -> str:
    """How many runs diverged, and of which losses; empty where none did."""
    parts = []
    for stage, meaning in (("evaluation", "evaluation run"), ("tuning", "tuning run")):
        lost = evidence.diverged_runs(tables, stage)
        counts = lost.groupby("loss").size()
        parts += [
            f"{wording.count(number, meaning)} of {in_sentence(str(loss))}"
            for loss, number in counts.items()
        ]
    if not parts:
        return ""
    return (
        f"Diverged: {wording.join(parts)}. Such a run counts as a failure: it has the error of "
        "chance and reaches no target."
    )


def missing(study: Study, tables: Tables) -> str:
    """Which data sets of the study have no run; empty where none is missing."""
    names = [dataset_name(name) for name in evidence.missing_datasets(study, tables)]
    if not names:
        return ""
    return f"No run on {wording.join(names)} was found: nothing here speaks about it."


def _speed(verdict: str, group: Sequence[Contrast], tables: Tables, target: int) -> Sentence:
    name, reference = in_sentence(group[0].loss), in_sentence(group[0].reference)
    leads = {
        "worse": f"{loss_name(group[0].loss)} learns more slowly than {reference}",
        "better": f"{loss_name(group[0].loss)} learns faster than {reference}",
        "equivalent": f"{loss_name(group[0].loss)} learns as fast as {reference}",
        "undecided": f"Whether {name} or {reference} learns faster is undecided",
    }
    return Sentence(
        leads[verdict],
        f": {name} needs {_listed(group, lambda row: _steps(row, tables, target))} to reach the "
        "last target.",
    )


def _final(verdict: str, group: Sequence[Contrast]) -> Sentence:
    name, reference = in_sentence(group[0].loss), in_sentence(group[0].reference)
    leads = {
        "worse": f"{loss_name(group[0].loss)} ends at a higher test error than {reference}",
        "better": f"{loss_name(group[0].loss)} ends at a lower test error than {reference}",
        "equivalent": f"{loss_name(group[0].loss)} ends level with {reference}",
        "undecided": f"Whether {name} or {reference} ends at a lower test error is undecided",
    }
    return Sentence(leads[verdict], f": the difference is {_listed(group, _difference)}.")


def _listed(
    group: Sequence[Contrast], numbers: Callable[[Contrast], tuple[str, Sequence[str]]]
) -> str:
    """Each contrast's value, place and notes; a data set and a coverage are named once."""
    parts = []
    dataset, level = "", 0.0
    for row in group:
        value, notes = numbers(row)
        same = row.dataset == dataset
        where = f"with {model_name(row.model)}" if same else f"on {place(row.dataset, row.model)}"
        text = f"{value} {where} ({'; '.join(filter(None, notes))})"
        named = f"{row.level:.0%} interval "
        parts.append(text.replace(named, "") if row.level == level else text)
        dataset, level = row.dataset, row.level if named in text else level
    return wording.join(parts)


def _steps(row: Contrast, tables: Tables, target: int) -> tuple[str, Sequence[str]]:
    """Such as: 1.8× the steps, 95% interval 1.5× to 2.1×."""
    notes = [_uncertainty(row, wording.ratio), *_censoring(row, tables, target)]
    if math.isnan(row.value):
        return "an unknown number of steps", notes
    return f"{wording.ratio(row.value)} the steps", notes


def _difference(row: Contrast) -> tuple[str, Sequence[str]]:
    """Such as: +0.31 pp, 95% interval +0.20 pp to +0.42 pp, 31 more test images wrong."""
    images = "" if math.isnan(row.test_images) else _images(row.test_images)
    return wording.points(row.value), [_uncertainty(row, wording.points), images]


def _images(difference: float) -> str:
    direction = "more" if difference > 0 else "fewer"
    number = round(abs(difference))
    return f"{number:,} {direction} test {'image' if number == 1 else 'images'} wrong"


def _uncertainty(row: Contrast, fmt: Callable[[float], str]) -> str:
    if math.isnan(row.ci_low) or math.isnan(row.ci_high):
        few = f"{wording.count(row.pairs, 'seed')}, " if row.pairs < FEWEST_PAIRS else ""
        return f"{few}no interval"
    return f"{row.level:.0%} interval {wording.interval(row.ci_low, row.ci_high, fmt)}"


def _censoring(row: Contrast, tables: Tables, target: int) -> list[str]:
    """For each of the two losses that missed the target: in how many of its runs."""
    notes = []
    for loss in (row.loss, row.reference):
        reach = evidence.reach(tables, row.dataset, row.model, loss, target)
        if reach.missed:
            runs = wording.count(reach.runs, "run")
            notes.append(
                f"{in_sentence(loss)} never reached it in its budget in {reach.missed} of {runs}"
            )
    return notes


def _too_few(seeds: int) -> str:
    return (
        f"With {wording.count(seeds, 'seed')} there are no intervals: the spread between seeds "
        f"cannot be estimated from fewer than {FEWEST_PAIRS}, so no difference can be told from "
        "chance."
    )


def _grouped(
    found: Iterable[Contrast], sentence: Callable[[str, Sequence[Contrast]], Sentence]
) -> tuple[Sentence, ...]:
    """One sentence for each verdict that occurs, the clear ones first."""
    groups: dict[str, list[Contrast]] = {
        verdict: [] for verdict in ("worse", "better", "equivalent", "undecided")
    }
    for row in found:
        groups[row.verdict].append(row)
    return tuple(sentence(verdict, group) for verdict, group in groups.items() if group)


def _others(study: Study) -> list[str]:
    losses = [grid.loss for comparison in study.comparisons for grid in comparison.losses]
    return [loss for loss in dict.fromkeys(losses) if loss != REFERENCE]


def _pair(loss: str) -> str:
    return f"{in_sentence(loss)} or {in_sentence(REFERENCE)}"

