"""Look into a run's network: send one fixed batch of training examples through it, before and after its training.

It imports torch. What it finds are plain numbers, from which `diagnoses` draws its conclusions.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import ceil, inf
from statistics import fmean

import torch
from torch import Tensor, nn
from tqdm import tqdm

from nnlabs.data.batches import eval_batches
from nnlabs.data.load import Examples
from nnlabs.runs.inspect import open_trained
from nnlabs.runs.learner import Learner, make_learner
from nnlabs.runs.run import Run
from nnlabs.runs.weights import check_unchanged
from nnlabs.training.callbacks import StepClock, clip_callbacks
from nnlabs.training.loop import LossFunction, State, train
from nnlabs.training.losses import make_loss
from nnlabs.training.optimizers import make_optimizer

# So many training examples are sent through the network: enough that a unit which no example wakes is dead indeed.
EXAMPLES = 512
# Learning rates that are tried, as multiples of the run's own, and for how many steps at most.
FACTORS = (0.01, 0.1, 1.0, 10.0, 100.0)
# Rates that are tried for a run that hardly learned, until one of them brings the loss to three quarters of what it was.
LOWER, LEARNT = (1e-3, 1e-4, 1e-5), 0.75
STEPS = 40
BATCHES = 20


@dataclass(frozen=True)
class Inside:
    """What one batch shows inside a network.

    Args:
        loss: mean loss on the batch, without label smoothing.
        gradients: norm of the loss's gradient at the output of each linear layer and convolution, first to last.
        dead: for each ReLU layer, first to last, the share of its units that are 0 for every example (of a convolution: the
            channels that are 0 everywhere).
    """

    loss: float
    gradients: tuple[float, ...]
    dead: tuple[float, ...]


@dataclass(frozen=True)
class Mixture:
    """How many classes a training batch holds, a mean over batches.

    Args:
        found: in the batches that the run learns from.
        mixed: what to expect from batches drawn at random.
        by_class: what batches would hold if class came after class.
        size: examples a batch.
    """

    found: float
    mixed: float
    by_class: float
    size: int


@dataclass(frozen=True)
class Probe:
    """What was found out about a run's network.

    Args:
        input_mean: mean of the inputs as the network sees them, that of the channel farthest from 0.
        input_std: standard deviation likewise, that of the channel farthest from 1.
        alike: whether all inputs of the batch are the same.
        mixture: how mixed the training batches are.
        start: the network before training.
        end: the network with its trained weights.
        trials: loss on the batch after `steps` steps from the start, by the learning rate tried.
        steps: how many steps that were.
        centroid_accuracy: share of the batch that is nearest to the mean image of its own class.
        accuracy: share of the batch that the trained network gets right.
        images: size of the batch.
        validation_images: number of validation images.
        chance: share that is right where every image is given the commonest class.
        label_noise: share of the training labels that was made wrong.
        classes: number of classes.
    """

    input_mean: float
    input_std: float
    alike: bool
    mixture: Mixture
    start: Inside
    end: Inside
    trials: dict[float, float]
    steps: int
    centroid_accuracy: float
    accuracy: float
    images: int
    validation_images: int
    chance: float
    label_noise: float
    classes: int


def probe(run: Run, epochs: int) -> Probe:
    """Send one batch through a run's network, and try other learning rates for a few steps.

    Args:
        run: its checkpoint is there, though it need not be complete.
        epochs: how many it has done; trials take at most a fifth of that.

    Raises:
        UserError: where data or checkpoint cannot be read, or an optimizer of one's own is another than when the run began.
    """
    check_unchanged(run, "optimizer_source", run.config.train.optimizer)
    end = open_trained(run)
    start = make_learner(run.begun_config)
    splits = end.splits
    rows = torch.randperm(len(splits.train), generator=torch.Generator().manual_seed(0))[:EXAMPLES]
    examples = splits.train.select(rows)
    ((x, y),) = eval_batches(examples, end.normalize, EXAMPLES)
    channels = x.transpose(0, 1).flatten(1)
    means, stds = channels.mean(1), channels.std(1)
    # A channel that is the same everywhere has no deviation, and normalizing leaves it 0.
    stds = torch.where(stds > 0, stds, 1.0)
    loss = make_loss(replace(run.config.train, label_smoothing=0.0))
    steps = max(1, min(STEPS, len(start.train_batches()) * epochs // 5))
    before, after = (look_inside(learner.model, x, y, loss) for learner in (start, end))
    trial = partial(_train_a_little, start, steps=steps, x=x, y=y, loss_function=loss)
    return Probe(
        input_mean=float(means[means.abs().argmax()]),
        input_std=float(stds[stds.log().abs().argmax()]),
        alike=bool((x == x[0]).all()),
        mixture=_mixture(start),
        start=before,
        end=after,
        trials=_try_rates(run.config.train.lr, before.loss, after.loss, trial),
        steps=steps,
        centroid_accuracy=_centroid_accuracy(splits.train, examples, len(splits.classes)),
        accuracy=end.predict(examples).accuracy,
        images=len(examples),
        validation_images=len(splits.validation),
        chance=float(splits.validation.y.bincount().max() / len(splits.validation)),
        label_noise=splits.label_noise,
        classes=len(splits.classes),
    )


def look_inside(model: nn.Module, x: Tensor, y: Tensor, loss_function: LossFunction) -> Inside:
    """Loss, gradients by layer and dead units for one batch; the network itself stays as it is.

    Dropout is off, so that the same batch gives the same numbers; a batch norm takes the batch's own mean, as in training.

    Args:
        model: the network.
        x: inputs, shape (n, channels, height, width).
        y: targets, shape (n,).
        loss_function: takes logits and targets.
    """
    own = quiet(model)
    outputs: list[Tensor] = []
    dead: list[float] = []
    for layer in own.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            layer.register_forward_hook(lambda _layer, _inputs, z: outputs.append(z) if z.requires_grad else None)
        elif isinstance(layer, nn.ReLU):
            layer.register_forward_hook(lambda _layer, _inputs, z: dead.append(dead_share(z)))
    loss = loss_function(own(x), y)
    gradients = torch.autograd.grad(loss, outputs, allow_unused=True) if outputs else ()
    norms = (0.0 if gradient is None else float(gradient.norm()) for gradient in gradients)
    return Inside(loss.item(), tuple(norms), tuple(dead))


def dead_share(z: Tensor) -> float:
    """Share of a layer's units whose output is 0 for every example and at every place.

    Args:
        z: what a ReLU gives, shape (n, channels, height, width) or (n, ..., units).
    """
    by_unit = z.detach().movedim(1, -1) if z.dim() == 4 else z.detach()
    return (by_unit.flatten(0, -2).amax(0) <= 0).double().mean().item()


def quiet(model: nn.Module) -> nn.Module:
    """A copy of a network that draws no random numbers: all but its batch norms in evaluation mode.

    Args:
        model: the network.
    """
    own = copy.deepcopy(model).eval()
    for layer in own.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.train()
    return own


def _mixture(learner: Learner) -> Mixture:
    """Count the classes in the first training batches, and what they could be at best and at worst."""
    batches = [y.cpu() for _, y in islice(learner.train_batches().epoch(0), BATCHES)]
    labels = learner.splits.train.y
    sizes = [len(y) for y in batches]
    sorted_batches = torch.split(labels.sort().values[: sum(sizes)], sizes)
    counts = labels.bincount().double()
    counts = counts[counts > 0]
    return Mixture(
        found=fmean(len(set(y.tolist())) for y in batches),
        mixed=fmean(_expected_classes(counts, size) for size in sizes),
        by_class=fmean(len(set(y.tolist())) for y in sorted_batches),
        size=sizes[0],
    )


def _expected_classes(counts: Tensor, size: int) -> float:
    """Classes to expect among `size` examples drawn without replacement: Σ_c 1 - C(N - n_c, size) / C(N, size)."""
    total = counts.sum()

    def log_choose(n: Tensor) -> Tensor:
        """Logarithm of n! / (n - size)!, which is -inf for n < size; the size! of either binomial cancels."""
        rest = (n - size).clamp(min=0)
        return torch.where(n < size, -torch.inf, torch.lgamma(n + 1) - torch.lgamma(rest + 1))

    return float((1 - (log_choose(total - counts) - log_choose(total)).exp()).sum())


def _try_rates(rate: float, before: float, after: float, trial: Callable[[float], float]) -> dict[float, float]:
    """The loss on the batch after a few steps from the start, for each of some learning rates around the run's own."""
    losses: dict[float, float] = {}
    # A large network takes a while for this, and a terminal that stands still looks like one that hangs.
    for factor in tqdm((*FACTORS, *LOWER), "examining", unit="rate", disable=None, leave=False, delay=1):
        if len(losses) >= len(FACTORS) and any(loss < LEARNT * before for loss in (after, *losses.values())):
            break
        losses[rate * factor] = trial(rate * factor)
    return losses


