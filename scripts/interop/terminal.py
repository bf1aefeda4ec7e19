"""puna at a terminal: whoever sits there says yes, takes every default, and else is called Ada."""
import os
import pty
import re
import select
import signal
import subprocess
import time

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Ran:
    def __init__(self, status, out, terminal, seconds):
        self.status, self.out, self.terminal, self.seconds = status, out, terminal, seconds

    def __str__(self):
        return "status %s\nstdout: %s\nterminal: %s" % (self.status, self.out, self.terminal)


def reply_to(prompt):
    if "y or n" in prompt:
        return "y"
    return "" if "; Enter" in prompt else "Ada"


def run(words, reply=reply_to, seconds=30, interrupt_at=None, variables=None):
    """Runs a program with a terminal as stdin and stderr, stdout apart. `interrupt_at`: what must stand on the terminal
    for Ctrl-C to be pressed, once."""
    master, slave = pty.openpty()
    begin = time.monotonic()
    child = subprocess.Popen(words, stdin=slave, stderr=slave, stdout=subprocess.PIPE, start_new_session=True,
                             env={**os.environ, "TERM": "xterm", **(variables or {})})
    os.close(slave)
    shown, seen, out, pressed_at = "", 0, b"", None
    streams = [master, child.stdout.fileno()]
    while streams and time.monotonic() - begin < seconds:
        ready = select.select(streams, [], [], 0.2)[0]
        for stream in ready:
            try:
                piece = os.read(stream, 65536)
            except OSError:  # the terminal's other side is closed
                piece = b""
            if not piece:
                streams.remove(stream)
            elif stream == master:
                shown += piece.decode("utf-8", "replace")
            else:
                out += piece
        text = CONTROL.sub("", shown[seen:])
        if text.endswith("> "):
            seen = len(shown)
            os.write(master, (reply(text) + "\n").encode())
        if interrupt_at and pressed_at is None and interrupt_at in shown:
            pressed_at = time.monotonic()
            child.send_signal(signal.SIGINT)
    try:
        status = child.wait(max(0.1, seconds - (time.monotonic() - begin)))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        status = None
    os.close(master)
    end = time.monotonic()
    return Ran(status, out.decode("utf-8", "replace"), CONTROL.sub("", shown), end - (pressed_at or begin))


def processes_with(mark):
    """Those that have the text in their environment, in any state but dead."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/environ" % name, "rb") as file:
                    if mark.encode() in file.read():
                        found.append(int(name))
            except OSError:
                pass
    return found
