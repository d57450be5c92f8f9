"""An optimizer out of a file of the user's own, `train.optimizer FILE.py:NAME`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from nnlabs.config.schema import DataConfig, RunConfig, TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.runs.fingerprint import run_name
from nnlabs.training.names import check_train
from nnlabs.training.optimizers import make_optimizer

OWN = """
import torch

class Descent(torch.optim.Optimizer):
    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p -= group["lr"] * p.grad

number = 3

class Needs(torch.optim.Optimizer):
    def __init__(self, params, lr, beta):
        super().__init__(params, {"lr": lr})

class OneGroup(Descent):
    def __init__(self, groups, lr):
        super().__init__([{"params": [p for group in groups for p in group["params"]]}], lr)

class Reversed(Descent):
    def __init__(self, groups, lr):
        super().__init__(list(reversed(groups)), lr)

class Closure(Descent):
    def step(self, closure):
        closure()
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(OWN)
    return path


def trained(train: TrainConfig) -> torch.Tensor:
    torch.manual_seed(0)
    model = nn.Linear(6, 3).double()
    inputs = torch.randn(20, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    optimizer = make_optimizer(model, train)
    for batch in inputs:
        optimizer.zero_grad()
        model(batch).logsumexp(1).mean().backward()
        optimizer.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("name", ["Descent", "OneGroup", "Reversed"])
@pytest.mark.parametrize("settings", [{}, {"weight_decay": 0.1}, {"l1": 0.01}, {"max_norm": 0.3}])
def test_gradient_descent_of_ones_own_is_sgd_with_every_penalty(
    own: Path, settings: dict[str, float], name: str
) -> None:
    mine = TrainConfig(optimizer=f"{own}:{name}", lr=0.1, **settings)
    torch.testing.assert_close(trained(mine), trained(replace(mine, optimizer="sgd")), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "settings", "hint"),
    [
        ("Descend", {}, "holds nothing called 'Descend'"),
        ("number", {}, "no subclass of torch.optim.Optimizer"),
        ("Closure", {}, "such as a closure"),
        ("Descent", {"momentum": 0.9}, "train.momentum means nothing to"),
        ("Descent", {"decoupled": False}, "leave it at true"),
    ],
)
def test_mistakes_are_told(own: Path, name: str, settings: dict[str, float], hint: str) -> None:
    train = TrainConfig(optimizer=f"{own}:{name}", **settings)
    with pytest.raises(ConfigError, match=hint):
        check_train(train)
        make_optimizer(nn.Linear(2, 2), train)


def test_a_missing_file_is_told_before_torch_is_asked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        check_train(TrainConfig(optimizer=f"{tmp_path}/nowhere.py:Descent"))


@pytest.mark.parametrize(
    ("code", "hint"), [("x = (", "never closed"), ("import torch\nx = 1 / 0\n", "line 2: division")]
)
def test_a_file_that_cannot_be_run_is_told_with_its_line(own: Path, code: str, hint: str) -> None:
    own.write_text(code)
    with pytest.raises(ConfigError, match=rf"mine\.py cannot be run.*{hint}"):
        make_optimizer(nn.Linear(2, 2), TrainConfig(optimizer=f"{own}:Descent"))


def test_an_edited_file_is_another_run(own: Path) -> None:
    config = RunConfig(data=DataConfig(name="digits"), train=TrainConfig(optimizer=f"{own}:Descent"))
    before = run_name(config)
    own.write_text(OWN.replace("-=", "+="))
    assert run_name(config) != before


def test_one_that_cannot_be_made_is_a_sentence(own: Path) -> None:
    with pytest.raises(ConfigError, match=r"^train\.optimizer: .*mine\.py:Needs\(groups, lr=0\.1\) fails: .*'beta'"):
        make_optimizer(nn.Linear(2, 2), TrainConfig(optimizer=f"{own}:Needs", lr=0.1))
