#!/usr/bin/env python3
"""sim_terminal.py PUNA_PROGRAM: what `puna sim run` shows while it goes on, in a terminal and without one.

In a terminal a line with a bar, the time left and sparklines is drawn over, and is gone at the end; nothing is drawn into a
pipe or a file, nor with --quiet.
"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

SCENARIO = """scenario_id: seen
world: public_goods
agents: [{type: honest, count: 6}, {type: adversarial, count: 2}]
simulation: {n_epochs: 12, steps_per_epoch: 10, seed: 3}
"""
COLUMNS = 120


def in_terminal(command, folder):
    """(exit status, everything that a terminal of 120 columns got on stderr)"""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=follower,
                               env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(leader)
    return process.wait(), said.decode()


def check(name, holds, shown):
    if not holds:
        sys.exit("%s: %r" % (name, shown))
    print("ok", name)


def main():
    puna = str(Path(sys.argv[1]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "seen.yaml").write_text(SCENARIO)
        run = [puna, "sim", "run", "seen.yaml", "--out"]
        status, said = in_terminal(run + ["one"], folder)
        lines = [line for line in said.split("\r\x1b[K") if "epoch " in line]
        check("the run ends well", status == 0, said)
        check("a line for each step", len(lines) == 120, len(lines))
        check("the first says where it is and how long it takes",
              re.match(r"─{16}  epoch 1/12 step 1/10  \d+ s left$", lines[0].strip()), lines[0])
        check("the last has sparklines of the epochs",
              re.match(r"━{16}  epoch 12/12 step 10/10  0 s left  toxicity [▁-█]{11} 0\.\d\d  welfare [▁-█]{11} ", lines[-1].strip()),
              lines[-1])
        check("no line is as wide as the terminal", max(map(len, lines)) < COLUMNS, max(map(len, lines)))
        rest = said.rsplit("\r\x1b[K", 1)[1]
        check("the line is gone at the end", "epoch " not in rest and rest.startswith("wrote "), rest)
        status, said = in_terminal(run + ["two", "--quiet"], folder)
        check("quiet shows nothing", (status, said) == (0, ""), said)
        piped = subprocess.run(run + ["three"], cwd=folder, capture_output=True, env={**os.environ, "TERM": "xterm"})
        check("nothing is drawn into a pipe", b"\x1b" not in piped.stderr + piped.stdout and b"\r" not in piped.stderr, piped.stderr)
        same = [Path(folder, name, "seen_events.jsonl").read_bytes() for name in ("one", "two", "three")]
        check("what is shown changes nothing that is written", same[0] == same[1] == same[2], "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
