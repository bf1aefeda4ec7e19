#!/usr/bin/env python3
"""puna serve beside the packaged llama-server on the same GGUF: texts, tokens, prompts, shapes of answers, errors.

usage: server_differential.py PUNA_PROGRAM MODEL.gguf docs/server.md

Every difference must be a row of the document's table "Differences from llama-server", with its reason, and every row
must be a difference that is found. Exit status 0 as documented, 1 otherwise, 77 skipped (with the reason printed).
"""
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

from server_parity import Server, prompts

HELLO = [{"role": "user", "content": "Hello"}]
SUM = [{"role": "user", "content": "What is 12 * 12?"}]
TOOL = {"type": "function", "function": {
    "name": "calculator", "description": "Evaluate an arithmetic expression.",
    "parameters": {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]}}}
CONVERSATIONS = {
    "one turn": {"messages": HELLO},
    "with a system prompt": {"messages": [{"role": "system", "content": "You are brief."}, *HELLO]},
    "several turns": {"messages": [*HELLO, {"role": "assistant", "content": "Hello!"}, *SUM]},
    "white space": {"messages": [{"role": "user", "content": "  a \n\n b  "}]},
    "letters of the world": {"messages": [{"role": "user", "content": "Ünïcödé 漢字 🦆"}]},
    "with tools": {"messages": SUM, "tools": [TOOL]},
    "a control text of a user": {"messages": [{"role": "user", "content": "a<|im_end|>b"}]},
}
TEXTS = ["", " ", "Hello world", "  two  spaces ", "a\nb\n\nc", "12345 6.5e-3", "Ünïcödé 漢字 🦆", "<|im_start|>user\n",
         "x<|im_end|>", "tabs\tand\r\n", "def f(x):\n    return x\n", "e\u0301", "\u200b"]
BAD = {
    "no JSON": "hello",
    "no messages": "{}",
    "empty messages": '{"messages":[]}',
    "unknown role": '{"messages":[{"role":"wizard","content":"a"}]}',
    "temperature is a text": '{"messages":[{"role":"user","content":"a"}],"temperature":"hot"}',
    "temperature below 0": '{"messages":[{"role":"user","content":"a"}],"temperature":-1,"max_tokens":2}',
    "max_tokens is 0": '{"messages":[{"role":"user","content":"a"}],"max_tokens":0}',
    "unknown format": '{"messages":[{"role":"user","content":"a"}],"response_format":{"type":"xml"}}',
    "grammar and schema": '{"messages":[{"role":"user","content":"a"}],"grammar":"root ::= \\"a\\"","json_schema":{}}',
    "a grammar that is none": '{"messages":[{"role":"user","content":"a"}],"grammar":"root ::= ("}',
    "a call of no tool": '{"messages":[{"role":"user","content":"a"}],"tool_choice":"required","max_tokens":2}',
    "a result of no call": '{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"}],"max_tokens":2}',
    "prompt over the window": json.dumps({"messages": [{"role": "user", "content": "word " * 4000}]}),
}


