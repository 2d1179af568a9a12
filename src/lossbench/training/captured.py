"""A training step as a CUDA graph: recorded once, then launched whole.

The kernels of a small network take a few microseconds each, less than Python needs to launch them.
A recorded step runs the same kernels on the same memory, so its numbers are those of the step.
"""

from collections.abc import Callable

import torch
from torch import Tensor

WARM_UP = 2
"""Steps before the recording: libraries choose their kernels and the optimiser makes its state."""


class Captured:
    """Calls `step`; from the third call on by its recording.

    What `step` reads must be of one shape and, but for its arguments, at one place in memory.
    """

    def __init__(self, step: Callable[..., None]) -> None:
        self.step, self.calls = step, 0
        self.graph, self.stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()
        self.arguments: list[Tensor] = []

    def __call__(self, *arguments: Tensor) -> None:
        """Take one step on tensors on the GPU."""
        self.calls += 1
        if self.calls <= WARM_UP:
            self._beside(arguments)
            return
        if not self.arguments:
            self.arguments = [argument.clone() for argument in arguments]
            with torch.cuda.graph(self.graph):  # records, and runs nothing
                self.step(*self.arguments)
        for recorded, argument in zip(self.arguments, arguments, strict=True):
            recorded.copy_(argument)
        self.graph.replay()

    def _beside(self, arguments: tuple[Tensor, ...]) -> None:
        """Step on a stream of its own, as a recording does: memory belongs to a stream."""
        current = torch.cuda.current_stream()
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            self.step(*arguments)
        current.wait_stream(self.stream)
