"""The codex CLI over the responses protocol. Its prompt is longer than the demo model's window: it runs on scripted models."""
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.request

from cases import PERSON, PERSON_SCHEMA, demo, is_person, run
from served import Served

CODEX = os.path.join(os.environ["PUNA_INTEROP_MODULES"], "node_modules/.bin/codex")
PUNA = os.environ["PUNA_INTEROP_PROGRAM"]


def words_for(address, *more):
    provider = '{name="puna", base_url="%s/v1", wire_api="responses", request_max_retries=2, stream_max_retries=0}' % address
    return ["node", CODEX, "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "puna",
            "-c", "model_provider=puna", "-c", "model_providers.puna=" + provider, *more]


def variables(folder):
    return {**os.environ, "CODEX_HOME": folder, "HOME": folder}


class Ran:
    def __init__(self, address, task, *more, files=None):
        with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as folder:
            for name, text in (files or {}).items():
                with open(os.path.join(folder, name), "w") as file:
                    file.write(text)
            done = subprocess.run(words_for(address, *more, task), cwd=folder, env=variables(home), capture_output=True, text=True,
                                  timeout=50, stdin=subprocess.DEVNULL)
            self.events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            self.files = {name: open(os.path.join(folder, name)).read() for name in os.listdir(folder)}
            self.status, self.errors = done.returncode, done.stderr

    def items(self, kind):
        return [event["item"] for event in self.events if event["type"] == "item.completed" and event["item"]["type"] == kind]

    def __str__(self):
        return "status %s, %s\n%s" % (self.status, self.events, self.errors[-500:])


@contextlib.contextmanager
def script(*replies):
    with Served(PUNA, list(replies)) as served:
        yield served.url


def say(text, **more):
    return {"role": "assistant", "content": text, **more}


def command(text, **more):
    return {"role": "assistant", "content": None, **more, "tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "exec_command", "arguments": json.dumps({"cmd": text})}}]}


def plain():
    with script(say("Hello there.")) as address:
        ran = Ran(address, "Hello")
    assert ran.status == 0 and [item["text"] for item in ran.items("agent_message")] == ["Hello there."], str(ran)
    assert ran.events[-1]["type"] == "turn.completed" and "usage" in ran.events[-1], str(ran)


def edits_a_file():
    with script(command("echo two >> notes.txt"), say("I added a line.")) as address:
        ran = Ran(address, "Append a line to notes.txt", files={"notes.txt": "one\n"})
    assert ran.files == {"notes.txt": "one\ntwo\n"}, str(ran)
    assert ran.items("command_execution")[0]["exit_code"] == 0, str(ran)
    assert ran.items("agent_message")[-1]["text"] == "I added a line.", str(ran)


def thoughts():
    with script(command("cat notes.txt", reasoning_content="I should look first."), say("It says one.")) as address:
        ran = Ran(address, "What is in notes.txt?", files={"notes.txt": "one\n"})
    assert "one" in ran.items("command_execution")[0]["aggregated_output"], str(ran)
    assert ran.items("agent_message")[-1]["text"] == "It says one.", str(ran)


def schema():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(PERSON_SCHEMA, file)
        file.flush()
        with script(say("no call is needed"), say('{"name":"John Smith","age":30}')) as address:
            ran = Ran(address, PERSON, "--output-schema", file.name)
    is_person(json.loads(ran.items("agent_message")[-1]["text"]))


def busy():
    with script({"error": {"code": "unavailable", "message": "for the test, once"}}, say("Back again.")) as address:
        ran = Ran(address, "Hello")
    assert [item["text"] for item in ran.items("agent_message")] == ["Back again."], str(ran)


def overflow():
    ran = Ran(demo, "Hello")
    assert ran.status != 0 and ran.events[-1]["type"] == "turn.failed", str(ran)
    assert "context" in ran.events[-1]["error"]["message"], str(ran)


def figure(address, name):
    with urllib.request.urlopen(address + "/metrics") as answer:
        return next(float(line.split()[1]) for line in answer.read().decode().splitlines() if line.startswith(name + " "))


def wait_for(holds):
    for _ in range(500):
        if holds():
            return True
        time.sleep(0.02)
    return False


def abort():
    """On the demo model with a window that takes codex's prompt, which is read for some time."""
    with Served(PUNA, words=["-c", "32768"]) as served, tempfile.TemporaryDirectory() as folder:
        client = subprocess.Popen(words_for(served.url, "Hello"), cwd=folder, env=variables(folder), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            assert wait_for(lambda: figure(served.url, "llamacpp:requests_processing") == 1), "it never asked"
            os.killpg(client.pid, signal.SIGINT)
            assert wait_for(lambda: figure(served.url, "llamacpp:requests_processing") == 0), "the server still generates"
            assert figure(served.url, "puna_requests_cancelled_total") == 1, "it ended by itself"
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(client.pid, signal.SIGKILL)
            client.wait()


run({"plain": plain, "edits a file": edits_a_file, "thoughts beside a call": thoughts, "schema": schema,
     "a busy server is asked again": busy, "overflow is told": overflow, "abort": abort})
