"""A transformer that reads an image as a sequence of patches (Dosovitskiy et al. 2020, arXiv:2010.11929)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from nnlabs.errors import ConfigError
from nnlabs.models.cnn import along
from nnlabs.models.mlp import make_activation, make_dropout


class Attention(nn.Module):
    """Multi-head self-attention: softmax(Q Kᵀ / sqrt(d)) V in each head, with d = width / heads.

    Args:
        width: numbers that stand for each patch.
        heads: attention heads, each of which sees width / heads numbers of a patch.
        dropout: probability with which an attention weight is dropped in training.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Patches (n, patches, width) to patches (n, patches, width)."""
        # (n, p, 3 w) -> three times (n, heads, p, w / heads)
        split = self.query_key_value(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = split.unbind(0)
        dropout = self.dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        out: Tensor = self.output(seen.transpose(1, 2).flatten(2))
        return out


class Block(nn.Module):
    """A pre-norm block: x + Attention(LN(x)), then x + MLP(LN(x)) with four times as many hidden units.

    Args:
        width: numbers that stand for each patch.
        heads: attention heads.
        activation: name of the non-linearity.
        dropout: probability with which a number is dropped before it is added.
    """

    def __init__(self, width: int, heads: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads, dropout)
        self.mlp_norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), make_activation(activation), nn.Linear(4 * width, width))
        self.dropout = make_dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Patches (n, patches, width) to patches (n, patches, width)."""
        x = x + self.dropout(self.attention(self.attention_norm(x)))
        out: Tensor = x + self.dropout(self.mlp(self.mlp_norm(x)))
        return out


class Patches(nn.Module):
    """Cut an image into squares, or a signal into pieces, bring each to `width` numbers, and add a learned vector for its place.

    Args:
        shape: channels, height and width of one image.
        patch: side of a square in pixels, or length of a piece.
        width: numbers that stand for each patch.
    """

    def __init__(self, shape: tuple[int, int, int], patch: int, width: int) -> None:
        super().__init__()
        channels, image_height, image_width = shape
        high, wide = along(shape[1:], patch)
        # A convolution whose stride is its size is one linear layer over each patch.
        self.project = nn.Conv2d(channels, width, (high, wide), stride=(high, wide))
        self.positions = nn.Embedding((image_height // high) * (image_width // wide), width)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, channels, height, width) to patches (n, patches, width)."""
        out: Tensor = self.project(x).flatten(2).transpose(1, 2) + self.positions.weight
        return out


class Transformer(nn.Module):
    """Patches, blocks, a norm, the mean over all patches and a linear layer.

    The mean does as well as a class token and is simpler (Beyer et al. 2022, arXiv:2205.01580).

    Args:
        patches: from images to patches.
        blocks: the blocks, one after the other.
        width: numbers that stand for each patch.
        classes: number of classes.
    """

    def __init__(self, patches: Patches, blocks: list[Block], width: int, classes: int) -> None:
        super().__init__()
        self.patches = patches
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Images (n, channels, height, width) to logits (n, classes)."""
        x = self.norm(self.blocks(self.patches(x)))
        logits: Tensor = self.classifier(x.mean(1))
        return logits


def transformer(
    shape: tuple[int, int, int],
    classes: int,
    *,
    patch: int,
    width: int,
    depth: int,
    heads: int,
    activation: str,
    dropout: float,
) -> nn.Module:
    """A small vision transformer with learned positions.

    Args:
        shape: channels, height and width of one image.
        classes: number of classes.
        patch: side of a square patch in pixels, or length of a signal's; height and width, where longer than 1, have to be
            multiples of it.
        width: numbers that stand for each patch.
        depth: number of blocks.
        heads: attention heads a block.
        activation: name of the non-linearity.
        dropout: probability with which a number, or an attention weight, is dropped in training.

    Raises:
        ConfigError: where the image cannot be cut into whole patches.
    """
    _, image_height, image_width = shape
    high, wide = along(shape[1:], patch)
    if image_height % high or image_width % wide:
        raise ConfigError(
            f"model.patch: images of {image_height}x{image_width} cannot be cut into whole patches of {high}x{wide}",
            "model.patch",
        )
    blocks = [Block(width, heads, activation, dropout) for _ in range(depth)]
    model = Transformer(Patches(shape, patch, width), blocks, width, classes)
    model.apply(_init)
    return model


def _init(layer: nn.Module) -> None:
    """Small normal weights and zero biases, as in BERT (Devlin et al. 2018, arXiv:1810.04805)."""
    if isinstance(layer, nn.Linear | nn.Conv2d | nn.Embedding):
        nn.init.trunc_normal_(layer.weight, std=0.02)
    if isinstance(layer, nn.Linear | nn.Conv2d) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
