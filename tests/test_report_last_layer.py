"""What the page says of the last layer before training."""

import pytest

from builders import synthetic
from lossbench.report.blocks import Heading, Prose
from lossbench.report.data_tables import DataTable
from lossbench.report.last_layer_section import last_layer


@pytest.fixture
def tables():
    return synthetic.build()[0]


def said(tables) -> str:
    return " ".join(block.text for block in last_layer(tables) if isinstance(block, Prose))


def steepest_at(tables, model: str, curvature: float):
    """The tables with a network's curvature changed."""
    changed = tables["last_layer"].copy()
    changed.loc[changed["model"] == model, "curvature"] = curvature
    return tables | {"last_layer": changed}


def worst_at(tables, model: str):
    """The tables with a network on which MSE on logits ends 30 points above cross-entropy."""
    changed = tables["contrasts"].copy()
    ours = (changed["metric"] == "error") & (changed["loss"] == "mse_logits")
    changed.loc[ours & (changed["model"] == model), "value"] = 0.3
    return tables | {"contrasts": changed}


def test_heading_sentences_and_a_row_a_network(tables):
    heading, why, finding, table = last_layer(tables)
    assert isinstance(heading, Heading)
    assert isinstance(why, Prose)
    assert isinstance(finding, Prose)
    assert isinstance(table, DataTable)
    assert len(table.rows) == tables["last_layer"].groupby(["dataset", "model"]).ngroups


def test_the_largest_and_the_smallest_curvature_are_named(tables):
    text = said(steepest_at(steepest_at(tables, "resnet18", 123.4), "mlp", 0.05))
    assert "123.40 on CIFAR-10 with ResNet-18, and 0.05 on MNIST with MLP" in text


@pytest.mark.parametrize(
    ("model", "where"),
    [("resnet18", ", where the curvature is"), ("mlp", ", not where the curvature is")],
)
def test_the_worst_network_is_said_to_be_the_steepest_only_where_it_is(tables, model, where):
    text = said(worst_at(steepest_at(tables, "resnet18", 100.0), model))
    assert "(+30.00\N{NO-BREAK SPACE}pp of test error)" + where in text


def ordered(tables, differences):
    """The tables with rising curvatures of the networks, and these differences."""
    probed, contrasts = tables["last_layer"].copy(), tables["contrasts"].copy()
    ours = (contrasts["metric"] == "error") & (contrasts["loss"] == "mse_logits")
    places = probed[["dataset", "model"]].drop_duplicates().itertuples(index=False)
    for rank, (place, difference) in enumerate(zip(places, differences, strict=True)):
        for frame, column, value in (
            (probed, "curvature", 10.0**rank),
            (contrasts, "value", difference),
        ):
            here = (frame["dataset"] == place.dataset) & (frame["model"] == place.model)
            frame.loc[here & ours if frame is contrasts else here, column] = value
    return tables | {"last_layer": probed, "contrasts": contrasts}


@pytest.mark.parametrize(
    ("differences", "same"), [((0.01, 0.02, 0.03, 0.04), True), ((0.02, 0.01, 0.03, 0.04), False)]
)
def test_one_order_of_all_networks_is_said_only_where_it_holds(tables, differences, same):
    assert ("The 4 networks stand in the same order" in said(ordered(tables, differences))) == same


def test_without_the_loss_nothing_is_compared(tables):
    contrasts = tables["contrasts"]
    text = said(tables | {"contrasts": contrasts[contrasts["loss"] != "mse_logits"]})
    assert "Before training" in text
    assert "does worst" not in text


def test_one_network_has_no_smallest(tables):
    alone = tables["last_layer"].query("model == 'mlp'")
    text = said(tables | {"last_layer": alone})
    assert text.endswith("on MNIST with MLP.")


def test_without_the_table_there_is_nothing(tables):
    assert not list(last_layer({}))
