from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlabs.scratch.losses import LOSSES, Loss, cross_entropy, hinge, huber, l2_penalty, mae, mse
from nnlabs.scratch.tensor import Tensor
from tests.scratch import cases

EVERY = pytest.mark.parametrize("entry", LOSSES.values(), ids=lambda entry: entry.name)
BY_SHAPE = pytest.mark.parametrize(
    "entry", [e for e in LOSSES.values() if e.targets != "classes"], ids=lambda e: e.name
)
BY_CLASS = pytest.mark.parametrize(
    "entry", [e for e in LOSSES.values() if e.targets == "classes"], ids=lambda e: e.name
)


def test_all_that_the_lab_promises_are_there() -> None:
    expected = {"mse", "mae", "huber", "cross_entropy", "binary_cross_entropy", "hinge", "multiclass_hinge"}
    assert set(LOSSES) == expected


@EVERY
@settings(max_examples=25, deadline=None)
@given(predictions=arrays(np.float64, (4, 3), elements=st.floats(-50, 50)), seed=st.integers(0, 1000))
def test_any_predictions_have_torchs_loss_and_gradient(entry: Loss, predictions: np.ndarray, seed: int) -> None:
    targets = cases.targets_for(entry.targets, (4, 3), seed)
    p, theirs = Tensor(predictions), torch.tensor(predictions, requires_grad=True)
    value = entry(p, targets)
    value.backward()
    torch_value = cases.in_torch(entry.torch, p=theirs, t=torch.tensor(targets))
    torch_value.backward()
    np.testing.assert_allclose(value.data, torch_value.detach().numpy(), rtol=1e-13)
    np.testing.assert_allclose(p.grad, theirs.grad.numpy(), rtol=1e-12, atol=1e-15)


@EVERY
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_1000_neither_overflow_nor_warn(entry: Loss, dtype: type) -> None:
    p = Tensor(np.array([[1000, -1000, 0], [-1000, 1000, 1000]], dtype))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = entry(p, cases.targets_for(entry.targets, (2, 3)))
        value.backward()
    assert value.dtype == p.grad.dtype == dtype
    assert np.isfinite(value.data)
    assert np.isfinite(p.grad).all()


@BY_SHAPE
def test_a_column_is_not_compared_with_a_vector(entry: Loss) -> None:
    with pytest.raises(ValueError, match=rf"{entry.name}: .*\(5, 1\).*\(5,\)"):
        entry(Tensor(np.zeros((5, 1))), np.ones(5))


@BY_CLASS
@pytest.mark.parametrize("targets", [[0, 3], [0, -1], [0.0, 1.0]])
def test_classes_out_of_range_are_refused(entry: Loss, targets: list[float]) -> None:
    with pytest.raises(ValueError, match="whole numbers from 0 to 2"):
        entry(Tensor(np.zeros((2, 3))), targets)


@BY_CLASS
@pytest.mark.parametrize(("shape", "targets"), [((2, 3), [0, 1, 2]), ((3,), [0, 1, 2]), ((2, 3), [[0], [1]])])
def test_classes_need_one_target_a_row(entry: Loss, shape: tuple[int, ...], targets: list[int]) -> None:
    with pytest.raises(ValueError, match=r"need shape \(n, classes\) and targets \(n,\)"):
        entry(Tensor(np.zeros(shape)), targets)


@EVERY
def test_targets_are_constants(entry: Loss) -> None:
    with pytest.raises(TypeError, match="targets are constants"):
        entry(Tensor(np.zeros((2, 3))), Tensor(np.zeros((2, 3))))


def test_values_by_hand() -> None:
    p, t = Tensor([0.0, 3.0]), [1.0, -1.0]
    assert mse(p, t).item() == (1 + 16) / 2
    assert mae(p, t).item() == (1 + 4) / 2
    assert huber(p, t, delta=2.0).item() == (0.5 + 2 * (4 - 1)) / 2
    assert hinge(p, t).item() == (1 + 4) / 2
    assert cross_entropy(Tensor([[0.0, 0.0]]), [1]).item() == pytest.approx(np.log(2))


def test_hubers_delta_is_torchs() -> None:
    x, t = np.linspace(-3, 3, 13), np.zeros(13)
    ours, theirs = Tensor(x), torch.tensor(x, requires_grad=True)
    value = huber(ours, t, delta=0.7)
    value.backward()
    torch_value = torch.nn.functional.huber_loss(theirs, torch.zeros(13, dtype=torch.float64), delta=0.7)
    torch_value.backward()
    assert value.item() == pytest.approx(torch_value.item(), rel=1e-14)
    np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-14)


def test_the_l2_penalty_adds_2w_to_the_gradient() -> None:
    w, b = Tensor([[1.0, -2.0]]), Tensor(3.0)
    penalty = 0.5 * l2_penalty([w, b])
    penalty.backward()
    assert penalty.item() == 0.5 * (1 + 4 + 9)
    np.testing.assert_array_equal(w.grad, [[1, -2]])
    assert b.grad == 3


@pytest.mark.parametrize(
    ("name", "targets"),
    [("binary_cross_entropy", [-1.0, 1.0]), ("binary_cross_entropy", [0.0, np.nan]), ("hinge", [0.0, 1.0])],
)
def test_labels_of_the_other_convention_are_refused(name: str, targets: list[float]) -> None:
    with pytest.raises(ValueError, match=rf"{name}: targets must .*labels"):
        LOSSES[name](Tensor([0.5, -0.5]), targets)


def test_soft_labels_are_fine() -> None:
    assert LOSSES["binary_cross_entropy"](Tensor([0.0]), [0.3]).item() == pytest.approx(np.log(2))


@EVERY
def test_an_empty_batch_is_a_sentence(entry: Loss) -> None:
    with pytest.raises(ValueError, match=rf"{entry.name}: there are no predictions.*empty"):
        entry(Tensor(np.empty((0, 3))), np.empty(0, int) if entry.targets == "classes" else np.empty((0, 3)))


@EVERY
def test_predictions_are_a_tensor_and_losses_can_be_pickled(entry: Loss) -> None:
    with pytest.raises(TypeError, match="predictions must be a Tensor, not ndarray"):
        entry(np.zeros((2, 3)), np.zeros((2, 3)))
    assert pickle.loads(pickle.dumps(entry)) is entry


def test_no_parameters_have_no_penalty() -> None:
    assert l2_penalty([]).item() == 0
