"""The interpreter's side of a Python worker: runs pieces of code in one set of names, and asks outside for tools.

Messages are JSON, one a line, on what was descriptor 0; docs/decisions/0030-python-worker.md lists them. Everything
here can be reached by the code that it runs: it is a convenience for that code, never a wall.
"""
import _ast
import fcntl
import json
import linecache
import os
import select
import signal
import sys
import _thread

KEEP_FRAMES = 10
VALUE_LIMIT = 16 << 10
NODES_LIMIT = 200_000
DEPTH_LIMIT = 48
ONLY_AST = 0x400


class Over(BaseException):
    """Ends a step: an interruption, or the final answer. Not an Exception, so that `except Exception` lets it pass."""


class ToolError(Exception):
    """What a tool says instead of a result."""


class State:
    token = ""
    number = 0
    running = False
    main_asks = False  # the main thread reads the channel itself
    over = None
    buffer = b""
    steps = 0


state = State()
process = os.getpid()
reading = _thread.allocate_lock()
writing = _thread.allocate_lock()
main_thread = _thread.get_ident()
channel = os.dup(0)


# ---- messages ----

def send(message):
    if os.getpid() != process:
        os._exit(0)  # a fork of the code's that ran on into here
    data = json.dumps(message).encode() + b"\n"
    with writing:
        while data:
            try:
                data = data[os.write(channel, data):]
            except BlockingIOError:
                select.select([], [channel], [])


def waiting_message():
    """The next message that is here, or None."""
    while b"\n" not in state.buffer:
        try:
            got = os.read(channel, 1 << 16)
        except BlockingIOError:
            return None
        if not got or os.getpid() != process:
            os._exit(0)
        state.buffer += got
    line, _, state.buffer = state.buffer.partition(b"\n")
    return json.loads(line)


def next_message():
    while True:
        message = waiting_message()
        if message is not None:
            return message
        select.select([channel], [], [])


def note(message):
    """Whether the message ends the step."""
    if message["op"] == "stop" and message["token"] == state.token:
        state.over = state.over or Over()
    return state.over is not None


def on_message(_signal, _frame):
    """The kernel's signal for something to read, while code runs."""
    if not state.running or state.main_asks:
        return
    if reading.acquire(False):
        try:
            message = waiting_message()
            while message is not None and not note(message):
                message = waiting_message()
        finally:
            reading.release()
    check_over()


def check_over():
    if state.over is not None and state.running:
        raise state.over


# ---- values ----

def plain(value, nodes, depth=0):
    """The value as what JSON has, or its repr()."""
    nodes[0] += 1
    if nodes[0] > NODES_LIMIT:
        raise ValueError("the value is too large")
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str:
        return value.encode("utf-8", "replace").decode()
    if kind is int:
        return value if -(1 << 63) <= value < (1 << 64) else repr(value)
    if kind is float:
        return value if value - value == 0 else repr(value)
    if depth < DEPTH_LIMIT:
        if isinstance(value, (list, tuple)):
            return [plain(one, nodes, depth + 1) for one in value]
        if isinstance(value, (set, frozenset)):
            items = [plain(one, nodes, depth + 1) for one in value]
            return sorted(items, key=repr)
        if isinstance(value, dict):
            return {plain_text(key): plain(one, nodes, depth + 1) for key, one in value.items()}
    if isinstance(value, str):
        return plain_text(str.__str__(value))
    if isinstance(value, int):
        return plain(int(value), nodes, depth)
    if isinstance(value, float):
        return plain(float(value), nodes, depth)
    return plain_text(repr(value))


def plain_text(value):
    return (value if isinstance(value, str) else str(value)).encode("utf-8", "replace").decode()


def cut(text, limit):
    text = plain_text(text)
    if len(text) <= limit:
        return text
    half = limit // 2
    return "%s\n[%d characters dropped]\n%s" % (text[:half], len(text) - 2 * half, text[-half:])


# ---- functions for the code ----

def ask(tool, arguments):
    """Asks outside for a tool's answer."""
    is_main = _thread.get_ident() == main_thread
    arguments = plain(arguments, [0])
    if is_main:
        state.main_asks = True
    try:
        with reading:
            check_over()
            state.number += 1
            number = state.number
            send({"op": "call", "token": state.token, "number": number, "tool": tool, "arguments": arguments})
            while True:
                message = next_message()
                if note(message):
                    break
                if message["op"] == "answer" and message["token"] == state.token and message["number"] == number:
                    break
    finally:
        if is_main:
            state.main_asks = False
    if state.over is not None:
        if not is_main:
            signal.raise_signal(signal.SIGIO)  # the main thread is the one to stop
        raise state.over
    if message["error"]:
        raise ToolError(message["value"])
    return message["value"]


def final_answer(answer):
    """Ends the run with this answer."""
    message = {"op": "final", "token": state.token, "value": plain(answer, [0])}
    if state.over is None:
        is_main = _thread.get_ident() == main_thread
        state.main_asks = state.main_asks or is_main  # nothing may come between while it is sent
        state.over = Over()
        send(message)
        state.main_asks = state.main_asks and not is_main
    raise state.over


def bound(name, parameters, values, named):
    """The arguments by name, or a TypeError in the words of a call that went wrong."""
    names = [one for one, _ in parameters]
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
    missing = [one for one, required in parameters if required and one not in arguments]
    if missing:
        raise TypeError("%s() needs the argument '%s'" % (name, missing[0]))
    return arguments


