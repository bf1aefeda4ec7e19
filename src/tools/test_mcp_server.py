"""An MCP server on stdio for tests: test_mcp_server.py MODE [FILE]. What each mode does wrong is beside its name below."""
import json
import os
import signal
import subprocess
import sys
import time

MODERN = "2026-07-28"
mode = sys.argv[1]
noted = sys.argv[2] if len(sys.argv) > 2 else None
session = {"initialized": False}
seen = []  # what the client sent, for the tool "seen"


def send(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def answer(request, result):
    if mode.startswith("modern"):
        result = {"resultType": "complete", **result}
    send({"jsonrpc": "2.0", "id": request["id"], "result": result})


def refuse(request, code, message, data=None):
    error = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    send({"jsonrpc": "2.0", "id": request["id"], "error": error})


def text(value, **more):
    return {"content": [{"type": "text", "text": value}], **more}


TOOLS = [
    {"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}},
    {"name": "add", "inputSchema": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
     "outputSchema": {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}},
    {"name": "fail", "inputSchema": {"type": "object"}},
    {"name": "slow", "inputSchema": {"type": "object"}},
    {"name": "seen", "inputSchema": {"type": "object"}},
    {"name": "crash", "inputSchema": {"type": "object"}},
    {"name": "surroundings", "inputSchema": {"type": "object"}},
    {"name": "again", "inputSchema": {"type": "object"}},
    {"name": "asks", "inputSchema": {"type": "object"}},
    {"name": "ping me", "inputSchema": {"type": "object"}},
    {"name": "change", "inputSchema": {"type": "object"}},
]
BAD_TOOLS = [
    {"name": "no schema"}, {"inputSchema": {"type": "object"}}, {"name": "echo", "inputSchema": {"type": "object"}},
    {"name": "bad schema", "inputSchema": {"type": "object", "properties": {"x": {"$ref": "https://elsewhere/"}}}}, 7, None,
]


def call(request):
    name, arguments = request["params"]["name"], request["params"].get("arguments", {})
    if name == "echo":
        answer(request, text(arguments["text"]))
    elif name == "add":
        total = arguments.get("a", 0) + arguments.get("b", 0)
        answer(request, {"content": [], "structuredContent": {"sum": total if mode != "modern_liar" else str(total)}})
    elif name == "fail":
        answer(request, text("it broke", isError=True))
    elif name == "slow":
        token = request["params"]["_meta"]["progressToken"]
        for i in range(1, 40):
            send({"jsonrpc": "2.0", "method": "notifications/progress",
                  "params": {"progressToken": token, "progress": i, "total": 100, "message": "step"}})
            time.sleep(0.05)
        answer(request, text("done"))
    elif name == "seen":
        answer(request, text(json.dumps(seen)))
    elif name == "crash":
        sys.stderr.write("boom\n")
        sys.exit(9)
    elif name == "surroundings":
        answer(request, text(json.dumps({"environment": dict(os.environ), "folder": os.getcwd(),
                                         "descriptors": sorted(int(n) for n in os.listdir("/proc/self/fd"))[:-1]})))
    elif name == "again":
        count = int(request["params"].get("requestState", "0"))
        if count < 3:
            answer(request, {"resultType": "input_required", "requestState": str(count + 1)})
        else:
            answer(request, text("after %d rounds" % count))
    elif name == "asks":
        if "inputResponses" in request["params"]:
            return answer(request, text(json.dumps(request["params"]["inputResponses"])))
        answer(request, {"resultType": "input_required", "inputRequests": {"q": {
            "method": arguments.get("method", "elicitation/create"), "params": arguments.get("params", {})}}})
    elif name == "change":
        TOOLS[:] = [{**tool, "description": "Other words."} if tool["name"] == "echo" else tool for tool in TOOLS if tool["name"] != "fail"]
        send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        answer(request, text("changed"))
    elif name == "ping me":
        got = []
        for method in arguments.get("methods", ["ping", "sampling/createMessage"]):
            send({"jsonrpc": "2.0", "id": "mine", "method": method, "params": arguments.get("params", {})})
            got.append(json.loads(sys.stdin.readline()))
        answer(request, text(json.dumps(got)))


def listed(request):
    cursor = (request.get("params") or {}).get("cursor")
    if mode == "modern_same_cursor":
        answer(request, {"tools": [], "nextCursor": "x"})
    elif mode == "modern_new_cursors":
        answer(request, {"tools": [], "nextCursor": str(time.time_ns())})
    elif mode == "modern_no_list":
        answer(request, {"tools": "none"})
    elif cursor is None:
        answer(request, {"tools": TOOLS[5:], "nextCursor": "second"})
    else:
        answer(request, {"tools": TOOLS[:5] + BAD_TOOLS})


def modern(request):
    meta = (request.get("params") or {}).get("_meta", {})
    if meta.get("io.modelcontextprotocol/protocolVersion") != MODERN or "io.modelcontextprotocol/clientCapabilities" not in meta:
        return refuse(request, -32602, "no version")
    if mode == "modern_other_version":
        return refuse(request, -32022, "not this one", {"supported": ["2031-01-01"], "requested": MODERN})
    if request["method"] == "server/discover":
        answer(request, {"supportedVersions": [MODERN], "capabilities": {"tools": {}}, "instructions": "Use it well.",
                         "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "modern\x1b[31m one", "version": "1"}}})
    elif request["method"] == "tools/list":
        listed(request)
    elif request["method"] == "tools/call":
        call(request)
    else:
        refuse(request, -32601, "unknown")


def legacy(request):
    method = request["method"]
    if method == "initialize":
        version = {"legacy_2024": "2024-11-05", "legacy_odd": "1999-01-01"}.get(mode, request["params"]["protocolVersion"])
        session["protocol"] = version
        answer(request, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "old", "version": "0"}})
    elif not session["initialized"]:
        if mode == "legacy_dies":
            sys.exit(1)
        if mode != "legacy_silent":
            refuse(request, -32602, "Invalid request parameters")
    elif method == "tools/list":
        listed(request)
    elif method == "tools/call":
        call(request)
    else:
        refuse(request, -32601, "unknown")


def noise():
    """Everything that is not the answer."""
    sys.stdout.buffer.write(b'\nServer listening...\n\xff\xfe\n[]\n{"jsonrpc":"2.0"}\n{"jsonrpc":"2.0","id":99999,"result":{"tools":1}}\n'
                            b'{"jsonrpc":"2.0","id":"1","result":{}}\n{"jsonrpc":"2.0","method":"notifications/message","params":7}\n')
    sys.stdout.buffer.flush()


if mode == "exits":  # at once, with a reason
    sys.stderr.write("cannot read its\x1b[2J configuration\n")
    sys.exit(3)
if mode == "deaf":  # neither reads nor answers
    time.sleep(60)
if mode == "endless_line":
    while True:
        sys.stdout.write("x" * 65536)
if mode == "flood":  # of notifications, without an answer
    while True:
        sys.stdout.write('{"jsonrpc":"2.0","method":"notifications/message"}\n' * 1000)
if mode == "asking":  # requests instead of answers
    while True:
        send({"jsonrpc": "2.0", "id": 1, "method": "ping"})
if mode == "modern_stays":  # after the end of its input, and after SIGTERM, with a child that does too
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
    with open(noted, "w") as file:
        file.write("%d %d" % (os.getpid(), child.pid))
for line in sys.stdin:
    message = json.loads(line)
    seen.append(message)
    if mode == "modern_noisy":
        noise()
    if "id" not in message:
        session["initialized"] = session["initialized"] or message["method"] == "notifications/initialized"
        if noted and mode != "modern_stays":
            with open(noted, "a") as file:
                file.write(message["method"] + "\n")
    elif mode.startswith("modern"):
        modern(message)
    else:
        legacy(message)
if mode == "modern_stays":
    time.sleep(60)
if noted:
    with open(noted, "a") as file:
        file.write("ended\n")
