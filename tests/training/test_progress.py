from __future__ import annotations

import os
import sys
from contextlib import suppress

import pytest
from torch.nn import functional as F

from nnlabs.errors import RunError
from nnlabs.training.callbacks import (
    History,
    Progress,
    TensorBoard,
)
from nnlabs.training.loop import State, train
from tests.training.states import make_state


def measured(state: State) -> dict[str, float]:
    return {"validation_loss": 1.0, "validation_accuracy": 0.75}


def test_progress_says_nothing_where_nobody_watches(make_batches, capfd):
    batches = make_batches()
    train(
        make_state(),
        batches,
        F.cross_entropy,
        2,
        [History(measured), Progress(lambda epoch: epoch * len(batches), 2, "run")],
    )
    assert capfd.readouterr() == ("", "")


def read_all(controller: int) -> str:
    """All that was written to a terminal that is closed by now; a single read may give a part of it."""
    said = b""
    with suppress(OSError):  # Linux's way to say that this is the end
        while part := os.read(controller, 100_000):
            said += part
    os.close(controller)
    return said.decode()


def test_progress_shows_epoch_loss_accuracy_and_speed_on_a_terminal(make_batches, monkeypatch):
    termios = pytest.importorskip("termios", reason="needs a pseudo-terminal")
    controller, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (24, 120))
    batches, state = make_batches(), make_state()
    with os.fdopen(terminal, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        train(
            state,
            batches,
            F.cross_entropy,
            2,
            [History(measured), Progress(lambda epoch: epoch * len(batches), 2, "run")],
        )
        monkeypatch.undo()
    said = read_all(controller)
    assert "run:" in said
    assert "6/6" in said
    assert f"epoch=2/2, loss={state.history[-1]['step_loss']:.3f}, accuracy=0.750, examples/s=" in said


def test_tensorboard_files_hold_the_history(make_batches, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    state = make_state()
    train(state, make_batches(), F.cross_entropy, 2, [History(measured), TensorBoard(tmp_path / "events")])
    (file,) = (tmp_path / "events").iterdir()
    found = {
        (event.step, value.tag): value.tensor.float_val[0]
        for event in EventFileLoader(str(file)).Load()
        for value in event.summary.value
    }
    expected = {(row["epoch"], name): value for row in state.history for name, value in row.items()}
    assert found == {key: pytest.approx(value, rel=1e-6) for key, value in expected.items()}


def test_of_a_run_that_goes_on_tensorboard_shows_each_epoch_once(make_batches, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for killed_at, saved in ((3, 0), (4, 1)):  # of the first three epochs only one was saved
        state = make_state()
        train(state, make_batches(), F.cross_entropy, saved, [History(measured)])
        train(state, make_batches(), F.cross_entropy, killed_at, [History(measured), TensorBoard(tmp_path)])
    shown = EventAccumulator(str(tmp_path)).Reload().Scalars("step_loss")
    assert [point.step for point in shown] == [1, 2, 3, 4]
    assert shown[-1].value == pytest.approx(state.history[-1]["step_loss"], rel=1e-6)


def test_without_tensorboard_a_sentence_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(RunError, match=r"pip install 'nnlabs\[tensorboard\]'"):
        TensorBoard(tmp_path)
