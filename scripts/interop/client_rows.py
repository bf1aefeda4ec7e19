"""Unchanged clients of others against `puna serve`: one program in clients/ for each, which prints a line for each case."""
import json
import os
import shutil
import subprocess

from served import Served
from verdict import Row, expected, failed, passed

HERE = os.path.dirname(os.path.abspath(__file__))
BUSY = {"error": {"code": "unavailable", "message": "for the test, once"}}
# What the scripted model of every client says, in this order.
REPLIES = [BUSY, {"role": "assistant", "content": "Back again."},
           {"role": "assistant", "reasoning_content": "Let me think.", "content": "Thought."},
           {"role": "assistant", "reasoning_content": "I think again.", "content": "Again."}]
CLIENT_SECONDS = 300


def place(tools):
    """The programs beside node_modules: a JS module looks for packages from where it lies."""
    folder = os.path.join(tools.scratch, "clients")
    if not os.path.isdir(folder):
        shutil.copytree(os.path.join(HERE, "clients"), folder)
        shutil.copy(os.path.join(HERE, "served.py"), folder)
        if tools.modules:
            os.symlink(os.path.join(tools.modules, "node_modules"), os.path.join(folder, "node_modules"))
    return folder


def rows(tools, interpreter, client, program):
    """client: its name in the table; its reasons for failing as expected stand under it in expected_failures.json."""
    reasons = tools.expected_failures.get(client, {})
    variables = {**os.environ, "PUNA_INTEROP_PROGRAM": tools.puna, "PUNA_INTEROP_MODULES": tools.modules or "",
                 "PYTHONDONTWRITEBYTECODE": "1", "HOME": tools.scratch, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    with Served(tools.puna) as demo, Served(tools.puna, REPLIES) as scripted:
        words = [interpreter, os.path.join(place(tools), program), demo.url, scripted.url]
        try:
            ran = subprocess.run(words, capture_output=True, text=True, timeout=CLIENT_SECONDS, env=variables,
                                 stdin=subprocess.DEVNULL, cwd=tools.scratch)
            said, errors, status = ran.stdout, ran.stderr, ran.returncode
        except subprocess.TimeoutExpired as late:
            said, errors, status = (late.stdout or b"").decode(), "no end within %d s" % CLIENT_SECONDS, None
    cases = [json.loads(line) for line in said.splitlines() if line.startswith('{"case":')]
    for case in cases:
        name, failure, reason = case["case"], case["failure"], reasons.get(case["case"])
        if reason is None:
            yield Row("%s: %s" % (client, name), passed() if failure is None else failed(failure))
        else:
            yield Row("%s: %s" % (client, name),
                      expected(reason) if failure else failed("passes now: take it out of expected_failures.json"))
    if status != 0 or not cases:
        yield Row("%s: ends" % client, failed("status %s: %s" % (status, errors.strip()[-2000:])))
