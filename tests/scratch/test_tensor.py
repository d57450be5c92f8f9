from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

from nnlabs.paths import PACKAGE
from nnlabs.scratch.tensor import Tensor, concatenate, stack


def test_the_docstrings_example() -> None:
    w = Tensor([1.0, 2.0])
    x = np.array([3.0, 4.0])
    loss = ((x * w).sum() - 1) ** 2
    loss.backward()
    np.testing.assert_array_equal(w.grad, [60, 80])


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, np.float64),
        (1.5, np.float64),
        (True, np.float64),
        ([1, 2], np.float64),
        (np.arange(3), np.float64),
        (np.ones(2, np.float16), np.float64),
        (np.float32(1.5), np.float32),
        (np.ones(2, np.float32), np.float32),
    ],
)
def test_everything_but_float32_becomes_float64(data, dtype) -> None:
    assert Tensor(data).dtype == dtype


@pytest.mark.parametrize(
    ("expression", "dtype"),
    [
        (lambda s, d: 2 * s + 1.5, np.float32),
        (lambda s, d: s**2 / 3 - 1, np.float32),
        (lambda s, d: s * d, np.float64),
        (lambda s, d: s * np.ones(2, np.float32), np.float32),
        (lambda s, d: s * np.ones(2), np.float64),
        (lambda s, d: s.mean() * d, np.float64),
    ],
)
def test_types_mix_as_in_numpy_and_gradients_have_their_tensors_type(expression, dtype) -> None:
    single, double = Tensor(np.ones(2, np.float32)), Tensor(np.ones(2))
    out = expression(single, double)
    out.sum().backward()
    assert out.dtype == dtype
    assert single.grad.dtype == np.float32


def test_the_data_are_copied() -> None:
    array = np.zeros(2)
    tensor = Tensor(array)
    tensor.data += 1
    np.testing.assert_array_equal(array, [0, 0])


@pytest.mark.parametrize("data", ["a", [None], 1j, ["1.0"], {}])
def test_what_is_no_real_number_is_refused(data) -> None:
    with pytest.raises(TypeError, match="real numbers"):
        Tensor(data)


def test_a_tensor_of_a_tensor_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match=r"Tensor\(t\.data\)"):
        Tensor(Tensor(1.0))


def test_numpy_leaves_mixed_arithmetic_to_the_tensor() -> None:
    x, array = Tensor([1.0, 2.0]), np.array([3.0, 4.0])
    results = [array + x, array - x, array * x, array / x, array**x, array @ x, np.float64(2) * x, np.int64(2) - x]
    assert all(type(r) is Tensor for r in results)
    np.testing.assert_array_equal((array - x).data, [2, 2])
    np.testing.assert_array_equal((array**x).data, [3, 16])


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (lambda a, b: a + b, ["add", "(2, 3)", "(4,)"]),
        (lambda a, b: a @ a, ["matmul", "(2, 3) and (2, 3)"]),
        (lambda a, b: concatenate([a, b]), ["concatenate", "(2, 3)", "(4,)", "axis=0"]),
        (lambda a, b: stack([a, b]), ["stack", "(2, 3)", "(4,)"]),
        (lambda a, b: a.reshape(4, 2), ["reshape", "(2, 3)", "(4, 2)"]),
        (lambda a, b: a.sum(axis=2), ["sum_over", "(2, 3)", "axis=2"]),
        (lambda a, b: a.transpose(0, 0), ["transpose", "(2, 3)", "(0, 0)"]),
    ],
)
def test_shapes_that_do_not_fit_are_named_with_the_operation(expression, words) -> None:
    with pytest.raises(ValueError) as caught:
        expression(Tensor(np.ones((2, 3))), Tensor(np.ones(4)))
    assert all(word in str(caught.value) for word in words)


def test_an_index_out_of_range_names_the_shape() -> None:
    with pytest.raises(IndexError, match=r"getitem of shape \(3,\), key=5"):
        Tensor([1.0, 2.0, 3.0])[5]


