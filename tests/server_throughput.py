#!/usr/bin/env python3
"""puna serve beside llama-server: what the same requests cost each of them, on one model, in one run.

usage: server_throughput.py PUNA_PROGRAM [--clients 8,32] [--workloads shared,unrelated] [--rounds N] [--model FILE]
                            [--threads N] [--jsonl FILE] [--seed N]

Two workloads, with prompts of token numbers that no round repeats. "shared": every client has a prompt of its own behind
1,000 tokens that all have in common. "unrelated": nothing in common. All clients of a round ask at once. The peer is the
packaged llama-server in both of its cache layouts (a part for each slot, one unified cache), with as many slots as clients;
prompts are kept by all. The servers stay loaded; only one works at a time, in turn, and what counts is the processor time of
its process, then the time on the clock.

Held to, with 8 clients that share: the better of the two costs at least 3 times the processor time of puna serve. Unrelated:
puna serve is not slower. Judged by the median of the rounds' own ratios and its 95 % interval (bootstrap).
Exit status 0 held, 1 not, 75 when the interval leaves it open or there is no llama-server.
"""
import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

SHARED_TOKENS, OWN_TOKENS, OUTPUT_TOKENS = 1000, 32, 16
UNRELATED_TOKENS, UNRELATED_OUTPUT_TOKENS = 128, 32
WINDOW = 1280
SHARED_FLOOR = 3.0
ENVIRONMENT = {**os.environ, "OMP_WAIT_POLICY": "passive"}


