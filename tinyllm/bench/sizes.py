"""The configurations that are measured, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping

BATCH = 12  # windows in a batch
SMALL = {"vocabulary": 65, "context": 64, "layers": 4, "heads": 4, "width": 128}  # nanoGPT's, CPU
LARGER = SMALL | {"context": 256, "width": 256}
TINY = {"context": 16, "layers": 1, "heads": 1, "width": 16}  # in place of those of another
RECURRENT = {"vocabulary": 65, "context": 64, "layers": 1, "width": 256}
GPT2 = {"vocabulary": 50257, "context": 1024, "layers": 12, "heads": 12, "width": 768}  # "small"
LAYERS = {"qkv": (128, 384), "output": (128, 128), "up": (128, 512), "down": (512, 128)}  # SMALL's


def bytes_read(sizes: Mapping[str, int]) -> int:
    """How many bytes of float32 weights one token needs: blocks, last norm, the tied table.

    Leaves out the one row of each embedding that is read, and the cache of keys and values.

    >>> bytes_read(GPT2) / 1e9
    0.494613504
    """
    V, L, C = sizes["vocabulary"], sizes["layers"], sizes["width"]
    block = 12 * C * C + 13 * C  # four matrices with 12 C^2, their biases 9 C, two norms 4 C
    return 4 * (L * block + 2 * C + V * C)
