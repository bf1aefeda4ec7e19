"""Reads a GGUF of the demo model back into weights, so that training can go on from it."""

import gguf
import numpy as np
import torch
from gguf import quants

from model import Shape, tensor_shapes


def _number(reader, key):
    field = reader.fields[f"qwen3.{key}"]
    return field.parts[field.data[0]][0].item()


def read_weights(path):
    """(Shape, weights as float32); quantised tensors are dequantised."""
    reader = gguf.GGUFReader(path)
    shape = Shape(vocab=_number(reader, "vocab_size"), width=_number(reader, "embedding_length"),
                  layers=_number(reader, "block_count"),
                  heads=_number(reader, "attention.head_count"),
                  hidden=_number(reader, "feed_forward_length"),
                  window=_number(reader, "context_length"),
                  rope_base=_number(reader, "rope.freq_base"),
                  norm_eps=_number(reader, "attention.layer_norm_rms_epsilon"))
    stored = {t.name: t for t in reader.tensors}
    weights = {}
    for name, dims in tensor_shapes(shape):
        tensor = stored[name]
        data = quants.dequantize(tensor.data, tensor.tensor_type)
        weights[name] = torch.from_numpy(np.array(data, dtype=np.float32).reshape(dims))
    return shape, weights
