"""The page's texts: their numbers follow study and tables, and what is absent is said."""

import pandas as pd
import pytest
import yaml

from builders import synthetic
from builders.report_pages import PROVENANCE, Element, parsed, rendered
from lossbench.cards.loss import LOSSES
from lossbench.report import prose
from lossbench.report.blocks import Material, TextBlock
from lossbench.report.templating import UNRECORDED
from lossbench.study.config import Study


@pytest.fixture(scope="module")
def tables():
    return synthetic.build()[0]


@pytest.fixture(scope="module")
def study() -> Study:
    return synthetic.build()[1]


def said(name: str, study: Study, tables=None, provenance=None, values=None) -> Element:
    """The part of the page that the template of this name makes."""
    block = TextBlock(f"prose/{name}.html.j2", (), *([values] if values else []))
    (part,) = block.parts(Material(study, tables or {}, {}, provenance or {}))
    return parsed(str(part))


def text(element: Element) -> str:
    return " ".join(element.text.split())


def facts(element: Element) -> dict[str, str]:
    """Terms and what is said of them."""
    terms, descriptions = element.all("dt"), element.all("dd")
    return {
        term.text: text(description) for term, description in zip(terms, descriptions, strict=True)
    }


def origin(study: Study, provenance: dict[str, object]) -> dict[str, str]:
    return facts(said("origin", study, provenance=provenance))


def test_configuration_reads_back_as_the_study(study):
    shown = said("record", study, values=prose.record).all("div", id="configuration")[0].all("code")
    assert Study.model_validate(yaml.safe_load(shown[0].text)) == study


def test_every_recorded_fact_is_shown(study):
    facts = origin(study, {**PROVENANCE, "git_dirty": True})
    assert facts["Git commit"] == "0123456789abcdef with uncommitted changes"
    assert facts["Code of training"] == "feedbeef"
    assert facts["Packages"] == "numpy 2.0"
    assert facts["Trained on A"] == "MNIST: 1.5 minutes of training at 42% of its speed"
    assert facts["Trained on B"] == "CIFAR-10: 2.0 hours of training at 60% of its speed"
    assert facts["Tables made on"] == "An invented processor"
    assert facts["Platform"] == UNRECORDED


@pytest.mark.parametrize(
    ("page", "commit"),
    [
        ({"git_commit": "fedcba", "git_dirty": False}, "fedcba"),
        ({"git_commit": "fedcba", "git_dirty": True}, "fedcba with uncommitted changes"),
        ({"git_commit": PROVENANCE["git_commit"], "git_dirty": False}, None),
        ({"git_commit": None, "git_dirty": None}, None),
        ({}, None),
    ],
)
def test_a_page_made_by_other_code_than_the_runs_says_so(study, page, commit):
    assert origin(study, {**PROVENANCE, "page": page}).get("Page made at commit") == commit


def test_nothing_recorded_is_said_for_every_fact(study):
    assert set(origin(study, {}).values()) == {UNRECORDED}
    assert facts(said("data", study)) == {"MNIST": UNRECORDED, "CIFAR-10": UNRECORDED}
    assert text(said("citation", study)).count(UNRECORDED) == 3


def test_data_sets_show_counts_and_digests(study):
    manifest = {
        "counts": {"train": 55000, "validation": 5000, "test": 10000},
        "images_sha256": "a" * 64,
        "labels_sha256": "b" * 64,
        "source_sha256": {"train-images": "c" * 64},
        "citation": "A paper.",
        "licence": "A licence",
    }
    shown = facts(said("data", study, provenance={"datasets": {"mnist": manifest}}))
    assert shown["MNIST"] == "55,000 train, 5,000 validation and 10,000 test examples"
    assert shown["Images, SHA-256"] == "a" * 64
    assert shown["train-images, SHA-256"] == "c" * 64


def bounds_of(fields: dict[str, object]) -> dict[str, str]:
    return facts(said("scope", Study.model_validate(fields), values=prose.training))


def test_a_network_on_two_data_sets_is_one_network(study):
    fields = study.model_dump()
    of_mnist = [each for each in fields["comparisons"] if each["dataset"] == "mnist"]
    fields["comparisons"] = of_mnist + [each | {"dataset": "cifar10"} for each in of_mnist]
    networks = len({each["model"] for each in of_mnist})
    compared = prose.scope(Study.model_validate(fields)).replace("\xa0", " ")
    assert compared.startswith(f"{networks} networks on MNIST and CIFAR-10")