def test_iteration_and_length() -> None:
    rows = list(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert [row.shape for row in rows] == [(2,), (2,)]
    with pytest.raises(TypeError):
        list(Tensor(1.0))


def test_a_scalar_prints_and_formats() -> None:
    a = Tensor(2)
    b = a * 1.23456
    b.backward()
    assert f"{b.data:.2f} {a.grad:.4f}" == "2.47 1.2346"
    assert repr(a) == "Tensor(data=2.0, grad=1.23456)"
    assert b.item() == pytest.approx(2.46912)


def test_shape_size_and_dimension() -> None:
    x = Tensor(np.zeros((2, 3, 4)))
    assert (x.shape, x.ndim, x.size, x.T.shape) == ((2, 3, 4), 3, 24, (4, 3, 2))


def test_scratch_needs_numpy_alone() -> None:
    # whatever is not this package, NumPy or Python's own is refused, as on a machine where nothing else is installed
    code = """
import importlib, sys

class Refuse:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] not in {"nnlabs", "numpy", *sys.stdlib_module_names}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refuse)
for name in sys.argv[1:]:
    importlib.import_module(f"nnlabs.scratch.{name}")
"""
    names = sorted(path.stem for path in (PACKAGE / "scratch").glob("*.py"))
    assert {"__init__", "draw", "graph", "perceptron_rule", "tensor"} <= set(names)
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_lists_are_constants_in_every_operation() -> None:
    t = Tensor([1.0, 2.0])
    assert (t @ [3.0, 4.0]).item() == ([3.0, 4.0] @ t).item() == 11
    np.testing.assert_array_equal((t ** [2, 3]).data, [1, 8])
    np.testing.assert_array_equal(([2, 3] ** t).data, [2, 9])
    np.testing.assert_array_equal(concatenate([[0], t]).data, [0, 1, 2])
    np.testing.assert_array_equal(stack([[0, 5], t]).data, [[0, 5], [1, 2]])
    assert concatenate([[1], [2]]).dtype == np.float64
    (t @ [3.0, 4.0]).backward()
    np.testing.assert_array_equal(t.grad, [3, 4])


@pytest.mark.parametrize("other", ["a", 1j, None, [None]])
def test_constants_are_real_numbers(other) -> None:
    with pytest.raises(TypeError, match="computed with real numbers"):
        Tensor([1.0, 2.0]) * other


@pytest.mark.parametrize(
    "expression", [lambda t: t @ 2, lambda t: t.sum(axis=0.5), lambda t: t.reshape(), lambda t: concatenate([t, 1.0])]
)
def test_arguments_that_numpy_refuses_end_in_a_sentence_with_the_operation(expression) -> None:
    with pytest.raises((ValueError, TypeError), match="is not possible"):
        expression(Tensor([1.0, 2.0]))


def test_no_numbers_have_no_mean() -> None:
    with pytest.raises(ValueError, match=r"mean_over of shape.*no numbers have no mean"):
        Tensor(np.empty((0, 3))).mean()
    assert Tensor(np.empty((0, 3))).mean(axis=1).shape == (0,)


def test_comparisons_are_arrays_and_tensors_keys_by_identity() -> None:
    t, same = Tensor([1.0, 2.0]), Tensor([1.0, 2.0])
    np.testing.assert_array_equal(t == 1.0, [True, False])
    np.testing.assert_array_equal(t != same, [False, False])
    np.testing.assert_array_equal(np.array([1.5, 1.5]) > t, [True, False])
    np.testing.assert_array_equal(t[t >= 2].data, [2])
    assert (t == "a") is False
    assert len({t, same, t}) == 2


def test_one_number_is_a_float_a_truth_value_and_formats() -> None:
    t = Tensor([[2.5]])
    assert (float(t), bool(t), f"{t:.2f}") == (2.5, True, "2.50")
    assert not Tensor(0.0)
    for read in (float, bool, Tensor.item, "{:.2f}".format):
        with pytest.raises(ValueError, match=r"shape \(2,\) is not one number"):
            read(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("function", [np.concatenate, np.stack, np.dot, np.argmax])
def test_what_tensors_have_elsewhere_or_not_at_all_is_not_said_to_be_theirs(function) -> None:
    says = {"concatenate": r"take nnlabs\.scratch\.tensor\.concatenate", "dot": "take t @ u"}
    says |= {"stack": r"take nnlabs\.scratch\.tensor\.stack", "argmax": r"take its array, t\.data\."}
    with pytest.raises(TypeError, match=says[function.__name__]):
        function(Tensor([1.0, 2.0]), Tensor([1.0, 2.0])) if function is np.dot else function(Tensor([1.0, 2.0]))


@pytest.mark.parametrize("function", [np.sum, np.mean, np.max, np.reshape])
def test_numpys_functions_say_what_to_write_instead(function) -> None:
    with pytest.raises(TypeError, match=rf"t\.{function.__name__.removeprefix('a')}|t\.data"):
        function(Tensor([1.0, 2.0]), -1) if function is np.reshape else function(Tensor([1.0, 2.0]))


def test_no_array_is_made_of_a_tensor_unasked() -> None:
    for make in (np.asarray, np.array, lambda t: Tensor([t, t])):
        with pytest.raises(TypeError, match=r"write t\.data"):
            make(Tensor([1.0, 2.0]))


def test_a_pickle_is_a_leaf_with_the_numbers() -> None:
    x = Tensor(np.ones(2, np.float32))
    copy = pickle.loads(pickle.dumps(x * 2))
    np.testing.assert_array_equal(copy.data, [2, 2])
    assert (copy.dtype, copy.rule, copy.grad) == (np.float32, None, None)


def test_the_public_names_come_from_one_place() -> None:
    import nnlabs.scratch

    assert all(hasattr(nnlabs.scratch, name) for name in nnlabs.scratch.__all__)
