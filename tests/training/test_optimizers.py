from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

from nnlabs.config.schema import TrainConfig
from nnlabs.training.names import OPTIMIZERS
from nnlabs.training.optimizers import make_optimizer

INPUTS = torch.randn(40, 20, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def make_model(dtype=torch.float64):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)).to(dtype)


def train(model, optimizer, steps=range(40)):
    for step in steps:
        optimizer.zero_grad()
        model(INPUTS[step].to(model[0].weight.dtype)).logsumexp(1).mean().backward()
        optimizer.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def compare(settings, reference):
    """Train one model through our settings and one by a torch optimizer made by hand; both have to end alike."""
    ours, theirs = make_model(), make_model()
    config = TrainConfig(**settings)
    ended = train(ours, make_optimizer(ours, config))
    expected = train(theirs, reference(theirs, config.lr))
    assert not torch.equal(expected, torch.cat([p.flatten() for p in make_model().parameters()]))
    torch.testing.assert_close(ended, expected, rtol=0, atol=1e-12)


def groups(model, decay):
    """Weight decay on the two weight matrices, none on the two biases."""
    return [
        {"params": [model[0].weight, model[2].weight], "weight_decay": decay},
        {"params": [model[0].bias, model[2].bias], "weight_decay": 0.0},
    ]


class MuonAndAdam:
    """On the first weight matrix Muon by its singular values, on all else torch's Adam, at a tenth of the rate."""

    def __init__(self, model, lr):
        self.first, *rest = model.parameters()
        self.lr, self.mean = lr, torch.zeros_like(self.first)
        self.adam = torch.optim.Adam(rest, lr / 10, fused=True)

    def zero_grad(self):
        self.first.grad = None
        self.adam.zero_grad()

    def step(self):
        gradient = self.first.grad
        self.mean = 0.95 * self.mean + 0.05 * gradient
        u, values, v = torch.linalg.svd(0.05 * gradient + 0.95 * self.mean, full_matrices=False)
        values = values / values.norm()  # the Frobenius norm of the matrix
        for _ in range(5):
            values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
        rows, columns = self.first.shape
        with torch.no_grad():
            self.first -= self.lr * max(1, rows / columns) ** 0.5 * (u * values) @ v
        self.adam.step()


