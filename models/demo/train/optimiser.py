"""Muon for the hidden matrices, Adam for the rest.

Every tensor's update depends only on its own gradient and state, so several processes
can each own a share of the tensors. State lives in the dict passed in, to be saved whole.
"""

from dataclasses import dataclass

import torch

from model import is_hidden_matrix


@dataclass(frozen=True)
class Rates:
    """Learning rates before the schedule's factor."""

    hidden: float = 0.02
    embedding: float = 0.02
    head: float = 0.004
    norm: float = 0.002
    decay: float = 0.01


def new_state(weights):
    """Zeroed moments: one for Muon's tensors, two for Adam's."""
    state = {}
    for name, w in weights.items():
        state[name + "/m"] = torch.zeros_like(w)
        if not is_hidden_matrix(name):
            state[name + "/v"] = torch.zeros_like(w)
    return state


def orthogonalised(matrix, dtype=torch.float32):
    """The nearest half-orthogonal matrix, by five quintic Newton-Schulz steps."""
    x = matrix.to(dtype)
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.t()
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.t()
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * (gram @ gram)) @ x
    return (x.t() if tall else x).float()


def update(name, weight, grad, state, rates, factor, step):
    """Applies one step to one tensor in place. `step` counts from 1."""
    first = state[name + "/m"]
    if is_hidden_matrix(name):
        rate = rates.hidden * factor
        first.lerp_(grad, 0.05)
        turn = orthogonalised(grad.lerp(first, 0.95))
        stretch = max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
        weight.mul_(1 - rate * rates.decay).add_(turn, alpha=-rate * stretch)
        return
    second = state[name + "/v"]
    first.lerp_(grad, 0.1)
    second.lerp_(grad * grad, 0.02)
    rate = {"token_embd.weight": rates.embedding, "output.weight": rates.head}.get(name, rates.norm)
    mean = first / (1 - 0.9 ** step)
    spread = (second / (1 - 0.98 ** step)).sqrt()
    weight.sub_(rate * factor * mean / (spread + 1e-8))


def schedule(progress, step, flat=0.35, floor=0.02, warmup=60):
    """Factor on the rates: short warm-up, flat, then linear down to `floor`."""
    factor = min(1.0, step / warmup)
    if progress > flat:
        factor *= max(floor, 1 - (1 - floor) * (progress - flat) / (1 - flat))
    return factor