class Server:
    def __init__(self, name, command, port=None):
        self.name = name
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE if port is None else subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True, env=ENVIRONMENT)
        self.port = port or int(self.process.stdout.readline().strip().rsplit(":", 1)[1])
        for _ in range(1200):
            if self.process.poll() is not None:
                raise OSError("%s ended with status %d" % (name, self.process.returncode))
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/health" % self.port, timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise OSError("%s does not answer" % name)

    def cpu_seconds(self):
        fields = Path("/proc/%d/stat" % self.process.pid).read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, prompt, output_tokens, counts, errors):
        body = json.dumps({"prompt": prompt, "n_predict": output_tokens, "temperature": 0, "ignore_eos": True, "cache_prompt": True})
        request = urllib.request.Request("http://127.0.0.1:%d/completion" % self.port, body.encode(),
                                         {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=1800) as answer:
                counts.append(json.load(answer)["tokens_predicted"])
        except (OSError, ValueError, KeyError) as error:
            errors.append("%s: %r" % (self.name, error))

    def work(self, prompts, output_tokens):
        """(CPU seconds, seconds) of all prompts at once."""
        counts, errors = [], []
        threads = [threading.Thread(target=self.ask, args=(prompt, output_tokens, counts, errors)) for prompt in prompts]
        cpu, begin = self.cpu_seconds(), time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = self.cpu_seconds() - cpu, time.monotonic() - begin
        if errors or counts != [output_tokens] * len(prompts):
            raise OSError(errors[0] if errors else "%s made %s tokens, not %d each" % (self.name, counts, output_tokens))
        return taken

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def open_servers(given, model, clients):
    threads = str(given.threads)
    servers = [Server("puna serve", [given.puna, "serve", "-m", model, "--port", "0", "--parallel", str(clients), "-c", str(WINDOW),
                                     "-t", threads, "--pooling", "none"])]
    for name, flags in (("S split", ["--no-kv-unified"]), ("S unified", ["--kv-unified"])):
        port = free_port()
        servers.append(Server(name, ["llama-server", "-m", model, "--host", "127.0.0.1", "--port", str(port), "--offline", "--no-webui",
                                     "-np", str(clients), "-c", str(WINDOW * clients), "-t", threads, *flags], port))
    return servers


def prompts_of(kind, clients, draw):
    def tokens(count):
        return [draw.randrange(1000, 30000) for _ in range(count)]
    if kind == "unrelated":
        return [tokens(UNRELATED_TOKENS) for _ in range(clients)], UNRELATED_OUTPUT_TOKENS
    shared = tokens(SHARED_TOKENS)
    return [shared + tokens(OWN_TOKENS) for _ in range(clients)], OUTPUT_TOKENS


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def interval(values):
    draw = random.Random(1)
    medians = sorted(median([draw.choice(values) for _ in values]) for _ in range(2000))
    return medians[50], medians[-51]


def measure(given, servers, kind, clients, draw):
    """{name: [(cpu, wall) of each round]}; the first round warms up and does not count."""
    taken = {server.name: [] for server in servers}
    for number in range(given.rounds + 1):
        prompts, output_tokens = prompts_of(kind, clients, draw)
        order = servers[number % len(servers):] + servers[:number % len(servers)]
        for server in order:
            result = server.work(prompts, output_tokens)
            if number > 0:
                taken[server.name].append(result)
    return taken


def judge(kind, clients, taken, say):
    """'met', 'missed', 'open' or None where nothing is asked."""
    ours = taken["puna serve"]
    verdict = None
    for column, metric in ((0, "CPU seconds"), (1, "seconds")):
        peers = {name: [t[column] for t in times] for name, times in taken.items() if name != "puna serve"}
        best = min(peers, key=lambda name: median(peers[name]))
        ratios = [theirs / mine[column] for theirs, mine in zip(peers[best], ours)]
        low, high = interval(ratios)
        floor = SHARED_FLOOR if kind == "shared" else 1.0
        asked = column == 0 and (clients == 8 if kind == "shared" else True)
        if asked:
            verdict = "met" if low >= floor or (kind == "unrelated" and high >= 1.0) else "missed" if high < floor else "open"
        say({"workload": kind, "clients": clients, "metric": metric, "ours": median([t[column] for t in ours]),
             "peers": {name: median(values) for name, values in peers.items()}, "best peer": best, "ratio": median(ratios),
             "low": low, "high": high, "floor": floor if asked else None, "verdict": verdict if asked else None})
    return verdict


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("puna")
    parser.add_argument("--clients", default="8,32")
    parser.add_argument("--workloads", default="shared,unrelated")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--jsonl")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not set(given.workloads.split(",")) <= {"shared", "unrelated"}:
        parser.error("--workloads takes shared, unrelated or both, not '%s'" % given.workloads)
    if shutil.which("llama-server") is None:
        print("inconclusive: there is no llama-server here")
        return 75
    lines = open(given.jsonl, "w") if given.jsonl else None

    def say(line):
        print("%-9s %2d clients  %-11s  puna serve %7.2f  %s  ratio %.2f (%.2f to %.2f)%s" % (
            line["workload"], line["clients"], line["metric"], line["ours"],
            "  ".join("%s %7.2f" % item for item in line["peers"].items()), line["ratio"], line["low"], line["high"],
            "  floor %g: %s" % (line["floor"], line["verdict"]) if line["verdict"] else ""), flush=True)
        if lines:
            lines.write(json.dumps(line) + "\n")
            lines.flush()

    verdicts = []
    with tempfile.TemporaryDirectory() as folder:
        model = given.model or os.path.join(folder, "random-125m-Q4_0.gguf")
        if not given.model:
            subprocess.run([given.puna, "bench", "--write-model", model], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
        for clients in map(int, given.clients.split(",")):
            servers = open_servers(given, model, clients)
            try:
                draw = random.Random(given.seed)
                verdicts += [judge(kind, clients, measure(given, servers, kind, clients, draw), say)
                             for kind in given.workloads.split(",")]
            finally:
                for server in servers:
                    server.end()
    asked = [verdict for verdict in verdicts if verdict]
    status = 1 if "missed" in asked else 75 if "open" in asked or not asked else 0
    print("server-throughput: %s; %d of %d held" % ({0: "held", 1: "missed", 75: "inconclusive"}[status], asked.count("met"), len(asked)))
    return status


if __name__ == "__main__":
    sys.exit(main())
