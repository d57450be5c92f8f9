"""A digest is the same for the same numbers, and another for any others."""

from __future__ import annotations

import hashlib

import numpy as np

from nnlabs.data.integrity import digest


def test_digest_is_sha256_over_types_shapes_and_bytes():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert digest(x) == hashlib.sha256(b"<f4 (2, 3) " + x.tobytes()).hexdigest()
    assert digest(x[:, ::-1]) == digest(x[:, ::-1].copy())


def test_any_difference_gives_another_digest():
    x = np.arange(6, dtype=np.float32)
    others = [x.reshape(2, 3), x.astype(np.float64), np.append(x[:5], 7).astype(np.float32)]
    assert len({digest(x), digest(x, x), *map(digest, others)}) == 5
