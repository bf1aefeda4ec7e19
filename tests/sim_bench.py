#!/usr/bin/env python3
"""Scenarios of many LLM agents: how many tokens they compute, how time grows with them, and what one call at a time would cost.

usage: sim_bench.py PUNA_PROGRAM DEMO_MODEL [--only counts|growth|peer] [--world NAME] [--agents 50] [--steps 20]
                    [--rounds 3] [--peer-rounds 3] [--peer-steps 20] [--threads 2] [--concurrent 8]
                    [--profile deterministic|fast] [--reasoning CHARACTERS] [--jsonl FILE]

counts  the demo model at temperature 0.8: at least half of the actions are not noop; computed prompt tokens are at most 3 %
        above the bound of distinct tokens (every beginning of a prompt computed once in the whole run), as the packaged
        llama-server tokenises the same messages.
growth  twice the agents take at most 2.2 times the processor time, in turn.
peer    the benchmark model (random weights): the packaged llama-server, asked over HTTP for one answer after the other, needs
        at least 3 times the processor time. It gets the messages of our run in their order, and makes as many tokens for
        each as ours did, without a grammar; its cache is on; its client is not counted. In turn with ours.

Processor time is that of the whole process less what loading takes: the same command on a run that is over, which opens
the model and asks nobody. Ratios are judged by the median of the rounds and its 95 % interval (bootstrap).
Exit status 0 met, 1 missed, 75 when the intervals leave it open or there is no llama-server.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from server_throughput import ENVIRONMENT, Server, free_port, interval, median

NOOP_MAX, DISTINCT_MAX, GROWTH_MAX, PEER_MIN = 0.5, 1.03, 2.2, 3.0
PERSONAS = ("honest", "strategic", "adversarial")
WINDOW = 4096  # of an agent, SWARM's default; of the peer, too
SCENARIO = """scenario_id: bench
world: %s
agents:
%ssimulation: {n_epochs: 1, steps_per_epoch: %d, seed: %d}
"""
AGENTS = "  - {type: llm, count: %d, llm: {provider: llama_cpp, model: puna-demo, n_ctx: %d, temperature: 0.8, max_tokens: 60, reasoning: %d, persona: %s}}\n"


def scenario(world, agents, steps, seed, reasoning):
    """The personas share the agents as evenly as it goes."""
    counts = [agents // len(PERSONAS) + (i < agents % len(PERSONAS)) for i in range(len(PERSONAS))]
    groups = "".join(AGENTS % (count, WINDOW, reasoning, persona) for count, persona in zip(counts, PERSONAS) if count)
    return SCENARIO % (world, groups, steps, seed)


def timed(command):
    """(CPU seconds, seconds) of a program that must succeed."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT)
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise OSError("%s ended with status %d: %s" % (" ".join(command), process.returncode, said.decode(errors="replace")))
    return used.ru_utime + used.ru_stime, time.monotonic() - begin


def asked(entry):
    """A question of the prompt audit, as it was sent."""
    return {"agent": entry["agent_id"], "epoch": entry["epoch"], "step": entry["step"], "seed": entry["extra"]["seed"],
            "messages": [{"role": "system", "content": entry["system_prompt"]}, {"role": "user", "content": entry["user_prompt"]}]}


