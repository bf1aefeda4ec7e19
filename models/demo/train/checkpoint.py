"""What a training run must remember to go on: weights, moments and counters."""

import multiprocessing
import os
import pathlib
from dataclasses import dataclass, field

import torch

import optimiser
from model import Shape


@dataclass
class Run:
    """State of a run. After place(), tensors are shared between processes."""

    shape: Shape
    weights: dict
    state: dict
    step: int = 0
    tokens: int = 0
    drill: float = 0.0
    average: dict = None  # of the weights over the last steps; None means the weights themselves
    slots: list = field(default_factory=list)  # one dict of gradients per process
    meters: torch.Tensor = None
    claims: int = 1    # batches a step
    left: object = None  # how many of them nobody has claimed yet

    @staticmethod
    def fresh(shape, weights):
        return Run(shape, weights, optimiser.new_state(weights))

    def claim(self):
        """True if the caller shall compute one more batch of this step."""
        with self.left.get_lock():
            self.left.value -= 1
            return self.left.value >= 0

    def refill(self):
        self.left.value = self.claims

    def place(self, device, world, meters, claims):
        """Moves tensors to the device, or into memory shared by `world` processes."""
        def put(t):
            return t.to(device) if device != "cpu" else t.share_memory_()
        self.weights = {k: put(w) for k, w in self.weights.items()}
        self.average = {k: put(w.detach().clone()) for k, w in (self.average or self.weights).items()}
        self.state = {k: put(w) for k, w in self.state.items()}
        self.slots = [{k: put(torch.zeros_like(w)) for k, w in self.weights.items()}
                      for _ in range(world)]
        self.meters = torch.zeros(meters, dtype=torch.float64).share_memory_()
        self.meters[6] = self.drill
        self.claims, self.left = claims, multiprocessing.Value("i", claims)


def save(path, run):
    """Writes beside the old file, then replaces it, so that a crash loses nothing."""
    fresh = pathlib.Path(str(path) + ".new")
    torch.save({"shape": run.shape.as_dict(),
                "weights": {k: w.detach().cpu() for k, w in run.weights.items()},
                "average": {k: w.detach().cpu() for k, w in (run.average or run.weights).items()},
                "state": {k: w.cpu() for k, w in run.state.items()},
                "step": run.step, "tokens": run.tokens,
                "drill": run.drill if run.meters is None else float(run.meters[6])}, fresh)
    os.replace(fresh, path)


def load(path):
    """A Run from a checkpoint, or from a GGUF of this model with fresh moments."""
    if str(path).endswith(".gguf"):
        from import_gguf import read_weights
        shape, weights = read_weights(path)
        return Run.fresh(shape, weights)
    saved = torch.load(path, map_location="cpu", weights_only=True)
    return Run(Shape(**saved["shape"]), saved["weights"], saved["state"], saved["step"],
               saved["tokens"], saved["drill"], saved.get("average", saved["weights"]))
