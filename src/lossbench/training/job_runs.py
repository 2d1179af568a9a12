"""Brings the runs of a job into its folder: from the cache, or by training those it lacks.

PyTorch is imported only where something is left to train.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lossbench.files import read_json
from lossbench.run_cache import CHECKPOINTS, WEIGHTS, Origin, RunCache, key_of
from lossbench.study.job import Cell, Choice, Job, Run
from lossbench.study.settings import Compute
from lossbench.tables.listing import Listed, write_listing
from lossbench.training.described import describe, of_study, relabel
from lossbench.training.determinants import determinants, expected_device


@dataclass(frozen=True)
class Place:
    """Where the runs of a job come from and go to."""

    data: Path
    """The prepared data set; its manifest is beside it."""
    folder: Path
    """The job's."""
    study: str
    """The name under which runs that are trained here are known."""
    compute: Compute
    own: Mapping[str, str] = field(default_factory=dict)
    """The source of the job's own loss and network, by its entry in `networks.loader.ADDED`."""

    @property
    def cache(self) -> RunCache:
        """The finished runs."""
        return RunCache(self.compute.cache)

    @property
    def manifest(self) -> Path:
        """What the data are."""
        return self.data.with_suffix(".json")

    @property
    def described(self) -> dict[str, Any]:
        """What this study says of a network that it keeps."""
        return of_study(read_json(self.manifest), self.own)


@dataclass(frozen=True)
class Wanted:
    """A run of a job."""

    run: Run
    determinants: dict[str, Any]
    folder: Path

    @property
    def key(self) -> str:
        """What it is called in the cache."""
        return key_of(self.determinants)


def bring_runs(job: Job, place: Place, choices: Mapping[int, Choice] | None = None) -> None:
    """Fill the job's folder, its listing last; `choices` are those of an evaluation job."""
    device = expected_device(place.compute.accelerator)
    wanted = _wanted(job, place, device, choices)
    kept = job.keep_weights
    taken = {run.key: place.cache.take(run.key, run.folder, weights=kept) for run in wanted}
    missing = [run for run in wanted if taken[run.key] is None]
    if missing and (actual := _actual_device(place)) != device:
        compute = place.compute.model_copy(update={"accelerator": actual})
        bring_runs(job, replace(place, compute=compute), choices)
        return
    trained = _train(missing, place, keep_weights=kept) if missing else {}
    if kept:
        _relabel([run for run in wanted if run.key not in trained], place)
    write_listing(
        place.folder,
        [
            Listed(
                run.folder.name,
                run.key,
                **asdict(taken[run.key] or trained[run.key]),
                taken=run.key not in trained,
            )
            for run in wanted
        ],
    )
    print(f"runs: {len(trained)} trained, {len(wanted) - len(trained)} taken from the run cache")


def _wanted(
    job: Job, place: Place, device: str, choices: Mapping[int, Choice] | None
) -> list[Wanted]:
    manifest = read_json(place.manifest)
    return [
        Wanted(
            run,
            determinants(run, job.code, manifest, place.compute, device),
            place.folder / run.folder,
        )
        for run in job.runs(choices)
    ]


def _actual_device(place: Place) -> str:
    from lossbench.training.device import pick_device

    return pick_device(place.compute.accelerator).type


def _train(missing: Sequence[Wanted], place: Place, *, keep_weights: bool) -> dict[str, Origin]:
    """Train runs, those of a cell together, and keep them in the cache; origins by key."""
    from lossbench.datasets.prepared import load

    origins: dict[str, Origin] = {}
    prepared = load(place.data, place.manifest)
    _add_own(missing[0].run.cell, place.own)
    for block in _blocks(missing, prepared):
        _train_block(block, prepared, place, keep_weights=keep_weights)
        origin = Origin(place.study, datetime.now(UTC).isoformat(timespec="seconds"))
        for run in block:
            place.cache.store(run.determinants, origin, run.folder)
            origins[run.key] = origin
    return origins


def _add_own(cell: Cell, sources: Mapping[str, str]) -> None:
    from lossbench.networks.loader import ADDED

    for entry, (name, code) in cell.own.items():
        ADDED[entry](name, sources[entry], code)


def _blocks(missing: Sequence[Wanted], prepared: Any) -> Iterable[list[Wanted]]:
    """Runs that can be trained together: of one cell, on splits of one size."""
    blocks: dict[tuple[Cell, int], list[Wanted]] = {}
    for wanted in missing:
        size = len(prepared.divided(wanted.run.replicate.split).train)
        blocks.setdefault((wanted.run.cell, size), []).append(wanted)
    return blocks.values()


def _train_block(
    block: Sequence[Wanted], prepared: Any, place: Place, *, keep_weights: bool
) -> None:
    from lossbench.tables.parquet import write
    from lossbench.tables.runs import RUN_TABLES
    from lossbench.training.checkpoint import Checkpoint
    from lossbench.training.device import device_name, pick_device
    from lossbench.training.fit import fit

    device = device_name(pick_device(place.compute.accelerator))
    name = key_of({"runs": [run.key for run in block], "device": device})
    path = place.cache.folder / CHECKPOINTS / name
    checkpoint = Checkpoint(path, every_s=place.compute.checkpoint_s)
    networks: list[Any] = []
    tables = fit(
        block[0].run.cell,
        [wanted.run.replicate for wanted in block],
        prepared,
        place.compute,
        show_bar=sys.stderr.isatty(),
        checkpoint=checkpoint,
        keep=networks.extend,
    )
    for wanted in block:
        for table, frame in tables.items():
            mine = frame[frame["seed"] == wanted.run.replicate.seed]
            write(mine, RUN_TABLES[table], wanted.folder / f"{table}.parquet")
    if keep_weights:
        diverged = dict(zip(tables["runs"]["seed"], tables["runs"]["diverged"], strict=True))
        _keep_weights(block, networks, diverged, place)
    checkpoint.remove()


def _keep_weights(
    block: Sequence[Wanted], networks: Sequence[Any], diverged: Mapping[int, bool], place: Place
) -> None:
    from lossbench.training.weights import save

    for wanted, network in zip(block, networks, strict=True):
        cell, replicate = wanted.run
        lost = diverged[replicate.seed]
        described = describe(cell, wanted.determinants, place.described, diverged=lost)
        save(network, described, wanted.folder / WEIGHTS)


def _relabel(taken: Sequence[Wanted], place: Place) -> None:
    for wanted in taken:
        relabel(wanted.folder / WEIGHTS, place.described)
