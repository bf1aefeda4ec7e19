"""A `puna serve` on a free port of this machine, ended by its own process handle."""
import json
import os
import subprocess
import tempfile


class Served:
    """replies: None for the demo model, or what a scripted model says, one reply a request."""

    def __init__(self, puna, replies=None, words=()):
        model = []
        self.script = None
        if replies is not None:
            self.script = tempfile.NamedTemporaryFile("w", suffix=".jsonl")
            self.script.write("".join(json.dumps(reply) + "\n" for reply in replies))
            self.script.flush()
            model = ["-m", "scripted:" + self.script.name]
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([puna, "serve", *model, "--port", "0", *words], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, stdin=subprocess.DEVNULL,
                                        env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.wait(60)
            self.log.seek(0)
            raise OSError("puna serve does not start: " + self.log.read())
        self.url = line.removeprefix("listening on ").strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()
        if self.script:
            self.script.close()
