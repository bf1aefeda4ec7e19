#!/usr/bin/env python3
"""Greedy tokens of Puna's engine against those of the packaged llama-server, on the same GGUF and prompt tokens.

usage: server_parity.py GREEDY_TOKENS_PROGRAM MODEL.gguf

Separate streams and flash attention off on both sides: every token must be equal, alone and with 7 others running.
With both sides' default settings, differences are printed with the gap between the two likeliest tokens, and allowed.
Exit status 0 equal, 1 different, 77 skipped (no llama-server, with the reason printed).
"""
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

TOKENS_MAX = 48
PROMPTS_MIN = 50  # with fewer nothing is shown
SUBJECTS = ["the river", "a red bicycle", "Marta's garden", "port 8080", "the old harbour", "two cats", "Kyoto",
            "invoice 4417", "a paper lantern", "the night train", "blue paint", "notes.txt", "an empty box"]
FORMS = ["What is {}?", "Tell me about {}.", "Write one line on {}", "Is {} larger than a house? Answer yes or no.",
         "Remember this: I like {}. What do I like?"]


def prompts():
    """65 prompts of different lengths; every fifth one is long enough to be prefilled in several pieces."""
    for at, (form, subject) in enumerate((f, s) for f in FORMS for s in SUBJECTS):
        filler = " ".join(f"item {n} of list {at}" for n in range(60)) + ". " if at % 5 == 0 else ""
        yield filler + form.format(subject)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A llama-server of ours on loopback; ended by its own process handle."""

    def __init__(self, model, flags):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            ["llama-server", "-m", model, "-c", "2048", "-t", "2", "--host", "127.0.0.1", "--port",
             self.url.rsplit(":", 1)[1], *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/health", timeout=5).read()
                return self
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        self.__exit__()
        raise RuntimeError("llama-server did not become healthy")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def greedy(self, prompt):
        """The generated ids, and at each position the gap between the two best log probabilities."""
        body = {"prompt": prompt, "n_predict": TOKENS_MAX, "temperature": 0, "cache_prompt": False,
                "return_tokens": True, "n_probs": 2}
        request = urllib.request.Request(self.url + "/completion", json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        reply = json.load(urllib.request.urlopen(request, timeout=120))
        gaps = []
        for position in reply.get("completion_probabilities", []):
            best = position.get("top_logprobs", [])
            gaps.append(best[0]["logprob"] - best[1]["logprob"] if len(best) > 1 else float("nan"))
        return reply["tokens"], gaps


def ours(program, model, profile, at_once):
    done = subprocess.run([program, model, profile, str(at_once), str(TOKENS_MAX)], input="\n".join(prompts()) + "\n",
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return [json.loads(line) for line in done.stdout.splitlines()]


def first_difference(a, b):
    """The index of the first difference; None when equal. The server's `b` may also have the end-of-turn token."""
    for at, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return at
    return None if 0 <= len(b) - len(a) <= 1 else min(len(a), len(b))


def compare(name, lines, server):
    if len(lines) < PROMPTS_MIN or not all(line["tokens"] for line in lines):
        raise RuntimeError("%s: %d prompts with tokens, and at least %d are compared" % (
            name, sum(bool(line["tokens"]) for line in lines), PROMPTS_MIN))
    different = 0
    for number, line in enumerate(lines):
        tokens, gaps = server.greedy(line["prompt"])
        at = first_difference(line["tokens"], tokens)
        if at is not None:
            different += 1
            gap = gaps[at] if at < len(gaps) else float("nan")
            print(f"  {name}: prompt {number} differs at token {at}; gap of the two best there: {gap:.6f}")
    total = sum(len(line["tokens"]) for line in lines)
    print(f"{name}: {len(lines) - different} of {len(lines)} prompts equal ({total} tokens)", flush=True)
    return different


def main():
    program, model = sys.argv[1:3]
    if shutil.which("llama-server") is None:
        print("skipped: no llama-server on this machine (package llama.cpp-tools)")
        return 77
    different = 0
    with Server(model, ["-np", "1", "-fa", "off", "--no-kv-unified"]) as server:
        different += compare("deterministic, alone", ours(program, model, "deterministic", 1), server)
        different += compare("deterministic, with 7 others", ours(program, model, "deterministic", 8), server)
    with Server(model, []) as server:
        compare("default settings, alone", ours(program, model, "fast", 1), server)
        compare("default settings, with 7 others", ours(program, model, "fast", 8), server)
    print("server parity:", "met" if different == 0 else f"missed, {different} prompts differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
