"""Activations that rectify: about x for positive x, about 0 for negative x; gradients of positive x come through whole."""

from __future__ import annotations

from math import erfc, inf, pi, sqrt
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.scratch import ops
from nnlabs.scratch.activation import activation
from nnlabs.scratch.squashing import stable_sigmoid

FAR = 1000.0
"""How far out every function here has reached its limit to the last digit."""


@activation(
    "Softplus",
    formula="log(1 + exp(x))",
    range=(0, inf),
    paper="Dugas, Bengio, Bélisle, Nadeau & Garcia (2001)",
    good="a smooth ReLU; a parameter that has to stay positive, such as a variance",
    bad="slower than ReLU, and never exactly 0",
    torch="F.softplus(x)",
)
def softplus(x: Array, /) -> tuple[Any, ...]:
    """f(x) = log(1 + eˣ)."""
    # f' = sigmoid
    return _softplus(x), lambda g: g * stable_sigmoid(x)


relu = activation(
    "ReLU",
    formula="max(0, x)",
    range=(0, inf),
    paper="Nair & Hinton (2010); Glorot, Bordes & Bengio (2011)",
    good="the first choice for hidden layers: fast, slope 1 for everything positive",
    bad="a unit that is negative for all examples is dead: it gets no gradient of its own",
    torch="torch.relu(x)",
)(ops.relu)


@activation(
    "Leaky ReLU",
    formula="x if x > 0 else 0.01 x",
    range=(-inf, inf),
    paper="Maas, Hannun & Ng (2013)",
    good="ReLU whose units cannot die",
    bad="one more number to choose; seldom much better than ReLU",
    torch="F.leaky_relu(x)",
)
def leaky_relu(x: Array, /, *, slope: float = 0.01) -> tuple[Any, ...]:
    """f(x) = x for x > 0, else slope · x."""
    # f' = 1 for x > 0, else the slope
    return np.where(x > 0, x, slope * x), lambda g: np.where(x > 0, g, slope * g)


@activation(
    "PReLU",
    formula="x if x > 0 else a x, with a learned",
    range=(-inf, inf),
    paper="He, Zhang, Ren & Sun (2015)",
    good="leaky ReLU that finds its own slope; large data sets",
    bad="more parameters, more overfitting on small data sets",
    torch="F.prelu(x, x.new_tensor([0.25]))",
    learned=(0.25,),
)
def prelu(x: Array, slope: Array, /) -> tuple[Any, ...]:
    """f(x) = x for x > 0, else slope · x; the slope is a parameter."""
    # df/dx = 1 for x > 0, else the slope; df/dslope = min(x, 0)
    return (
        np.where(x > 0, x, slope * x),
        lambda g: np.where(x > 0, g, slope * g),
        lambda g: ops.gate(g, x < 0) * np.minimum(x, 0),
    )


@activation(
    "ELU",
    formula="x if x > 0 else exp(x) - 1",
    range=(-1, inf),
    paper="Clevert, Unterthiner & Hochreiter (2016)",
    good="negative values bring the mean of a layer near 0; smooth",
    bad="an exponential an element",
    torch="F.elu(x)",
)
def elu(x: Array, /, *, alpha: float = 1.0) -> tuple[Any, ...]:
    """f(x) = x for x > 0, else alpha · (eˣ - 1)."""
    low = np.minimum(x, 0)
    # f' = 1 for x > 0, else alpha · eˣ
    return np.where(x > 0, x, alpha * np.expm1(low)), lambda g: g * np.where(x > 0, 1, alpha * np.exp(low))


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848, 1.0507009873554804934


@activation(
    "SELU",
    formula="1.0507 x if x > 0 else 1.7581 (exp(x) - 1)",
    range=(-SELU_SCALE * SELU_ALPHA, inf),
    paper="Klambauer, Unterthiner, Mayr & Hochreiter (2017)",
    good="deep plain networks: with LeCun's initialization layers keep mean 0 and variance 1",
    bad="loses that with other initializations, dropout or skip connections",
    torch="F.selu(x)",
)
def selu(x: Array, /) -> tuple[Any, ...]:
    """f(x) = scale · elu(x, alpha), scale and alpha chosen so that mean 0 and variance 1 are a fixed point."""
    y, back = elu.rule(x, alpha=SELU_ALPHA)
    return SELU_SCALE * y, lambda g: SELU_SCALE * back(g)


@activation(
    "CELU",
    formula="max(0, x) + min(0, a (exp(x/a) - 1)), a = 1 or other",
    range=(-1, inf),
    paper="Barron (2017)",
    good="ELU with a slope that is continuous for every a",
    bad="for a = 1 it is ELU",
    torch="F.celu(x)",
)
def celu(x: Array, /, *, alpha: float = 1.0) -> tuple[Any, ...]:
    """f(x) = max(0, x) + min(0, alpha · (e^(x/alpha) - 1))."""
    low = np.minimum(x, 0) / alpha
    # f' = 1 for x > 0, else e^(x/alpha)
    return np.where(x > 0, x, alpha * np.expm1(low)), lambda g: g * np.exp(low)


