from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from nnlabs.config.load import load_lab, with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.data.load import load_cached
from nnlabs.errors import ConfigError, RunError
from nnlabs.labkit.settings import TrainingLabConfig
from nnlabs.records import read_csv
from nnlabs.runs import learner
from nnlabs.runs.checks import check_runs
from nnlabs.runs.execute import execute
from nnlabs.runs.inspect import count_model, describe_model, evaluate_on_test, first_layer, open_trained
from nnlabs.runs.lookup import read_run
from nnlabs.runs.lr_finder import find_lr
from nnlabs.runs.predict import Predictor
from nnlabs.runs.run import Run
from nnlabs.training.checkpoint import load_checkpoint, save_checkpoint


def make(config, folder, **changes) -> Run:
    return Run(with_changes(config, {key.replace("__", "."): value for key, value in changes.items()}, "test"), folder)


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
    run = make(tiny, tmp_path, train__label_smoothing=label_smoothing)
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
    run = make(tiny, tmp_path)
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
    runs = [make(noisy, tmp_path / "a"), make(noisy, tmp_path / "b"), make(noisy, tmp_path / "c", train__seed=1)]
    for run in runs:
        execute(run)
    first, again, other = ((run.folder / "history.csv").read_bytes() for run in runs)
    assert first == again
    assert first != other
    weights = [load_checkpoint(run.folder / "checkpoint.pt")["model"] for run in runs[:2]]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_what_is_done_is_not_done_again(tiny, tmp_path):
    run = make(tiny, tmp_path)
    result = execute(run)
    before = {path: path.stat().st_mtime_ns for path in run.folder.iterdir()}
    assert execute(run) == result
    assert {path: path.stat().st_mtime_ns for path in run.folder.iterdir()} == before


def test_a_forgotten_run_is_done_anew(tiny, tmp_path):
    run = make(tiny, tmp_path)
    first = execute(run)
    (run.folder / "history.csv").write_text("")
    run.forget()
    assert not run.folder.exists()
    assert execute(run) | {"seconds": 0} == first | {"seconds": 0}
    assert run.history["epoch"] == [1.0, 2.0, 3.0]


def test_a_run_folder_tells_all(tiny, tmp_path, monkeypatch):
    run = make(tiny, tmp_path)
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
    run = make(tiny, tmp_path, train__optimizer="sgd", train__lr=1e20, train__epochs=50)
    result = execute(run)
    assert result["status"] == "diverged"
    assert result["epochs"] < 50
    written = json.loads((run.folder / "result.json").read_text())
    assert written["validation_loss"] is None
    assert not math.isfinite(run.history["validation_loss"][-1])


def test_early_stopping_ends_with_the_weights_and_the_numbers_of_its_best_epoch(tiny, tmp_path):
    run = make(tiny, tmp_path, train__patience=2, train__epochs=60, train__lr=0.05)
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
    run = make(tiny, tmp_path, train__batch_size=5000, model__batch_norm=True)
    execute(run)
    splits = load_cached(run.config.data)
    assert len(splits.train) == 100
    assert run.history["epoch"] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("size", [1, 33, 99])
def test_a_batch_of_one_and_batch_norm_are_told_apart_beforehand(tiny, tmp_path, size):
    with pytest.raises(
        ConfigError, match=rf"^train\.batch_size: 100 examples in batches of {size} leave a batch of a single"
    ):
        execute(make(tiny, tmp_path, train__batch_size=size, model__batch_norm=True))
    execute(make(tiny, tmp_path, train__batch_size=size, train__epochs=1))


def test_a_batch_of_one_is_foreseen_where_an_epoch_keeps_some_examples_alone(tiny, tmp_path):
    settings = {"model__batch_norm": True, "train__batch_size": 12, "train__epochs": 3}
    with pytest.raises(
        ConfigError, match=r"^train\.batch_size: 25 examples in batches of 12 leave a batch of a single"
    ):
        execute(make(tiny, tmp_path, train__keep_hardest=0.25, **settings))
    execute(make(tiny, tmp_path, **settings))
    execute(make(tiny, tmp_path, train__keep_hardest=0.25, **(settings | {"train__epochs": 2})))  # these are whole


