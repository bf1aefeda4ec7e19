#!/usr/bin/env python3
"""What `puna render` makes of twelve conversations with each published chat template, against llama-server.

usage: template_parity.py PUNA MODEL.gguf [TEMPLATE...]

The templates are the files of the oracle folder `templates` (or the named ones); the reference is POST /apply-template
of llama-server, started for each template on loopback. Prints a table: `=` equal, `b` refused by both, a letter for a
listed difference, `!` for one that is not listed. Exit status 0: none unlisted, and at least 90 % of all pairs equal or
refused by both; 1 otherwise; 77 skipped, with the reason printed.
"""
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from server_parity import free_port

EQUAL_MIN = 0.90
ROOT = Path(__file__).resolve().parent.parent
CONVERSATIONS = json.loads((ROOT / "tests/templates/conversations.json").read_text())

# Why the two may differ: a letter, a test on (ours, theirs, conversation), and the reason. None = refused.
REASONS = [
    ("s", lambda ours, theirs, talk: theirs is None,
     "llama-server refuses the template or the conversation; puna renders it"),
    ("c", lambda ours, theirs, talk: calls_lost(theirs, ours, talk),
     "llama-server's rendering has lost a call, which this template shows only in messages without content"),
    ("t", lambda ours, theirs, talk: texts_missing(theirs, talk) and not texts_missing(ours, talk),
     "llama-server's rendering has lost the text of an answer with reasoning"),
    ("r", lambda ours, theirs, talk: thoughts(theirs, talk) > thoughts(ours, talk),
     "the template drops reasoning of old turns; llama-server tells it not to"),
    ("d", lambda ours, theirs, talk: thoughts(ours, talk) > thoughts(theirs, talk),
     "llama-server does not give the template the reasoning in the member that it reads"),
    ("u", lambda ours, theirs, talk: ours.replace("Any", "Union[]") == theirs,
     "`x is iterable` of a value that is not defined: true in Python, false in our Jinja engine"),
]


def calls_lost(theirs, ours, talk):
    """Whether a call's name or one of its values stands in our rendering more often than in theirs."""
    calls = [call["function"] for m in talk["messages"] for call in m.get("tool_calls", [])]
    words = [call["name"] for call in calls] + [value.split("\n")[0].split('"')[0] for call in calls
                                                for value in json.loads(call["arguments"]).values() if isinstance(value, str)]
    return any(theirs.count(word) < ours.count(word) for word in words)


def texts_missing(text, talk):
    return any(m["content"] and m["content"] not in text for m in talk["messages"] if m["role"] == "assistant")


def thoughts(text, talk):
    return sum(text.count(m["reasoning_content"]) for m in talk["messages"] if "reasoning_content" in m)


class Server:
    """llama-server with one template; ended by its own process handle. `url` is None where it does not start."""

    def __init__(self, model, template):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["llama-server", "-m", model, "-c", "256", "-t", "1", "--no-warmup", "--host", "127.0.0.1", "--port", str(port),
             "--jinja", "--chat-template-file", str(template)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/health", timeout=5).read()
                return self
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.url = None
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def render(self, talk):
        """The prompt; None when it is refused."""
        if self.url is None:
            return None
        body = {key: value for key, value in talk.items() if key != "name"}
        request = urllib.request.Request(self.url + "/apply-template", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        try:
            return json.load(urllib.request.urlopen(request, timeout=60))["prompt"]
        except urllib.error.HTTPError:
            return None


def ours(puna, model, template, talk, folder):
    messages, tools = folder / "messages.json", folder / "tools.json"
    messages.write_text(json.dumps(talk["messages"]))
    tools.write_text(json.dumps(talk.get("tools", [])))
    done = subprocess.run([puna, "render", "--template", str(template), "-m", model, "--messages", str(messages), "--tools",
                           str(tools)], capture_output=True, check=False)
    return done.stdout.decode() if done.returncode == 0 else None


def verdict(mine, theirs, talk):
    if mine is None and theirs is None:
        return "b"
    if mine == theirs:
        return "="
    if mine is not None:
        for letter, applies, _ in REASONS:
            if (theirs is not None or letter == "s") and applies(mine, theirs, talk):
                return letter
    return "!"


def show(name, talk, mine, theirs):
    print(f"--- {name}: {talk['name']}" + (" (puna refuses)" if mine is None else ""))
    for line in difflib.unified_diff((theirs or "").split("\n"), (mine or "").split("\n"), "llama-server", "puna", "", "", 1, ""):
        print("    " + line[:200])


def main():
    puna, model = sys.argv[1:3]
    folder = Path(os.environ.get("PUNA_ORACLES", ROOT / "../shared/oracles")) / "templates"
    if shutil.which("llama-server") is None:
        print("skipped: no llama-server on this machine (package llama.cpp-tools)")
        return 77
    if not folder.is_dir() and len(sys.argv) < 4:
        print("skipped: the oracle folder templates is not here")
        return 77
    templates = [Path(name) for name in sys.argv[3:]] or sorted(folder.glob("*.jinja"))
    counts = {}
    with tempfile.TemporaryDirectory() as name:
        for template in templates:
            row = ""
            with Server(model, template) as server:
                for talk in CONVERSATIONS:
                    mine, theirs = ours(puna, model, template, talk, Path(name)), server.render(talk)
                    row += verdict(mine, theirs, talk)
                    if row[-1] == "!":
                        show(template.name, talk, mine, theirs)
            for letter in row:
                counts[letter] = counts.get(letter, 0) + 1
            print(f"{template.name:<58} {row}", flush=True)
    total = sum(counts.values())
    for number, talk in enumerate(CONVERSATIONS, 1):
        print(f"  conversation {number}: {talk['name']}")
    print(f"  =  {counts.get('=', 0)} equal\n  b  {counts.get('b', 0)} refused by both")
    for letter, _, reason in REASONS:
        if letter in counts:
            print(f"  {letter}  {counts[letter]} {reason}")
    share = (counts.get("=", 0) + counts.get("b", 0)) / total
    unlisted = counts.get("!", 0)
    print(f"template parity: {total} pairs, {counts.get('=', 0)} equal and {counts.get('b', 0)} refused by both "
          f"({share:.1%}), {total - counts.get('=', 0) - counts.get('b', 0) - unlisted} listed, {unlisted} not listed")
    return 0 if unlisted == 0 and (share >= EQUAL_MIN or len(sys.argv) > 3) else 1


if __name__ == "__main__":
    sys.exit(main())
