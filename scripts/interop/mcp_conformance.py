"""The conformance suite of the MCP project, every client scenario of both revisions."""
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from verdict import Row, expected, failed, passed, skipped

NEEDS = ("node",)
REVISIONS = ("2025-11-25", "2026-07-28")
SUITE = "node_modules/@modelcontextprotocol/conformance/dist/index.js"
SCENARIO = re.compile(r"^\s+- (\S+) \[(.*)\]$", re.MULTILINE)
CONTROL = re.compile(r"\x1b\[[0-9;]*m")


def scenarios(tools):
    listed = subprocess.run(["node", os.path.join(tools.modules, SUITE), "list", "--client"], capture_output=True, text=True,
                            timeout=60, check=True)
    return [(name, where.split(",")) for name, where in SCENARIO.findall(listed.stdout)]


def verdict(tools, revision, name, reason):
    client = "%s %s" % (shlex.quote(sys.executable),
                        shlex.quote(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mcp_client.py")))
    words = ["node", os.path.join(tools.modules, SUITE), "client", "--command", client, "--scenario", name, "--spec-version",
             revision, "--timeout", "60000"]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=tools.scratch,
                             env={**os.environ, "PUNA_INTEROP_PROGRAM": tools.puna, "PYTHONDONTWRITEBYTECODE": "1"})
    except subprocess.TimeoutExpired:
        return failed("no end within 120 s") if reason is None else expected(reason)
    text = CONTROL.sub("", ran.stdout + ran.stderr)
    counts = re.search(r"Passed: (\d+)/(\d+), (\d+) failed, (\d+) warnings", text)
    said = "%s of %s checks" % counts.group(1, 2) if counts else "no result"
    if ran.returncode == 0 and counts and "OVERALL: PASSED" in text:
        return passed(said) if reason is None else failed("passes now: take it out of expected_failures.json")
    if reason is not None:
        return expected(reason)
    with open(os.path.join(tools.scratch, "%s-%s.log" % (revision, name.replace("/", "-"))), "w") as file:
        file.write(text)
    first = re.search(r"Failed Checks:\s+- (.*)", text) or re.search(r"Warning Checks:\s+- (.*)", text)
    return failed("%s%s (%s)" % (said, ": " + first.group(1) if first else "", file.name))


def rows(tools):
    jobs = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for name, where in scenarios(tools):
            if not set(where) & set(REVISIONS):
                yield Row("%s [%s]" % (name, ",".join(where)), skipped("of no revision that is tested"))
            for revision in REVISIONS:
                if revision in where:
                    reason = tools.expected_failures.get("mcp_conformance", {}).get(name)
                    jobs.append((revision, name, pool.submit(verdict, tools, revision, name, reason)))
        for revision, name, job in sorted(jobs, key=lambda one: one[0]):
            yield Row("%s %s" % (revision, name), job.result())