def test_the_share_of_the_commonest_class_is_that_of_the_examples_that_judge(tiny, tmp_path):
    result = execute(make(tiny, tmp_path, data__label_noise=0.5, train__epochs=1))
    labels = load_cached(make(tiny, tmp_path).config.data).validation.y
    assert result["chance"] == pytest.approx(float(labels.bincount().max()) / len(labels))


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_told(tiny, tmp_path):
    with pytest.raises(RunError, match=r"^train\.device: torch .* finds no cuda here; it finds .*cpu, or give auto$"):
        execute(make(tiny, tmp_path, train__device="cuda"))


class Bomb:
    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


@pytest.mark.parametrize("damage", ["cut", "flipped", "another network", "code", "empty"])
def test_a_checkpoint_that_cannot_be_used_is_set_aside_and_the_run_starts_over(tiny, tmp_path, capsys, damage):
    run = make(tiny, tmp_path)
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
    run = make(tiny, tmp_path)
    execute(run)
    for spoil in ((run.folder / "checkpoint.pt").unlink, lambda: (run.folder / "checkpoint.pt").write_bytes(b"x")):
        spoil()
        with pytest.raises(
            RunError, match=r"checkpoint\.pt is no readable checkpoint .*; move .* away, and make the run anew"
        ):
            evaluate_on_test(run)


def test_a_file_in_place_of_the_results_folder_is_told_before_anything_is_computed(tiny, tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunError, match=r"^cannot write .*: a part of that path is a file, not a folder; choose"):
        execute(make(tiny, tmp_path / "results"))


def test_tensorboard_changes_neither_the_name_nor_the_numbers(tiny, tmp_path):
    pytest.importorskip("tensorboard")
    plain, shown = make(tiny, tmp_path / "a"), make(tiny, tmp_path / "b", train__tensorboard=True)
    for run in (plain, shown):
        execute(run)
    assert plain.folder.name == shown.folder.name
    assert (plain.folder / "history.csv").read_bytes() == (shown.folder / "history.csv").read_bytes()
    (events,) = (shown.folder / "tensorboard").iterdir()
    assert events.stat().st_size > 500


def test_a_network_can_be_looked_into(tiny, tmp_path):
    run = make(tiny, tmp_path)
    execute(run)
    weights = first_layer(run)
    assert np.array_equal(weights, next(iter(load_checkpoint(run.folder / "checkpoint.pt")["model"].values())).numpy())
    assert count_model(run) == (run.result["parameters"], 784 * 16 + 16 * 10)
    assert "12,730" in describe_model(run.config)


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
    run = make(tiny, tmp_path, model={"name": "whitened_cnn", "widths": [8]}, train__epochs=1)
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
    plain, averaged = make(tiny, tmp_path), make(tiny, tmp_path, train__average_flip=True)
    assert plain.folder != averaged.folder
    for run in (plain, averaged):
        execute(run)
        evaluate_on_test(run)
    assert plain.history["step_loss"] == averaged.history["step_loss"]
    x = load_cached(plain.config.data).test.x
    y = load_cached(plain.config.data).test.y
    _, accuracy = loss_and_accuracy(logits(plain, x) + logits(plain, x.flip(-1)), y)
    assert averaged.test_result["accuracy"] == accuracy != plain.test_result["accuracy"]


def test_averaging_over_mirror_images_of_signals_is_refused(tiny):
    config = with_changes(tiny, {"data.name": "mnist1d", "data.augment": [], "train.average_flip": True}, "test")
    with pytest.raises(ConfigError, match=r"train\.average_flip: .* signal read backwards belongs to another class"):
        learner.make_learner(config)


