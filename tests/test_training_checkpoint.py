"""A job that was cut and resumed ends in the same bytes; a foreign checkpoint changes nothing."""

import io
import itertools
import os
import time
from collections import deque

import numpy as np
import pandas as pd
import pytest
import torch

from lossbench.study.grid import Annealing, Margin
from lossbench.study.settings import Recipe
from lossbench.training import checkpoint as checkpoints
from lossbench.training.checkpoint import Checkpoint
from lossbench.training.examples import Order
from lossbench.training.module import BlockTraining
from test_training import RECIPES, REPEATED, cell, overflow, prepared, train

__all__ = ["prepared"]  # the fixture


class CutError(Exception):
    pass


@pytest.fixture
def cut(monkeypatch):
    """Makes training end with an error before update number `step` + 1."""
    step = BlockTraining.training_step

    def at(place: int | None) -> None:
        def training_step(self, batch):
            if self.step == place:
                raise CutError
            step(self, batch)

        monkeypatch.setattr(BlockTraining, "training_step", training_step)

    return at


def saved(tmp_path) -> Checkpoint:
    return Checkpoint(tmp_path / "state", every_s=0)


def test_a_state_is_saved_once_in_its_time(tmp_path, monkeypatch):
    now, states = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    checkpoint = Checkpoint(tmp_path / "state", every_s=10)
    for now[0] in (9.0, 11.0, 12.0, 20.0, 21.0):
        checkpoint.offer(lambda: states.append(now[0]) or {})
    assert states == [11.0, 21.0]


def left_by(job, seeds, prepared, cut, place, tmp_path) -> Checkpoint:
    """The state that a job leaves which is cut before update number `place` + 1."""
    cut(place)
    with pytest.raises(CutError):
        train(job, seeds, prepared, checkpoint=saved(tmp_path))
    cut(None)
    return saved(tmp_path)


def assert_same(found, expected):
    for name in REPEATED:
        pd.testing.assert_frame_equal(found[name], expected[name], check_exact=True)


CASES = {
    "between two measurements": (3, {}),
    "at one that is an epoch's end": (8, {}),
    "within an epoch": (11, {}),
    **{recipe: (5, changes) for recipe, changes in RECIPES.items()},
    "BatchNorm, augmentation": (5, {"model": "convnet", "augmentation": "flip_shift", "epochs": 1}),
    "annealed margin": (5, {"loss": "l_softmax", "margin": Margin(m=2.0, annealing=Annealing())}),
    "cosine head, decay": (
        5,
        {
            "loss": "am_softmax",
            "margin": Margin(m=0.35, s=10.0),
            "recipe": Recipe(name="decayed", weight_decay=0.01),
        },
    ),
}
"""Eight steps an epoch, measured after 0, 1, 2, 4, 8 and 16: where it is cut, what is trained."""


@pytest.mark.parametrize("case", CASES)
def test_a_run_cut_anywhere_resumes_to_the_same_bytes(prepared, tmp_path, cut, case):
    place, changes = CASES[case]
    job = cell(**changes)
    expected = train(job, [3, 4], prepared)
    state = left_by(job, [3, 4], prepared, cut, place, tmp_path)
    assert state.running["step"] == place
    assert_same(train(job, [3, 4], prepared, checkpoint=state), expected)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_diverged_seed_stays_diverged(prepared, tmp_path, cut, monkeypatch, recipe):
    """Seed 1 diverges at its third update, counted over both processes."""
    job, calls = cell(**RECIPES[recipe]), overflow(monkeypatch)
    expected = train(job, [0, 1], prepared)
    assert expected["runs"]["diverged"].tolist() == [False, True]
    calls["count"] = 0
    state = left_by(job, [0, 1], prepared, cut, 9, tmp_path)
    assert_same(train(job, [0, 1], prepared, checkpoint=state), expected)


def test_the_time_of_all_processes_counts(prepared, tmp_path, cut):
    state = left_by(cell(), [0], prepared, cut, 9, tmp_path)
    state.running["train_s"] += 1000
    assert train(cell(), [0], prepared, checkpoint=state)["timing"]["train_s"].item() > 1000


def test_saving_the_state_is_no_time_of_training(prepared, tmp_path, monkeypatch):
    """A look at the clock takes 1 ms, a state a second: in the time of the job, not in its rate."""
    clock = itertools.count()

    def slow(self, made):
        deque(itertools.islice(clock, 1000), maxlen=0)

    monkeypatch.setattr(Checkpoint, "offer", slow)
    monkeypatch.setattr("time.perf_counter", lambda: next(clock) / 1000)
    timing = train(cell(), [0], prepared, checkpoint=saved(tmp_path))["timing"]
    job, states = cell(), 15  # after the last of 16 steps nothing is left to save
    assert timing["train_s"].item() == pytest.approx(states, abs=0.2)
    assert timing["examples_per_s"].item() > 16 * job.batch_size / 0.2


@pytest.mark.parametrize("start", [0, 1, 3, 4, 7])
def test_an_order_that_starts_later_gives_the_same_batches(start):
    rows = [np.arange(70), np.arange(100, 170)]
    whole, rest = (Order([5, 9], rows, batch_size=16, start=first) for first in (0, start))
    batches = {}
    for order in (whole, rest):
        batches[order] = []
        for epoch in range(2):
            order.set_epoch(epoch)
            batches[order].extend(order)
    for ours, theirs in zip(batches[rest], batches[whole][start:], strict=False):
        for part, expected in zip(ours, theirs, strict=True):
            assert torch.equal(part, expected)
    assert len(batches[rest]) == 8 - start % 4


def test_a_job_shorter_than_the_interval_writes_nothing(prepared, tmp_path):
    train(cell(), [0], prepared, checkpoint=Checkpoint(tmp_path / "state", every_s=1000))
    assert not list(tmp_path.iterdir())


def filled(tmp_path) -> Checkpoint:
    checkpoint = saved(tmp_path)
    checkpoint.offer(lambda: {"step": 7, "tensors": {"weight": torch.arange(9.0)}})
    return checkpoint


def test_no_damage_is_resumed_from(tmp_path, capsys):
    path = filled(tmp_path).path
    whole = path.read_bytes()
    step = max(1, len(whole) // 40)
    damaged = [
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(0, len(whole), step)
    ]
    for content in [*damaged, whole[:-1], whole + b"\0", b"", b"<html>"]:
        path.write_bytes(content)
        assert not saved(tmp_path).running
        assert "ignored, not a readable checkpoint" in capsys.readouterr().out
    path.write_bytes(whole)
    assert saved(tmp_path).running


class Act:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_malicious_checkpoint_does_not_act(tmp_path, capsys):
    trap = tmp_path / "sprung"
    checkpoint = filled(tmp_path)
    checkpoint.offer(lambda: {"step": Act(f"touch {trap}")})
    assert not saved(tmp_path).running
    assert "not a readable checkpoint" in capsys.readouterr().out
    assert not trap.exists()
    payload = checkpoint.path.read_bytes()[checkpoints.DIGEST_BYTES :]
    torch.load(io.BytesIO(payload), weights_only=False)
    assert trap.exists(), "the trap would not have sprung: this test could not fail"