class Played:
    """One run of puna sim, in a folder of its own: what it cost, what it asked, what was answered."""

    def __init__(self, given, folder, agents, seed, model=None, steps=None):
        folder.mkdir(parents=True)
        file = folder / "bench.yaml"
        file.write_text(scenario(given.world, agents, steps or given.steps, seed, given.reasoning))
        command = [given.puna, "sim", "run", str(file), "--quiet", "--audit", "--prompt-audit-include-system", "-t", str(given.threads), "--profile", given.profile,
                   "--concurrent", str(given.concurrent), "--out", str(folder / "out")]
        command += ["-m", model] if model else []
        whole = timed(command)
        usage = json.loads((folder / "out/bench_usage.json").read_text())
        load = timed(command)  # the run is over: nobody is asked again
        self.cpu, self.seconds = whole[0] - load[0], whole[1] - load[1]
        self.prompts = [asked(json.loads(line)) for line in (folder / "out/bench_prompts.jsonl").read_text().splitlines()]
        actions = [event for event in map(json.loads, (folder / "out/bench_events.jsonl").read_text().splitlines())
                   if event["type"] == "action"]
        self.output_tokens = {(a["epoch"], a["step"], a["agent"]): a["output_tokens"] for a in actions}
        self.noop_share = sum(a["action"]["action"] == "noop" for a in actions) / len(actions)
        self.read = sum(a["prompt_tokens"] for a in actions)
        self.written = sum(a["output_tokens"] for a in actions)
        self.computed = self.read - sum(agent["cached_tokens"] for agent in usage["agents"])
        self.failures = sum(agent["failures"] for agent in usage["agents"])


