"""An experiment as a Python script that repeats it with `nnlabs.scratch`, to the same bits."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from nnlabs.playground.schedules import ENDLESS
from nnlabs.playground.settings import LIVE, Settings
from nnlabs.playground.training import Trainer
from nnlabs.scratch.optim import OPTIMIZERS

HEAD = '''"""An experiment of the nnlabs playground: the same steps as on the page, to the same bits.

{about}
"""

from hashlib import sha256

import numpy as np

{imports}

STEPS = {steps}  # as many as the page had taken

data = {data}
{jitter}train, test = data.split({test_share}, {seed})
mean, std = train.x.mean(0), train.x.std(0)
std = np.where(std > 1e-12 * np.abs(train.x).max(0), std, 1.0)
X, X_test = (train.x - mean) / std, (test.x - mean) / std


def encode(y):
    """{says}"""
    return {targets}


rng = np.random.default_rng({seed})
network = Sequential(
{layers}
)
loss_function = LOSSES["{loss}"]
optimizer = {optimizer}(network.parameters(), lr={lr}, weight_decay={l2})
batch_size = {batch_size}
steps_an_epoch = -(-len(X) // batch_size)
lr, l1, schedule, horizon = {lr}, {l1}, SCHEDULES["{schedule}"], {horizon}

targets = encode(train.y)
for step in range(STEPS):
{changes}    position = step % steps_an_epoch
    if position == 0:
        order = rng.permutation(len(X))
    rows = order[position * batch_size : (position + 1) * batch_size]
    optimizer.lr = lr * schedule(min(step / steps_an_epoch / horizon, 1.0))
    optimizer.zero_grad()
    loss = loss_function(network(X[rows]), targets[rows])
    loss.backward()
    if l1:
        for w in optimizer.parameters:
            w.grad = w.grad + l1 * np.sign(w.data)  # d(λ Σ|w|)/dw = λ sign w
    optimizer.step()

network.train(False)
for name, x, y in (("train", X, train.y), ("test", X_test, test.y)):
    scores = network(x)
    predictions = {predictions}
    loss = loss_function(scores, encode(y)).item()
    print(f"{{name:<5}} loss {{loss:.6g}}  accuracy {{(predictions == y).mean():.4f}}")
weights = sha256(b"".join(w.data.tobytes() for w in network.parameters())).hexdigest()[:16]
print("weights", weights, "as on the page" if weights == "{weights}" else "and on the page {weights}")
'''

DROPOUT = """        for layer in network.layers:
            if isinstance(layer, Dropout):
                layer.p = {!r}
"""
TARGETS = {
    "bits": "y[:, None]",
    "classes": "y",
    "signs": "2.0 * y[:, None] - 1",
    "one_hot": "2.0 * (y[:, None] == np.arange({classes})) - 1",
}


def fingerprint(trainer: Trainer) -> str:
    """The first 16 hexadecimal digits of SHA-256 over all weights and biases: equal for the same bits only."""
    return sha256(b"".join(w.data.tobytes() for w in trainer.network.parameters())).hexdigest()[:16]


def make_script(trainer: Trainer, address: str = "") -> str:
    """The experiment up to now as the text of a Python script; it prints losses, accuracies and the weights' fingerprint.

    Args:
        trainer: the experiment.
        address: the page's address, to stand in the head.
    """
    settings, goal = trainer.first, trainer.goal
    optimizer = OPTIMIZERS[settings.optimizer].__name__
    return HEAD.format(
        about=address or "python experiment.py",
        imports="\n".join(_imports(settings, optimizer)),
        steps=trainer.steps,
        data=_data(settings),
        jitter=_jitter(settings),
        says=goal.says,
        targets=_targets(trainer),
        layers="\n".join(_layers(trainer)),
        loss=goal.loss.name,
        optimizer=optimizer,
        horizon=settings.epochs or ENDLESS,
        changes="".join(_changes(trainer)),
        predictions="scores.data.argmax(1)" if goal.outputs > 1 else "scores.data[:, 0] > 0",
        weights=fingerprint(trainer),
        **{
            name: getattr(settings, name) for name in ("test_share", "seed", "lr", "l1", "l2", "schedule", "batch_size")
        },
    )


def _imports(settings: Settings, optimizer: str) -> Iterator[str]:
    room = "playground.points" if settings.data in ("clouds", "own") else "data.tabular"
    yield f"from nnlabs.{room} import {settings.data}"
    yield "from nnlabs.playground.schedules import SCHEDULES"
    yield "from nnlabs.scratch.activations import ACTIVATIONS"
    yield "from nnlabs.scratch.layers import Dropout, Linear, Nonlinearity, Sequential"
    yield "from nnlabs.scratch.losses import LOSSES"
    yield f"from nnlabs.scratch.optim import {optimizer}"


def _data(settings: Settings) -> str:
    if settings.data == "iris":
        return 'iris().only(features=("petal length", "petal width"))'
    if settings.data == "own":
        return f"own({list(settings.points)})"
    return f"{settings.data}({settings.n}, {settings.noise}, {settings.seed})"


def _jitter(settings: Settings) -> str:
    """Noise for data that have none of their own."""
    if settings.data not in ("iris", "own") or not settings.noise:
        return ""
    return f"data.x[:] += np.random.default_rng({settings.seed}).normal(0, {settings.noise}, data.x.shape)\n"


def _targets(trainer: Trainer) -> str:
    kind = trainer.goal.loss.targets
    if kind == "numbers":
        kind_of_numbers = "signs" if trainer.goal.outputs == 1 else "one_hot"
        return TARGETS[kind_of_numbers].format(classes=trainer.goal.outputs)
    return TARGETS[kind]


def _layers(trainer: Trainer) -> Iterator[str]:
    settings, n_in = trainer.first, 2
    everything = [settings, *(later for _, later in trainer.changes)]
    dropout = f"Dropout({settings.dropout}, rng), " if any(one.dropout for one in everything) else ""
    for layer in settings.layers:
        activation = f'Nonlinearity(ACTIVATIONS["{layer.activation}"])'
        yield f'    Linear({n_in}, {layer.units}, rng, "{settings.init}"), {activation}, {dropout}'.rstrip()
        n_in = layer.units
    yield f'    Linear({n_in}, {trainer.goal.outputs}, rng, "{settings.init}"),'


def _changes(trainer: Trainer) -> Iterator[str]:
    before = trainer.first
    decay = "decay" if before.optimizer == "adamw" else "weight_decay"
    lines = {
        "lr": "        lr = {!r}\n",
        "schedule": "        schedule = SCHEDULES[{!r}]\n",
        "l1": "        l1 = {!r}\n",
        "l2": f"        optimizer.{decay} = {{!r}}\n",
        "dropout": DROPOUT,
        "epochs": f"        horizon = {{!r}} or {ENDLESS}\n",
    }
    for step, after in trainer.changes:
        changed = [name for name in LIVE if getattr(after, name) != getattr(before, name)]
        if step < trainer.steps and changed:
            yield f"    if step == {step}:  # changed by hand\n"
            yield from (lines[name].format(getattr(after, name)) for name in changed)
        before = after
