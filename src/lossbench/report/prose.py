"""What the templates in `prose/` show: numbers and names, computed from study and tables."""

import json
from typing import TypedDict

import pandas as pd
import yaml

from lossbench.cards.loss import LOSSES, PLACEBO
from lossbench.cards.network import NETWORKS
from lossbench.cards.own_cards import stand_ins
from lossbench.claims.expectations import EXPECTATIONS
from lossbench.report import feature_tables
from lossbench.report.answer_tables import judged
from lossbench.report.blocks import Material, Values
from lossbench.report.claim_grid import claim_grid
from lossbench.report.run_status import run_status
from lossbench.report.templating import paragraph, paragraphs
from lossbench.report.tuning_tables import edges
from lossbench.stats.intervals import MIN_PAIRS
from lossbench.stats.multiplicity import main_places
from lossbench.study import plan
from lossbench.study.config import Study
from lossbench.study.grid import Comparison
from lossbench.tables.rows import Tables, records, rows_of
from lossbench.tables.runs import COMPARISON, NETWORK
from lossbench.words import headline
from lossbench.words.findings import find, on_trial, select
from lossbench.words.names import dataset_name
from lossbench.words.phrases import Sentences, sentences
from lossbench.words.places import Place, places, tell_apart
from lossbench.words.questions import ERROR, SPEED, Question


class FirstScreen(TypedDict):
    """What the page's first screen says."""

    heading: str
    deck: str
    ends_lower: Sentences
    learns_faster: Sentences


def notices(study: Study, tables: Tables) -> list[str]:
    """What a reader must know before any number: stand-ins, shortened studies, missing data."""
    found = set(rows_of(tables, "runs")["dataset"])
    asked = dict.fromkeys(comparison.dataset for comparison in study.comparisons)
    return paragraphs(
        "prose/notices.txt.j2",
        stand_ins=[each.name for each in study.datasets if each.name in stand_ins()],
        limits=study.limits.model_dump(exclude_none=True),
        missing=[dataset for dataset in asked if dataset not in found],
        unequal=_unequal(tables),
    )


def _unequal(tables: Tables) -> dict[str, float]:
    """By data set with unequal classes, the test error of always answering the most frequent."""
    images = rows_of(tables, "confusion").groupby(["dataset", "label"])["count"].sum()
    shares = images / images.groupby("dataset").sum()
    classes = rows_of(tables, "class_names").groupby("dataset").size()
    most = shares.groupby("dataset").max()
    return {str(name): 1 - share for name, share in most.items() if share > 1.5 / classes[name]}


def run_counts(study: Study, tables: Tables) -> str:
    """How many of the planned runs were made, diverged, or are missing."""
    found = run_status(study, tables)["status"].value_counts()
    return paragraph("prose/run-counts.txt.j2", runs=int(found.sum()), found=found.to_dict())


def repetitions(study: Study) -> str:
    """How often each run was repeated, and what follows from it."""
    return paragraph(
        "prose/repetitions.txt.j2",
        seeds=[len(plan.most_replicates(study, each)) for each in study.comparisons],
        fewest=MIN_PAIRS,
        level=study.statistics.level,
        several=len(study.comparisons) > len(main_places(study)["error"]),
    )


def first_screen(tables: Tables) -> FirstScreen:
    """The answer: a heading, a sentence, and what there is to say to either question."""
    error, speed = find(tables, ERROR), find(tables, SPEED)
    relative = headline.relative_errors(tables, error.loss)
    return {
        "heading": headline.heading(error, speed),
        "deck": headline.deck(error, speed, relative, headline.lost_runs(tables, error, speed)),
        "ends_lower": tuple(headline.verdict(error, relative)),
        "learns_faster": tuple(headline.verdict(speed, relative)),
    }


def claims(material: Material) -> Values:
    """Each claim with what was found; counts tell what experiments decide from the algebra."""
    found = judged(material.tables)
    known = found["figure"].where(found["figure"].isin(material.figures), "")
    by_basis = {
        basis: found.loc[found["basis"] == basis, "verdict"].value_counts().to_dict()
        for basis in ("measurement", "calculus")
    }
    return {
        "counts": paragraph(
            "prose/claim-counts.txt.j2",
            measured=by_basis["measurement"],
            derived=by_basis["calculus"],
        ),
        "textbook": LOSSES["mse_sigmoid"].link,
        "claims": records(found.assign(figure=known)),
        "grids": {
            claim: claim_grid(material.tables, expectation)
            for claim, expectation in EXPECTATIONS.items()
        },
    }


def scope(study: Study) -> str:
    """What was compared: networks, lengths, replicates."""
    compared = study.comparisons
    return paragraph(
        "prose/compared.txt.j2",
        networks=len({each.model for each in compared}),
        datasets=[each.name for each in study.datasets],
        epochs=[each.epochs for each in compared],
        replicates=[
            len(plan.replicates(study, each, grid, "evaluation"))
            for each in compared
            for grid in each.losses
        ],
    )


