from __future__ import annotations

import copy
import io

import pytest
import torch
from torch import nn

from nnlabs.config.schema import ModelConfig, TrainConfig
from nnlabs.errors import ConfigError
from nnlabs.models.build import build
from nnlabs.training.loop import State
from nnlabs.training.muon import ADAM_SHARE, Muon, orthogonalize
from nnlabs.training.optimizers import make_optimizer
from nnlabs.training.schedules import Schedule

LR, MOMENTUM = 0.02, 0.95


def orthogonalise(matrix: torch.Tensor) -> torch.Tensor:
    """Five quintic Newton-Schulz steps with the coefficients of Jordan's post."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / matrix.norm()
    wide = x if x.shape[0] <= x.shape[1] else x.T
    for _ in range(5):
        gram = wide @ wide.T
        wide = a * wide + (b * gram + c * gram @ gram) @ wide
    return wide if x.shape[0] <= x.shape[1] else wide.T


def train(model, optimizer, steps, schedule=None):
    shape = (1, 8, 8)
    for step in steps:
        x = torch.randn(6, *shape, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), torch.arange(6) % 3).backward()
        optimizer.step()
        if schedule is not None:
            schedule.after_step(State(model, optimizer))


def make_cnn(channels_last=False):
    torch.manual_seed(0)
    model = build(ModelConfig("cnn", widths=(4, 6)), (1, 8, 8), 3)
    return model.to(memory_format=torch.channels_last) if channels_last else model


def kernels(model):
    return [layer.weight for layer in model.modules() if isinstance(layer, nn.Conv2d)]


@pytest.mark.parametrize("channels_last", [False, True])
def test_a_kernel_is_updated_as_a_matrix_with_a_row_for_each_unit(channels_last):
    model = make_cnn(channels_last)
    optimizer = make_optimizer(model, TrainConfig(optimizer="muon", lr=LR))
    buffers = [torch.zeros_like(kernel, dtype=torch.float64).flatten(1) for kernel in kernels(model)]
    for step in range(4):
        before = [kernel.detach().double() for kernel in kernels(model)]
        train(model, optimizer, [step])
        for old, buffer, kernel in zip(before, buffers, kernels(model), strict=True):
            gradient = kernel.grad.double().flatten(1)
            buffer.mul_(MOMENTUM).add_((1 - MOMENTUM) * gradient)
            rows, columns = gradient.shape
            scale = LR * max(1, rows / columns) ** 0.5
            expected = scale * orthogonalise((1 - MOMENTUM) * gradient + MOMENTUM * buffer)
            moved = (old - kernel.detach()).flatten(1)
            assert (moved - expected).norm() < 1e-3 * expected.norm()


def test_it_is_torchs_muon_but_for_its_three_digits():
    # Of full rank: a direction that is nothing but rounding is blown up like the others, and torch rounds to three digits.
    weight = torch.eye(5, 9) + 0.1
    gradient = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    mine, theirs = nn.Parameter(weight.clone()), nn.Parameter(weight.clone())
    ours = Muon([{"params": [mine, torch.zeros(1, 1)], "weight_decay": 0.0}, {"params": [torch.zeros(1)]}], LR)
    torchs = torch.optim.Muon([theirs], LR, weight_decay=0.0, momentum=MOMENTUM)
    for scale in (1.0, -0.3, 2.0, 0.1):
        mine.grad, theirs.grad = scale * gradient, scale * gradient
        ours.step()
        torchs.step()
        assert (mine - theirs).norm() < 0.03 * (theirs - weight).norm()


@pytest.mark.parametrize("shape", [(5, 9), (9, 5), (16, 16), (1, 7)])
def test_directions_stay_and_singular_values_come_near_one(shape):
    matrix = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    made = orthogonalize(matrix)
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    values = u.T @ made @ v.T
    assert (values - values.diagonal().diag()).abs().max() < 1e-9
    assert values.diagonal().min() > 0.6 and values.diagonal().max() < 1.25


def test_an_update_has_singular_values_near_one():
    model = make_cnn()
    before = [kernel.detach().clone() for kernel in kernels(model)]
    train(model, make_optimizer(model, TrainConfig(optimizer="muon", lr=LR)), [0])
    for old, new in zip(before[1:], kernels(model)[1:], strict=True):
        values = torch.linalg.svdvals((old - new).flatten(1) / LR)
        assert values.min() > 0.4 and values.max() < 1.3, values


def test_the_output_layer_and_all_that_is_no_weight_are_adams():
    ours, theirs = make_cnn(), make_cnn()
    optimizer = make_optimizer(ours, TrainConfig(optimizer="muon", lr=LR))
    adam = torch.optim.Adam(theirs.parameters(), LR * ADAM_SHARE, fused=True)
    for model, each in ((ours, optimizer), (theirs, adam)):
        train(model, each, [0])
    for (name, mine), adams in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, adams) is (mine.ndim != 4), name


def test_a_model_of_one_matrix_is_all_adams():
    ours, theirs = build(ModelConfig("linear"), (1, 8, 8), 3), build(ModelConfig("linear"), (1, 8, 8), 3)
    train(ours, make_optimizer(ours, TrainConfig(optimizer="muon", lr=LR, weight_decay=0.1)), range(3))
    # The update is made at a tenth of the rate, the decay at the whole.
    train(theirs, make_optimizer(theirs, TrainConfig(lr=LR * ADAM_SHARE, weight_decay=0.1 / ADAM_SHARE)), range(3))
    torch.testing.assert_close(ours[1].weight, theirs[1].weight, rtol=0, atol=1e-7)


def test_zero_grad_forgets_every_gradient():
    model = make_cnn()
    optimizer = make_optimizer(model, TrainConfig(optimizer="muon"))
    train(model, optimizer, [0])
    assert all(parameter.grad is not None for parameter in model.parameters())
    optimizer.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())
    before = copy.deepcopy(model.state_dict())
    optimizer.step()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("schedule", ["linear", "cosine", "one_cycle", "stable_decay", "polynomial"])
def test_a_schedule_moves_both_parts_in_step(schedule):
    model = make_cnn()
    settings = TrainConfig(optimizer="muon", lr=LR, epochs=2, schedule=schedule)
    optimizer = make_optimizer(model, settings)
    moves = Schedule(optimizer, settings, steps_per_epoch=5)
    rates = []
    for step in range(9):
        train(model, optimizer, [step], moves)
        rates.append([group["lr"] for group in optimizer.param_groups])
    assert len({hidden for hidden, _, _ in rates}) > 1
    for hidden, *rest in rates:
        assert rest == pytest.approx([hidden * ADAM_SHARE] * 2)


@pytest.mark.parametrize("channels_last", [False, True])
def test_read_from_a_file_with_its_schedule_it_goes_on_bit_for_bit(channels_last):
    settings = TrainConfig(
        optimizer="muon", lr=LR, epochs=4, schedule="cosine", weight_decay=0.1, l1=1e-4, max_norm=2.0
    )
    model = make_cnn(channels_last)
    optimizer = make_optimizer(model, settings)
    schedule = Schedule(optimizer, settings, steps_per_epoch=5)
    train(model, optimizer, range(10), schedule)
    file = io.BytesIO()
    torch.save([model.state_dict(), optimizer.state_dict(), schedule.state_dict()], file)
    train(model, optimizer, range(10, 20), schedule)

    file.seek(0)
    weights, moments, moves = torch.load(file, weights_only=True)
    later = make_cnn(channels_last)
    again = make_optimizer(later, settings)
    later.load_state_dict(weights)
    resumed = Schedule(again, settings, steps_per_epoch=5)
    again.load_state_dict(moments)
    resumed.load_state_dict(moves)
    train(later, again, range(10, 20), resumed)
    for name, value in model.state_dict().items():
        assert torch.equal(later.state_dict()[name], value), name


def test_hidden_and_output_layers_decay_as_was_asked():
    model = make_cnn()
    head = model[-1]
    before = head.weight.detach().clone(), kernels(model)[1].detach().clone()
    optimizer = make_optimizer(model, TrainConfig(optimizer="muon", lr=LR, weight_decay=0.5))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    torch.testing.assert_close(head.weight, before[0] * (1 - LR * 0.5))
    torch.testing.assert_close(kernels(model)[1], before[1] * (1 - LR * 0.5))


def test_weights_that_no_matrix_can_share_are_refused_rather_than_never_moved():
    scattered = nn.Parameter(torch.randn(3, 8, 5).transpose(0, 1))
    groups = [{"params": [scattered, torch.zeros(1, 1)], "weight_decay": 0.0}, {"params": [torch.zeros(1)]}]
    with pytest.raises(ConfigError, match=r"shape \(8, 3, 5\).*strides \(5, 40, 1\).*contiguous"):
        Muon(groups, LR)


def test_a_rate_beyond_all_floats_diverges_and_is_no_error():
    model = make_cnn()
    train(model, make_optimizer(model, TrainConfig(optimizer="muon", lr=1e39)), range(2))
    assert not all(torch.isfinite(weights).all() for weights in model.parameters())


def test_singular_values_of_complex_matrices_come_near_1_too():
    matrix = torch.randn(4, 6, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalize(matrix))
    assert values.min() > 0.6 and values.max() < 1.3