@activation(
    "GELU",
    formula="x Φ(x), with Φ the normal distribution function",
    range=(-0.169972, inf),
    paper="Hendrycks & Gimpel (2016)",
    good="the transformer's choice: smooth, and near ReLU far from 0",
    bad="expensive",
    torch="F.gelu(x)",
)
def gelu(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x · Φ(x), with Φ the distribution function of the normal distribution."""
    cdf, near = _normal_cdf(x), _near(x)
    # f' = Φ(x) + x φ(x), with the density φ(x) = e^(-x²/2) / √(2π)
    return np.maximum(x, -FAR) * cdf, lambda g: g * (cdf + near * np.exp(-0.5 * near * near) / sqrt(2 * pi))


@activation(
    "GELU (tanh)",
    formula="x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))",
    range=(-0.170041, inf),
    paper="Hendrycks & Gimpel (2016)",
    good="GELU without the error function, within 0.0005 of it",
    bad="no longer faster where the error function is fast",
    torch="F.gelu(x, approximate='tanh')",
)
def gelu_tanh(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x/2 · (1 + tanh u) with u = √(2/π) · (x + 0.044715 x³)."""
    c, near = sqrt(2 / pi), _near(x)
    t = np.tanh(c * (near + 0.044715 * near**3))

    def back(g: Array) -> Array:
        # f' = (1 + tanh u)/2 + x/2 (1 - tanh² u) u'
        slope: Array = 0.5 * (1 + t + near * (1 - t * t) * c * (1 + 3 * 0.044715 * near * near))
        return g * slope

    return 0.5 * np.maximum(x, -FAR) * (1 + t), back


@activation(
    "SiLU (Swish)",
    formula="x sigmoid(x)",
    range=(-0.278465, inf),
    paper="Elfwing, Uchibe & Doya (2018); Ramachandran, Zoph & Le (2017)",
    good="smooth, often a little better than ReLU in deep networks",
    bad="an exponential an element; not monotonic",
    torch="F.silu(x)",
)
def silu(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x · sigmoid(x)."""
    s, near = stable_sigmoid(x), _near(x)
    # f' = s + x s (1 - s)
    return np.maximum(x, -FAR) * s, lambda g: g * (s + near * s * (1 - s))


@activation(
    "Hard swish",
    formula="x min(max(x/6 + 1/2, 0), 1)",
    range=(-0.375, inf),
    paper="Howard et al. (2019), MobileNetV3",
    good="SiLU on a phone: no exponential",
    bad="no gradient at all below -3",
    torch="F.hardswish(x)",
)
def hard_swish(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x · hard_sigmoid(x)."""
    gate = np.clip(x / 6 + 0.5, 0, 1)
    # f' = gate + x gate', where gate' = 1/6 between -3 and 3, else 0
    return np.maximum(x, -FAR) * gate, lambda g: g * (gate + _near(x) * (np.abs(x) < 3) / 6)


@activation(
    "Mish",
    formula="x tanh(softplus(x))",
    range=(-0.308844, inf),
    paper="Misra (2020)",
    good="smooth, and self-gated like SiLU",
    bad="costs more than SiLU, which it resembles",
    torch="F.mish(x)",
)
def mish(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x · tanh(softplus(x))."""
    t, near = np.tanh(_softplus(x)), _near(x)
    # f' = t + x (1 - t²) sigmoid(x)
    return np.maximum(x, -FAR) * t, lambda g: g * (t + near * (1 - t * t) * stable_sigmoid(x))


@activation(
    "Maxout",
    formula="the largest of each k inputs in a row",
    range=(-inf, inf),
    paper="Goodfellow, Warde-Farley, Mirza, Courville & Bengio (2013)",
    good="learns the shape of its own (convex) activation; made for dropout",
    bad="k times the weights for the same number of units",
    torch="x.unflatten(-1, (-1, 2)).amax(-1)",
    pieces=2,
    elementwise=False,
)
def maxout(x: Array, /, *, pieces: int = 2) -> tuple[Any, ...]:
    """The largest of each `pieces` neighbors on the last axis, which becomes that much shorter."""
    y, back = ops.max_over(x.reshape(*x.shape[:-1], -1, pieces), axis=-1, keepdims=False)
    # the slope is 1 towards the largest and 0 towards the others
    return y, lambda g: back(g).reshape(x.shape)


def _near(x: Array) -> Array:
    """x, cut off at ±`FAR`: in a product with what has become 0 out there, infinity would make a NaN."""
    near: Array = np.clip(x, -FAR, FAR)
    return near


def _normal_cdf(x: Array) -> Array:
    """Φ(x) = erfc(-x/√2) / 2, by the C library's erfc, which NumPy lacks: exact to rounding, far into the tail too."""
    z = -sqrt(0.5) * np.asarray(x, np.float64)
    return 0.5 * np.fromiter(map(erfc, z.ravel().tolist()), x.dtype, z.size).reshape(z.shape)


def _softplus(x: Array) -> Array:
    """log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|), where no exponential can overflow."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
