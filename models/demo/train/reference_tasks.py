#!/usr/bin/env python3
"""Turns the test split of an outside generator into tasks in our format.

  reference_tasks.py GENERATOR.py [--count 600] [--seed 1] [--skip code_,game_] > tasks.jsonl

The generator is a Python file with sample(rng, "test"), which returns a dict with `task`,
`tools` ({name, description, parameters: {argument: type}}), `msgs` that end with the wanted
assistant turn, and `heldphr`. A wording we did not write is the hardest test of ours.
"""

import argparse
import importlib.util
import json
import random
import sys
from pathlib import Path

from tasks import wire_messages

DRAWS_PER_TASK = 20  # bound on draws, as skipped families are thrown away


def load_generator(path):
    path = Path(path)
    spec = importlib.util.spec_from_file_location("outside_generator", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tool_spec(tool):
    properties = {k: {"type": kind} for k, kind in tool["parameters"].items()}
    return {"type": "function", "function": {
        "name": tool["name"], "description": tool["description"],
        "parameters": {"type": "object", "properties": properties, "required": list(properties)}}}


def messages_of(outside):
    return [{"role": m["role"], "content": m.get("content") or "",
             **({"tool_calls": m["tool_calls"]} if m.get("tool_calls") else {})} for m in outside]


def as_json_object(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


PLAIN = frozenset("a an and are at called code color contains degrees don't fails failed file files "
                  "found for have here how I in is it know lives message my name no not of OK on pet "
                  "price remember result sent so sorry tell that the there they this timer to was "
                  "will work wrote you your".lower().split())


def copied_words(reply, history):
    """Words of a reply that carry its content: they were said before and are not plain prose.

    Another generator words its answers in another way, so the whole text cannot be asked for.
    """
    said = " ".join(m.get("content") or "" for m in history if m["role"] in ("user", "tool"))
    words = [w.strip(".,:;!?\"'") for w in reply.split()]
    return [w for w in dict.fromkeys(words) if w and w.lower() not in PLAIN and w in said]


def turns_of(target, history):
    """The wanted turn. After calls there is no more to judge, so any reply will do."""
    if target.get("tool_calls"):
        return [{"calls": target["tool_calls"], "results": ["ok"] * len(target["tool_calls"])},
                {"final": {"all": [], "none": []}}]
    found = as_json_object(target["content"])
    if found is not None:
        return [{"final": {"json": found}}]
    if target["content"] in ("yes", "no", "maybe"):
        return [{"final": {"equals": target["content"]}}]
    return [{"final": {"all": copied_words(target["content"], history), "none": []}}]


def as_task(sample, number):
    return {"id": f"reference-{sample['task']}-{number:06d}", "family": f"reference-{sample['task']}",
            "heldout_wording": bool(sample.get("heldphr")),
            "tools": [tool_spec(t) for t in sample["tools"]],
            "messages": wire_messages(messages_of(sample["msgs"][:-1])),
            "turns": turns_of(sample["msgs"][-1], sample["msgs"][:-1]), "schema": None}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("generator")
    p.add_argument("--count", type=int, default=600)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--skip", default="code_,game_", help="prefixes of tasks to leave out")
    options = p.parse_args()
    skip = tuple(filter(None, options.skip.split(",")))
    module, rng = load_generator(options.generator), random.Random(options.seed)
    made = 0
    for _ in range(options.count * DRAWS_PER_TASK):
        if made == options.count:
            break
        sample = module.sample(rng, "test")
        if not sample["task"].startswith(skip):
            sys.stdout.write(json.dumps(as_task(sample, made), ensure_ascii=False) + "\n")
            made += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
