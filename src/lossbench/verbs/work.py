"""Work through a group of training jobs, one after the other, in one process."""

import json
from pathlib import Path
from typing import Annotated

import typer

from lossbench.study.groups import Group, inside
from lossbench.verbs.train import train


def work(
    group: Annotated[str, typer.Option(help="The group of jobs, as JSON.")],
    data: Annotated[Path, typer.Option(help="The prepared data set.")],
    out: Annotated[Path, typer.Option(help="Folder for the jobs' folders.")],
    study: Annotated[str, typer.Option(help="The name of the study that asks.")] = "study",
    compute: Annotated[str, typer.Option(help="The compute settings, as JSON.")] = "{}",
    own: Annotated[str, typer.Option(help="Sources of own code by loss, as JSON.")] = "{}",
    choice: Annotated[
        list[Path] | None, typer.Option(help="What tuning chose, for each loss in turn.")
    ] = None,
) -> None:
    planned = Group.model_validate_json(group)
    choices = dict(zip(planned.losses, choice, strict=True)) if choice else {}
    sources = json.loads(own)
    for job in planned.jobs:
        loss = job.cells[0].loss
        mine = json.dumps(sources.get(loss, {}))
        folder = out / inside(job)
        chosen = choices.get(loss)
        train(job.model_dump_json(), data, folder, study, compute, mine, chosen)
