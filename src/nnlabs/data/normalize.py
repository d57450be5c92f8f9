"""Normalization: examples as a network wants to see them, on its device, in mean, scale and memory format."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class Normalize:
    """To mean 0 and standard deviation 1 a channel: x' = (x/255 - mean) / std for uint8 images, (x - mean) / std for floats.

    Args:
        mean: mean of each channel in the training split, for images on a scale of 0 to 1, shape (channels, 1, 1).
        std: standard deviation of each channel, on the same scale, shape (channels, 1, 1).
        device: where the network is.
        channels_last: whether it wants images in the memory format that convolutions are fastest in.

    Example:
        >>> normalize = Normalize(mean=torch.full((1, 1, 1), 0.2), std=torch.full((1, 1, 1), 0.4))
        >>> normalize(torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8))
        tensor([[[[-0.5000,  0.0000,  2.0000]]]])
    """

    mean: Tensor
    std: Tensor
    device: torch.device = CPU
    channels_last: bool = False

    _byte_scale: Tensor = field(init=False, repr=False)
    _scale: Tensor = field(init=False, repr=False)
    _shift: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # (x/255 - mean) / std = x * scale + shift: one product and one sum, of tensors that are on the device beforehand.
        object.__setattr__(self, "_byte_scale", (1 / (255 * self.std)).to(self.device))
        object.__setattr__(self, "_scale", (1 / self.std).to(self.device))
        object.__setattr__(self, "_shift", (-self.mean / self.std).to(self.device))

    def __call__(self, x: Tensor) -> Tensor:
        """Bring examples to the device and normalize them; they themselves stay as they are.

        Args:
            x: uint8 images or float32 signals, shape (n, channels, height, width).

        Returns:
            float32, same shape.
        """
        x = x.to(self.device)
        if x.is_floating_point():  # perhaps the stored examples themselves, which must not be changed in place
            return x.mul(self._scale).add_(self._shift)
        return x.float().mul_(self._byte_scale).add_(self._shift)

    def lay_out(self, x: Tensor) -> Tensor:
        """The same numbers in the memory format that the network wants.

        Args:
            x: shape (n, channels, height, width).
        """
        return x.contiguous(memory_format=torch.channels_last if self.channels_last else torch.contiguous_format)
