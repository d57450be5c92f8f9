from __future__ import annotations

import inspect
import os
import pkgutil
import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from nnlabs.config.schema import ModelConfig
from nnlabs.errors import ConfigError
from nnlabs.models.build import build
from nnlabs.models.options import ACTIVATIONS, MODELS
from nnlabs.models.summary import summarize


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 40, 1)])
@pytest.mark.parametrize("name", MODELS)
def test_images_become_logits_and_every_parameter_gets_a_gradient(name, shape):
    torch.manual_seed(0)
    model = build(ModelConfig(name), shape, classes=7)
    logits = model(torch.randn(4, *shape))
    assert logits.shape == (4, 7)
    F.cross_entropy(logits, torch.tensor([0, 3, 6, 1])).backward()
    for parameter_name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), parameter_name


@pytest.mark.parametrize("name", ["cnn", "resnet", "whitened_cnn"])
def test_a_signal_is_convolved_and_pooled_along_itself_only(name):
    """No weight is wasted on the axis of length 1, and 40 numbers are halved as often as there are widths."""
    torch.manual_seed(0)
    model = build(ModelConfig(name, widths=(8, 8, 8)), (1, 40, 1), classes=10)
    kernels = {tuple(sorted(layer.kernel_size)) for layer in model.modules() if isinstance(layer, nn.Conv2d)}
    assert kernels == ({(1, 3), (1, 1)} if name == "resnet" else {(1, 3)})
    convolved = [row.output for row in summarize(model, (1, 40, 1)) if row.kind == "Conv2d"]
    assert {min(shape[1:]) for shape in convolved} == {1}
    assert min(max(shape[1:]) for shape in convolved) == (37 if name == "whitened_cnn" else 40) // 8
    assert sum(row.parameters for row in summarize(model, (1, 40, 1))) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["cnn", "resnet"])
def test_a_signal_has_the_same_logits_along_the_height_and_along_the_width(name):
    upright, flat = (build(ModelConfig(name, widths=(8, 8)), shape, classes=10) for shape in ((1, 40, 1), (1, 1, 40)))
    flat.load_state_dict(dict(zip(flat.state_dict(), upright.state_dict().values(), strict=True)))
    x = torch.randn(16, 1, 40, 1)
    torch.testing.assert_close(upright(x), flat(x.transpose(2, 3)))


def test_a_cnn_without_batch_norm_has_biases_instead():
    torch.manual_seed(0)
    model = build(ModelConfig("cnn", widths=(4, 8), batch_norm=False), (1, 28, 28), classes=10)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())
    biases = [layer.bias for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert [bias.eq(0).all().item() for bias in biases] == [True] * 4
    alone, among = torch.randn(1, 1, 28, 28), torch.randn(3, 1, 28, 28)
    model.train()  # what it says of an image does not depend on the rest of the batch
    torch.testing.assert_close(model(torch.cat([alone, among]))[:1], model(alone), rtol=1e-4, atol=1e-5)


def test_a_recurrent_network_reads_forty_steps_and_the_transformer_ten_patches():
    gru = build(ModelConfig("gru"), (1, 40, 1), classes=10)
    steps = [row.output for row in summarize(gru, (1, 40, 1)) if row.kind == "GRU"]
    assert steps == [(40, 160)]
    assert gru.layers[0].input_size == 1
    transformer = build(ModelConfig("transformer"), (1, 40, 1), classes=10)
    assert transformer.patches(torch.zeros(2, 1, 40, 1)).shape == (2, 10, 48)
    assert transformer.patches.project.weight.shape == (48, 1, 4, 1)


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"linear", "whitened_cnn"}))
def test_topologies_are_of_like_size_on_fashion_mnist(name):
    widths = (108, 80) if name == "mlp" else None
    model = build(ModelConfig(name, widths=widths), (1, 28, 28), classes=10)
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(95_000, rel=0.07)


@pytest.mark.parametrize("name", MODELS)
def test_a_builder_takes_exactly_the_options_of_its_entry(name):
    entry = MODELS[name]
    parameters = inspect.signature(pkgutil.resolve_name(entry.builder)).parameters
    assert list(parameters) == ["shape", "classes", *entry.options]


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"linear"}))
def test_a_few_steps_lower_the_loss(name):
    torch.manual_seed(0)
    model = build(ModelConfig(name), (1, 8, 8), classes=10)
    images, targets = torch.randn(16, 1, 8, 8), torch.arange(16) % 10
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(15):
        loss = F.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("name", ["mlp", "cnn", "resnet", "whitened_cnn", "rnn", "lstm", "gru", "transformer"])
def test_dropout_acts_in_training_only(name):
    torch.manual_seed(0)
    model = build(ModelConfig(name, dropout=0.5), (1, 28, 28), classes=10)
    images = torch.randn(4, 1, 28, 28)
    # With batch norm, training differs from evaluation anyway: two training passes are compared.
    assert not torch.equal(model(images), model(images))
    model.eval()
    assert torch.equal(model(images), model(images))


