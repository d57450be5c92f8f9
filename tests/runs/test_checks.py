from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nnlabs.config.load import with_changes
from nnlabs.config.schema import RunConfig
from nnlabs.data.load import load_cached
from nnlabs.errors import ConfigError, RunError
from nnlabs.runs import learner
from nnlabs.runs.checks import check_runs
from nnlabs.runs.execute import execute
from nnlabs.runs.lr_finder import find_lr
from nnlabs.runs.run import Run
from tests.made_runs import changed


@pytest.mark.parametrize("size", [1, 33, 99])
def test_a_batch_of_one_and_batch_norm_are_told_apart_beforehand(tiny, tmp_path, size):
    with pytest.raises(
        ConfigError, match=rf"^train\.batch_size: 100 examples in batches of {size} leave a batch of a single"
    ):
        execute(changed(tiny, tmp_path, train__batch_size=size, model__batch_norm=True))
    execute(changed(tiny, tmp_path, train__batch_size=size, train__epochs=1))


def test_a_batch_of_one_is_foreseen_where_an_epoch_keeps_some_examples_alone(tiny, tmp_path):
    settings = {"model__batch_norm": True, "train__batch_size": 12, "train__epochs": 3}
    with pytest.raises(
        ConfigError, match=r"^train\.batch_size: 25 examples in batches of 12 leave a batch of a single"
    ):
        execute(changed(tiny, tmp_path, train__keep_hardest=0.25, **settings))
    execute(changed(tiny, tmp_path, **settings))
    execute(changed(tiny, tmp_path, train__keep_hardest=0.25, **(settings | {"train__epochs": 2})))  # these are whole


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_told(tiny, tmp_path):
    with pytest.raises(RunError, match=r"^train\.device: torch .* finds no cuda here; it finds .*cpu, or give auto$"):
        execute(changed(tiny, tmp_path, train__device="cuda"))


def test_a_file_in_place_of_the_results_folder_is_told_before_anything_is_computed(tiny, tmp_path):
    (tmp_path / "results").write_text("")
    with pytest.raises(RunError, match=r"^cannot write .*: a part of that path is a file, not a folder; choose"):
        execute(changed(tiny, tmp_path / "results"))


def test_averaging_over_mirror_images_of_signals_is_refused(tiny):
    config = with_changes(tiny, {"data.name": "mnist1d", "data.augment": [], "train.average_flip": True}, "test")
    with pytest.raises(ConfigError, match=r"train\.average_flip: .* signal read backwards belongs to another class"):
        learner.make_learner(config)


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
