from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnlabs.config.load import load_lab, with_changes
from nnlabs.data.load import load_cached
from nnlabs.errors import RunError
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.records import read_csv
from nnlabs.runs import learner
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import evaluate_on_test, open_trained
from nnlabs.runs.lookup import read_run
from nnlabs.runs.run import Run
from nnlabs.training.checkpoint import load_checkpoint, save_checkpoint
from tests.made_runs import changed


def logits(run: Run, images: torch.Tensor) -> np.ndarray:
    """The network's answers by NumPy, from the weights in the checkpoint and the pixels."""
    splits = load_cached(run.config.data)
    model = load_checkpoint(run.folder / "checkpoint.pt")["model"]
    w1, b1, w2, b2 = (value.double().numpy() for value in model.values())
    pixels = splits.train.x.double().numpy() / 255
    x = ((images.double().numpy() / 255 - pixels.mean()) / pixels.std()).reshape(len(images), -1)
    hidden = np.maximum(x @ w1.T + b1, 0)
    return hidden @ w2.T + b2


def loss_and_accuracy(answers: np.ndarray, y: torch.Tensor) -> tuple[float, float]:
    shifted = answers - answers.max(1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return -log_softmax[np.arange(len(y)), y].mean(), float((answers.argmax(1) == y.numpy()).mean())


@pytest.mark.parametrize("label_smoothing", [0.0, 0.4])
def test_the_measurements_are_those_of_an_independent_computation(tiny, tmp_path, label_smoothing):
    run = changed(tiny, tmp_path, train__label_smoothing=label_smoothing)
    result = execute(run)
    splits = load_cached(run.config.data)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randperm(100, generator=generator)[: len(splits.validation)]
    for name, examples in (("train", splits.train.select(rows)), ("validation", splits.validation)):
        loss, accuracy = loss_and_accuracy(logits(run, examples.x), examples.y)
        assert result[f"{name}_loss"] == pytest.approx(loss, rel=1e-5)
        assert result[f"{name}_accuracy"] == accuracy
    assert read_csv(run.folder / "history.csv")[-1]["validation_loss"] == result["validation_loss"]


def test_the_test_split_is_read_by_test_alone(tiny, tmp_path):
    run = changed(tiny, tmp_path)
    assert not any("test" in name for name in execute(run))
    assert not (run.folder / "test.json").exists()
    evaluate_on_test(run)
    examples = load_cached(run.config.data).test
    _, accuracy = loss_and_accuracy(logits(run, examples.x), examples.y)
    assert run.test_result["accuracy"] == accuracy
    assert np.sum(run.test_result["confusion"]) == len(examples) == 797


NOISY = {
    "model.dropout": 0.3,
    "model.batch_norm": True,
    "data.augment": ["crop", "flip", "cutout"],
    "train.optimizer": "momentum",
    "train.schedule": "cosine",
}


def test_one_seed_gives_the_same_bytes_and_another_seed_others(tiny, tmp_path):
    noisy = with_changes(tiny, NOISY, "test")
    runs = [
        changed(noisy, tmp_path / "a"),
        changed(noisy, tmp_path / "b"),
        changed(noisy, tmp_path / "c", train__seed=1),
    ]
    for run in runs:
        execute(run)
    first, again, other = ((run.folder / "history.csv").read_bytes() for run in runs)
    assert first == again
    assert first != other
    weights = [load_checkpoint(run.folder / "checkpoint.pt")["model"] for run in runs[:2]]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_what_is_done_is_not_done_again(tiny, tmp_path):
    run = changed(tiny, tmp_path)
    result = execute(run)
    before = {path: path.stat().st_mtime_ns for path in run.folder.iterdir()}
    assert execute(run) == result
    assert {path: path.stat().st_mtime_ns for path in run.folder.iterdir()} == before


def test_a_forgotten_run_is_done_anew(tiny, tmp_path):
    run = changed(tiny, tmp_path)
    first = execute(run)
    (run.folder / "history.csv").write_text("")
    run.forget()
    assert not run.folder.exists()
    assert execute(run) | {"seconds": 0} == first | {"seconds": 0}
    assert run.history["epoch"] == [1.0, 2.0, 3.0]


def test_a_run_folder_tells_all(tiny, tmp_path, monkeypatch):
    run = changed(tiny, tmp_path)
    result = execute(run)
    assert {path.name for path in run.folder.iterdir()} == {
        *["config.yaml", "environment.json", "history.csv", "checkpoint.pt", "result.json"]
    }
    environment = json.loads((run.folder / "environment.json").read_text())
    splits = load_cached(run.config.data)
    assert environment["data_checksum"] == splits.checksum
    assert environment["threads"] == 1
    assert environment["packages"]["torch"] == torch.__version__.partition("+")[0]
    assert (result["status"], result["epochs"], result["kept_epoch"], result["train_examples"]) == (
        "finished",
        3,
        3,
        100,
    )
    assert result["parameters"] == 784 * 16 + 16 + 16 * 10 + 10
    (tmp_path / "demo.yaml").write_text("quick: {}")
    monkeypatch.setattr("nnlabs.config.layers.configs_dir", lambda: tmp_path)
    read_back = load_lab(TrainingLabConfig, "demo", ["--config", str(run.folder / "config.yaml")])
    assert read_back.base == run.config


def test_a_run_that_diverges_is_recorded_and_not_an_error(tiny, tmp_path):
    run = changed(tiny, tmp_path, train__optimizer="sgd", train__lr=1e20, train__epochs=50)
    result = execute(run)
    assert result["status"] == "diverged"
    assert result["epochs"] < 50
    written = json.loads((run.folder / "result.json").read_text())
    assert written["validation_loss"] is None
    assert not math.isfinite(run.history["validation_loss"][-1])


def test_early_stopping_ends_with_the_weights_and_the_numbers_of_its_best_epoch(tiny, tmp_path):
    run = changed(tiny, tmp_path, train__patience=2, train__epochs=60, train__lr=0.05)
    result = execute(run)
    best = int(np.argmin(run.history["validation_loss"])) + 1
    assert result["status"] == "early stopping"
    assert result["epochs"] == len(run.history["epoch"]) == best + 2
    assert result["kept_epoch"] == best
    validation = load_cached(run.config.data).validation
    loss, accuracy = loss_and_accuracy(logits(run, validation.x), validation.y)
    assert result["validation_loss"] == pytest.approx(loss, rel=1e-5)
    assert result["validation_loss"] == run.history["validation_loss"][best - 1]
    assert result["validation_accuracy"] == accuracy


def test_a_batch_may_be_larger_than_the_data(tiny, tmp_path):
    run = changed(tiny, tmp_path, train__batch_size=5000, model__batch_norm=True)
    execute(run)
    splits = load_cached(run.config.data)
    assert len(splits.train) == 100
    assert run.history["epoch"] == [1.0, 2.0, 3.0]


def test_the_share_of_the_commonest_class_is_that_of_the_examples_that_judge(tiny, tmp_path):
    result = execute(changed(tiny, tmp_path, data__label_noise=0.5, train__epochs=1))
    labels = load_cached(changed(tiny, tmp_path).config.data).validation.y
    assert result["chance"] == pytest.approx(float(labels.bincount().max()) / len(labels))


class Bomb:
    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


@pytest.mark.parametrize("damage", ["cut", "flipped", "another network", "code", "empty"])
def test_a_checkpoint_that_cannot_be_used_is_set_aside_and_the_run_starts_over(tiny, tmp_path, capsys, damage):
    run = changed(tiny, tmp_path)
    result = execute(run)
    path = run.folder / "checkpoint.pt"
    history = (run.folder / "history.csv").read_bytes()
    (run.folder / "result.json").unlink()
    content = path.read_bytes()
    middle = len(content) // 2
    if damage == "another network":
        save_checkpoint(path, load_checkpoint(path) | {"model": {"weight": torch.zeros(3)}})
    elif damage == "code":
        torch.save({"model": Bomb(tmp_path / "hit")}, path)
    else:
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"cut": content[:middle], "flipped": flipped, "empty": b""}[damage])
    unusable = path.read_bytes()
    assert execute(run) | {"seconds": 0} == result | {"seconds": 0}
    said = capsys.readouterr().err
    assert said.startswith(f"notice: {path} ")
    assert said.endswith("It was set aside as checkpoint.damaged, and the run starts over.\n")
    assert said.count("\n") == 1
    assert (run.folder / "checkpoint.damaged").read_bytes() == unusable
    assert (run.folder / "history.csv").read_bytes() == history
    assert not (tmp_path / "hit").exists()


