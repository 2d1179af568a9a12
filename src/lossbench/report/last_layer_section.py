"""What a network brings to the comparison: the curvature of the last layer before training."""

from collections.abc import Iterator

import pandas as pd

from lossbench.cards.loss import REFERENCE
from lossbench.report import columns
from lossbench.report.blocks import Block, Heading, Prose
from lossbench.report.data_tables import DataTable, data_table
from lossbench.tables.rows import Record, Tables, filled, records
from lossbench.words import numbers
from lossbench.words.findings import select
from lossbench.words.names import in_sentence, loss_name
from lossbench.words.places import Place

LEAST_SQUARES = "mse_logits"
"""The loss that is a least-squares problem in the last layer."""
PLACE = ["dataset", "model"]


def last_layer(tables: Tables) -> Iterator[Block]:
    """Heading, sentences and table; nothing where no network was probed."""
    if not filled(tables, "last_layer"):
        return
    networks = _networks(tables)
    yield Heading("What the network brings to it")
    yield Prose(
        f"{loss_name(LEAST_SQUARES)} is a least-squares problem in the last layer: its curvature "
        "there is the same wherever the weights are, 2/K times the largest eigenvalue of the "
        "second moment of the features. Large features with a large common mean make it large, "
        f"and the steps of the last layer must be small in proportion. {loss_name(REFERENCE)} "
        "starts with about half of that curvature and loses it as the softmax grows sure."
    )
    yield Prose(_finding(records(networks)))
    yield _table(networks)


def _networks(tables: Tables) -> pd.DataFrame:
    """A row a network: the mean over seeds, and how MSE on logits ends against the reference."""
    measured = ["features", "squared_length", "mean_share", "curvature"]
    mean = tables["last_layer"].groupby(PLACE, sort=False)[measured].mean().reset_index()
    contrasts = select(tables, "error", LEAST_SQUARES)
    difference = contrasts[[*PLACE, "value"]].rename(columns={"value": "difference"})
    return mean.merge(difference, on=PLACE, how="left")


def _finding(networks: list[Record]) -> str:
    """Where the curvature is largest, and whether MSE on logits does worst there."""
    steepest = max(networks, key=lambda network: network.curvature)
    flattest = min(networks, key=lambda network: network.curvature)
    size = f"Before training the curvature is {_curvature(steepest)}"
    if steepest is not flattest:
        size += f", and {_curvature(flattest)}"
    compared = [network for network in networks if pd.notna(network.difference)]
    if len(compared) < 2:
        return f"{size}."
    worst = max(compared, key=lambda network: network.difference)
    where = (
        "where the curvature is largest"
        if worst is steepest
        else "not where the curvature is largest"
    )
    return (
        f"{size}. Against {in_sentence(REFERENCE)}, {loss_name(LEAST_SQUARES)} does worst on "
        f"{Place.of(worst).in_sentence} ({numbers.points(worst.difference)} of test "
        "error), "
        f"{where}.{_order(compared)} Elsewhere, with larger networks and longer training, the two "
        "ended about level (Hui and Belkin, ICLR 2021)."
    )


def _order(compared: list[Record]) -> str:
    """Whether all networks stand in one order; two would by chance every other time."""
    rising = sorted(compared, key=lambda network: network.curvature)
    differences = [network.difference for network in rising]
    if len(compared) < 3 or differences != sorted(differences):
        return ""
    return (
        f" The {len(compared)} networks stand in the same order by their curvature and by that "
        "difference."
    )


def _curvature(network: Record) -> str:
    return f"{numbers.number(network.curvature)} on {Place.of(network).in_sentence}"


def _table(networks: pd.DataFrame) -> DataTable:
    return data_table(
        networks,
        (
            columns.DATASET,
            columns.NETWORK,
            columns.count("features", "Features"),
            columns.decimal("squared_length", "Mean squared length", digits=2),
            columns.percent("mean_share", "Share of the mean"),
            columns.decimal("curvature", "Curvature", digits=2),
            columns.points("difference", "Difference"),
        ),
        name="last-layer",
        caption="The last hidden features before training, and the curvature of "
        f"{loss_name(LEAST_SQUARES)} in the last layer",
        note="Mean over the evaluation seeds, on the fixed training examples, with the statistics "
        f"of that batch. Difference: final test error of {loss_name(LEAST_SQUARES)} less that "
        f"of {in_sentence(REFERENCE)}.",
        folded=False,
    )