def of_losses(question: Question, tables: Tables) -> Values:
    """What is said of each loss on trial."""
    return {"losses": [sentences(find(tables, question, loss)) for loss in on_trial(tables)]}


def sensitivity(material: Material) -> Values:
    """Whether tuning looked far enough: which chosen rates lie on an edge of their grid."""
    choices = material.tables["choices"]
    found = records(tell_apart(edges(choices), among=choices))
    return {
        "trials": sorted({int(trials) for trials in choices["trials"]}),
        "chosen": len(choices),
        "on_edge": int(choices["on_edge"].sum()),
        "often": [edge for edge in found if 2 * edge.count >= edge.replicates],
    }


def same_rate(material: Material) -> Values:
    """How often at one shared rate the other loss has each verdict; the placebo is no other one.

    What comparisons of several lengths say from the same tuning runs counts once.
    """
    tuned = pd.DataFrame(
        [(*Place.of(each)[:-1], each.tuning_epochs) for each in material.study.comparisons],
        columns=[*COMPARISON, "tuning_epochs"],
    )
    contrasts = select(material.tables, "validation_error", rates="same_rate")
    found = contrasts[contrasts["loss"] != PLACEBO].merge(tuned, how="left")
    runs = [*COMPARISON[:-1], "tuning_epochs", "loss"]
    once = found.sort_values("main", ascending=False).drop_duplicates(runs)
    verdicts = once.dropna(subset="value")["verdict"]
    return {
        "compared": len(verdicts),
        "counts": verdicts.value_counts().to_dict(),
        "never": len(once) - len(verdicts),
        "again": len(found) - len(once),
    }


def last_layer(material: Material) -> Values:
    """Where the curvature is largest, and whether the least-squares loss does worst there.

    `in_order` counts the networks where all stand in one order by their curvature and by their
    difference; it is 0 otherwise, and for two, which would by chance every other time.
    """
    networks = records(feature_tables.networks(material.tables, material.study))
    compared = [network for network in networks if pd.notna(network.difference)]
    rising = sorted(compared, key=lambda network: network.curvature)
    differences = [network.difference for network in rising]
    is_one_order = len(compared) > 2 and differences == sorted(differences)
    return {
        "loss": feature_tables.LEAST_SQUARES,
        "elsewhere": LOSSES[feature_tables.LEAST_SQUARES].link,
        "networks": len(networks),
        "steepest": max(networks, key=lambda network: network.curvature),
        "flattest": min(networks, key=lambda network: network.curvature),
        "worst": max(compared, key=lambda network: network.difference, default=None),
        "compared": len(compared),
        "in_order": len(compared) if is_one_order else 0,
    }


def runs(material: Material) -> Values:
    """How many runs there are, and how many of each stage and loss diverged."""
    lost = [
        {"stage": stage, "loss": loss, "runs": number}
        for stage in ("evaluation", "tuning")
        for loss, number in rows_of(material.tables, "runs", stage=stage, diverged=True)
        .groupby("loss")
        .size()
        .items()
    ]
    return {"counts": run_counts(material.study, material.tables), "diverged": lost}


def training(material: Material) -> Values:
    """What each comparison trains, and how often."""
    study = material.study
    named = zip(places(study.comparisons), study.comparisons, strict=True)
    return {
        "networks": _networks(study, material.tables),
        "comparisons": [_trained(study, *each) for each in named],
    }


def _networks(study: Study, tables: Tables) -> list[Values]:
    """The built-in networks' layers, and by data set the parameters of those that were trained."""
    sizes = rows_of(tables, "runs").drop_duplicates(list(NETWORK))
    return [
        {
            "name": card.name,
            "layers": card.layers,
            "megaflops": card.flops / 1e6,
            "sizes": {
                dataset_name(row.dataset): row.parameters
                for row in records(sizes[sizes["model"] == key])
            },
        }
        for key, card in NETWORKS.items()
        if key in {each.model for each in study.comparisons}
    ]


def _trained(study: Study, place: Place, comparison: Comparison) -> Values:
    return {
        "place": place.in_sentence,
        "comparison": comparison,
        "epochs": comparison.epochs,
        "seeds": len(plan.most_replicates(study, comparison)),
        "tuning_epochs": comparison.tuning_epochs,
        "dataset": study.dataset(comparison.dataset),
    }


def record(material: Material) -> Values:
    """The study with every default written out, and everything recorded."""
    fields, recorded = material.study.model_dump(mode="json"), dict(material.provenance)
    return {
        "yaml": yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=88),
        "json": json.dumps(recorded, indent=2, ensure_ascii=False, default=str),
    }
