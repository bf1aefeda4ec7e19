#!/usr/bin/env python3
"""Trains the demo model on dialogues made on the fly.

  train.py --out DIR --minutes 90                     from nothing
  train.py --out DIR --minutes 30 --resume DIR/checkpoint.pt --progress-from 0.5
  train.py --out DIR --minutes 30 --resume ../puna-demo-Q8_0.gguf --progress-from 0.4

One code path serves both kinds of machine. On a CPU two single-threaded processes share
the weights: threads inside one process wait for each other badly on a busy machine. On a
GPU one process does everything. The schedule follows the clock, so a run ends when asked.
A checkpoint also holds the average of the weights over the last steps, mostly the better model.
A file named `stop` in DIR ends it early, with a checkpoint.
"""

import argparse
import os
import pathlib
import random
import sys
import time

for library in ("OMP", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import torch
import torch.multiprocessing as processes

import batches
import checkpoint
import optimiser
from model import Model, Shape, fresh_weights
from tokenizer import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
REPORT_STEPS = 50
DRILL_DONE = 0.5       # loss of the copy drill below which copying works
DTYPES = {"auto": None, "float32": torch.float32, "bfloat16": torch.bfloat16}
CLAIMS_CPU = 8         # batches a step, shared by the processes as they are free
AVERAGE_STEPS = 100    # over which the average of the weights reaches back
# Places of the numbers that the processes share. The first three hold one for each process.
LEARNT, LOSS, TOKENS, DRILL, PROGRESS, STOP, DONE, MEAN, METERS = 0, 2, 4, 6, 7, 8, 9, 10, 11


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", required=True, help="folder for checkpoints")
    p.add_argument("--minutes", type=float, required=True)
    p.add_argument("--resume", help="a checkpoint.pt or a GGUF of this model")
    p.add_argument("--progress-from", type=float, default=0.0,
                   help="where on the schedule, 0 to 1, this run begins")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--layers", type=int, default=8, help="a checkpoint with fewer gets new ones")
    p.add_argument("--length-max", type=int, default=2048)
    p.add_argument("--save-every", type=float, default=240, help="seconds")
    p.add_argument("--drill-only", action="store_true", help="copy drill, no dialogues")
    p.add_argument("--mix", default="", help="changed weights, as family=2.0,other=0.5")
    p.add_argument("--rate", type=float, default=1.0, help="factor on all learning rates")
    p.add_argument("--dtype", choices=DTYPES, default="auto", help="of matrix products")
    p.add_argument("--batch-tokens", type=int, default=0)
    return p.parse_args()


def faster_dtype(device):
    """bfloat16 on a GPU; on a CPU the winner of a short race, which depends on the chip."""
    if device != "cpu":
        return "bfloat16"
    spent = {}
    for name in ("float32", "bfloat16"):
        a = torch.randn(2048, 256).to(DTYPES[name])
        b = torch.randn(768, 256).to(DTYPES[name])
        for _ in range(2):  # the first round warms up
            begun = time.perf_counter()
            for _ in range(20):
                torch.nn.functional.linear(a, b)
            spent[name] = time.perf_counter() - begun
    return min(spent, key=spent.get)


def make_stream(options, tokenizer, split, seed, budget):
    """Dialogue batches of one split; the corpus is imported late, drills need none."""
    import corpus
    mix = corpus.mix(options.mix)
    return batches.dialogue_batches(
        tokenizer, lambda rng: corpus.segments(corpus.sample(rng, split, mix)), seed,
        options.length_max, budget)


def drill_share(meters):
    """Half the batches until copying works, then a few to keep it."""
    return 0.5 if meters[DRILL] > DRILL_DONE else 0.05


class Worker:
    """One process of the run: computes gradients of its batches, updates its tensors."""

    def __init__(self, rank, world, options, run, device):
        self.rank, self.world, self.options, self.run = rank, world, options, run
        self.device = device
        self.rng = random.Random(options.seed * 1000 + rank + 17 * run.step)
        self.weights = run.weights
        for w in self.weights.values():
            w.requires_grad_(True)
        self.model = Model(run.shape, self.weights, DTYPES[options.dtype])
        self.budget = options.batch_tokens or (batches.BATCH_TOKENS if device == "cpu" else 65536)
        self.names = list(self.weights)
        matrices = [n for n in self.names if optimiser.is_hidden_matrix(n)]
        self.mine = matrices[rank::world]
        if rank == world - 1:
            self.mine = self.mine + [n for n in self.names if n not in matrices]
        self.tokenizer = Tokenizer(HERE / "tokenizer.json") if not options.drill_only else None
        if self.tokenizer:
            self.stream = make_stream(options, self.tokenizer, "train",
                                      self.rng.getrandbits(40), self.budget)
        self.check = None

    def batch(self):
        """The next batch and whether it is a drill."""
        share = drill_share(self.run.meters)
        if self.options.drill_only or self.rng.random() < share:
            ordinary = self.run.shape.vocab - 11
            return batches.copy_batch(self.rng, ordinary, self.budget), True
        return next(self.stream), False

    def gradients(self):
        """Claims batches of this step until none is left, and adds up their gradients.

        A process that the machine slows down claims fewer, so that nobody waits long.
        """
        for w in self.weights.values():
            w.grad = None
        m, learnt, total, tokens = self.run.meters, 0, 0.0, 0
        while self.run.claim():
            (ids, learn), drill = self.batch()
            loss, count = self.model.loss(ids.to(self.device), learn.to(self.device))
            loss.backward()
            learnt, total, tokens = learnt + count, total + float(loss.detach()), tokens + ids.numel()
            if drill:
                m[DRILL] = 0.95 * m[DRILL] + 0.05 * float(loss.detach()) / count
            else:
                m[DONE] += count
                m[MEAN] += float(loss.detach())
        for name in self.names:
            slot = self.run.slots[self.rank][name]
            grad = self.weights[name].grad
            slot.zero_() if grad is None else slot.copy_(grad)
        m[LEARNT + self.rank] = learnt
        m[LOSS + self.rank] = total
        m[TOKENS + self.rank] = tokens

    def apply(self):
        """Updates this process's share of the tensors from all processes' gradients."""
        run = self.run
        learnt = float(run.meters[LEARNT:LEARNT + self.world].sum())
        factor = self.options.rate * optimiser.schedule(float(run.meters[PROGRESS]), run.step + 1)
        with torch.no_grad():
            for name in self.mine:
                grad = run.slots[0][name] / learnt
                for other in range(1, self.world):
                    grad = grad + run.slots[other][name] / learnt
                optimiser.update(name, self.weights[name], grad, run.state,
                                 optimiser.Rates(), factor, run.step + 1)
                run.average[name].lerp_(self.weights[name], 1 / AVERAGE_STEPS)

    def check_loss(self):
        """Mean loss on a fixed handful of held-out dialogues."""
        if self.check is None:
            stream = make_stream(self.options, self.tokenizer, "heldout", 99, self.budget)
            self.check = [b for b, _ in zip(stream, range(8))]
        with torch.no_grad():
            parts = [self.model.loss(i.to(self.device), l.to(self.device)) for i, l in self.check]
        return float(sum(p[0] for p in parts)) / sum(p[1] for p in parts)


def work(rank, world, options, run, gate, device):
    """The loop of one process; rank 0 also keeps the clock, reports and saves."""
    torch.set_num_threads(1)
    worker = Worker(rank, world, options, run, device)
    m = run.meters
    begun = saved = time.time()
    start_tokens = run.tokens
    stop = pathlib.Path(options.out) / "stop"
    while float(m[PROGRESS]) < 1.0 and not m[STOP]:
        worker.gradients()
        gate.wait()
        worker.apply()
        run.step += 1
        run.tokens += int(m[TOKENS:TOKENS + world].sum())
        if rank == 0:
            now = time.time()
            share = (now - begun) / (60 * options.minutes)
            m[PROGRESS] = options.progress_from + (1 - options.progress_from) * share
            m[STOP] = stop.exists()
            run.refill()
        gate.wait()  # from here to the next gate nobody changes weights
        if rank == 0 and run.step % REPORT_STEPS == 0:
            report(run, (run.tokens - start_tokens) / (now - begun))
        if rank == 0 and now - saved > options.save_every:
            save(options, run)
            saved = now
            if worker.tokenizer:
                print(f"  held-out loss {worker.check_loss():.4f}", flush=True)
    if rank == 0:
        save(options, run)
        stop.unlink(missing_ok=True)
        if worker.tokenizer:
            print(f"done: held-out loss {worker.check_loss():.4f}", flush=True)


def report(run, rate):
    """One line on the steps since the last report."""
    m = run.meters
    print(f"step {run.step} loss {float(m[MEAN]) / max(1.0, float(m[DONE])):.4f} "
          f"drill {float(m[DRILL]):.3f} tokens {run.tokens / 1e6:.2f}M {rate:.0f}/s "
          f"progress {float(m[PROGRESS]):.3f}", flush=True)
    m[MEAN] = m[DONE] = 0.0


def save(options, run):
    checkpoint.save(pathlib.Path(options.out) / "checkpoint.pt", run)


class NoGate:
    """The barrier of a run with one process."""

    def wait(self):
        pass


def main():
    options = arguments()
    torch.set_num_threads(1)
    pathlib.Path(options.out).mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    world = 1 if device == "cuda" else 2
    if options.dtype == "auto":
        options.dtype = faster_dtype(device)
    if options.resume:
        run = checkpoint.load(options.resume)
        if options.layers > run.shape.layers:
            run = checkpoint.grown(run, options.layers)
    else:
        shape = Shape(layers=options.layers)
        run = checkpoint.Run.fresh(shape, fresh_weights(shape, options.seed))
    run.place(device, world, METERS, 1 if world == 1 else CLAIMS_CPU)
    run.meters[PROGRESS] = options.progress_from
    if not options.resume:
        run.meters[DRILL] = 8.0
    count = sum(w.numel() for w in run.weights.values())
    print(f"{count} parameters, {world} process(es) on {device} in {options.dtype}, "
          f"from step {run.step}", flush=True)
    if world == 1:
        work(0, 1, options, run, NoGate(), device)
        return 0
    fork = processes.get_context("fork")
    gate = fork.Barrier(world)
    members = [fork.Process(target=work, args=(r, world, options, run, gate, device))
               for r in range(world)]
    for p in members:
        p.start()
    while any(p.is_alive() for p in members):
        members[0].join(1)
        if any(p.exitcode for p in members):  # the others would wait for it for ever
            for p in members:
                p.terminate()
    return max(p.exitcode != 0 for p in members)


if __name__ == "__main__":
    sys.exit(main())