class Peer(Server):
    def __init__(self, model, given):
        port = free_port()
        super().__init__("llama-server", ["llama-server", "-m", model, "--host", "127.0.0.1", "--port", str(port), "--offline",
                                          "--no-webui", "-np", "1", "-c", str(WINDOW), "-t", str(given.threads)], port)

    def post(self, path, body):
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path), json.dumps(body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def tokens(self, messages):
        prompt = self.post("/apply-template", {"messages": messages})["prompt"]
        return self.post("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"]

    def one_by_one(self, played):
        """(CPU seconds, seconds, prompt tokens, those computed, output tokens) of the run's questions, one after the other."""
        cpu, begin, read, computed, written = self.cpu_seconds(), time.monotonic(), 0, 0, 0
        for prompt in played.prompts:
            wanted = played.output_tokens[(prompt["epoch"], prompt["step"], prompt["agent"])]
            answer = self.post("/v1/chat/completions", {"messages": prompt["messages"], "max_tokens": max(1, wanted), "ignore_eos": True,
                                                        "temperature": 0.8, "seed": prompt["seed"]})
            usage = answer["usage"]
            read, written = read + usage["prompt_tokens"], written + usage["completion_tokens"]
            computed += answer["timings"]["prompt_n"]
        return self.cpu_seconds() - cpu, time.monotonic() - begin, read, computed, written


def distinct(sequences):
    """How many beginnings differ: the nodes of their tree."""
    root, nodes = {}, 0
    for sequence in sequences:
        node = root
        for token in sequence:
            nodes += token not in node
            node = node.setdefault(token, {})
    return nodes


def counts(given, folder, say):
    played = Played(given, folder / "counts", given.agents, 1)
    verdict = "met" if played.noop_share <= NOOP_MAX else "missed"
    say({"part": "counts", "what": "actions that are noop", "value": played.noop_share, "bar": "at most %g" % NOOP_MAX,
         "verdict": verdict, "failures": played.failures})
    peer = Peer(given.demo, given)
    try:
        sequences = [peer.tokens(prompt["messages"]) for prompt in played.prompts]
    finally:
        peer.end()
    alike = sum(map(len, sequences)) == played.read
    ratio = played.computed / distinct(sequences)
    second = "open" if not alike else "met" if ratio <= DISTINCT_MAX else "missed"
    say({"part": "counts", "what": "computed prompt tokens over distinct ones", "value": ratio, "bar": "at most %g" % DISTINCT_MAX,
         "verdict": second, "read": played.read, "computed": played.computed, "distinct": distinct(sequences), "same_tokens": alike})
    say({"part": "counts", "what": "CPU seconds of %d agents in %d steps, %d output tokens; %.0f s on the clock" % (
        given.agents, given.steps, played.written, played.seconds), "value": played.cpu, "bar": None, "verdict": None})
    return [verdict, second]


def judged(say, part, what, ratios, bar, is_floor, more):
    low, high = interval(ratios)
    if is_floor:
        verdict = "met" if low >= bar else "missed" if high < bar else "open"
    else:
        verdict = "met" if high <= bar else "missed" if low > bar else "open"
    say({"part": part, "what": what, "value": median(ratios), "low": low, "high": high, "rounds": len(ratios),
         "bar": "%s %g" % ("at least" if is_floor else "at most", bar), "verdict": verdict, **more})
    return [verdict]


def growth(given, folder, say):
    ratios, computed = [], []
    for number in range(given.rounds):
        pair = {}
        for agents in (given.agents, 2 * given.agents)[::1 if number % 2 == 0 else -1]:
            pair[agents] = Played(given, folder / ("growth%d-%d" % (number, agents)), agents, 10 + number)
        small, large = pair[given.agents], pair[2 * given.agents]
        ratios.append(large.cpu / small.cpu)
        computed.append(large.computed / small.computed)
    return judged(say, "growth", "CPU seconds of %d agents over those of %d" % (2 * given.agents, given.agents), ratios, GROWTH_MAX,
                  False, {"computed_ratio": median(computed), "cpu": [small.cpu, large.cpu]})


def beside_peer(given, folder, say):
    model = str(folder / "random-125m-Q4_0.gguf")
    subprocess.run([given.puna, "bench", "--write-model", model], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    ratios, last = [], {}
    peer = Peer(model, given)
    try:
        for number in range(given.peer_rounds):
            ours = Played(given, folder / ("peer%d" % number), given.agents, 20 + number, model, given.peer_steps)
            cpu, seconds, read, computed, written = peer.one_by_one(ours)
            ratios.append(cpu / ours.cpu)
            bound = distinct(peer.tokens(prompt["messages"]) for prompt in ours.prompts)
            last = {"cpu": [ours.cpu, cpu], "seconds": [ours.seconds, seconds], "read": [ours.read, read],
                    "computed": [ours.computed, computed], "written": [ours.written, written], "distinct": bound}
    finally:
        peer.end()
    return judged(say, "peer", "CPU seconds of llama-server, one call at a time, over ours", ratios, PEER_MIN, True, last)


PARTS = {"counts": counts, "growth": growth, "peer": beside_peer}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("puna")
    parser.add_argument("demo")
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--world", default="public_goods")
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--peer-steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--concurrent", type=int, default=8)
    parser.add_argument("--profile", default="deterministic")
    parser.add_argument("--reasoning", type=int, default=0)
    parser.add_argument("--jsonl")
    given = parser.parse_args()
    given.puna = str(Path(given.puna).resolve())
    if shutil.which("llama-server") is None:
        print("sim-bench: inconclusive; there is no llama-server here")
        return 75
    lines = open(given.jsonl, "w") if given.jsonl else None

    def say(line):
        within = " (%.2f to %.2f)" % (line["low"], line["high"]) if "low" in line else ""
        more = {k: v for k, v in line.items() if k not in ("part", "what", "value", "low", "high", "bar", "verdict")}
        print("%-7s %s: %.3f%s%s%s" % (line["part"], line["what"], line["value"], within,
                                       "; %s: %s" % (line["bar"], line["verdict"]) if line["bar"] else "",
                                       "".join("; %s %s" % (k, [round(x, 1) for x in v] if isinstance(v, list) else v)
                                               for k, v in more.items())), flush=True)
        if lines:
            lines.write(json.dumps(line) + "\n")
            lines.flush()

    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        for name, part in PARTS.items():
            if given.only in (None, name):
                verdicts += part(given, Path(folder), say)
    status = 1 if "missed" in verdicts else 75 if "open" in verdicts else 0
    print("sim-bench: %s; %d of %d bars" % ({0: "met", 1: "missed", 75: "inconclusive"}[status], verdicts.count("met"), len(verdicts)))
    return status


if __name__ == "__main__":
    sys.exit(main())
