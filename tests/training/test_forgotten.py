"""What optimizers and networks of one's own remember: all of it comes back after a kill, or is refused before hours are lost."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.config.schema import TrainConfig
from nnlabs.errors import RunError
from nnlabs.training.checkpoint import Checkpoint
from nnlabs.training.loop import State, train
from nnlabs.training.schedules import Schedule


class Own(torch.optim.Optimizer):
    def __init__(self, params):
        super().__init__(params, {"lr": 0.01})
        self.views = [
            p.data.view(-1) for group in self.param_groups for p in group["params"]
        ]  # they move with their weights

    @torch.no_grad()
    def step(self):
        for p in (p for group in self.param_groups for p in group["params"]):
            p -= 0.01 * self.direction(p, p.grad, self.state[p])

    def direction(self, p, gradient, memory):
        return gradient


class Typed(Own):
    """A momentum in double precision, in a list, a mask, and a ring with a whole number for its index."""

    def direction(self, p, gradient, memory):
        if not memory:
            memory |= {
                "mean": [torch.zeros_like(p, dtype=torch.float64)],
                "mask": gradient.abs() > gradient.abs().mean(),
            }
            memory |= {"ring": torch.zeros(3, *p.shape), "at": torch.zeros((), dtype=torch.int64)}
        memory["mean"][0].mul_(0.9).add_(gradient.double() / 3)
        memory["ring"][memory["at"] % 3] = gradient
        memory["at"] += 1
        return (memory["mean"][0] + memory["ring"].mean(0)).float() * memory["mask"]


class Counts(Own):
    t = 0

    def direction(self, p, gradient, memory):
        self.t += 1
        return gradient / self.t


class Noisy(Own):
    def __init__(self, params):
        super().__init__(params)
        self.generator = torch.Generator().manual_seed(0)

    def direction(self, p, gradient, memory):
        return gradient + torch.randn(p.shape, generator=self.generator)


class Drawn(Own):
    def __init__(self, params):
        super().__init__(params)
        self.draws = np.random.default_rng(0)

    def direction(self, p, gradient, memory):
        return gradient * self.draws.random()


class Wraps(Own):
    def __init__(self, params):
        super().__init__(params)
        self.inner = torch.optim.Adam([p for group in self.param_groups for p in group["params"]], lr=0.01)

    def step(self):
        self.inner.step()


class Keeps(Counts):
    """The same as `Counts`, but with a way of its own to keep the number."""

    def state_dict(self):
        return {**super().state_dict(), "t": self.t}

    def load_state_dict(self, state_dict):
        self.t = state_dict["t"]
        super().load_state_dict({name: state_dict[name] for name in ("state", "param_groups")})


class Running(nn.Module):
    """A mean of all that it saw, in a buffer that is kept or not, beside one that never changes."""

    def __init__(self, persistent):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()), persistent=persistent)
        self.register_buffer("fixed", torch.ones(()), persistent=False)

    def forward(self, x):
        self.mean.lerp_(x.mean().detach(), 0.1)
        return x - self.mean * self.fixed


def after(path, batches, epochs, optimizer, persistent=True):
    """The weights after so many epochs; what a file holds of them is gone on from."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 5), Running(persistent), nn.Linear(5, 3))
    state = State(model, optimizer(model.parameters()))
    schedule = Schedule(state.optimizer, TrainConfig(epochs=4, lr=0.01, schedule="cosine"), len(batches))
    train(state, batches, F.cross_entropy, epochs, [schedule, Checkpoint(path, [schedule], lambda state: None, 0.0)])
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("optimizer", [Own, Typed, Keeps])
def test_memory_of_any_type_comes_back_as_it_was(tmp_path, make_batches, optimizer):
    batches = make_batches()
    whole = after(tmp_path / "whole.pt", batches, 4, optimizer)
    after(tmp_path / "a.pt", batches, 2, optimizer)
    assert torch.equal(after(tmp_path / "a.pt", batches, 4, optimizer), whole)


@pytest.mark.parametrize(
    ("optimizer", "persistent", "what"),
    [
        (Counts, True, "self.t"),
        (Noisy, True, "self.generator"),
        (Drawn, True, "self.draws"),
        (Wraps, True, "self.inner"),
        (Own, False, "the buffer 2.mean"),
    ],
)
def test_what_would_be_forgotten_is_told_at_the_first_save(tmp_path, make_batches, optimizer, persistent, what):
    with pytest.raises(
        RunError, match=f"^{what}, which no checkpoint holds, changed while Sequential was trained with"
    ):
        after(tmp_path / "a.pt", make_batches(), 4, optimizer, persistent)
    assert not (tmp_path / "a.pt").exists()
