"""What a training run must remember to go on: weights, moments and counters."""

import multiprocessing
import os
import pathlib
from dataclasses import dataclass, field, replace

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


def grown(run, layers):
    """The run with more layers, which compute nothing yet: the same model, and room to learn more.

    A new layer is a copy of the one before it whose two matrices that write to the residual stream are zero. New layers
    are spread evenly; moments and the average begin anew, since places have moved.
    """
    old = run.shape.layers
    shape = replace(run.shape, layers=layers)
    weights = {k: w for k, w in run.weights.items() if not k.startswith("blk.")}
    place = 0
    for i in range(old):
        for copy in range((i + 1) * layers // old - i * layers // old):
            for name, w in run.weights.items():
                if name.startswith(f"blk.{i}."):
                    fresh = copy > 0 and name.endswith(("attn_output.weight", "ffn_down.weight"))
                    weights[f"blk.{place}.{name.split('.', 2)[2]}"] = torch.zeros_like(w) if fresh else w.clone()
            place += 1
    return Run(shape, weights, optimiser.new_state(weights), run.step, run.tokens, run.drill)


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
