#!/usr/bin/env python3
"""puna serve under clients that are slow, many and rude: nothing of them may be left when they are gone.

usage: server_load.py PUNA_PROGRAM BARE_PROGRAM [--seconds N] [--slow N] [--streams N] [--seed N]

Slow connections send a request's head a byte at a time and never end it. Streaming clients ask for an answer without an end
and leave after a random time, some before its first byte; together they are more than the server takes, by default. Beside them
/health is asked and timed, on a connection of its own each time, in turn with a bare server on cpp-httplib (what this machine
takes at least while it is this busy).

Held to: within ten seconds of the end every sequence is free, every descriptor given back, and there are no more threads
than the server may keep; no stream breaks off in the middle; /health answers always, its 99th percentile within 20 ms or
three times the bare server's (judged where 1,000 were asked).
Exit status 0 held, 1 not, 75 the load could not be made here (with the reason printed).
"""
import argparse
import asyncio
import json
import os
import random
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import urllib.request

HEALTH_ASKED_MIN = 1000  # fewer say little about a 99th percentile: it is printed and not judged
REQUESTS_MAX = 72  # the server's default
QUICK_THREADS_MAX = 8
CONNECTIONS_MAX = 512
BUSY, LEFT, WHOLE, CLOSED, BROKEN = "busy", "left", "whole", "closed unread", "broken"


class Load:
    def __init__(self, given, port, bare_port):
        self.given, self.port, self.bare_port = given, port, bare_port
        self.random = random.Random(given.seed)
        self.endless = {str(token): -100 for token in tokens_of(port, "<|im_end|><|endoftext|>")}
        self.end = time.monotonic() + given.seconds
        self.is_crowded = given.slow + given.streams > CONNECTIONS_MAX
        self.counts = {}
        self.health, self.bare, self.failures = [], [], []

    def running(self):
        return time.monotonic() < self.end

    def count(self, word):
        self.counts[word] = self.counts.get(word, 0) + 1

    async def slow(self):
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Slow: " % self.port
        while self.running():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.2)
                continue
            self.count("slow connections")
            try:
                for byte in head + b"a" * 1000:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.5 + self.random.random())
                    if not self.running() or reader.at_eof():
                        break
            except OSError:
                pass  # the server may close it: it is over its time, or one too many
            writer.close()

    def body(self, ends):
        body = {"messages": [{"role": "user", "content": "Hello %d" % self.random.randrange(50)}], "stream": True, "temperature": 0,
                **({"max_tokens": 20} if ends else {"logit_bias": self.endless})}
        text = json.dumps(body)
        return ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                "Content-Length: %d\r\n\r\n%s" % (self.port, len(text), text)).encode()

    async def read_to_end(self, reader):
        text = b""
        while b"\r\n0\r\n\r\n" not in text:
            try:
                piece = await asyncio.wait_for(reader.read(65536), 60)
            except ConnectionError:
                piece = b""
            if not piece and not text and self.is_crowded:
                return CLOSED  # what the server does with one that said nothing for too long, when one too many are there
            if not piece:
                raise ConnectionError("closed after %r" % text[-200:])
            text += piece
            if text.startswith(b"HTTP/1.1 429"):
                return BUSY
        if b"data: [DONE]" not in text or not text.startswith(b"HTTP/1.1 200"):
            raise ConnectionError("answered %r" % text[-200:])
        return WHOLE

    async def stream(self):
        while self.running():
            ends = self.random.random() < 0.2
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(self.body(ends))
                if ends:
                    result = await self.read_to_end(reader)
                else:
                    try:
                        result = await asyncio.wait_for(self.read_to_end(reader), self.random.random() * 2)
                    except asyncio.TimeoutError:
                        result = LEFT
                if self.random.random() < 0.5:
                    writer.transport.abort()  # a reset, not an orderly end
                writer.close()
            except OSError as error:
                result = BROKEN
                self.failures.append("a stream broke off: %r" % error)
            self.count(result)
            await asyncio.sleep(self.random.random() * (1.0 if result == BUSY else 0.1))

    def probe(self, port):
        begin = time.monotonic()
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % port)
            text = b""
            while piece := connection.recv(4096):
                text += piece
        if not text.startswith(b"HTTP/1.1 200"):
            raise OSError("answered %r" % text[:60])
        return time.monotonic() - begin

    def probes(self):
        while self.running():
            try:
                self.bare.append(self.probe(self.bare_port))
                self.health.append(self.probe(self.port))
            except OSError as error:
                self.failures.append("/health: %s" % error)
            time.sleep(0.02)

    async def run(self):
        prober = threading.Thread(target=self.probes)
        prober.start()
        await asyncio.gather(*[self.slow() for _ in range(self.given.slow)], *[self.stream() for _ in range(self.given.streams)])
        prober.join()