def test_the_bounds_of_a_study_follow_its_configuration(study):
    fields = study.model_dump()
    fields["seeds"] = {"tuning": [100, 101, 102, 103], "evaluation": [0, 1, 2, 3]}
    fields["comparisons"] = fields["comparisons"][:2]
    used = {comparison["dataset"] for comparison in fields["comparisons"]}
    fields["datasets"] = [each for each in fields["datasets"] if each["name"] in used]
    for comparison, epochs in zip(fields["comparisons"], (3, 7), strict=True):
        comparison |= {"epochs": epochs, "tuning_epochs": 4}
    fields["comparisons"][1]["replicates"] = 2
    bounds = bounds_of(fields)
    assert "3 to 7 epochs" in bounds["Length"]
    assert "2 to 4 replicates" in bounds["Chance"]
    fields["limits"] = {"epochs": 2, "replicates": 1}
    bounds = bounds_of(fields)
    assert " 2 epochs" in bounds["Length"]
    assert " 1 replicate." in bounds["Chance"]


def test_every_loss_has_its_formula(study):
    fields = study.model_dump()
    settings = {
        "sm_softmax": [{"m": 0.1}],
        "am_softmax": [{"m": 0.3, "s": 10.0}],
        "l_softmax": [{"m": 2.0, "annealing": {}}],
        "mse_rescaled": [{"k": 9, "M": 15}],
    }
    fields["comparisons"][0]["losses"] = [
        {"loss": loss, "learning_rates": [0.1], "margins": settings.get(loss, [])}
        for loss in LOSSES
    ]
    page = parsed(rendered({}, Study.model_validate(fields)))
    rows: list[Element] = page.all("div", id="table-losses")[0].all("tbody")[0].all("tr")
    assert [row.attributes["data-loss"] for row in rows] == list(LOSSES)
    formulas = [row.all("math")[0].text for row in rows]
    assert all(formulas)
    # The placebo has the reference's, and MSE on logits that of its rescaled form: k = M = 1.
    assert len(set(formulas)) == len(LOSSES) - 2


@pytest.fixture
def choices(tables) -> pd.DataFrame:
    return tables["choices"].assign(on_edge=False, trials=4)


def tuned(study: Study, choices: pd.DataFrame) -> str:
    return text(said("sensitivity", study, {"choices": choices}, values=prose.sensitivity))


def test_rates_inside_their_grids(study, choices):
    assert "4 trials" in tuned(study, choices)
    assert " inside " in tuned(study, choices)


def test_comparisons_with_different_numbers_of_trials(study, choices):
    choices.loc[choices["dataset"] == "cifar10", "trials"] = 3
    assert "3 to 4 trials" in tuned(study, choices)


def test_a_rate_on_an_edge_is_named_with_its_place(study, choices):
    place = (choices["dataset"] == "mnist") & (choices["loss"] == "mse_softmax")
    choices.loc[place & (choices["model"] == "mlp"), ["on_edge", "learning_rate"]] = [True, 0.25]
    told = tuned(study, choices)
    assert (
        f"4 of {len(choices)} chosen learning rates, of all comparisons together, lie on an edge"
        in told
    )
    assert "chose an edge for MSE on softmax on MNIST with MLP (4 of 4 at 0.25). " in told
    assert " inside " not in told
    both = choices[place & (choices["model"] == "lenet")].index[:2]
    choices.loc[both, "on_edge"] = True
    choices.loc[both, "learning_rate"] = [0.01, 3]
    told = tuned(study, choices)
    assert "on MNIST with LeNet (2 of 4: 1 at 0.01 and 1 at 3). " in told


def test_an_edge_that_few_replicates_choose_is_counted_alone(study, choices):
    choices.loc[choices.index[0], "on_edge"] = True
    told = tuned(study, choices)
    assert (
        f"1 of {len(choices)} chosen learning rates, of all comparisons together, lies on an edge"
        in told
    )
    assert "Half of the replicates" not in told
    assert " inside " not in told


