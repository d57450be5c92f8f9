from __future__ import annotations

import pkgutil

import pytest
import torch
from torch import nn

from nnlabs.config.schema import TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.training import schedules
from nnlabs.training.losses import make_loss
from nnlabs.training.names import OPTIMIZERS, SCHEDULES, check_train
from nnlabs.training.optimizers import make_optimizer


@pytest.mark.parametrize(
    "train",
    [
        TrainConfig(),
        TrainConfig(optimizer="adamw", weight_decay=0.1),
        TrainConfig(optimizer="adam", weight_decay=0.1, decoupled=False),
        TrainConfig(optimizer="rmsprop", momentum=0.5),
        TrainConfig(optimizer="momentum", momentum=0.0),
        TrainConfig(schedule="cosine", warmup_epochs=0.5),
        TrainConfig(schedule="one_cycle"),
        TrainConfig(loss="hinge"),
        TrainConfig(label_smoothing=0.1),
        *(TrainConfig(optimizer=name) for name in OPTIMIZERS),
        *(TrainConfig(schedule=name) for name in SCHEDULES),
    ],
)
def test_settings_that_go_together_pass_and_make_a_step(train):
    check_train(train)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    before = [weights.clone() for weights in model.parameters()]
    optimizer = make_optimizer(model, train)
    make_loss(train)(model(torch.randn(16, 4)), torch.arange(16) % 3).backward()
    optimizer.step()
    for old, new in zip(before, model.parameters(), strict=True):
        assert new.isfinite().all() and not torch.equal(old, new)


@pytest.mark.parametrize(
    ("train", "key", "hint"),
    [
        (TrainConfig(optimizer="adan"), "train.optimizer", "did you mean 'adam'"),
        (TrainConfig(optimizer="lion"), "train.optimizer", "known are sgd, momentum"),
        (TrainConfig(schedule="cosin"), "train.schedule", "did you mean 'cosine'"),
        (TrainConfig(loss="hing"), "train.loss", "did you mean 'hinge'"),
        (TrainConfig(optimizer="adamw", decoupled=False), "train.decoupled", "take optimizer adam"),
        (TrainConfig(optimizer="muon", decoupled=False), "train.decoupled", "leave it at true"),
        (TrainConfig(optimizer="adam", momentum=0.9), "train.momentum", "belongs to momentum, nesterov, rmsprop"),
        (TrainConfig(optimizer="sgd", momentum=0.9), "train.momentum", "belongs to momentum"),
        (TrainConfig(optimizer="nesterov", momentum=0.0), "train.momentum", "above 0"),
        (TrainConfig(loss="mse", label_smoothing=0.1), "train.label_smoothing", "belongs to cross_entropy"),
        (TrainConfig(schedule="one_cycle", warmup_epochs=1), "train.warmup_epochs", "its own warm-up"),
        (TrainConfig(lr=float("inf")), "train.lr", "infinity"),
        (TrainConfig(patience=3, min_delta=float("inf")), "train.min_delta", "infinity"),
        (TrainConfig(epochs=3, warmup_epochs=3.0), "train.warmup_epochs", "leaves none of train.epochs (3)"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_a_way_out(train, key, hint):
    with pytest.raises(ConfigError) as caught:
        check_train(train)
    assert key in str(caught.value) and hint in str(caught.value)
    assert caught.value.key == key


def test_every_name_has_its_definition():
    assert tuple(schedules.SCHEDULES) == SCHEDULES
    assert all(issubclass(pkgutil.resolve_name(entry.builder), torch.optim.Optimizer) for entry in OPTIMIZERS.values())