def _train_a_little(
    learner: Learner, rate: float, steps: int, x: Tensor, y: Tensor, loss_function: LossFunction
) -> float:
    settings = replace(learner.config.train, lr=rate)
    model, batches = copy.deepcopy(learner.model), learner.train_batches()
    state = State(model, make_optimizer(model, settings), seed=settings.seed)
    around = [*clip_callbacks(settings), StepClock(steps, inf)]
    train(state, batches, make_loss(settings), ceil(steps / len(batches)), around, learner.autocast)
    with torch.no_grad():
        return loss_function(quiet(model)(x), y).item()


def _centroid_accuracy(train: Examples, examples: Examples, classes: int) -> float:
    """How many of some examples are nearest (Euclid) to the mean training image of their class: the simplest rule that learns."""
    sums, counts = torch.zeros(classes, examples.x[0].numel()), torch.zeros(classes)
    for x, y in train.batches(1024):
        sums.index_add_(0, y, x.float().flatten(1))
        counts += torch.bincount(y, minlength=classes)
    # A class without an example lies infinitely far from everything.
    means = sums / counts.unsqueeze(1)
    distances = torch.cdist(examples.x.float().flatten(1), means).nan_to_num(nan=torch.inf)
    return (distances.argmin(1) == examples.y).double().mean().item()
