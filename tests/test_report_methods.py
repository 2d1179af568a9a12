"""Methods and provenance: the configuration reads back, and what is absent is said."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from matplotlib.markers import MarkerStyle

from builders import synthetic
from builders.report_pages import PROVENANCE, Element, parsed, rendered
from lossbench.cards.loss import LOSSES
from lossbench.figures.palette import LOSS_STYLES, SPARE
from lossbench.report.labels import _swatch, mathml
from lossbench.report.methods import UNRECORDED, citation, configuration, data, origin
from lossbench.report.scope import scope
from lossbench.study.config import Study


@pytest.fixture(scope="module")
def study() -> Study:
    _, made = synthetic.build(networks=1)
    return made


def test_configuration_reads_back_as_the_study(study):
    assert Study.model_validate(yaml.safe_load(configuration(study))) == study


def test_every_recorded_fact_is_shown():
    facts = dict(origin({**PROVENANCE, "git_dirty": True, "devices": ["A", "B"]}))
    assert facts["Git commit"] == "0123456789abcdef with uncommitted changes"
    assert facts["Code of training"] == "feedbeef"
    assert facts["Packages"] == "numpy 2.0"
    assert facts["Trained on"] == "A and B"
    assert facts["Training time"] == "1.5 minutes"
    assert facts["GPU"] == UNRECORDED


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"git_commit": "fedcba", "git_dirty": False}, "fedcba"),
        ({"git_commit": "fedcba", "git_dirty": True}, "fedcba with uncommitted changes"),
        ({"git_commit": PROVENANCE["git_commit"], "git_dirty": False}, None),
        ({"git_commit": None, "git_dirty": None}, None),
        ({}, None),
    ],
)
def test_a_page_made_by_other_code_than_the_runs_says_so(page, said):
    facts = dict(origin({**PROVENANCE, "page": page}))
    assert facts.get("Page made at commit") == said


def test_nothing_recorded_is_said_for_every_fact(study):
    assert set(dict(origin({})).values()) == {UNRECORDED}
    assert dict(data(study, {})) == {"MNIST": UNRECORDED, "CIFAR-10": UNRECORDED}
    assert UNRECORDED in citation(study, {})


def test_data_sets_show_counts_and_digests(study):
    manifest = {
        "counts": {"train": 55000, "validation": 5000, "test": 10000},
        "images_sha256": "a" * 64,
        "labels_sha256": "b" * 64,
        "source_sha256": {"train-images": "c" * 64},
        "citation": "A paper.",
        "licence": "A licence",
    }
    facts = dict(data(study, {"datasets": {"mnist": manifest}}))
    assert facts["MNIST"] == "55,000 train, 5,000 validation and 10,000 test examples"
    assert facts["Images, SHA-256"] == "a" * 64
    assert facts["train-images, SHA-256"] == "c" * 64


def test_the_bounds_of_a_study_follow_its_configuration(study):
    fields = study.model_dump()
    fields["seeds"] = {"tuning": [100, 101], "evaluation": [0, 1, 2, 3]}
    for comparison, epochs in zip(fields["comparisons"], (3, 7), strict=True):
        comparison |= {"epochs": epochs, "tuning_epochs": 1, "evaluation_seeds": None}
    fields["comparisons"][1]["tuning_seeds"] = 1
    bounds = dict(scope(Study.model_validate(fields)))
    assert bounds["Length"].startswith("Runs last 3 to 7\xa0epochs, ")
    assert bounds["Chance"].startswith("A comparison has 4\xa0seeds. ")
    assert " was tried with 1 to 2\xa0tuning seeds, " in bounds["Tuning"]
    fields["limits"] = {"epochs": 2, "evaluation_seeds": 1}
    bounds = dict(scope(Study.model_validate(fields)))
    assert bounds["Length"].startswith("Runs last 2\xa0epochs, ")
    assert bounds["Chance"].startswith("A comparison has 1\xa0seed. ")


def test_every_loss_has_its_formula(study):
    fields = study.model_dump()
    settings = {"linear": {}, "cosine": {"s": 10.0}, "linear_no_bias": {"annealing": {}}}
    fields["comparisons"][0]["losses"] = [
        {
            "loss": loss,
            "learning_rates": [0.1],
            "margins": [{"m": 2.0} | settings[card.head]] if card.family == "margin" else [],
        }
        for loss, card in LOSSES.items()
    ]
    page = parsed(rendered({}, Study.model_validate(fields)))
    rows: list[Element] = page.all("div", id="table-losses")[0].all("tbody")[0].all("tr")
    assert [row.attributes["data-loss"] for row in rows] == list(LOSSES)
    formulas = [row.all("math")[0].text for row in rows]
    assert all(formulas)
    assert len(set(formulas)) == len(LOSSES)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_formula_is_whole_and_in_display_style(loss):
    math = ElementTree.fromstring(mathml(LOSSES[loss].formula))
    assert math.get("displaystyle") == "true"
    text = "".join(math.itertext())
    assert "\\" not in text, "LaTeX that the converter does not know"
    assert ("∑" in text) == ("\\sum" in LOSSES[loss].formula)


def test_sums_have_their_limits_below_and_functions_a_space_around():
    math = ElementTree.fromstring(mathml(r"\sum_k t_k \log p_k"))
    assert [element.text for element in math.find(".//{*}munder")] == ["∑", "k"]
    spaced = [element for element in math.iter() if element.get("lspace")]
    assert [element.text for element in spaced] == ["log"]


@pytest.mark.parametrize("look", [*LOSS_STYLES.values(), *SPARE], ids=lambda look: look.color)
def test_a_swatch_holds_its_marker(look):
    """As matplotlib draws it: the same points, around the middle of a box of 36 by 14."""
    svg = ElementTree.fromstring(_swatch("mse_softmax", look))
    drawn = svg.findall("path")[1].get("d")
    numbers = np.array(re.findall(r"-?[\d.]+(?:e-?\d+)?", drawn), float).reshape(-1, 2)
    marker = MarkerStyle(look.marker)
    outline = marker.get_path().transformed(marker.get_transform()).vertices
    for axis, middle, size in ((0, 18, 36), (1, 7, 14)):
        assert 0 <= numbers[:, axis].min() < middle < numbers[:, axis].max() <= size
    widths = np.ptp(numbers, axis=0) / np.ptp(outline, axis=0)
    assert widths[0] == pytest.approx(widths[1], rel=1e-3)
