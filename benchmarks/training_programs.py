"""The programs that `training_speed.py` compares: the same network, batch size and optimizer (Adam) on the same images."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from nnlabs.config.schema import ModelConfig, TrainConfig
from nnlabs.data.augment import Augmentation
from nnlabs.data.batches import TrainBatches
from nnlabs.data.examples import Examples
from nnlabs.data.normalize import Normalize
from nnlabs.models.build import build
from nnlabs.runs.precision import PRECISIONS
from nnlabs.training.callbacks import History
from nnlabs.training.device import autocast, likes_channels_last
from nnlabs.training.loop import State, train
from nnlabs.training.optimizers import make_optimizer

CPU = torch.device("cpu")
LR = 1e-3

Epoch = Callable[[], None]


@dataclass(frozen=True)
class Task:
    """What is trained on.

    Args:
        data: name of the data set.
        model: the network.
        augment: what is done to each image.
        images: how many images an epoch shows.
        batch_size: images a step.
    """

    data: str
    model: ModelConfig
    augment: tuple[str, ...]
    images: int
    batch_size: int = 128


@dataclass(frozen=True)
class Images:
    """What is trained on.

    Args:
        examples: all images of the set.
        mean: of their channels.
        std: likewise.
    """

    examples: Examples
    mean: Tensor
    std: Tensor


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images one by one, as torchvision's data sets give them.

    Args:
        examples: the images.
        transform: from a PIL image to a tensor.
        shown: how many of them an epoch shows.
    """

    def __init__(self, examples: Examples, transform: Callable[[Image.Image], Tensor], shown: int) -> None:
        self.examples, self.transform, self.shown = examples, transform, shown

    def __len__(self) -> int:
        return self.shown

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.examples.x[index].movedim(0, -1).squeeze(-1).numpy())
        return self.transform(image), int(self.examples.y[index])


def make_loader(task: Task, images: Images) -> DataLoader[tuple[Tensor, int]]:
    """The images as PyTorch's tutorials read them: one by one, through torchvision's transforms."""
    from torchvision import transforms

    size, pad = images.examples.shape[1:], Augmentation(task.augment, images.examples.shape).pads[0]
    moves = [transforms.RandomCrop(size, padding=pad), transforms.RandomHorizontalFlip()] if task.augment else []
    normalize = transforms.Normalize(images.mean.flatten().tolist(), images.std.flatten().tolist())
    transform = transforms.Compose([*moves, transforms.ToTensor(), normalize])
    return DataLoader(Pictures(images.examples, transform, task.images), batch_size=task.batch_size, shuffle=True)


def tutorial(task: Task, images: Images) -> Epoch:
    """PyTorch's quickstart: https://docs.pytorch.org/tutorials/beginner/basics/quickstart_tutorial.html."""
    loader = make_loader(task, images)
    model = build(task.model, images.examples.shape, 10)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)

    def epoch() -> None:
        model.train()
        total = 0.0
        for X, y in loader:
            loss = loss_fn(model(X), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item()

    return epoch


def lightning(task: Task, images: Images) -> Epoch:
    """PyTorch Lightning's "in 15 minutes", on the tutorial's loader, without logger, bar and checkpoints."""
    import lightning

    class Module(lightning.LightningModule):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.model = build(task.model, images.examples.shape, 10)
            self.adam = torch.optim.Adam(self.model.parameters(), lr=LR)

        def training_step(self, batch: list[Tensor], index: int) -> Tensor:
            return F.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return self.adam

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=UserWarning)  # it advises more workers, which take the other cores
    module, loader = Module(), make_loader(task, images)
    quiet = dict.fromkeys(("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False)
    trainer = lightning.Trainer(accelerator="cpu", max_epochs=0, **quiet)

    def epoch() -> None:
        trainer.fit_loop.max_epochs = trainer.current_epoch + 1
        trainer.fit(module, loader)

    return epoch


def skorch(task: Task, images: Images) -> Epoch:
    """Skorch's quickstart, on the tutorial's images, without validation and printing."""
    from skorch import NeuralNetClassifier

    loader = make_loader(task, images)
    net = NeuralNetClassifier(
        build(task.model, images.examples.shape, 10),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=LR,
        batch_size=task.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    ).initialize()
    return partial(net.fit_loop, loader.dataset, epochs=1)


def bare(precision: str, task: Task, images: Images) -> Epoch:
    """Nothing but training, on tensors of floats that are normalized beforehand and never augmented."""
    model = build(task.model, images.examples.shape, 10)
    layout = torch.channels_last if likes_channels_last(model) else torch.contiguous_format
    model = model.to(memory_format=layout)
    x = ((images.examples.x / 255 - images.mean) / images.std).contiguous(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=LR, fused=True)

    def epoch() -> None:
        model.train()
        for rows in torch.split(torch.randperm(task.images), task.batch_size):
            with autocast(CPU, PRECISIONS[precision]):
                loss = F.cross_entropy(model(x[rows]).float(), images.examples.y[rows])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    return epoch


def ours(precision: str, task: Task, images: Images) -> Epoch:
    """This package's loop, as `runs.learner` and `runs.train` put it together."""
    model = build(task.model, images.examples.shape, 10)
    channels_last = likes_channels_last(model)
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
    shown = images.examples.select(torch.arange(task.images))
    normalize = Normalize(images.mean, images.std, CPU, channels_last)
    batches = TrainBatches(shown, normalize, task.batch_size, task.augment)
    state = State(model, make_optimizer(model, TrainConfig(lr=LR)))
    history = History(lambda state: {})
    in_precision = partial(autocast, CPU, PRECISIONS[precision])

    def epoch() -> None:
        train(state, batches, F.cross_entropy, state.epoch + 1, [history], in_precision)

    return epoch


def programs() -> dict[str, Callable[[Task, Images], Epoch]]:
    """The programs by name; Lightning and skorch where they are installed."""
    others = {"Lightning": lightning, "skorch": skorch}
    found: dict[str, Callable[[Task, Images], Epoch]] = {"tutorial": tutorial}
    found |= {name: make for name, make in others.items() if find_spec(name.lower())}
    for precision in PRECISIONS:
        found |= {f"bare, {precision}": partial(bare, precision), f"ours, {precision}": partial(ours, precision)}
    return found
