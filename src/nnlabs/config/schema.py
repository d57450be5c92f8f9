"""The configuration of one run: frozen dataclasses that say which data, which model and how it is trained.

This module has no `if TYPE_CHECKING` imports: jsonargparse would run them to read the types.
A field whose metadata holds `hashed=False` says where or how fast, not what: it is left out of the run's identity. One with
`hashed=WHEN_CHANGED` is left out while it holds its default, so that a setting can be added and all folders keep their names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nnlabs.config.types import (
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    OpenFraction,
    PositiveFloat,
    PositiveInt,
    Seed,
    Threads,
)

WHEN_CHANGED = "when changed"

Augmentation = Literal["crop", "flip", "cutout"]
Loss = Literal["cross_entropy", "binary_cross_entropy", "mse", "hinge"]


@dataclass(frozen=True)
class DataConfig:
    """Which examples, and what of them.

    Args:
        name: a name out of `nnlabs data list`, `folder:PATH`, or `auto`: the real set when it can be had, else a stand-in.
        root: folder of the data sets; default: NNLABS_DATA, else `data/` of the checkout, else the user's cache.
        wait_s: seconds that `auto` lets a download take before it settles for the stand-in.
        stand_in_for: name of the real set that this one stands in for; filled in when `auto` is resolved.
        content: digest of the images of `folder:PATH`, so that a run belongs to the images it saw; filled in when they are first
            read.
        train_size: how many training examples are kept (stratified); all when null.
        validation_fraction: share of the published training set held out for validation.
        label_noise: share of training labels replaced by a wrong one; null: the data set's own (only `digits` has any).
        augment: what is done to every training image anew in each epoch.
        crop_pad: pixels that crop pads on each side; null: 4 for images at least 32 high, 2 for smaller ones.
        fold: which of `folds` parts is held out for validation in k-fold cross-validation; null: one split.
        folds: number of folds.
        split_seed: seed of the split and of the subset; runs that share it see the same examples.
        normalize: bring inputs to mean 0 and standard deviation 1. False, which one should not do and may try to see what it
            costs: pixels go in as they lie in their files, from 0 to 255.
        shuffle: mix the training examples anew in each epoch. False, likewise to be tried only: class after class, as images
            lie in folders, in the same order in each epoch.
    """

    name: str = "auto"
    root: str | None = field(default=None, metadata={"hashed": False})
    wait_s: PositiveFloat = field(default=60.0, metadata={"hashed": False})
    stand_in_for: str | None = None
    content: str | None = field(default=None, metadata={"hashed": WHEN_CHANGED})
    train_size: PositiveInt | None = None
    validation_fraction: OpenFraction = 0.1
    label_noise: Fraction | None = None
    augment: tuple[Augmentation, ...] = ()
    crop_pad: PositiveInt | None = field(default=None, metadata={"hashed": WHEN_CHANGED})
    fold: NonNegativeInt | None = None
    folds: PositiveInt = 5
    split_seed: Seed = 0
    normalize: bool = field(default=True, metadata={"hashed": WHEN_CHANGED})
    shuffle: bool = field(default=True, metadata={"hashed": WHEN_CHANGED})


@dataclass(frozen=True)
class ModelConfig:
    """Which network. An option left null takes the model's own default; one that the model has no use for is an error.

    Args:
        name: linear, mlp, cnn, resnet, whitened_cnn (small and fast), rnn, lstm, gru (an image read row by row, a signal
            number by number) or transformer (an image or a signal as patches); or a network of your own, as `FILE.py:NAME`
            of a function or class that takes (shape, classes).
        widths: units of each hidden layer (mlp), channels of each block (cnn, resnet, whitened_cnn), hidden units of each
            layer (rnn, lstm, gru).
        activation: relu, leaky_relu, elu, selu, gelu, silu, mish, softplus, tanh, sigmoid or identity.
        dropout: probability with which a unit is dropped in training.
        batch_norm: whether a batch norm follows each hidden linear layer (mlp) or convolution (cnn); resnet and whitened_cnn
            always have them.
        init: how weights are drawn: he, xavier, lecun, orthogonal, identity, normal or zeros (linear, mlp; of the convolutions:
            whitened_cnn).
        patch: side of a square patch in pixels (transformer).
        width: numbers that stand for each patch (transformer).
        depth: number of blocks (transformer).
        heads: attention heads a block (transformer).
    """

    name: str = "mlp"
    widths: tuple[PositiveInt, ...] | None = None
    activation: str | None = None
    dropout: Fraction | None = None
    batch_norm: bool | None = None
    init: str | None = None
    patch: PositiveInt | None = None
    width: PositiveInt | None = None
    depth: PositiveInt | None = None
    heads: PositiveInt | None = None


@dataclass(frozen=True)
class TrainConfig:
    """How the network is trained.

    Args:
        epochs: passes over the training examples.
        batch_size: examples a step.
        lr: learning rate.
        optimizer: sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, nadam, radam or muon (whose lr is
            that of hidden layers; the rest is left to adam at a tenth of it).
        momentum: of momentum and nesterov (null: 0.9), of muon (null: 0.95) and of rmsprop (null: 0).
        schedule: of the learning rate: constant, step, exponential, polynomial, linear, cosine, cosine_restarts,
            one_cycle, stable_decay or plateau.
        warmup_epochs: epochs over which the learning rate rises to `lr`, before the schedule takes over.
        weight_decay: strength of L2, on weights alone (never on biases and norm parameters).
        decoupled: whether weight decay shrinks the weights directly, so that adam becomes AdamW, or goes through the
            gradient (Adam with L2); holds for every optimizer, and adamw is adam with true.
        l1: strength of L1, a proximal step after each update, which stops at exactly zero.
        max_norm: longest weight vector that may come into a unit; null: no limit.
        loss: name of the loss.
        label_smoothing: share of the target's probability that is spread over all classes (cross_entropy).
        clip_norm: longest gradient allowed, L2 norm over all parameters; null: no limit.
        keep_hardest: share of the training examples that each epoch after the second consists of, those whose loss was largest
            when last seen: less time an epoch; null: all.
        average_flip: whether the network's answer, wherever it is evaluated, is the mean of its logits for an image and for
            its mirror image; doubles the time of an evaluation.
        average_shift: whether half of that answer's weight goes to the image moved by a pixel, down and right, and up and left;
            triples the time of an evaluation.
        patience: epochs without a better validation loss after which training stops; null: no early stopping.
        min_delta: how much smaller a validation loss must be to count as better.
        seed: seed of weights, data order, augmentation and dropout.
        device: auto (cuda where there is one, else cpu), cpu, cuda or mps.
        precision: fp32, bf16 or auto: on a CPU bf16 where a layer was measured, once a machine, to train 1.1 times as fast so.
        compile: whether torch.compile fuses the network's operations. Meant for CUDA, and not measured there yet; on a CPU
            it takes a minute or two to compile even a small network, which short runs do not win back.
        threads: CPU threads, at most 1024; results are bit-equal only for equal numbers.
        tensorboard: whether to write TensorBoard event files too (needs the extra `tensorboard`).
    """

    epochs: PositiveInt = 20
    batch_size: PositiveInt = 128
    lr: PositiveFloat = 1e-3
    optimizer: str = "adam"
    momentum: Fraction | None = None
    schedule: str = "constant"
    warmup_epochs: NonNegativeFloat = 0.0
    weight_decay: NonNegativeFloat = 0.0
    decoupled: bool = True
    l1: NonNegativeFloat = 0.0
    max_norm: PositiveFloat | None = None
    loss: Loss = "cross_entropy"
    label_smoothing: Fraction = 0.0
    clip_norm: PositiveFloat | None = None
    keep_hardest: OpenFraction | None = field(default=None, metadata={"hashed": WHEN_CHANGED})
    average_flip: bool = field(default=False, metadata={"hashed": WHEN_CHANGED})
    average_shift: bool = field(default=False, metadata={"hashed": WHEN_CHANGED})
    patience: PositiveInt | None = None
    min_delta: NonNegativeFloat = 0.0
    seed: Seed = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    compile: bool = field(default=False, metadata={"hashed": WHEN_CHANGED})
    threads: Threads = 1
    tensorboard: bool = field(default=False, metadata={"hashed": False})


@dataclass(frozen=True)
class RunConfig:
    """All that decides what a run computes.

    Args:
        data: which examples.
        model: which network.
        train: how it is trained.
    """

    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    train: TrainConfig = field(default_factory=TrainConfig)


@dataclass(frozen=True)
class LabConfig:
    """What every lab can be told; each lab adds its own.

    Args:
        preset: which of the lab's presets the values come from; set by `--preset`.
        results: folder that results are written to; default: NNLABS_RESULTS, else `results/` of the checkout.
    """

    preset: str = "quick"
    results: str | None = field(default=None, metadata={"hashed": False})

    def check(self) -> None:
        """Find what can be found wrong before anything is computed.

        Raises:
            ConfigError: for settings that contradict each other.
        """