@pytest.mark.slow
def test_a_compiled_network_keeps_the_names_of_its_weights(tiny, tmp_path):
    compiled, plain = make(tiny, tmp_path, train__compile=True), make(tiny, tmp_path)
    # Compiling for real takes minutes; so the compiled call is made, and torch runs it as it is written.
    with torch.compiler.set_stance("force_eager"):
        assert learner.make_learner(compiled.config).model._compiled_call_impl is not None
        result = execute(compiled)
        evaluate_on_test(compiled)
    assert result | {"seconds": 0} == execute(plain) | {"seconds": 0}
    weights = [load_checkpoint(run.folder / "checkpoint.pt")["model"] for run in (compiled, plain)]
    assert list(weights[0]) == list(weights[1])


def test_only_a_first_layer_over_all_inputs_is_looked_into(tiny, tmp_path):
    run = make(tiny, tmp_path, model={"name": "cnn", "widths": [4]}, train__epochs=1)
    execute(run)
    assert first_layer(run) is None


def test_runs_on_other_data_are_checked_with_those():
    few = with_changes(RunConfig(), {"data.name": "mnist1d", "data.train_size": 1000}, "test")
    other = with_changes(few, {"data.name": "digits"}, "test")
    with pytest.raises(ConfigError, match=r"data\.train_size is 1000, but 900 examples"):
        check_runs([few, other], load_cached(few.data))


@pytest.mark.parametrize(("widths", "refused"), [([4, 4, 4, 4], True), ([4], False)])
def test_a_batch_of_one_is_refused_where_a_convolutions_batch_norm_sees_one_pixel(tiny, widths, refused):
    # Four blocks halve 28 pixels down to one before the last batch norm.
    config = with_changes(tiny, {"model": {"name": "cnn", "widths": widths}, "train.batch_size": 99}, "test")
    splits = load_cached(config.data)
    for check in (lambda: check_runs([config], splits), lambda: learner.make_learner(config).train_batches()):
        if refused:
            with pytest.raises(ConfigError, match="100 examples in batches of 99 leave a batch of a single one"):
                check()
        else:
            check()


def test_the_python_way_refuses_what_the_command_does(tiny, tmp_path):
    with pytest.raises(ConfigError, match=r"train\.optimizer: 'adamm' is unknown"):
        execute(Run(replace(tiny, train=replace(tiny.train, optimizer="adamm")), tmp_path))
    with pytest.raises(ConfigError, match=r"train\.label_smoothing means nothing to the loss mse"):
        find_lr(replace(tiny, train=replace(tiny.train, loss="mse", label_smoothing=0.1)))


def test_a_rate_from_numpy_is_a_rate(tiny, tmp_path):
    run = Run(replace(tiny, train=replace(tiny.train, lr=np.logspace(-3, -1, 3)[1])), tmp_path)
    execute(run)
    assert read_run(run.folder).config.train.lr == 0.01


OWN = """
from torch import nn

def Net(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, classes))
"""


def test_weights_are_not_put_into_a_network_that_was_edited_since(tiny, tmp_path):
    own = tmp_path / "my_net.py"
    own.write_text(OWN)
    run = make(tiny, tmp_path, model={"name": f"{own}:Net", "widths": None}, train__epochs=1)
    execute(run)
    stored = read_run(run.folder)
    images = load_cached(tiny.data).validation.x[:3]
    before = stored.predict(images).probabilities
    own.write_text(OWN.replace("ReLU", "Sigmoid"))
    for use in (lambda: Predictor(stored), lambda: open_trained(stored)):
        with pytest.raises(RunError, match=r"was changed after .* was trained, whose weights belong to it as it was"):
            use()
    own.write_text(OWN)
    assert np.array_equal(read_run(run.folder).predict(images).probabilities, before)


def test_arrays_in_any_order_are_predicted(tiny, tmp_path):
    run = make(tiny, tmp_path)
    execute(run)
    predictor, images = Predictor(run), load_cached(tiny.data).validation.x[:5].numpy()
    mirrored = predictor(images[..., ::-1]).probabilities
    assert np.array_equal(mirrored, predictor(images[..., ::-1].copy()).probabilities)
    assert not np.array_equal(mirrored, predictor(images).probabilities)
