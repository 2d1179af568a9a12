"""Show a metric of a finished study: one number, or a small table, with its interval."""

from typing import Annotated

import typer

from lossbench.cards.loss import REFERENCE
from lossbench.errors import ConfigError, did_you_mean, printable
from lossbench.report.one_metric import COLUMNS, NUMERIC, metric_rows
from lossbench.study.finished import finished
from lossbench.tables.stored import read_finished
from lossbench.words.terminal import print_table

READ = ("contrasts", "metrics")


def show(
    study: Annotated[str, typer.Argument(help="A study's name, or its folder.")],
    metric: Annotated[str, typer.Argument(help="Such as error, speed, nll.")] = "error",
    losses: Annotated[list[str] | None, typer.Argument(help="All of them without.")] = None,
) -> None:
    paths = finished(study, READ)
    tables = read_finished(paths.root, *READ)
    metrics = sorted(set(tables["contrasts"]["metric"]))
    _require("metric", metric, metrics)
    compared = [REFERENCE, *dict.fromkeys(tables["contrasts"]["loss"])]
    for loss in losses or ():
        _require("loss", loss, compared)
    rows = [row for row in metric_rows(tables, metric) if row.loss in (losses or compared)]
    if len(rows) == 1:
        print(rows[0].sentence)
    else:
        title = f"{paths.name}: {metric}"
        print_table(title, COLUMNS, [row.cells for row in rows], numeric=NUMERIC)


def _require(what: str, value: str, allowed: list[str]) -> None:
    if value not in allowed:
        listed = f"{', '.join(allowed)}{did_you_mean(value, allowed)}"
        raise ConfigError(f"{what} {printable(value)!r} is not allowed: allowed are {listed}")
