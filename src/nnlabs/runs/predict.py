"""A finished run's network, used: pictures of one's own go in, probabilities of its classes come out. It imports torch.

What this needs beyond the weights lies in `result.json` under `inputs`, so that the training data need not be there. A run made
before that was written down reads its data set once more; where that is gone, the run has to be made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnlabs.arrays import Array
from nnlabs.data.batches import eval_batches
from nnlabs.data.decode import read_square
from nnlabs.data.load import Examples, Splits, load_cached
from nnlabs.data.normalize import Normalize
from nnlabs.errors import DataError, RunError
from nnlabs.models.build import build
from nnlabs.runs.precision import pick_precision
from nnlabs.runs.run import Run
from nnlabs.runs.weights import load_weights
from nnlabs.training.device import autocast, likes_channels_last, pick_device
from nnlabs.training.evaluate import predict
from nnlabs.training.metrics import softmax

Pictures = str | Path | Sequence[str | Path] | NDArray[np.generic] | Tensor
# Parts of red, green and blue in the brightness of a pixel (ITU-R BT.601), as Pillow's mode L has them.
LUMINANCE = (0.299, 0.587, 0.114)
# A picture whose mean lies so many standard deviations of a pixel off is unlike all that was learned from.
FAR = 1.5


@dataclass(frozen=True)
class Inputs:
    """What a network expects, and what its outputs mean.

    Args:
        unit: `images` (uint8 from 0 to 255) or `signals` (float).
        shape: channels, height and width of one.
        mean: what is taken from each channel, on a scale of 0 to 1 for images.
        std: what it is then divided by.
        classes: names of the classes; output k means `classes[k]`.
    """

    unit: str
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


@dataclass(frozen=True)
class Answers:
    """What a network takes some examples for.

    Args:
        classes: names of the classes.
        probabilities: softmax of the network's logits, shape (n, classes); each row sums to 1.
    """

    classes: tuple[str, ...]
    probabilities: Array

    @property
    def labels(self) -> list[str]:
        """For each example the class that is most likely."""
        return [self.classes[k] for k in self.probabilities.argmax(1)]

    def top(self, count: int) -> list[list[tuple[str, float]]]:
        """For each example the likeliest classes with their probabilities, likeliest first.

        Args:
            count: how many; all where there are fewer.
        """
        orders = np.argsort(-self.probabilities, axis=1, kind="stable")[:, :count]
        return [
            [(self.classes[k], float(row[k])) for k in order]
            for row, order in zip(self.probabilities, orders, strict=True)
        ]


def inputs_of(splits: Splits) -> Inputs:
    """What a network that learned from some data expects.

    Args:
        splits: those data.
    """
    mean, std = (tuple(values.flatten().tolist()) for values in (splits.mean, splits.std))
    return Inputs(splits.unit, splits.train.shape, mean, std, splits.classes)


def read_inputs(run: Run) -> Inputs:
    """What a finished run's network expects.

    Args:
        run: a run that is done.

    Raises:
        RunError: where the run is older than this note, and its data are gone.
    """
    noted = run.result.get("inputs")
    if noted:
        unit, shape, mean, std, classes = (noted[field.name] for field in fields(Inputs))
        return Inputs(unit, tuple(shape), tuple(mean), tuple(std), tuple(classes))
    try:
        return inputs_of(load_cached(run.config.data))
    except DataError as error:
        raise RunError(
            f"{run.folder} was made before runs kept what predictions need, and its data cannot be read instead ({error}); "
            "bring the data back, or train it anew with --fresh"
        ) from error


class Predictor:
    """A finished run's network with the weights it ended with, on the device that this machine has.

    Args:
        run: a run that is done, and did not diverge.

    Raises:
        RunError: for any other run, and where its checkpoint is damaged or gone.
    """

    def __init__(self, run: Run) -> None:
        if not run.done:
            raise RunError(f"{run.folder} is not finished; give the command that made it again, and it goes on")
        if run.result["status"] in ("diverged", "failed"):
            raise RunError(f"{run.folder} has no network to predict with: the run {run.result['status']}")
        self.inputs, self.config = read_inputs(run), run.config
        device = pick_device("auto")
        self.model = build(run.config.model, self.inputs.shape, len(self.inputs.classes)).to(device)
        precision = pick_precision(run.begun_config.train.precision, device, self.model)
        self.autocast = partial(autocast, device, precision)
        load_weights(self.model, run)
        channels_last = likes_channels_last(self.model)
        if channels_last:
            self.model = self.model.to(memory_format=torch.channels_last)
        mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (self.inputs.mean, self.inputs.std))
        self.normalize = Normalize(mean, std, device, channels_last)

    def __call__(self, x: Pictures) -> Answers:
        """What the network takes some examples for.

        Args:
            x: paths of image files of any size, read as those of `folder:PATH` are; or an array, uint8 from 0 to 255 for images
                and float for signals, of shape (n, channels, height, width), or without n, or for one channel without channels.

        Raises:
            DataError: for a file that is no readable image, and examples of another shape or type.
        """
        examples = self._arrays(x) if isinstance(x, np.ndarray | Tensor) else self._files(x)
        if not len(examples):
            raise DataError("there is nothing to predict: no example was given")
        batches = eval_batches(Examples(examples, torch.zeros(len(examples), dtype=torch.int64)), self.normalize)
        settings = self.config.train
        said = predict(self.model, batches, self.autocast, settings.average_flip, settings.average_shift)
        return Answers(self.inputs.classes, softmax(said.logits.numpy()))

    def _files(self, paths: str | Path | Sequence[str | Path]) -> Tensor:
        """Images as the network wants them: the middle square, in gray where it has one channel."""
        self.check_takes_pictures()
        channels, side, _ = self.inputs.shape
        every = [paths] if isinstance(paths, str | Path) else paths
        squares = np.array([read_square(Path(path), side) for path in every], dtype=np.uint8).reshape(-1, side, side, 3)
        if channels == 1:
            squares = np.rint(squares @ np.array(LUMINANCE)).astype(np.uint8)[..., None]
        return torch.from_numpy(squares).permute(0, 3, 1, 2).contiguous()

    def _arrays(self, x: NDArray[np.generic] | Tensor) -> Tensor:
        """Examples as a tensor of the network's own shape and type."""
        shape = self.inputs.shape
        try:
            # torch knows no mirrored array, and no other order of bytes than this machine's
            native = np.ascontiguousarray(x, x.dtype.newbyteorder("=")) if isinstance(x, np.ndarray) else x
            examples = torch.as_tensor(native)
        except TypeError as error:
            raise DataError(f"this network takes {self._wanted()}, but got an array of {x.dtype}") from error
        if tuple(examples.shape) == shape or (shape[0] == 1 and tuple(examples.shape) == shape[1:]):
            examples = examples.reshape(1, *shape)
        elif shape[0] == 1 and tuple(examples.shape[1:]) == shape[1:]:
            examples = examples.unsqueeze(1)
        if tuple(examples.shape[1:]) != shape or examples.dim() != 4:
            raise DataError(f"this network takes {self._wanted()}, but got an array of shape {tuple(x.shape)}")
        if self.inputs.unit == "images" and examples.dtype != torch.uint8:
            raise DataError(
                f"this network takes {self._wanted()}, but got {str(examples.dtype).removeprefix('torch.')}; multiply values "
                "from 0 to 1 by 255, and round them"
            )
        return examples if self.inputs.unit == "images" else examples.float()

    def _wanted(self) -> str:
        kind = "uint8 from 0 to 255" if self.inputs.unit == "images" else "float"
        return f"{self.inputs.unit} of shape (n, {', '.join(map(str, self.inputs.shape))}), {kind}"

    def check_takes_pictures(self) -> None:
        """Say so where the network learned from something else than pictures.

        Raises:
            DataError: it reads signals.
        """
        if self.inputs.unit != "images":
            raise DataError(
                f"this network reads signals of {self.inputs.shape[1]} numbers, no pictures; give them in Python: "
                "load_run(RUN).predict(x)"
            )

    def remark(self, path: Path) -> str:
        """What is odd about a picture: far brighter or darker than those that the network learned from; else nothing.

        Ink on paper is, to a network that learned white letters on black.

        Args:
            path: an image file that can be read.
        """
        if not self.config.data.normalize:
            return ""  # mean and spread were not measured
        mean = self._files(path).float().mean().item() / 255
        usual, spread = float(np.mean(self.inputs.mean)), float(np.mean(self.inputs.std))
        if abs(mean - usual) <= FAR * spread:
            return ""
        word = "brighter" if mean > usual else "darker"
        return (
            f"{path} is far {word} than what the network learned from (mean {mean:.2f} against {usual:.2f}, where white is 1); "
            "is one the other's negative?"
        )