@pytest.mark.parametrize("name", MODELS)
def test_one_seed_makes_one_model(name):
    def state(seed):
        torch.manual_seed(seed)
        return torch.cat([p.flatten() for p in build(ModelConfig(name), (1, 28, 28), 10).parameters()])

    assert torch.equal(state(1), state(1))
    if name != "linear":  # starts from zeros whatever the seed
        assert not torch.equal(state(1), state(2))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_exists(name):
    model = build(ModelConfig("mlp", widths=(4,), activation=name), (1, 2, 2), classes=2)
    assert type(model[2]).__name__ == ACTIVATIONS[name]


OWN = """
from torch import nn

def Net(shape, classes):
    channels, height, width = shape
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, classes))

def no_module(shape, classes):
    return "a text"

def forgets_last(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 64))

def wrong_size(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(47, classes))

def one_argument(classes):
    return nn.Linear(48, classes)

class Pair(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()

    def forward(self, x):
        return x, x

class PlainList(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.layers = [nn.Flatten(), nn.Linear(48, classes)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

class Frozen(nn.Module):
    def __init__(self, shape, classes):
        super().__init__()
        self.layer = nn.Linear(48, classes)

    def train(self, mode=True):
        super().train(mode)  # and gives nothing back, as many do

    def forward(self, x):
        return self.layer(x.flatten(1))

def Lazy(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(classes))

number = 3
"""


def test_a_model_of_ones_own_from_a_file(tmp_path):
    (tmp_path / "my_net.py").write_text(OWN)
    model = build(ModelConfig(f"{tmp_path}/my_net.py:Net"), (3, 4, 4), classes=5)
    assert model(torch.zeros(2, 3, 4, 4)).shape == (2, 5)


def test_a_network_whose_train_gives_nothing_back_is_built(tmp_path):
    (tmp_path / "my_net.py").write_text(OWN)
    assert build(ModelConfig(f"{tmp_path}/my_net.py:Frozen"), (3, 4, 4), classes=5).training


def test_a_lazy_network_of_ones_own_can_be_trained(tmp_path):
    (tmp_path / "my_net.py").write_text(OWN)
    model = build(ModelConfig(f"{tmp_path}/my_net.py:Lazy"), (3, 4, 4), classes=5)
    model(torch.ones(2, 3, 4, 4)).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Nett", "holds nothing called 'Nett'"),
        ("number", "no function or class"),
        ("no_module", "returned str"),
        ("forgets_last", r"an output of shape \(2, 64\); for 5 classes it has to be \(2, 5\)"),
        ("wrong_size", r"fails on two examples of shape \(2, 3, 4, 4\): .*mat1 and mat2"),
        ("one_argument", r"one_argument\(shape, classes\) fails: .* positional argument"),
        ("Pair", "gives a tuple; it has to give logits"),
        ("PlainList", "has nothing that learns; layers in a plain list are not found"),
    ],
)
def test_mistakes_in_a_model_of_ones_own(tmp_path, name, hint):
    (tmp_path / "my_net.py").write_text(OWN)
    with pytest.raises(ConfigError, match=hint):
        build(ModelConfig(f"{tmp_path}/my_net.py:{name}"), (3, 4, 4), classes=5)


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (ModelConfig("transformer", patch=5), "model.patch"),
        (ModelConfig("cnn", widths=(8,) * 5), "model.widths"),
    ],
)
def test_what_does_not_fit_the_images_is_told_by_its_key(config, key):
    with pytest.raises(ConfigError) as caught:
        build(config, (1, 28, 28), classes=10)
    assert caught.value.key == key and "28" in str(caught.value)


def test_a_network_beyond_memory_is_a_sentence():
    with pytest.raises(ConfigError, match=r"^model: there is no memory for a mlp of this size; make it smaller"):
        build(ModelConfig("mlp", widths=(10**12,)), (1, 28, 28), 10)


NARROW = """
import torch
from nnlabs.config.schema import ModelConfig
from nnlabs.models.build import build

model = build(ModelConfig("resnet", widths=(4, 8)), (1, 28, 28), 10).to(memory_format=torch.channels_last)
for _ in range(3):
    model(torch.randn(16, 1, 28, 28).to(memory_format=torch.channels_last)).sum().backward()
"""


@pytest.mark.slow
def test_a_narrow_residual_network_writes_nowhere_but_in_its_memory():
    """Its shortcut as a convolution with a stride did: glibc's check ended the process with signal 6."""
    checked = os.environ | {"MALLOC_CHECK_": "3", "LD_PRELOAD": "libc_malloc_debug.so.0"}
    assert subprocess.run([sys.executable, "-c", NARROW], env=checked, capture_output=True).returncode == 0