def test_a_finished_run_whose_checkpoint_is_damaged_or_gone_is_told_with_what_to_do(tiny, tmp_path):
    run = changed(tiny, tmp_path)
    execute(run)
    for spoil in ((run.folder / "checkpoint.pt").unlink, lambda: (run.folder / "checkpoint.pt").write_bytes(b"x")):
        spoil()
        with pytest.raises(
            RunError, match=r"checkpoint\.pt is no readable checkpoint .*; move .* away, and make the run anew"
        ):
            evaluate_on_test(run)


def test_tensorboard_changes_neither_the_name_nor_the_numbers(tiny, tmp_path):
    pytest.importorskip("tensorboard")
    plain, shown = changed(tiny, tmp_path / "a"), changed(tiny, tmp_path / "b", train__tensorboard=True)
    for run in (plain, shown):
        execute(run)
    assert plain.folder.name == shown.folder.name
    assert (plain.folder / "history.csv").read_bytes() == (shown.folder / "history.csv").read_bytes()
    (events,) = (shown.folder / "tensorboard").iterdir()
    assert events.stat().st_size > 500


def test_data_are_read_once_for_all_runs_that_share_them(tiny):
    first = learner.make_learner(tiny)
    second = learner.make_learner(replace(tiny, train=replace(tiny.train, seed=1)))
    assert first.splits is second.splits


