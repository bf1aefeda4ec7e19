#!/usr/bin/env python3
"""guide_test.py PUNA_PROGRAM SOURCE_FOLDER GUIDE: runs every command of a guide, in order, in one shell and one folder.

A fenced block whose first line is "# NAME" is written to that file. In other blocks a line "$ COMMAND" is run and must succeed;
lines below it are what it prints, which must be equal. A block behind `<!-- skipped: REASON -->` is not run, and the reason is
printed. Port 8080 is replaced by one that is free. Exit status 77: a program of the guide is not here.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

MARK = "<!-- skipped: "
PROGRAMS = ("llama-server",)
END = "status-of-the-command"


def blocks(text):
    """(reason to skip or None, lines) of each fenced block."""
    reason, lines = None, None
    for line in text.splitlines():
        if line.startswith("```"):
            if lines is not None:
                yield reason, lines
                reason = lines = None
            else:
                lines = []
        elif lines is not None:
            lines.append(line)
        elif line.startswith(MARK):
            reason = line.removeprefix(MARK).removesuffix(" -->")
        elif line:
            reason = None


def commands(lines):
    """[command, lines that it prints] of a block."""
    found = []
    for line in lines:
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif found:
            found[-1][1].append(line)
    return found


class Shell:
    """One bash, so that variables, functions and jobs stay."""

    def __init__(self, folder, environment):
        self.process = subprocess.Popen(["bash", "-m"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def run(self, command):
        """(exit status, what it printed)"""
        self.process.stdin.write("{ %s\n} 2>errors </dev/null\n" % command)
        self.process.stdin.write("echo; echo %s $?\n" % END)
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if line.startswith(END):
                return int(line.split()[1]), "\n".join(said).rstrip("\n")
            said.append(line.rstrip("\n"))
        raise OSError("the shell has ended")

    def end(self):
        self.process.stdin.write("kill $(jobs -p) 2>/dev/null\n")
        self.process.stdin.close()
        self.process.wait(30)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def main():
    puna, source, guide = (Path(word).resolve() for word in sys.argv[1:4])
    for program in PROGRAMS:
        if shutil.which(program) is None:
            print("skipped: there is no %s here" % program)
            return 77
    ran = 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "models").symlink_to(source / "models")
        environment = {**os.environ, "PATH": "%s:%s" % (puna.parent, os.environ["PATH"]), "NO_COLOR": "1",
                       "XDG_RUNTIME_DIR": folder, "XDG_STATE_HOME": folder, "OMP_WAIT_POLICY": "passive"}
        shell, port = Shell(folder, environment), free_port()
        try:
            for reason, lines in blocks(guide.read_text()):
                lines = [line.replace("8080", port) for line in lines]
                if reason:
                    for command, _ in commands(lines):
                        print("SKIPPED (%s): %s" % (reason, command), flush=True)
                    continue
                if lines and lines[0].startswith("# "):
                    Path(folder, lines[0][2:]).write_text("\n".join(lines) + "\n")
                    continue
                for command, shown in commands(lines):
                    status, said = shell.run(command)
                    wrong = Path(folder, "errors").read_text() if Path(folder, "errors").exists() else ""
                    if status != 0:
                        sys.exit("FAILED with status %d: %s\n%s\n%s" % (status, command, said, wrong))
                    if shown and said != "\n".join(shown):
                        sys.exit("OTHERWISE: %s\n%s\n--- the guide:\n%s" % (command, said, "\n".join(shown)))
                    print("ok", command, flush=True)
                    ran += 1
        finally:
            shell.end()
    print("%d commands of %s ran" % (ran, guide.name))
    return 0 if ran else 1


if __name__ == "__main__":
    sys.exit(main())
