# The MicroPython side of a Python worker: as worker.py, with what MicroPython has. It cannot be interrupted.
import json
import sys

channel_in = open(0, "rb")
channel_out = open(0, "wb", buffering=0)
state = {"token": "", "number": 0, "over": False, "lines_before": 0}


class Over(BaseException):
    pass


class ToolError(Exception):
    pass


def send(message):
    channel_out.write(json.dumps(message).encode() + b"\n")


def next_message():
    line = channel_in.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def plain(value, depth=0):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < (1 << 64) else repr(value)
    if isinstance(value, float):
        return value if value - value == 0 else repr(value)
    if depth < 48:
        if isinstance(value, (list, tuple, set)):
            return [plain(one, depth + 1) for one in value]
        if isinstance(value, dict):
            return {str(key): plain(one, depth + 1) for key, one in value.items()}
    return repr(value)


def ask(tool, arguments):
    if state["over"]:
        raise Over()
    state["number"] += 1
    number = state["number"]
    send({"op": "call", "token": state["token"], "number": number, "tool": tool, "arguments": plain(arguments)})
    while True:
        message = next_message()
        if message["token"] != state["token"]:
            continue
        if message["op"] == "stop":
            state["over"] = True
            raise Over()
        if message["op"] == "answer" and message["number"] == number:
            break
    if message["error"]:
        raise ToolError(message["value"])
    return message["value"]


def final_answer(answer):
    if not state["over"]:
        state["over"] = True
        send({"op": "final", "token": state["token"], "value": plain(answer)})
    raise Over()


def tool_function(name, parameters):
    names = [one[0] for one in parameters]

    def tool(*values, **named):
        if len(values) > len(names):
            raise TypeError("%s() takes at most %d arguments (%s), %d were given"
                            % (name, len(names), ", ".join(names), len(values)))
        arguments = dict(zip(names, values))
        for key, value in named.items():
            if key not in names:
                raise TypeError("%s() has no argument '%s'; it has: %s" % (name, key, ", ".join(names) or "none"))
            if key in arguments:
                raise TypeError("%s() got '%s' twice" % (name, key))
            arguments[key] = value
        for one in parameters:
            if one[1] and one[0] not in arguments:
                raise TypeError("%s() needs the argument '%s'" % (name, one[0]))
        return ask(name, arguments)
    return tool


def split(code):
    """What to execute, and the last line as an expression, where it is one."""
    lines = code.rstrip().split("\n")
    if lines[-1][:1] not in ("", " ", "\t", "#", ")", "]", "}"):
        try:
            return compile("\n".join(lines[:-1]) + "\n", "<step>", "exec"), compile(lines[-1], "<step>", "eval")
        except SyntaxError:
            pass
    return compile(code, "<step>", "exec"), None


def describe(problem, code):
    import io
    text = io.StringIO()
    sys.print_exception(problem, text)
    line = 0
    for one in text.getvalue().split("\n"):
        if 'File "<step>", line ' in one:
            line = int(one.split(", line ")[1].split(",")[0]) + state["lines_before"]
    lines = code.split("\n")
    source = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    trace = "line %d: %s" % (line, source) if line else ""
    return {"type": type(problem).__name__, "message": str(problem), "line": line, "source": source, "trace": trace}


def run(message, names):
    state["token"], state["number"], state["over"] = message["token"], 0, False
    value, error = None, None
    state["lines_before"] = 0
    try:
        body, last = split(message["code"])
        exec(body, names)
        if last is not None:
            state["lines_before"] = message["code"].rstrip().count("\n")
            value = eval(last, names)
            if value is not None:
                names["_"] = value
                value = repr(value)
                if len(value) > 16384:
                    value = "%s\n[%d characters dropped]\n%s" % (value[:8192], len(value) - 16384, value[-8192:])
    except Over:
        pass
    except BaseException as problem:
        if not state["over"]:
            error = describe(problem, message["code"])
    send({"op": "done", "token": message["token"], "value": value, "error": error})


setup = next_message()
names = {"__name__": "__main__", "final_answer": final_answer, "ToolError": ToolError}
for one in setup["tools"]:
    names[one["name"]] = tool_function(one["name"], one["parameters"])
send({"op": "ready", "token": setup["token"],
      "dialect": "MicroPython %d.%d.%d" % tuple(sys.implementation[1][:3])})
while True:
    message = next_message()
    if message["op"] == "run":
        run(message, names)
