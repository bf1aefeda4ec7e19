#!/usr/bin/env python3
"""Carries a checkpoint over to another tokenizer, so that training need not begin anew.

  retokenise.py CHECKPOINT OLD_TOKENIZER.json OUT        the new one is tokenizer.json here

A token that both have keeps its rows; a new one begins as the mean of its old parts. The
moments are forgotten.
"""

import pathlib
import sys

import torch

import checkpoint
from tokenizer import BYTES, HERE, Tokenizer

ROWS = ("token_embd.weight", "output.weight")


def old_parts(token, old):
    """Ids in the old vocabulary that spell the token."""
    if token in old.ids:
        return [old.ids[token]]
    try:
        return old.encode(bytes(BYTES[c] for c in token).decode())
    except UnicodeDecodeError:
        return [old.ids[c] for c in token]


def main():
    source, old_path, out = sys.argv[1:4]
    old, new = Tokenizer(old_path), Tokenizer(HERE / "tokenizer.json")
    run = checkpoint.load(source)
    weights = dict(run.weights)
    for name in ROWS:
        rows = [weights[name][old_parts(t, old)].mean(0) for t in new.tokens]
        weights[name] = torch.stack(rows)
    fresh = checkpoint.Run.fresh(run.shape, weights)
    fresh.tokens, fresh.step, fresh.drill = run.tokens, run.step, run.drill
    pathlib.Path(out).parent.mkdir(parents=True, exist_ok=True)
    checkpoint.save(out, fresh)
    kept = sum(t in old.ids for t in new.tokens)
    print(f"{kept} of {len(new.tokens)} tokens kept their rows; {run.tokens / 1e6:.1f}M tokens seen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