def tool_function(name, parameters, text):
    def tool(*values, **named):
        return ask(name, bound(name, parameters, values, named))
    tool.__name__ = tool.__qualname__ = name
    tool.__doc__ = text
    return tool


def importer(allowed):
    real = __import__

    def import_module(name, names=None, local=None, wanted=(), level=0):
        parts = name.split(".")
        if level == 0 and "*" not in allowed and not any(".".join(parts[:n + 1]) in allowed for n in range(len(parts))):
            raise ImportError("the module '%s' is not for use here; these are: %s" % (name, ", ".join(sorted(allowed))))
        return real(name, names, local, wanted, level)
    return import_module


# ---- steps ----

def add_checks(node):
    """Every except and finally begins with a look at whether the step is over, so that none of them can swallow that."""
    for field in node._fields:
        children = getattr(node, field, None)
        for child in children if isinstance(children, list) else [children]:
            if hasattr(child, "_fields"):
                add_checks(child)
    blocks = [node.body] if type(node).__name__ == "ExceptHandler" else []
    if getattr(node, "finalbody", None):
        blocks.append(node.finalbody)
    for block in blocks:
        place = {"lineno": block[0].lineno, "col_offset": block[0].col_offset,
                 "end_lineno": block[0].lineno, "end_col_offset": block[0].col_offset}
        name = _ast.Name(id="__check_over__", ctx=_ast.Load(), **place)
        call = _ast.Call(func=name, args=[], keywords=[], **place)
        block.insert(0, _ast.Expr(value=call, **place))


def evaluate(code, names):
    """Runs the code; the repr() of its last expression, or None."""
    state.steps += 1
    file = "<step %d>" % state.steps
    linecache.cache[file] = (len(code), None, code.splitlines(True), file)
    tree = compile(code, file, "exec", ONLY_AST, True)
    last = tree.body.pop() if tree.body and type(tree.body[-1]) is _ast.Expr else None
    add_checks(tree)
    exec(compile(tree, file, "exec", 0, True), names)
    if last is None:
        return None
    value = eval(compile(_ast.Expression(body=last.value), file, "eval", 0, True), names)
    if value is None:
        return None
    names["_"] = value
    return cut(repr(value), VALUE_LIMIT)


def source_of(file, line):
    return linecache.getline(file, line).strip() if line else ""


def message_of(error):
    try:
        import traceback  # knows "Did you mean"
        text = traceback.TracebackException(type(error), error, None, lookup_lines=False)
        lines = list(text.format_exception_only())
        return lines[-1].strip().partition(": ")[2]
    except Exception:
        return str(error)


def describe(error):
    this = "<step %d>" % state.steps
    frames = []
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file.startswith("<step "):
            frames.append((file, step.tb_lineno, step.tb_frame.f_code.co_name))
        step = step.tb_next
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<step "):
        frames.append((error.filename, error.lineno or 0, "<module>"))
    line = next((number for file, number, _ in reversed(frames) if file == this), 0)
    if len(frames) > 2 * KEEP_FRAMES:
        frames[KEEP_FRAMES:-KEEP_FRAMES] = [("", 0, str(len(frames) - 2 * KEEP_FRAMES))]
    trace = []
    for file, number, name in frames:
        if not file:
            trace.append("[%s frames dropped]" % name)
            continue
        where = "" if file == this else file[1:-1] + ", "
        inside = "" if name == "<module>" else ", in " + name
        trace.append("%sline %d%s: %s" % (where, number, inside, cut(source_of(file, number), 200)))
    return {"type": type(error).__name__, "message": cut(message_of(error), 4096), "line": line,
            "source": cut(source_of(this, line), 1024), "trace": "\n".join(trace)}


def run(message, names, streams):
    state.token, state.number, state.over = message["token"], 0, None
    value, error = None, None
    try:
        try:
            state.running = True
            value = evaluate(message["code"], names)
        except Over:
            pass
        except BaseException as problem:
            if state.over is None:
                error = describe(problem)
        finally:
            state.running = False
    except BaseException:  # an interruption at the very end, or a description that failed
        if state.over is None:
            error = {"type": "Error", "message": "the error cannot be shown", "line": 0, "source": "", "trace": ""}
    sys.stdout, sys.stderr = streams
    for stream in streams:
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    send({"op": "done", "token": message["token"], "value": value, "error": error})


def main():
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace", line_buffering=True)
    os.set_blocking(channel, False)
    signal.signal(signal.SIGIO, on_message)
    fcntl.fcntl(channel, fcntl.F_SETOWN, process)
    fcntl.fcntl(channel, fcntl.F_SETFL, fcntl.fcntl(channel, fcntl.F_GETFL) | os.O_ASYNC)

    setup = next_message()
    module = type(sys)("__main__")
    own = sys.modules["__main__"]
    sys.modules["__main__"] = module
    names = module.__dict__
    names["__builtins__"] = dict(vars(own.__builtins__), __import__=importer(set(setup["imports"])))
    names.update(final_answer=final_answer, ToolError=ToolError, __check_over__=check_over)
    for tool in setup["tools"]:
        names[tool["name"]] = tool_function(tool["name"], tool["parameters"], tool["help"])
    streams = (sys.stdout, sys.stderr)
    send({"op": "ready", "token": setup["token"], "dialect": "CPython %d.%d.%d" % sys.version_info[:3]})
    while True:
        message = next_message()
        if message["op"] == "run":
            run(message, names, streams)


main()