def test_making_the_network_alone_sets_no_threads_and_no_seed(tiny):
    splits = load_cached(tiny.data)
    first, second = (learner.make_learner(tiny) for _ in range(2))
    assert all(map(torch.equal, first.model.parameters(), second.model.parameters()))
    more = replace(tiny, train=replace(tiny.train, threads=2))
    third, fourth = (learner.Learner(more, splits) for _ in range(2))
    assert torch.get_num_threads() == tiny.train.threads == 1
    assert not all(map(torch.equal, third.model.parameters(), fourth.model.parameters()))


def test_whitening_is_fitted_to_the_training_split_and_comes_back_with_the_weights(tiny, tmp_path):
    run = changed(tiny, tmp_path, model={"name": "whitened_cnn", "widths": [8]}, train__epochs=1)
    fresh = learner.make_learner(run.config)
    splits = fresh.splits
    images = torch.cat([x for x, _ in learner.eval_batches(splits.train, fresh.normalize)])
    white = fresh.model[0](images)[:, :4].double().transpose(0, 1).flatten(1)
    covariance = torch.cov(white)
    assert (covariance - covariance.diagonal().diag()).abs().max() < 1e-4
    execute(run)
    trained = open_trained(run)
    assert torch.equal(trained.model[0].weight, fresh.model[0].weight)
    assert not torch.equal(trained.model[2].weight, fresh.model[2].weight)


def test_averaging_over_mirror_images_changes_measurements_and_test_but_not_training(tiny, tmp_path):
    plain, averaged = changed(tiny, tmp_path), changed(tiny, tmp_path, train__average_flip=True)
    assert plain.folder != averaged.folder
    for run in (plain, averaged):
        execute(run)
        evaluate_on_test(run)
    assert plain.history["step_loss"] == averaged.history["step_loss"]
    x = load_cached(plain.config.data).test.x
    y = load_cached(plain.config.data).test.y
    _, accuracy = loss_and_accuracy(logits(plain, x) + logits(plain, x.flip(-1)), y)
    assert averaged.test_result["accuracy"] == accuracy != plain.test_result["accuracy"]


@pytest.mark.slow
def test_a_compiled_network_keeps_the_names_of_its_weights(tiny, tmp_path):
    compiled, plain = changed(tiny, tmp_path, train__compile=True), changed(tiny, tmp_path)
    # Compiling for real takes minutes; so the compiled call is made, and torch runs it as it is written.
    with torch.compiler.set_stance("force_eager"):
        assert learner.make_learner(compiled.config).model._compiled_call_impl is not None
        result = execute(compiled)
        evaluate_on_test(compiled)
    assert result | {"seconds": 0} == execute(plain) | {"seconds": 0}
    weights = [load_checkpoint(run.folder / "checkpoint.pt")["model"] for run in (compiled, plain)]
    assert list(weights[0]) == list(weights[1])


def test_a_rate_from_numpy_is_a_rate(tiny, tmp_path):
    run = Run(replace(tiny, train=replace(tiny.train, lr=np.logspace(-3, -1, 3)[1])), tmp_path)
    execute(run)
    assert read_run(run.folder).config.train.lr == 0.01
