#!/usr/bin/env python3
"""Writes evaluation tasks, one JSON object a line.

  tasks.py --per-family 200 --seed 1 [--split heldout|train-like] > tasks.jsonl

heldout     entities never trained on, and wording never trained on in 60 % of the tasks
train-like  the training distribution with another seed: how well the trained was learnt
The format is described in ../README.md.
"""

import argparse
import json
import random
import sys

import corpus

TOOLS_MIN = 4
TOOL_FAMILIES = {"tool_call", "tool_answer", "chain", "parallel", "error_retry", "no_tool"}
SEED_SHIFT = 7_000_000  # keeps the tasks of one seed apart from training streams of that seed


def wire_messages(messages):
    """Messages as the product sees them, with ids that join calls and results."""
    out, waiting, count = [], [], 0
    for m in messages:
        if m["role"] == "assistant" and m.get("tool_calls"):
            listed = []
            for c in m["tool_calls"]:
                count += 1
                listed.append({"id": f"c{count}", "name": c["name"], "arguments": c["arguments"]})
            waiting = [c["id"] for c in listed]
            out.append({"role": "assistant", "content": m["content"], "tool_calls": listed})
        elif m["role"] == "tool":
            out.append({"role": "tool", "content": m["content"], "tool_call_id": waiting.pop(0)})
        else:
            out.append({"role": m["role"], "content": m["content"]})
    return out


def expected_turns(dialogue):
    """What must follow the history: calls with their results, then the final reply."""
    turns = []
    for m in dialogue.messages[dialogue.start:]:
        if m.get("tool_calls"):
            turns.append({"calls": m["tool_calls"], "results": []})
        elif m["role"] == "tool":
            turns[-1]["results"].append(m["content"])
    return turns + [{"final": dialogue.final}]


def as_task(dialogue, number, held):
    return {"id": f"{dialogue.family}-{number:06d}", "family": dialogue.family,
            "heldout_wording": held, "tools": [t.spec() for t in dialogue.tools],
            "messages": wire_messages(dialogue.messages[:dialogue.start]),
            "turns": expected_turns(dialogue), "schema": dialogue.schema}


def tasks(per_family, seed, split="heldout", families=()):
    """Yields tasks; in the held-out split exactly six of ten have held-out wording."""
    inner = "train" if split == "train-like" else "heldout"
    for family in corpus.FAMILIES:
        if family in corpus.TRAINING_ONLY + corpus.RUN_ONLY or (families and family not in families):
            continue
        rng = random.Random(f"{SEED_SHIFT + seed}/{family}/{split}")
        made = 0
        while made < per_family:
            wish = inner == "heldout" and made % 10 < 6
            dialogue, held = corpus.of_family(rng, family, inner, wish)
            if held != wish or (family in TOOL_FAMILIES and len(dialogue.tools) < TOOLS_MIN):
                continue
            yield as_task(dialogue, made, held)
            made += 1


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--per-family", type=int, default=200)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--split", choices=("heldout", "train-like"), default="heldout")
    p.add_argument("--families", default="", help="only these, joined by commas")
    options = p.parse_args()
    only = tuple(filter(None, options.families.split(",")))
    for task in tasks(options.per_family, options.seed, options.split, only):
        sys.stdout.write(json.dumps(task, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