PLAIN = {
    "sgd": lambda m, lr: torch.optim.SGD(m.parameters(), lr),
    "momentum": lambda m, lr: torch.optim.SGD(m.parameters(), lr, momentum=0.9),
    "nesterov": lambda m, lr: torch.optim.SGD(m.parameters(), lr, momentum=0.9, nesterov=True),
    "adagrad": lambda m, lr: torch.optim.Adagrad(m.parameters(), lr),
    "rmsprop": lambda m, lr: torch.optim.RMSprop(m.parameters(), lr),
    "adam": lambda m, lr: torch.optim.Adam(m.parameters(), lr),
    "adamw": lambda m, lr: torch.optim.AdamW(m.parameters(), lr, weight_decay=0.0),
    "nadam": lambda m, lr: torch.optim.NAdam(m.parameters(), lr),
    "radam": lambda m, lr: torch.optim.RAdam(m.parameters(), lr),
    "muon": MuonAndAdam,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_without_penalties_each_is_torchs(name):
    compare({"optimizer": name, "lr": 0.01}, PLAIN[name])


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_decoupled_decay_with_adam_is_torchs_adamw(name):
    compare(
        {"optimizer": name, "lr": 0.01, "weight_decay": 0.3},
        lambda m, lr: torch.optim.AdamW(groups(m, 0.3), lr),
    )


COUPLED = {
    "sgd": lambda m, lr: torch.optim.SGD(groups(m, 0.3), lr),
    "momentum": lambda m, lr: torch.optim.SGD(groups(m, 0.3), lr, momentum=0.9),
    "nesterov": lambda m, lr: torch.optim.SGD(groups(m, 0.3), lr, momentum=0.9, nesterov=True),
    "adagrad": lambda m, lr: torch.optim.Adagrad(groups(m, 0.3), lr),
    "rmsprop": lambda m, lr: torch.optim.RMSprop(groups(m, 0.3), lr),
    "adam": lambda m, lr: torch.optim.Adam(groups(m, 0.3), lr),
    "nadam": lambda m, lr: torch.optim.NAdam(groups(m, 0.3), lr),
    "radam": lambda m, lr: torch.optim.RAdam(groups(m, 0.3), lr),
}


@pytest.mark.parametrize("name", COUPLED)
def test_coupled_decay_is_torchs_weight_decay(name):
    compare({"optimizer": name, "lr": 0.01, "weight_decay": 0.3, "decoupled": False}, COUPLED[name])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_decoupled_decay_shrinks_by_hand_before_each_update(name):
    """The same for every optimizer, whether torch's class knows decoupled decay or not."""

    class ByHand:
        def __init__(self, model, lr):
            self.weights, self.lr = [model[0].weight, model[2].weight], lr
            self.inner = PLAIN[name](model, lr)
            self.zero_grad = self.inner.zero_grad

        def step(self):
            with torch.no_grad():
                for weight in self.weights:
                    weight.mul_(1 - self.lr * 0.3)
            self.inner.step()

    compare({"optimizer": name, "lr": 0.01, "weight_decay": 0.3}, ByHand)


def test_for_plain_sgd_coupled_and_decoupled_decay_are_one():
    settings = {"optimizer": "sgd", "lr": 0.05, "weight_decay": 0.3}
    first, second = make_model(), make_model()
    decoupled = train(first, make_optimizer(first, TrainConfig(**settings)))
    coupled = train(second, make_optimizer(second, TrainConfig(**settings, decoupled=False)))
    torch.testing.assert_close(decoupled, coupled, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["momentum", "nesterov", "rmsprop", "muon"])
def test_the_momentum_given_is_the_momentum_used(name):
    optimizer = make_optimizer(make_model(), TrainConfig(optimizer=name, momentum=0.5))
    assert all(group["momentum"] == 0.5 for group in optimizer.param_groups if "betas" not in group)


def test_the_whole_update_is_one_kernel_where_torch_has_one_for_the_cpu():
    fused = {
        name for name in OPTIMIZERS if make_optimizer(make_model(), TrainConfig(optimizer=name)).defaults.get("fused")
    }
    assert fused == {"sgd", "momentum", "nesterov", "adagrad", "adam", "adamw"}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_read_from_a_file_goes_on_bit_for_bit(name):
    settings = TrainConfig(optimizer=name, lr=0.01, weight_decay=0.3, l1=0.001, max_norm=1.0)
    # In float32, as runs are: for float64 parameters torch's own load_state_dict changes the type of NAdam's mu_product.
    model = make_model(torch.float32)
    optimizer = make_optimizer(model, settings)
    train(model, optimizer, range(20))
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    later = copy.deepcopy(model)
    expected = train(model, optimizer, range(20, 40))

    file.seek(0)
    again = make_optimizer(later, settings)
    again.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(train(later, again, range(20, 40)), expected)


def test_a_model_of_weights_alone_has_an_empty_second_group():
    model = nn.Linear(3, 2, bias=False)
    optimizer = make_optimizer(model, TrainConfig(weight_decay=0.1, l1=0.1))
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert [len(group["params"]) for group in optimizer.param_groups] == [1, 0]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_complex_weights_are_moved_as_their_real_and_imaginary_parts_would_be(name):
    weight = nn.Parameter(torch.tensor([[1 + 1j, -2j], [0.5 + 0j, 3 - 1j]]))
    model = nn.ParameterList([weight, nn.Parameter(torch.zeros(2, 2, dtype=torch.complex64))])
    optimizer = make_optimizer(model, TrainConfig(optimizer=name, lr=0.01))
    before = weight.abs().square().sum().item()
    for _ in range(30):
        optimizer.zero_grad()
        (weight.abs().square().sum() + model[1].abs().square().sum()).backward()
        optimizer.step()
    assert weight.abs().square().sum().item() < before
