"""A block of networks trained together, one a seed, each on tensors of its own.

The arithmetic of a seed is that of the seed trained alone, bit for bit, on a CPU and on a GPU. On a
GPU each seed has a stream, so that the small kernels of several seeds run at the same time.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from lossbench.networks.heads import Forward
from lossbench.networks.models import Network

Objective = Callable[[Forward, Tensor, Tensor], Tensor]
"""Forward, head weight (K, H) and labels (B) to the loss of each example (B)."""


class Block:
    """S networks of one architecture on a device, in the order of memory that suits it."""

    def __init__(
        self,
        networks: Sequence[Network],
        device: torch.device,
        *,
        layout: torch.memory_format = torch.contiguous_format,
        compiled: bool = False,
    ) -> None:
        self.layout = layout
        self.networks = [_placed(network, device, layout) for network in networks]
        self.streams = [torch.cuda.Stream(device) for _ in networks if device.type == "cuda"]
        if compiled:
            for network in self.networks:
                network.compile()

    def parameters(self) -> list[nn.Parameter]:
        """Every network's own parameters, but those that it holds fixed."""
        every = (parameter for network in self.networks for parameter in network.parameters())
        return [parameter for parameter in every if parameter.requires_grad]

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by name: the tensors themselves, to be saved or written to."""
        return {
            f"{place}.{name}": tensor
            for place, network in enumerate(self.networks)
            for name, tensor in network.state_dict().items()
        }

    def backward(
        self, objective: Objective, images: Tensor, labels: Tensor, alive: Tensor
    ) -> Tensor:
        """Mean losses (S) of the batches (S, B, …), their gradients added to the parameters'.

        Seeds that are not `alive` (S) have loss NaN. On a CPU they cost nothing; a GPU computes
        and ignores them, since it would have to be asked which they are.
        """
        losses = torch.full(alive.shape, torch.nan, device=images.device)
        turns = range(len(alive)) if self.streams else alive.nonzero().flatten().tolist()
        waiting = torch.cuda.current_stream() if self.streams else None
        for seed in turns:
            with torch.cuda.stream(self._stream(seed, after=waiting)):
                network = _in_mode(self.networks[seed], training=True)
                output = network(_ordered(images[seed], self.layout))
                loss = objective(output, network.head.weight, labels[seed]).mean()
                loss.backward()
                losses[seed] = loss.detach()
        for stream in self.streams:
            torch.cuda.current_stream().wait_stream(stream)
        return losses.where(alive, torch.nan)

    @torch.no_grad()
    def outputs(self, images: Tensor) -> Forward:
        """Each network's output in evaluation mode on its own images (S, B, C, H, W).

        Logits (S, B, K), features (S, B, H).
        """
        outputs = [
            _in_mode(network, training=False)(_ordered(mine, self.layout))
            for network, mine in zip(self.networks, images, strict=True)
        ]
        return Forward(*(torch.stack(parts) for parts in zip(*outputs, strict=True)))

    def _stream(self, seed: int, *, after: torch.cuda.Stream | None) -> torch.cuda.Stream | None:
        """The seed's stream, once it has waited for the work in `after`; None on a CPU."""
        if after is None:
            return None
        self.streams[seed].wait_stream(after)
        return self.streams[seed]


def _placed(network: Network, device: torch.device, layout: torch.memory_format) -> Network:
    placed: Network = network.to(device, memory_format=layout)  # type: ignore[call-overload]
    return placed


def _ordered(images: Tensor, layout: torch.memory_format) -> Tensor:
    """Images (B, C, H, W) in that order of memory.

    With one channel both orders are one, and PyTorch goes by the strides that happen to stand
    there: a batch that was gathered as (B, H, W, C) would take the other order's kernels.
    """
    if layout == torch.contiguous_format:
        return images.flatten(1).view(images.shape)
    return images.contiguous(memory_format=layout)


def _in_mode(network: Network, *, training: bool) -> Network:
    """`network` in training or evaluation mode; setting the mode anew at every step is slow."""
    return network if network.training is training else network.train(training)
