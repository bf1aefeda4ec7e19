"""The demo model: a small decoder of the qwen3 architecture.

Weights are a plain dict from GGUF tensor name to tensor, so that training, export and
import speak of the same names and nothing has to be mapped. Matrices have the shape
[out, in], as GGUF readers print them reversed.
"""

import math
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F


@dataclass(frozen=True)
class Shape:
    """Sizes of one model. Head size times heads must equal `width`."""

    vocab: int = 2048
    width: int = 256
    layers: int = 5
    heads: int = 4
    hidden: int = 768  # of the feed-forward part; multiples of 256 quantise without padding
    window: int = 2048
    rope_base: float = 10000.0
    norm_eps: float = 1e-6

    @property
    def head_size(self):
        return self.width // self.heads

    def as_dict(self):
        return asdict(self)


MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")


def tensor_shapes(shape):
    """Yields (GGUF name, dimensions) of every tensor, in file order."""
    w, h = shape.width, shape.hidden
    yield "token_embd.weight", (shape.vocab, w)
    for i in range(shape.layers):
        b = f"blk.{i}."
        yield b + "attn_norm.weight", (w,)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"{b}{name}.weight", (w, w)
        yield b + "attn_q_norm.weight", (shape.head_size,)
        yield b + "attn_k_norm.weight", (shape.head_size,)
        yield b + "ffn_norm.weight", (w,)
        yield b + "ffn_gate.weight", (h, w)
        yield b + "ffn_up.weight", (h, w)
        yield b + "ffn_down.weight", (w, h)
    yield "output_norm.weight", (w,)
    yield "output.weight", (shape.vocab, w)


def fresh_weights(shape, seed=0):
    """Random weights; layers that write to the residual stream start smaller."""
    source = torch.Generator().manual_seed(seed)
    weights = {}
    for name, dims in tensor_shapes(shape):
        if len(dims) == 1:
            weights[name] = torch.ones(dims)
            continue
        if name == "token_embd.weight":
            scale = 1.0
        elif name == "output.weight":
            scale = 0.02
        else:
            scale = dims[1] ** -0.5
            if "attn_output" in name or "ffn_down" in name:
                scale /= math.sqrt(2 * shape.layers)
        weights[name] = torch.randn(dims, generator=source) * scale
    return weights


def is_hidden_matrix(name):
    """True for the matrices that Muon trains (not the embedding, head or norms)."""
    return name.startswith("blk.") and name.split(".")[2] in MATRICES


def rope_tables(shape, device="cpu"):
    """cos and sin, each [window, head_size / 2], for rotation of half-split pairs."""
    half = torch.arange(0, shape.head_size, 2, dtype=torch.float32, device=device)
    turn = shape.rope_base ** (-half / shape.head_size)
    angle = torch.arange(shape.window, dtype=torch.float32, device=device)[:, None] * turn
    return angle.cos(), angle.sin()


def _norm(x, weight, eps):
    wide = x.float()
    return (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps) * weight).to(x.dtype)


def _rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def _attend(q, k, v):
    """Every query sees the keys up to its own place; `k` may begin with cached ones."""
    fresh, total = q.shape[2], k.shape[2]
    if q.device.type == "cpu" and q.dtype == torch.bfloat16:
        return _attend_in_blocks(q, k, v)
    if fresh == total:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    seen = torch.ones(fresh, total, dtype=torch.bool, device=q.device).tril(total - fresh)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)


def _attend_in_blocks(q, k, v, block=256):
    """The same by matrix products: in bfloat16 on a CPU the library's own takes ten times as long."""
    before = k.shape[2] - q.shape[2]
    q, k = q * q.shape[3] ** -0.5, k.transpose(-1, -2)
    parts = []
    for begin in range(0, q.shape[2], block):
        some = q[:, :, begin:begin + block]
        seen = before + begin + some.shape[2]  # what comes later is not even computed
        later = torch.full((some.shape[2], seen), -torch.inf, dtype=q.dtype).triu_(before + begin + 1)
        parts.append(torch.softmax(some @ k[..., :seen] + later, -1) @ v[:, :, :seen])
    return torch.cat(parts, 2)


class Model:
    """Runs the network over given weights.

    `dtype` is the type of the matrix products; norms and the loss stay float32.
    """

    def __init__(self, shape, weights, dtype=torch.float32):
        self.shape = shape
        self.weights = weights
        self.dtype = dtype
        device = weights["output.weight"].device
        cos, sin = rope_tables(shape, device)
        self.cos, self.sin = cos.to(dtype), sin.to(dtype)

    def _layer(self, i, x, cos, sin, cache=None, keep=None):
        """One layer. `keep` selects flat positions whose output is wanted, [kept, width]."""
        s, eps = self.shape, self.shape.norm_eps
        w = {k: self.weights[f"blk.{i}.{k}.weight"] for k in MATRICES}
        norm = {k: self.weights[f"blk.{i}.{k}.weight"]
                for k in ("attn_norm", "attn_q_norm", "attn_k_norm", "ffn_norm")}
        rows, length, _ = x.shape
        h = _norm(x, norm["attn_norm"], eps)
        joint = torch.cat((w["attn_q"], w["attn_k"], w["attn_v"])).to(self.dtype)
        q, k, v = F.linear(h, joint).view(rows, length, 3, s.heads, s.head_size).unbind(2)
        q = _rotate(_norm(q, norm["attn_q_norm"], eps).transpose(1, 2), cos, sin)
        k = _rotate(_norm(k, norm["attn_k_norm"], eps).transpose(1, 2), cos, sin)
        v = v.transpose(1, 2)
        if cache is not None:
            if i in cache:
                k, v = torch.cat((cache[i][0], k), 2), torch.cat((cache[i][1], v), 2)
            cache[i] = (k, v)
        out = _attend(q, k, v).transpose(1, 2).reshape(rows, length, s.width)
        if keep is not None:
            x, out = (t.reshape(-1, s.width)[keep] for t in (x, out))
        x = x + F.linear(out, w["attn_output"].to(self.dtype))
        h = _norm(x, norm["ffn_norm"], eps)
        joint = torch.cat((w["ffn_gate"], w["ffn_up"])).to(self.dtype)
        gate, up = F.linear(h, joint).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, w["ffn_down"].to(self.dtype))

    def features(self, ids, start=0, cache=None, keep=None):
        """ids [rows, length] at positions start.. to features [rows, length, width].

        With `keep`, flat positions, the result is [kept, width] and the last layer computes
        no more than that: in training most tokens are prompt and predict nothing.
        """
        length = ids.shape[1]
        cos, sin = self.cos[start:start + length], self.sin[start:start + length]
        x = F.embedding(ids, self.weights["token_embd.weight"]).to(self.dtype)
        for i in range(self.shape.layers):
            last = i + 1 == self.shape.layers
            x = self._layer(i, x, cos, sin, cache, keep if last else None)
        return _norm(x, self.weights["output_norm.weight"], self.shape.norm_eps)

    def logits(self, features):
        return F.linear(features, self.weights["output.weight"].to(self.dtype)).float()

    def loss(self, ids, learn):
        """Weighted sum of the cross-entropies of all tokens with a weight, and of the weights."""
        weight = learn[:, 1:].reshape(-1)
        keep = weight.nonzero()[:, 0]
        target = ids[:, 1:].reshape(-1)[keep]
        logits = self.logits(self.features(ids[:, :-1], keep=keep))
        return weight[keep] @ F.cross_entropy(logits, target, reduction="none"), float(weight.sum())