def started(command):
    """A server, and the port in the address that it prints."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True,
                              env={**os.environ, "OMP_WAIT_POLICY": "passive"})
    return server, int(server.stdout.readline().strip().rsplit(":", 1)[1])


def tokens_of(port, text):
    request = urllib.request.Request("http://127.0.0.1:%d/tokenize" % port, json.dumps({"content": text}).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["tokens"]


def metric(port, name):
    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=30) as answer:
        return float(re.search(r"^%s (\S+)$" % name, answer.read().decode(), re.MULTILINE).group(1))


def holds_of(process):
    """What a process holds: descriptors, and threads."""
    return len(os.listdir("/proc/%d/fd" % process)), len(os.listdir("/proc/%d/task" % process))


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] * 1000


def left_behind(server, port, before):
    """Waits until everything is given back; what is not, in words. Threads are kept for later requests, not one for each
    that ever came."""
    threads_max = before[1] + REQUESTS_MAX + QUICK_THREADS_MAX
    for _ in range(100):
        descriptors, threads = holds_of(server.pid)
        busy = metric(port, "llamacpp:requests_processing") + metric(port, "puna_requests_generating")
        if busy == 0 and descriptors <= before[0] and threads <= threads_max:
            return None
        time.sleep(0.1)
    return "left behind: %d sequences or requests, descriptors %d -> %d, threads %d -> %d (%d allowed)" % (
        busy, before[0], descriptors, before[1], threads, threads_max)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("puna")
    parser.add_argument("bare")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--slow", type=int, default=512)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    wanted = 2 * (given.slow + given.streams) + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            print("skipped: the load cannot be made here: %d descriptors are needed and %d allowed" % (wanted, hard))
            return 75
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    bare, bare_port = started([given.bare])
    server, port = started([given.puna, "serve", "--port", "0"])
    try:
        before = holds_of(server.pid)
        load = Load(given, port, bare_port)
        asyncio.run(load.run())
        failures = load.failures[:5]
        if server.poll() is not None:
            failures.append("puna serve ended with status %d" % server.returncode)
        elif left := left_behind(server, port, before):
            failures.append(left)
        print("%g s: %s" % (given.seconds, ", ".join("%d %s" % (n, word) for word, n in sorted(load.counts.items()))))
        mine, other = percentile(load.health, 0.99), percentile(load.bare, 0.99)
        print("/health: %d asked, p50 %.1f ms, p99 %.1f ms, max %.1f ms; a bare server beside it: p99 %.1f ms" %
              (len(load.health), percentile(load.health, 0.5), mine, percentile(load.health, 1), other))
        if len(load.health) >= HEALTH_ASKED_MIN and mine > max(20, 3 * other):
            failures.append("/health: p99 %.1f ms is above 20 ms and above three times %.1f ms" % (mine, other))
        if not load.counts.get(WHOLE) or not load.counts.get(LEFT):
            failures.append("no stream %s" % ("ended" if not load.counts.get(WHOLE) else "was left"))
        print("\n".join("FAILED " + failure for failure in failures) or "held")
        return 1 if failures else 0
    finally:
        server.terminate()
        bare.terminate()
        server.wait(60)
        bare.wait(60)


if __name__ == "__main__":
    sys.exit(main())