class Puna:
    """A puna serve of ours; ended by its own process handle."""

    def __init__(self, program, model):
        self.process = subprocess.Popen([program, "serve", "-m", model, "--port", "0", "-c", "2048", "-t", "2",
                                         "--profile", "deterministic"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


def ask(server, path, body, as_text=False):
    """(status, answer); a stream's answer is the list of its data."""
    data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
    request = urllib.request.Request(server.url + path, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            status, text = reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read().decode()
    if text.startswith("data: "):
        lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line.startswith("data: ")]
        return status, [line if line == "[DONE]" else json.loads(line) for line in lines]
    return status, text if as_text else json.loads(text)


def keys(value, at=""):
    """The paths of all members, as "choices[].delta.content"; what is under generation_settings is the engines' own."""
    found = set()
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{at}.{key}" if at else key
            found.add(path)
            found |= set() if key == "generation_settings" else keys(inner, path)
    elif isinstance(value, list):
        for inner in value:
            found |= keys(inner, at + "[]")
    return found


class Comparison:
    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.found = {}  # name: an example
        self.compared = {}

    def note(self, name, example):
        self.found.setdefault(name, example)

    def equal(self, group, name, a, b):
        self.compared[group] = self.compared.get(group, 0) + 1
        if a != b:
            self.note(name, f"ours {json.dumps(a)[:200]}, theirs {json.dumps(b)[:200]}")

    def both(self, path, body):
        return ask(self.ours, path, body), ask(self.theirs, path, body)

    def shapes(self, kind, a, b):
        ours, theirs = keys(a), keys(b)
        self.compared["shapes"] = self.compared.get("shapes", 0) + 1
        for path in sorted(ours - theirs):
            self.note(f"{kind} adds {path}", "")
        for path in sorted(theirs - ours):
            self.note(f"{kind} lacks {path}", "")

    def tokens(self):
        for text in TEXTS:
            for flags in ({}, {"add_special": True}, {"parse_special": False}, {"with_pieces": True}):
                (_, a), (_, b) = self.both("/tokenize", {"content": text, **flags})
                self.equal("tokenize", "tokenize", a, b)
            (_, a), (_, b) = self.both("/detokenize", {"tokens": ask(self.theirs, "/tokenize", {"content": text})[1]["tokens"]})
            self.equal("detokenize", "detokenize", a, b)

    def templates(self):
        for name, body in CONVERSATIONS.items():
            (_, a), (_, b) = self.both("/apply-template", body)
            self.equal("apply-template", f"apply-template {name}", a, b)

    def texts(self):
        for prompt in list(prompts())[::2]:
            body = {"temperature": 0, "max_tokens": 32, "cache_prompt": False,
                    "messages": [{"role": "user", "content": prompt}]}
            (_, a), (_, b) = self.both("/v1/chat/completions", body)
            self.equal("chat texts", "chat text", a["choices"][0]["message"], b["choices"][0]["message"])
            self.equal("chat ends", "chat end", a["choices"][0]["finish_reason"], b["choices"][0]["finish_reason"])
            counts = ("prompt_tokens", "completion_tokens", "total_tokens")
            self.equal("usage", "usage", [a["usage"][k] for k in counts], [b["usage"][k] for k in counts])
            body = {"temperature": 0, "n_predict": 16, "prompt": prompt, "cache_prompt": False, "return_tokens": True}
            (_, a), (_, b) = self.both("/completion", body)
            for key in ("content", "tokens", "stop_type", "tokens_evaluated", "tokens_predicted", "tokens_cached"):
                self.equal("completions", f"completion {key}", a[key], b[key])

    def calls(self):
        body = {"temperature": 0, "messages": SUM, "tools": [TOOL], "tool_choice": "required"}
        (_, a), (_, b) = self.both("/v1/chat/completions", body)
        one, other = (x["choices"][0]["message"]["tool_calls"][0]["function"] for x in (a, b))
        self.equal("calls", "call name", one["name"], other["name"])
        self.equal("calls", "call arguments", json.loads(one["arguments"]), json.loads(other["arguments"]))
        self.equal("calls", "spelling of a call's arguments", one["arguments"], other["arguments"])
        self.shapes("a call", a, b)

    def streams(self):
        body = {"temperature": 0, "stream": True, "stream_options": {"include_usage": True}, "messages": HELLO}
        (_, a), (_, b) = self.both("/v1/chat/completions", body)
        joined = [("".join(c["choices"][0]["delta"].get("content") or "" for c in x[:-1] if c["choices"])) for x in (a, b)]
        self.equal("streams", "stream text", *joined)
        self.equal("streams", "stream end", a[-1], b[-1])
        for kind, place in (("first chunk", 0), ("text chunk", 1), ("last chunk", -3), ("usage chunk", -2)):
            self.shapes(kind, a[place], b[place])
        (_, a), (_, b) = self.both("/v1/chat/completions", {"temperature": 0, "stream": True, "messages": HELLO})
        self.equal("streams", "stream end", a[-1], b[-1])
        self.shapes("last chunk without usage", a[-2], b[-2])
        (_, a), (_, b) = self.both("/v1/chat/completions", body | {"messages": SUM, "tools": [TOOL], "tool_choice": "required"})
        self.shapes("first chunk of a call", a[1], b[1])
        self.shapes("next chunk of a call", a[2], b[2])
        arguments = ["".join(t["function"]["arguments"] for c in x[:-1] for choice in c["choices"]
                             for t in choice["delta"].get("tool_calls", [])) for x in (a, b)]
        self.equal("streams", "streamed arguments", *map(json.loads, arguments))
        (_, a), (_, b) = self.both("/completion", {"prompt": "Once", "n_predict": 4, "temperature": 0, "stream": True})
        self.shapes("completion piece", a[0], b[0])
        self.shapes("completion end", a[-1], b[-1])

    def answers(self):
        for kind, path, body in (
                ("health", "/health", None), ("chat", "/v1/chat/completions", {"messages": HELLO, "temperature": 0}),
                ("chat with logprobs", "/v1/chat/completions",
                 {"messages": HELLO, "temperature": 0, "max_tokens": 2, "logprobs": True, "top_logprobs": 2}),
                ("text completion", "/v1/completions", {"prompt": "Once", "max_tokens": 2, "temperature": 0}),
                ("completion", "/completion", {"prompt": "Once", "n_predict": 2, "temperature": 0})):
            (_, a), (_, b) = self.both(path, body)
            self.shapes(kind, a, b)

    def errors(self):
        for name, body in BAD.items():
            (ours, a), (theirs, b) = self.both("/v1/chat/completions", body)
            self.equal("errors", f"status {theirs} for {name} is {ours}", ours, theirs)
            if ours >= 400 and theirs >= 400:
                self.shapes("error", a, b)
                self.equal("errors", f"error type for {name}", a["error"]["type"], b["error"]["type"])
        (ours, a), (theirs, b) = self.both("/nothing", None)
        self.equal("errors", "status of an unknown path", ours, theirs)
        self.shapes("error", a, b)


def documented(path):
    """The first column of the table below the heading."""
    with open(path, encoding="utf-8") as file:
        section = file.read().split("## Differences from llama-server", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.M))


def main():
    program, model, document = sys.argv[1:4]
    if shutil.which("llama-server") is None:
        print("skipped: no llama-server on this machine (package llama.cpp-tools)")
        return 77
    with Puna(program, model) as ours, Server(model, ["-np", "1", "-fa", "off", "--no-kv-unified"]) as theirs:
        comparison = Comparison(ours, theirs)
        for part in (comparison.tokens, comparison.templates, comparison.texts, comparison.calls, comparison.streams,
                     comparison.answers, comparison.errors):
            began = time.monotonic()
            part()
            print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    rows = documented(document)
    for name, example in sorted(comparison.found.items()):
        print(f"{'known' if name in rows else 'NEW  '}  {name}  {example}")
    stale = sorted(rows - set(comparison.found))
    for name in stale:
        print(f"STALE  {name}: {document} lists it, and it was not found")
    compared = ", ".join(f"{count} {group}" for group, count in comparison.compared.items())
    new = set(comparison.found) - rows
    print(f"compared: {compared}; differences: {len(comparison.found)}, undocumented {len(new)}, stale {len(stale)}")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main())
