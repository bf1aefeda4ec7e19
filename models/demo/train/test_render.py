#!/usr/bin/env python3
"""Proves that render.py writes what chat_template.jinja writes, on random dialogues.

  test_render.py [COUNT]
"""

import json
import random
import sys

import jinja2

import corpus
from tasks import wire_messages
from tokenizer import HERE

SEED = 11


def template():
    """The template in an environment like the one chat engines use."""
    env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    env.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return env.from_string((HERE.parent / "chat_template.jinja").read_text(encoding="utf-8"))


def openai_messages(messages):
    """Calls wrapped in `function`, as OpenAI clients send them."""
    for m in messages:
        if m.get("tool_calls"):
            m = dict(m, tool_calls=[{"id": c["id"], "type": "function", "function": {
                "name": c["name"], "arguments": c["arguments"]}} for c in m["tool_calls"]])
        yield m


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rng, chat = random.Random(SEED), template()
    for n in range(count):
        dialogue = corpus.sample(rng, "train" if n % 2 else "heldout")
        want = "".join(text for text, _ in corpus.segments(dialogue))
        plain = wire_messages(dialogue.messages)
        for messages in (plain, list(openai_messages(plain))):
            got = chat.render(messages=messages, tools=[t.spec() for t in dialogue.tools],
                              add_generation_prompt=False)
            if got != want:
                print("different:\n" + want + "\n=====\n" + got)
                return 1
    print(count, "dialogues rendered alike")
    return 0


if __name__ == "__main__":
    sys.exit(main())