def test_verdicts_at_the_shared_rate_are_counted_not_signs(study, tables):
    contrasts = tables["contrasts"]
    shared = (contrasts["rates"] == "same_rate") & (contrasts["metric"] == "validation_error")

    def counted(verdict: str, value: float) -> str:
        changed = contrasts.assign(
            value=contrasts["value"].mask(shared, value),
            verdict=contrasts["verdict"].mask(shared, verdict),
        )
        return text(said("same-rate", study, {"contrasts": changed}, values=prose.same_rate))

    total = shared.sum()
    assert total > 1
    assert f" in {total} of {total} contrasts" in counted("worse", -0.1)
    assert f" in 0 of {total} contrasts, undecided in {total}" in counted("undecided", 0.1)
    assert "No tuning run" in counted("worse", float("nan"))


def test_at_the_shared_rate_shared_tuning_counts_once_and_what_lacks_it_is_told():
    tables, study = synthetic.build(networks=1, recipes=True)
    contrasts = tables["contrasts"]
    asked = (contrasts["rates"] == "same_rate") & (contrasts["metric"] == "validation_error")
    once = contrasts[asked].query("epochs != 4")  # which share the tuning runs of six epochs
    lacking = contrasts["loss"] == "mse_softmax"
    changed = contrasts.assign(value=contrasts["value"].mask(lacking))
    words = text(said("same-rate", study, {"contrasts": changed}, values=prose.same_rate))
    without = (once["loss"] == "mse_softmax").sum()
    assert f"of {len(once) - without} contrasts" in words
    assert f"{without} more cannot be compared: the loss's grid never has that rate" in words
    assert "Comparisons that share their tuning runs count once" in words


def test_few_seeds_have_no_intervals(study):
    def repeated(seeds: int) -> str:
        fields = study.model_dump()
        fields["seeds"] = {"tuning": range(100, 100 + seeds), "evaluation": range(seeds)}
        fields["seeds"] = {name: list(listed) for name, listed in fields["seeds"].items()}
        return prose.repetitions(Study.model_validate(fields)).replace("\xa0", " ")

    assert "repeated 5 times" in repeated(5)
    assert "Intervals cover 95%" in repeated(5)
    assert "With 1 replicate there are no intervals" in repeated(1)


def probed(tables, *, curvatures=None, differences=None) -> str:
    """What is said of the last layer where networks have these curvatures.

    `differences`: so far MSE on logits ends above cross-entropy on these networks.
    """
    layers, contrasts = tables["last_layer"].copy(), tables["contrasts"].copy()
    for model, value in (curvatures or {}).items():
        layers.loc[layers["model"] == model, "curvature"] = value
    ours = (contrasts["metric"] == "error") & (contrasts["loss"] == "mse_logits")
    for model, value in (differences or {}).items():
        contrasts.loc[ours & (contrasts["model"] == model), "value"] = value
    changed = tables | {"last_layer": layers, "contrasts": contrasts}
    return text(said("last-layer", synthetic.build()[1], changed, values=prose.last_layer))


def test_the_largest_and_the_smallest_curvature_are_named(tables):
    words = probed(tables, curvatures={"resnet18": 123.4, "mlp": 0.05})
    assert "123.40 on CIFAR-10 with ResNet-18, and 0.05 on MNIST with MLP" in words


@pytest.mark.parametrize(
    ("model", "where"),
    [("resnet18", ", where the curvature is"), ("mlp", ", not where the curvature is")],
)
def test_the_worst_network_is_said_to_be_the_steepest_only_where_it_is(tables, model, where):
    words = probed(tables, curvatures={"resnet18": 100.0}, differences={model: 0.3})
    assert "(+30.00 pp of test error)" + where in words


@pytest.mark.parametrize(
    ("differences", "same"), [((0.01, 0.02, 0.03, 0.04), True), ((0.02, 0.01, 0.03, 0.04), False)]
)
def test_one_order_of_all_networks_is_said_only_where_it_holds(tables, differences, same):
    networks = tables["last_layer"]["model"].unique()
    rising = dict(zip(networks, (1.0, 10.0, 100.0, 1000.0), strict=True))
    ends = dict(zip(networks, differences, strict=True))
    words = probed(tables, curvatures=rising, differences=ends)
    assert ("The 4 networks stand in the same order" in words) == same


def test_without_the_loss_nothing_is_compared(tables):
    contrasts = tables["contrasts"]
    words = probed(tables | {"contrasts": contrasts[contrasts["loss"] != "mse_logits"]})
    assert "Before training" in words
    assert "does worst" not in words


def test_one_network_has_no_smallest(tables):
    alone = tables["last_layer"].query("model == 'mlp'")
    words = probed(tables | {"last_layer": alone})
    assert words.endswith("on MNIST with MLP.")
