from __future__ import annotations

import torch
from torch import nn

from nnlabs.config.schema import ModelConfig
from nnlabs.models.build import build
from nnlabs.models.transformer import Attention, Block, Patches


def test_attention_is_torchs_multihead_attention():
    torch.manual_seed(0)
    ours, theirs = Attention(width=12, heads=3, dropout=0.0), nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.query_key_value.weight)
        theirs.in_proj_bias.copy_(ours.query_key_value.bias)
        theirs.out_proj.load_state_dict(ours.output.state_dict())
    x = torch.randn(2, 7, 12)
    torch.testing.assert_close(ours(x), theirs(x, x, x)[0], atol=1e-6, rtol=1e-5)


def test_a_block_is_torchs_pre_norm_encoder_layer():
    torch.manual_seed(0)
    ours = Block(width=12, heads=3, activation="gelu", dropout=0.0)
    theirs = nn.TransformerEncoderLayer(12, 3, 48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
    same = {
        "self_attn.in_proj_weight": ours.attention.query_key_value.weight,
        "self_attn.in_proj_bias": ours.attention.query_key_value.bias,
        "self_attn.out_proj.weight": ours.attention.output.weight,
        "self_attn.out_proj.bias": ours.attention.output.bias,
        "linear1.weight": ours.mlp[0].weight,
        "linear1.bias": ours.mlp[0].bias,
        "linear2.weight": ours.mlp[2].weight,
        "linear2.bias": ours.mlp[2].bias,
        "norm1.weight": ours.attention_norm.weight,
        "norm1.bias": ours.attention_norm.bias,
        "norm2.weight": ours.mlp_norm.weight,
        "norm2.bias": ours.mlp_norm.bias,
    }
    theirs.load_state_dict(same)
    x = torch.randn(2, 7, 12)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-6, rtol=1e-5)


def test_a_patch_is_read_by_one_linear_layer_and_placed_by_its_position():
    torch.manual_seed(0)
    patches = Patches((3, 8, 12), patch=4, width=5)
    images = torch.randn(2, 3, 8, 12)
    out = patches(images)
    assert out.shape == (2, 6, 5)
    # The second row's third patch: pixels 4 to 7 from above, 8 to 11 from the left; number 5 of 6.
    pixels = images[1, :, 4:8, 8:12].flatten()
    expected = patches.project.weight.flatten(1) @ pixels + patches.project.bias + patches.positions.weight[5]
    torch.testing.assert_close(out[1, 5], expected, atol=1e-5, rtol=1e-5)


def test_without_positions_the_order_of_patches_would_not_matter():
    torch.manual_seed(0)
    model = build(ModelConfig("transformer"), (1, 8, 8), classes=10).eval()
    image = torch.randn(1, 1, 8, 8)
    swapped = torch.cat([image[:, :, 4:], image[:, :, :4]], dim=2)  # the upper patches below the lower ones
    assert not torch.allclose(model(image), model(swapped), atol=1e-6)
    nn.init.zeros_(model.patches.positions.weight)
    torch.testing.assert_close(model(image), model(swapped), atol=1e-6, rtol=1e-5)


def test_blocks_start_from_different_weights():
    model = build(ModelConfig("transformer"), (1, 28, 28), classes=10)
    first, second = (model.blocks[i].mlp[0].weight for i in (0, 1))
    assert not torch.equal(first, second)
