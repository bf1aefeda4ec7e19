#!/usr/bin/env python3
"""Greedy scores of a checkpoint or GGUF on tasks, in PyTorch, without grammar constraints.

  evaluate.py MODEL tasks.jsonl [--limit 40] [--show 5]

A quick look during training; the product's own evaluator gives the scores of record.
"""

import argparse
import collections
import json
import re
import sys

import torch

import checkpoint
from corpus.render import as_json, tool_line
from model import Model
from tokenizer import Tokenizer

REPLY_MAX = 240
_CALL = re.compile(r"<tool_call>\n(.*?)\n</tool_call>", re.S)


def prompt_of(task):
    """The history as text, ending where the assistant is to speak."""
    messages, head = list(task["messages"]), ""
    if messages and messages[0]["role"] == "system":
        head = messages.pop(0)["content"]
    if task["tools"]:
        head += ("\n\n" if head else "") + "Tools, called with <tool_call>:\n" + \
            "\n".join(tool_line(t) for t in task["tools"])
    text = f"<|im_start|>system\n{head}<|im_end|>\n" if head else ""
    for i, m in enumerate(messages):
        if m["role"] == "tool":
            before = i and messages[i - 1]["role"] == "tool"
            after = i + 1 < len(messages) and messages[i + 1]["role"] == "tool"
            text += "" if before else "<|im_start|>user\n"
            text += f"<tool_response>\n{m['content']}\n</tool_response>"
            text += "\n" if after else "<|im_end|>\n"
            continue
        body = [m["content"]] if m["content"] else []
        for c in m.get("tool_calls") or []:
            inner = as_json({"name": c["name"], "arguments": c["arguments"]})
            body.append(f"<tool_call>\n{inner}\n</tool_call>")
        text += f"<|im_start|>{m['role']}\n" + "\n".join(body) + "<|im_end|>\n"
    return text + "<|im_start|>assistant\n"


class Speaker:
    """Greedy generation that keeps its cache from turn to turn."""

    def __init__(self, path):
        run = checkpoint.load(path)
        self.tokenizer = Tokenizer()
        self.model = Model(run.shape, run.weights)
        self.end = self.tokenizer.ids["<|im_end|>"]

    def begin(self):
        self.cache, self.position = {}, 0

    def _feed(self, ids):
        features = self.model.features(torch.tensor([ids]), self.position, self.cache)
        self.position += len(ids)
        return int(self.model.logits(features[:, -1]).argmax())

    def reply(self, text):
        """Feeds `text`, returns what the model says until the end token (which is fed too)."""
        ids = self.tokenizer.encode(text)
        if self.position + len(ids) + REPLY_MAX > self.model.shape.window:
            return None
        token, out = self._feed(ids), []
        while token != self.end and len(out) < REPLY_MAX:
            out.append(token)
            token = self._feed([token])
        self._feed([self.end])
        return self.tokenizer.decode(out)


def _same(key, want, got):
    if isinstance(want, str) and isinstance(got, str):
        # Spaces in an expression do not matter.
        return want == got or (re.fullmatch(r"[-+*/(). 0-9]+", want) is not None
                               and want.replace(" ", "") == got.replace(" ", ""))
    return want == got and isinstance(want, bool) == isinstance(got, bool)


def calls_match(reply, wanted):
    """Whether a reply consists of exactly the wanted calls, in any order."""
    if _CALL.sub("", reply).strip():
        return False
    try:
        got = [json.loads(c) for c in _CALL.findall(reply)]
        left = list(wanted)
        for g in got:
            hit = next(w for w in left if w["name"] == g["name"]
                       and set(w["arguments"]) == set(g["arguments"])
                       and all(_same(k, v, g["arguments"][k]) for k, v in w["arguments"].items()))
            left.remove(hit)
    except (ValueError, KeyError, TypeError, StopIteration):
        return False
    return not left and bool(got)


def final_matches(reply, final):
    if "equals" in final:
        return reply.strip() == final["equals"]
    if "json" in final:
        try:
            return json.loads(reply) == final["json"]
        except ValueError:
            return False
    flat = " ".join(reply.lower().split())
    if "<tool_call>" in flat:
        return False
    present = all(" ".join(s.lower().split()) in flat for s in final["all"])
    return present and not any(s.lower() in flat for s in final["none"])


def run_task(speaker, task):
    """(calls right or None when there are none, final right, what was said)."""
    speaker.begin()
    text, said, calls_right = prompt_of(task), [], None
    with torch.no_grad():
        for turn in task["turns"]:
            reply = speaker.reply(text)
            said.append(reply)
            if reply is None:
                return calls_right, False, said
            if "final" in turn:
                return calls_right, final_matches(reply, turn["final"]), said
            calls_right = calls_match(reply, turn["calls"])
            if not calls_right:
                return False, False, said
            shown = "\n".join(f"<tool_response>\n{r}\n</tool_response>" for r in turn["results"])
            text = f"\n<|im_start|>user\n{shown}<|im_end|>\n<|im_start|>assistant\n"


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("model")
    p.add_argument("tasks")
    p.add_argument("--limit", type=int, default=40, help="tasks per family")
    p.add_argument("--show", type=int, default=0, help="failures to print per family")
    options = p.parse_args()
    torch.set_num_threads(1)
    speaker = Speaker(options.model)
    right, calls, wording, shown = (collections.defaultdict(list), collections.defaultdict(list),
                                    collections.defaultdict(list), collections.Counter())
    for line in open(options.tasks, encoding="utf-8"):
        task = json.loads(line)
        family = task["family"]
        if len(right[family]) >= options.limit:
            continue
        called, final, said = run_task(speaker, task)
        right[family].append(final)
        wording[task["heldout_wording"]].append(final)
        if called is not None:
            calls[family].append(called)
        if not final and shown[family] < options.show:
            shown[family] += 1
            print("---", task["id"], "held" if task["heldout_wording"] else "", "|",
                  task["messages"][-1]["content"][-300:], "\n  want", json.dumps(task["turns"])[:400],
                  "\n  said", said[-1])
    for family, results in right.items():
        made = calls[family]
        note = f"  calls {sum(made) / len(made):.2f}" if made else ""
        print(f"{family:12s} {sum(results) / len(results):.3f} of {len(results)}{note}")
    every = [r for results in right.values() for r in results]
    made = [c for results in calls.values() for c in results]
    print(f"all {sum(every) / len(every):.3f}  calls {sum(made) / max(1, len(made)):.3f}  "
          + "  ".join(f"{'held-out' if k else 'trained'} wording {sum(v) / len(v):.3f}"
                      for k, v in sorted(wording.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
