"""A block of seeds trained together, and the two ways to evaluate it.

`Loop` (CPU) gives each seed its own tensors and takes the seeds in turn: each seed's arithmetic is
that of the seed trained alone, bit for bit. `Stack` (CUDA) keeps parameters and buffers stacked on
a leading seed axis and evaluates all seeds in one set of kernels with `torch.vmap`. It makes images
contiguous first: a lone seed's would stay in `channels_last` order, for which PyTorch's BatchNorm
and average pooling take ways that `vmap` does not know.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from lossbench.networks.heads import Forward
from lossbench.networks.models import Network

Objective = Callable[[Forward, Tensor, Tensor], Tensor]
"""Forward, head weight (K, H) and labels (B) to the loss of each example (B)."""


class Block(Protocol):
    """S networks of one architecture, one a seed."""

    def parameters(self) -> list[nn.Parameter]:
        """What the optimiser updates."""
        ...

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and buffers by name: the tensors themselves, to be saved or written to."""
        ...

    def backward(
        self, objective: Objective, images: Tensor, labels: Tensor, alive: Tensor
    ) -> Tensor:
        """Mean losses (S) of the batches (S, B, …), their gradients added to the parameters'.

        Seeds that are not `alive` (S) have loss NaN; on the CPU they cost nothing.
        """
        ...

    def outputs(self, images: Tensor) -> Forward:
        """Each network's output in evaluation mode on its own images (S, B, C, H, W).

        Logits (S, B, K), features (S, B, H).
        """
        ...


class Loop:
    """The seeds in turn, each on tensors of its own."""

    def __init__(self, networks: Sequence[Network], *, compiled: bool = False) -> None:
        self.networks = list(networks)
        if compiled:
            for network in self.networks:
                network.compile()

    def parameters(self) -> list[nn.Parameter]:
        """Every network's own parameters."""
        return [parameter for network in self.networks for parameter in network.parameters()]

    def tensors(self) -> dict[str, Tensor]:
        """See `Block`."""
        return {
            f"{place}.{name}": tensor
            for place, network in enumerate(self.networks)
            for name, tensor in network.state_dict().items()
        }

    def backward(
        self, objective: Objective, images: Tensor, labels: Tensor, alive: Tensor
    ) -> Tensor:
        """See `Block`."""
        losses = torch.full(alive.shape, torch.nan, device=images.device)
        for seed in torch.nonzero(alive).flatten().tolist():
            network = _in_mode(self.networks[seed], training=True)
            loss = objective(network(images[seed]), network.head.weight, labels[seed]).mean()
            loss.backward()
            losses[seed] = loss.detach()
        return losses

    @torch.no_grad()
    def outputs(self, images: Tensor) -> Forward:
        """See `Block`."""
        outputs = [
            _in_mode(network, training=False)(mine)
            for network, mine in zip(self.networks, images, strict=True)
        ]
        return Forward(*(torch.stack(parts) for parts in zip(*outputs, strict=True)))


class Stack:
    """All seeds in one set of kernels."""

    def __init__(self, networks: Sequence[Network], *, compiled: bool = False) -> None:
        self.network = networks[0]  # the architecture; its own tensors are never used
        self.weights, self.buffers = stack_module_state(list(networks))
        stacked = torch.vmap(self._forward)
        self.forward = torch.compile(stacked) if compiled else stacked

    def parameters(self) -> list[nn.Parameter]:
        """The stacked parameters, (S, …) each."""
        return list(self.weights.values())

    def tensors(self) -> dict[str, Tensor]:
        """See `Block`."""
        return {name: tensor.detach() for name, tensor in (self.weights | self.buffers).items()}

    def backward(
        self, objective: Objective, images: Tensor, labels: Tensor, alive: Tensor
    ) -> Tensor:
        """See `Block`. A dead seed's slice is computed and ignored: no seed touches another's."""
        self.network.train()
        outputs = self.forward(self.weights, self.buffers, images.contiguous())
        losses = torch.vmap(objective)(outputs, self.weights["head.weight"], labels).mean(-1)
        losses.sum().backward()
        return losses.detach().where(alive, torch.nan)

    @torch.no_grad()
    def outputs(self, images: Tensor) -> Forward:
        """See `Block`."""
        self.network.eval()
        result: Forward = self.forward(self.weights, self.buffers, images.contiguous())
        return result

    def _forward(
        self, weights: dict[str, Tensor], buffers: dict[str, Tensor], images: Tensor
    ) -> Forward:
        """One seed's output, on its slices of the stack."""
        output: Forward = functional_call(self.network, (weights, buffers), (images,))
        return output


def _in_mode(network: Network, *, training: bool) -> Network:
    """`network` in training or evaluation mode; setting the mode anew at every step is slow."""
    return network if network.training is training else network.train(training)
