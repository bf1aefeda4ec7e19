"""The reference servers of the MCP project under `puna mcp`: on stdio, and one of them over HTTP."""
import json
import os
import re
import socket
import subprocess
import time
import uuid

import terminal
from verdict import Row, failed, passed, skipped

NEEDS = ("node",)


class Place:
    """A configuration with both servers, and a mark by which their processes are known."""

    def __init__(self, tools):
        self.puna = tools.puna
        self.folder = os.path.join(tools.scratch, "servers")
        self.files = os.path.join(self.folder, "files")
        os.makedirs(self.files, exist_ok=True)
        self.config = os.path.join(self.folder, "mcp.json")
        self.mark = "PUNA_INTEROP_MARK=" + uuid.uuid4().hex
        packages = os.path.join(tools.modules, "node_modules/@modelcontextprotocol")
        self.everything = os.path.join(packages, "server-everything/dist/index.js")
        self.filesystem = os.path.join(packages, "server-filesystem/dist/index.js")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        name, value = self.mark.split("=")
        with open(self.config, "w") as file:
            json.dump({"mcpServers": {
                "everything": {"command": "node", "args": [self.everything, "stdio"], "env": {name: value},
                               "roots": [self.files]},
                "files": {"command": "node", "args": [self.filesystem, self.files], "env": {name: value}},
                "web": {"url": "http://127.0.0.1:%d/mcp" % self.port}}}, file)

    def mcp(self, *words, **more):
        """Ran, after which no server's process may be left."""
        ran = terminal.run([self.puna, "mcp", *words, "--mcp", self.config], **more)
        left = terminal.processes_with(self.mark)
        if left:
            raise AssertionError("processes are left: %s" % left)
        return ran

    def call(self, server, tool, arguments, *words, status=0, **more):
        ran = self.mcp("call", server, tool, json.dumps(arguments), *words, **more)
        if ran.status != status:
            raise AssertionError(str(ran))
        return ran


def must(ran, pattern, where="out"):
    if not re.search(pattern, getattr(ran, where), re.DOTALL):
        raise AssertionError("no /%s/ in:\n%s" % (pattern, ran))


def listing(place):
    ran = place.mcp("doctor")
    must(ran, r"ok +everything .* MCP 2025-11-25, \d+ tools")
    must(ran, r"ok +files .* MCP 2025-11-25, \d+ tools")


def text(place):
    must(place.call("everything", "echo", {"message": "hällo\nyou"}), "^Echo: hällo\nyou\n$")
    must(place.call("everything", "get-sum", {"a": 2, "b": 40}), "2 and 40 is 42")


def refusal(place):
    must(place.call("everything", "get-sum", {"a": "x"}, status=1), "^error: ")


def structured(place):
    ran = place.call("everything", "get-structured-content", {"location": "Chicago"}, "--jsonl")
    result = json.loads(ran.out)
    if set(result["structuredContent"]) != {"temperature", "conditions", "humidity"}:
        raise AssertionError(ran.out)


def progress(place, server="everything"):
    ran = place.call(server, "trigger-long-running-operation", {"duration": 1, "steps": 4})
    must(ran, "completed")
    for step in ("1 of 4", "4 of 4"):
        must(ran, step, "terminal")


def cancelling(place, server="everything"):
    ran = place.mcp("call", server, "trigger-long-running-operation", json.dumps({"duration": 40, "steps": 80}),
                    interrupt_at="1 of 80", seconds=30)
    if ran.status in (None, 0) or ran.seconds > 5:
        raise AssertionError("%.1f s after Ctrl-C: %s" % (ran.seconds, ran))
    must(ran, "stopped", "terminal")


def images(place):
    must(place.call("everything", "get-tiny-image", {}), r"\[image image/png, \d+ bytes in base64\]")
    must(place.call("everything", "get-annotated-message", {"messageType": "error", "includeImage": True}), "Operation failed")


def resources(place):
    must(place.call("everything", "get-resource-reference", {}), "Resource 1: This is a plaintext resource")
    must(place.call("everything", "get-resource-links", {"count": 2}), r"\[resource demo://resource/\S+: .*\]\n\[resource ")


def roots(place):
    must(place.call("everything", "get-roots-list", {}), "URI: file://" + re.escape(place.files))


def questions(place):
    ran = place.call("everything", "trigger-elicitation-request", {})
    must(ran, "MCP server 'everything' asks: ", "terminal")
    must(ran, "provided the requested information")
    declined = place.call("everything", "trigger-elicitation-request", {}, reply=lambda prompt: "n")
    must(declined, "declined")


def questions_to_nobody(place):
    ran = subprocess.run([place.puna, "mcp", "ls", "--mcp", place.config, "--jsonl"], stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, timeout=60)
    if "trigger-elicitation-request" in ran.stdout or "trigger-sampling-request" in ran.stdout:
        raise AssertionError("the server believes that somebody is there")


def files(place):
    path = os.path.join(place.files, "notes.txt")
    must(place.call("files", "write_file", {"path": path, "content": "one\ntwo\n"}), "Successfully wrote")
    must(place.call("files", "read_text_file", {"path": path, "head": 1}), "^one\n$")
    must(place.call("files", "edit_file", {"path": path, "edits": [{"oldText": "two", "newText": "three"}]}), r"\+three")
    with open(path) as file:
        if file.read() != "one\nthree\n":
            raise AssertionError("the file has other text")
    must(place.call("files", "list_directory", {"path": place.files}), r"\[FILE\] notes.txt")


def files_outside(place):
    must(place.call("files", "read_text_file", {"path": "/etc/hostname"}, status=1), "error: .*outside allowed directories")


def web(place):
    server = subprocess.Popen(["node", place.everything, "streamableHttp"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env={**os.environ, "PORT": str(place.port)})
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", place.port)) == 0:
                    break
            time.sleep(0.1)
        must(place.call("web", "echo", {"message": "over http"}), "Echo: over http")
        progress(place, "web")
        cancelling(place, "web")
        must(place.call("web", "trigger-elicitation-request", {}), "provided the requested information")
    finally:
        server.terminate()
        server.wait()


CASES = (("everything: opened, tools listed", listing), ("everything: text results", text),
         ("everything: a refusal is an error", refusal), ("everything: structured results", structured),
         ("everything: progress", progress), ("everything: Ctrl-C cancels, nothing is left", cancelling),
         ("everything: images and annotations", images), ("everything: resources and links", resources),
         ("everything: roots", roots), ("everything: questions to the user", questions),
         ("everything: no questions where nobody is", questions_to_nobody), ("filesystem: write, read, edit, list", files),
         ("filesystem: outside its folder", files_outside), ("everything over HTTP", web))


def rows(tools):
    place = Place(tools)
    for name, case in CASES:
        try:
            case(place)
            yield Row(name, passed())
        except (AssertionError, ValueError, OSError, subprocess.SubprocessError) as error:
            yield Row(name, failed(str(error)))
    yield Row("tools in pages", skipped("neither server pages its tools; the unit tests do"))
