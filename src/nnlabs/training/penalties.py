"""What keeps weights small: L2 as weight decay, L1 as a proximal step, max-norm. Biases and norms are left alone.

L2 comes in two kinds. Coupled, it is part of the loss, λ/2 ‖w‖², so that its gradient λw goes through the optimizer's
momentum and scaling. Decoupled, it shrinks the weights itself and the optimizer never sees it: w ← (1 - lr λ) w before
each update. For plain SGD the two are one; for Adam they differ, and decoupled decay generalizes better
(Loshchilov and Hutter 2017, arXiv:1711.05101).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from nnlabs.config.schema import TrainConfig

# Kinds of layer whose parameters are no weights. An embedding holds one vector an entry, such as a patch's position: no sum over
# inputs that could grow with them.
_NO_WEIGHTS = (nn.Embedding, nn.EmbeddingBag, nn.LayerNorm, nn.RMSNorm)
# Words in a parameter's own name (`pos_embed`, `cls_token`, `relative_position_bias_table`) that say the same of one that a
# network holds outside any layer. The name of a layer says nothing: `patch_embed.weight` is a kernel.
_NO_WEIGHT_WORDS = {"bias", "emb", "embed", "embedding", "embeddings", "pos", "position", "positional", "positions"}
_NO_WEIGHT_WORDS |= {"token", "tokens"}


def split_parameters(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Divide what a model learns into weights, which penalties act on, and all else.

    Weights are the matrices and kernels that multiply inputs: parameters of two or more dimensions, but for those of embeddings
    and norms, and those whose own name has a word such as `pos`, `position`, `embedding`, `token` or `bias` in it. Biases,
    norms' scales and shifts, learned positions and tokens are all else. Frozen parameters are left out.

    Args:
        model: any module.

    Returns:
        Weights, and the other parameters; each in the model's order, none twice.
    """
    spared = {id(p) for layer in model.modules() if isinstance(layer, _NO_WEIGHTS) for p in layer.parameters()}
    weights: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        words = name.rpartition(".")[2].lower().split("_")
        is_weight = parameter.ndim >= 2 and id(parameter) not in spared and _NO_WEIGHT_WORDS.isdisjoint(words)
        if parameter.requires_grad:
            (weights if is_weight else others).append(parameter)
    return weights, others


def add_penalties(
    optimizer: Optimizer, weights: Sequence[nn.Parameter], train: TrainConfig, decay: float = 0.0
) -> None:
    """Make each `optimizer.step()` apply the penalties that are no part of the gradient.

    In this order: decoupled weight decay, the optimizer's update, L1's proximal step, max-norm. The learning rate is
    the one of the moment, so that penalties follow its schedule; it is the first group's, which is the one that was asked
    for, in all groups: muon updates the output layer at a tenth of it, and decays it as the others.

    Args:
        optimizer: whatever groups it makes of the parameters.
        weights: what the penalties act on, from `split_parameters`.
        train: `l1` and `max_norm` are read.
        decay: λ of decoupled weight decay, for optimizers that do not know it themselves.
    """
    tensors: list[Tensor] = list(weights)
    if not tensors:
        return

    def with_weights(apply: Callable[[list[Tensor], float], None]) -> Callable[..., None]:
        """A hook of the optimizer that applies a penalty to all weights, at the learning rate of the moment."""

        @torch.no_grad()
        def hook(optimizer: Optimizer, args: Any, kwargs: Any) -> None:
            apply(tensors, float(optimizer.param_groups[0]["lr"]))

        return hook

    if decay:
        optimizer.register_step_pre_hook(with_weights(lambda weights, lr: shrink_(weights, lr * decay)))
    if train.l1:
        optimizer.register_step_post_hook(with_weights(lambda weights, lr: soft_threshold_(weights, lr * train.l1)))
    if train.max_norm is not None:
        limit = train.max_norm
        optimizer.register_step_post_hook(with_weights(lambda weights, lr: max_norm_(weights, limit)))


def shrink_(weights: list[Tensor], share: float) -> None:
    """Decoupled weight decay, in place: w ← (1 - share) w.

    Args:
        weights: the weights.
        share: learning rate times λ.
    """
    torch._foreach_mul_(weights, 1 - share)


def soft_threshold_(weights: list[Tensor], threshold: float) -> None:
    """The proximal step of L1, in place: w ← sign(w) max(|w| - threshold, 0).

    Gradient steps on λ‖w‖₁ would only ever jump across zero; this one stops there, and a weight stays
    exactly zero while the loss's steps are shorter than the threshold. After a plain gradient step it is ISTA (Daubechies et
    al. 2004; Beck and Teboulle 2009). Adam's steps are about lr long, however small the gradient, so that beside it a λ well below
    1 presses weights towards zero, and holds few there.

    Args:
        weights: the weights.
        threshold: learning rate times λ.

    Example:
        >>> w = torch.tensor([0.5, -0.05, -0.25])
        >>> soft_threshold_([w], 0.125)
        >>> w
        tensor([ 0.3750,  0.0000, -0.1250])
    """
    # w - clip(w, -t, t) is the same in two passes over memory; inside the threshold it is w - w = 0 exactly.
    threshold = min(threshold, torch.finfo(torch.float32).max)
    for weight in weights:
        weight.sub_(weight.clamp(-threshold, threshold))


def max_norm_(weights: list[Tensor], limit: float) -> None:
    """Max-norm, in place: where the weights into a unit, taken as a vector, are longer than the limit, scale them to it.

    w_i ← w_i min(1, limit / ‖w_i‖₂) for each unit i, for a convolution each output channel (Srebro and Shraibman 2005;
    with dropout: Srivastava et al. 2014).

    Args:
        weights: each of shape (units, inputs...).
        limit: longest length allowed.
    """
    for weight in weights:
        lengths = torch.linalg.vector_norm(weight, dim=tuple(range(1, weight.ndim)), keepdim=True)
        weight.mul_((limit / lengths).clamp_(max=1.0))
