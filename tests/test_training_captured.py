"""A recorded step: warm-up, one recording, replays on the recorded memory. Without a GPU: CUDA's
part is played by a stand-in that runs what was recorded; tests/test_gpu.py has the real one."""

from contextlib import contextmanager

import pytest
import torch

from lossbench.training import captured
from lossbench.training.captured import WARM_UP, Captured


class Graph:
    """Runs the calls that were made while it recorded."""

    recording = None

    def replay(self):
        self.step(*self.arguments)


class Stream:
    def wait_stream(self, other):
        pass


@pytest.fixture
def graphs(monkeypatch):
    """The graphs that were recorded."""
    recorded = []

    @contextmanager
    def record(graph):
        Graph.recording = graph
        recorded.append(graph)
        yield
        Graph.recording = None

    monkeypatch.setattr(captured.torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(captured.torch.cuda, "Stream", Stream)
    monkeypatch.setattr(captured.torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(captured.torch.cuda, "stream", lambda _: record(None))
    monkeypatch.setattr(captured.torch.cuda, "graph", record)
    return recorded


def test_every_call_is_one_step_on_its_own_arguments(graphs):
    seen = []

    def step(images, labels):
        if Graph.recording is not None:
            Graph.recording.step, Graph.recording.arguments = step, (images, labels)
        else:
            seen.append((images.clone(), labels.clone()))

    taken = Captured(step)
    generator = torch.Generator().manual_seed(0)
    batches = [
        (torch.randn(2, 3, generator=generator), torch.randint(9, (2,), generator=generator))
        for _ in range(6)
    ]
    kept = [tuple(part.clone() for part in batch) for batch in batches]
    for batch in batches:
        taken(*batch)
    assert len([graph for graph in graphs if graph is not None]) == 1
    assert len(graphs) == WARM_UP + 1
    for found, expected, given in zip(seen, kept, batches, strict=True):
        for mine, theirs, untouched in zip(found, expected, given, strict=True):
            assert torch.equal(mine, theirs)
            assert torch.equal(untouched, theirs)
