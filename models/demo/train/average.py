#!/usr/bin/env python3
"""Averages the weights of checkpoints: runs that began at the same weights are mostly better together.

  average.py OUT.pt 0.2*A.pt 0.4*B.pt 0.4*C.pt:average

The factors must sum up to 1. NAME:average takes the running average that a checkpoint keeps
instead of its last weights. Moments and counters are those of the file that saw most tokens.
"""

import argparse
import pathlib
import sys

import checkpoint


def term(text):
    """(factor, path, whether the running average is wanted) of FACTOR*PATH[:average]."""
    factor, star, path = text.partition("*")
    if not star:
        raise ValueError(f"'{text}' is not FACTOR*CHECKPOINT")
    return float(factor), path.removesuffix(":average"), path.endswith(":average")


def averaged(terms):
    """The Run of (factor, Run, whether its running average is wanted) items."""
    furthest = max((run for _, run, _ in terms), key=lambda run: run.tokens)
    parts = [(f, run.average if smooth else run.weights) for f, run, smooth in terms]
    furthest.weights = {name: sum(f * weights[name] for f, weights in parts)
                        for name in furthest.weights}
    furthest.average = None
    return furthest


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("out")
    p.add_argument("terms", nargs="+", help="FACTOR*CHECKPOINT[:average]")
    options = p.parse_args()
    terms = [term(t) for t in options.terms]
    if abs(sum(f for f, _, _ in terms) - 1) > 1e-6:
        p.error(f"the factors sum up to {sum(f for f, _, _ in terms):g}, not 1")
    run = averaged([(f, checkpoint.load(path), smooth) for f, path, smooth in terms])
    checkpoint.save(pathlib.Path(options.out), run)
    print(f"{options.out}: {len(terms)} checkpoints, {run.tokens / 1e6:.1f}M tokens seen")
    return 0


if __name__ == "__main__":
    sys.exit(main())
