#!/usr/bin/env python3
"""puna chat in a terminal: keys go in through tmux, the screen comes back as text.

usage: chat_terminal.py PUNA_PROGRAM [--pictures FOLDER] [TEST...]

Answers come from the bundled demo model, or from a server of this test's own where they must be longer or slower than that
model's. What TERM=dumb, NO_COLOR and a pipe get is read byte by byte. With --pictures the screens of two tests are written
as SVG (scripts/terminal_picture). Exit status 0 passed, 1 not, 77 there is no tmux.
"""
import argparse
import http.server
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

SKIPPED = 77
ENDS = (2037, 2038, 2039)  # the demo model's tokens that end an answer
SECONDS = 60  # for anything to appear on the screen
PROMPT_SECONDS = 5  # where there is none (a word is being asked for), the text is typed all the same
FOLDER = Path(__file__).resolve().parent.parent
STYLE = re.compile(r"\x1b\[[\d;]*m")
MARKDOWN = ("## A plan\n\nUse **two** steps, *then* stop:\n\n1. run `make`\n- read the [page](https://example.org)\n\n"
            "```cpp\nint x = a * b * c;\n```\n\n2 * 3 is 6.")
given = None


class Answers(http.server.BaseHTTPRequestHandler):
    """A server of the OpenAI protocol. A question with the word slow is answered a word at a time, without an end."""
    protocol_version = "HTTP/1.1"
    asked = []

    def log_message(self, *_):
        pass

    def send(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/v1/models":
            self.send(200, json.dumps({"object": "list", "data": [{"id": "slow-one", "object": "model"}]}).encode())
        else:
            self.send(404, b'{"error": {"message": "no such route"}}')

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/v1/chat/completions":
            self.send(404, b'{"error": {"message": "no such route"}}')
            return
        Answers.asked.append(body["messages"])
        last = body["messages"][-1]["content"]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            if "slow" in last:
                for number in range(100_000):
                    self.delta(f"word{number} ")
                    time.sleep(0.02)
            text = MARKDOWN if "plan" in last else f"You said: {last}"
            for at in range(0, len(text), 3):
                self.delta(text[at:at + 3])
            self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}})
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            pass  # the chat was stopped

    def delta(self, text):
        self.event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})

    def event(self, body):
        self.wfile.write(b"data: " + json.dumps({"object": "chat.completion.chunk", "model": "slow-one", **body}).encode() + b"\n\n")
        self.wfile.flush()


class Terminal:
    """A program in a tmux of its own."""

    def __init__(self, folder, arguments, width=90, height=40, **environment):
        self.folder, self.socket = Path(folder), str(Path(folder) / "tmux")
        self.raw = self.folder / "raw"
        words = ["env", "-u", "NO_COLOR", "-u", "CLICOLOR_FORCE", f"XDG_DATA_HOME={folder}/data", f"XDG_CONFIG_HOME={folder}/config",
                 f"XDG_STATE_HOME={folder}/state", *(f"{name}={value}" for name, value in environment.items()),
                 given.puna, "chat", "--temp", "0", *arguments]
        # The pane begins with a shell, so that what the program writes is piped from its first byte on.
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(folder), "sh")
        self.tmux("pipe-pane", f"cat > '{self.raw}'")
        (self.folder / "start").write_text(f"clear\nexec {shlex.join(words)}\n")
        self.keys(". ./start", "Enter")

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], check=True, capture_output=True, text=True, timeout=SECONDS,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}).stdout

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def line(self, text):
        """Types at the prompt: what is typed before the program edits its line, the terminal throws away."""
        end = time.monotonic() + PROMPT_SECONDS
        while not self.screen().rstrip().endswith(">") and time.monotonic() < end:
            time.sleep(0.05)
        self.type(text)
        self.keys("Enter")

    def screen(self, styles=False):
        return self.tmux("capture-pane", "-p", *(["-e"] if styles else []))

    def until(self, wanted, what=None):
        """Waits until the text, or what a function of the screen says, is there; returns the screen."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            screen = self.screen()
            if wanted(screen) if callable(wanted) else wanted in screen:
                return screen
            time.sleep(0.05)
        raise AssertionError(f"no {what or wanted!r} within {SECONDS} s on\n{self.screen()}")

    def ended(self):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if subprocess.run(["tmux", "-S", self.socket, "has-session"], capture_output=True).returncode != 0:
                return True
            time.sleep(0.05)
        return False

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True)


class Chat(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        cls.server.daemon_threads = True
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="puna-chat-")
        self.terminal = None
        Answers.asked.clear()

    def tearDown(self):
        if self.terminal:
            self.terminal.close()
        shutil.rmtree(self.folder)

    def chat(self, *arguments, **how):
        self.terminal = Terminal(self.folder, arguments, **how)
        self.terminal.until("puna>")
        return self.terminal

    def remote(self, *arguments, **how):
        return self.chat("--url", self.url, "-c", "8192", *arguments, **how)

    def picture(self, name):
        if given.pictures:
            drawn = subprocess.run([sys.executable, FOLDER / "scripts/terminal_picture"], check=True, capture_output=True,
                                   text=True, input=self.terminal.screen(styles=True)).stdout
            Path(given.pictures).mkdir(parents=True, exist_ok=True)
            (Path(given.pictures) / f"{name}.svg").write_text(drawn)

    def test_the_commands_on_the_demo_model(self):
        chat = self.chat("--tools", "calculator,read")
        chat.line("Hello")
        chat.until("tok/s")
        chat.line("What is 4817 * 36?")
        chat.until("4817 * 36 = 173412")
        chat.line("/undo")
        chat.until('taken back from "What is 4817 * 36?" on; 2 messages are left')
        chat.line("/context")
        chat.until(lambda screen: re.search(r"context +\d+ of [\d,]+ tokens.*\n +system +\d+\n +tools +[1-9].*\n +talk +[1-9]", screen),
                   "the parts of the window")
        chat.line("/tools")
        chat.until(lambda screen: "calculator    allowed (" in screen and "read          allowed (" in screen, "the tools")
        chat.line("/seed 7")
        chat.until("seed 7")
        chat.line("/contxt")
        screen = chat.until("did you mean /context?")
        self.assertIn("no such command: /contxt", screen)
        chat.line("/stats")
        chat.until("2 answers, 3 model calls")
        self.picture("chat-commands")
        chat.line("/system You are brief.")
        chat.until("the system prompt is replaced")
        chat.line("/system")
        chat.until(lambda screen: screen.count("You are brief.") >= 2, "the system prompt")
        chat.line("/quit")
        self.assertTrue(chat.ended())

    def test_sessions_are_saved_forked_and_resumed(self):
        chat = self.chat()
        chat.line("/fork")
        chat.until("/save it first")
        chat.line("Hello")
        chat.until("tok/s")
        chat.line("/resume nothing")
        chat.until("would be lost")
        chat.line("/save talk")
        chat.until("kept in the session 'talk' from now on")
        chat.line("/fork")
        chat.until("in the copy 'talk 2' from now on; 'talk' stays as it is")
        chat.line("/clear")
        chat.until("the conversation is forgotten")
        chat.type("/resume ta")
        chat.keys("Tab")
        chat.until(lambda screen: "talk 2" in screen.split("/resume ta")[-1], "the sessions that Tab offers")
        chat.keys("Escape")
        chat.until(lambda screen: "/resume ta" in screen.rstrip().split("\n")[-1], "the line without the menu")
        chat.keys("C-u")
        chat.line("/resume talk")
        chat.until("session 'talk': 2 messages so far")
        chat.keys("Up")  # what was said is the history
        chat.until(lambda screen: screen.rstrip().endswith("puna> Hello"), "the history")
        chat.keys("C-u")
        chat.line("/quit")
        self.assertTrue(chat.ended())
        self.terminal.close()
        again = self.chat("--session", "talk")
        again.until("session 'talk': 2 messages so far")

    def test_tab_completes_commands_and_paths(self):
        Path(self.folder, "notes.txt").write_text("Buy milk.\n")
        chat = self.remote()
        chat.type("/und")
        chat.keys("Tab")
        chat.until("puna> /undo")
        chat.keys("C-u")
        chat.type("what says @no")
        chat.keys("Tab")
        chat.until("what says @notes.txt")
        chat.keys("Enter")
        chat.until("You said: what says @notes.txt")
        self.assertIn("The file notes.txt:\n```\nBuy milk.\n```", Answers.asked[-1][-1]["content"])

    def test_lines_that_go_on(self):
        chat = self.remote()
        chat.line("one\\")
        chat.line("two")
        chat.until("You said: one")
        self.assertEqual(Answers.asked[-1][-1]["content"], "one\ntwo")
        chat.line("look:\\")
        chat.line("```")
        chat.line("a = (1")
        chat.line("```")
        chat.until(lambda _: len(Answers.asked) == 2, "the second question")
        self.assertEqual(Answers.asked[-1][-1]["content"], "look:\n```\na = (1\n```")

    def test_markdown_is_rendered_as_it_streams(self):
        chat = self.remote()
        chat.line("make a plan")
        screen = chat.until("2 * 3 is 6.")
        styled = chat.screen(styles=True)
        for raw in ("**two**", "## A plan", "`make`", "[page]"):
            self.assertNotIn(raw, screen)
        for shown in ("A plan", "Use two steps, then stop:", "1. run make", "• read the page (https://example.org)",
                      "```cpp", "int x = a * b * c;"):
            self.assertIn(shown, screen)
        for pattern in (r"\x1b\[1mA plan", r"\x1b\[1mtwo", r"\x1b\[3mthen", r"\x1b\[36mmake", r"\x1b\[36mint x"):
            self.assertRegex(styled.replace("\x1b[0m", "").replace("\x1b[39m", ""), pattern)
        self.picture("chat-markdown")

    def test_no_color_shows_plain_text(self):
        for arguments, environment in (((), {"NO_COLOR": "1"}), (("--no-color",), {})):
            chat = self.remote(*arguments, **environment)
            chat.line("make a plan")
            chat.until("2 * 3 is 6.")
            chat.until(lambda screen: screen.rstrip().endswith("puna>"), "the next prompt")
            self.assertIn("Use **two** steps", chat.screen())
            self.assertEqual(STYLE.findall(chat.screen(styles=True)), [])
            chat.close()

    def test_a_dumb_terminal_gets_no_escapes(self):
        chat = self.remote(TERM="dumb")
        begun = chat.raw.stat().st_size if chat.raw.exists() else 0
        chat.line("make a plan")
        chat.until("2 * 3 is 6.")
        chat.line("/help")
        chat.until("Tab completes")
        chat.line("/quit")
        self.assertTrue(chat.ended())
        written = chat.raw.read_bytes()[begun:]
        self.assertIn(b"Use **two** steps", written)
        self.assertNotIn(b"\x1b", written)

    def test_ctrl_c_keeps_what_was_said_and_an_empty_line_goes_on(self):
        chat = self.remote()
        chat.line("slow please")
        chat.until("word9 ")
        chat.keys("C-c")
        screen = chat.until("what was said is kept; an empty line goes on from there")
        self.assertIn("stopped: cancelled", screen)
        chat.keys("Enter")
        chat.until("You said: Go on exactly where you stopped.")
        messages = Answers.asked[-1]
        self.assertEqual([message["role"] for message in messages[-3:]], ["user", "assistant", "user"])
        self.assertTrue(messages[-2]["content"].startswith("word0 word1 "), messages)
        chat.line("/undo 2")
        chat.until('taken back from "slow please" on; 0 messages are left')
        chat.keys("Enter")  # nothing was stopped: nothing happens
        chat.line("hello")
        chat.until("You said: hello")
        self.assertEqual(len(Answers.asked), 3)

    def test_ctrl_c_stops_the_model_in_the_process(self):
        endless = [word for token in ENDS for word in ("-l", f"{token}-inf")]
        chat = self.chat(*endless)
        chat.line("Hello")
        # What a model says that may not end depends on the machine's arithmetic; that it goes on does not.
        chat.until(lambda screen: len(screen.split("puna> Hello")[-1].strip()) > 100, "a long answer")
        chat.keys("C-c")
        chat.until("what was said is kept")
        chat.keys("Enter")
        chat.until(lambda screen: len(screen.split("goes on from there")[-1].strip()) > 100, "more of the answer")
        chat.keys("C-c")
        chat.until(lambda screen: screen.count("what was said is kept") == 2, "the second stop")
        chat.line("/undo 2")
        chat.until('taken back from "Hello" on; 0 messages are left')

    def test_the_end_of_input_is_asked_twice_where_a_conversation_would_be_lost(self):
        chat = self.remote()
        chat.line("hello")
        chat.until(lambda screen: screen.rstrip().endswith("puna>") and "You said: hello" in screen, "the next prompt")
        chat.keys("C-d")  # earlier the terminal itself would take it
        chat.until("once more ends the chat, which is in no session (/save)")
        chat.keys("C-d")
        self.assertTrue(chat.ended())
        chat.close()
        chat = self.remote()
        chat.keys("C-d")
        self.assertTrue(chat.ended(), "there is nothing to lose")

    def test_the_model_changes_and_the_conversation_stays(self):
        chat = self.chat("-c", "4096")
        chat.line("/model no-such.gguf")
        chat.until("puna: ")
        chat.line("Hello")
        chat.until("tok/s")
        chat.line(f"/model {self.url}")
        chat.until("slow-one answers from now on; the conversation is kept")
        chat.line("and now?")
        chat.until("You said: and now?")
        self.assertEqual([message["role"] for message in Answers.asked[-1]], ["user", "assistant", "user"])

    def test_words_are_pronounced(self):
        Path(self.folder, "words.txt").write_text("GGUF = gee guff\nllama = yama\n")
        chat = self.remote("--pronounce", "words.txt", "--pronounce-in", "prompt")
        chat.line("/test LlamaRunner")
        chat.until("yama Runner")
        chat.line("/test GUF")
        chat.until("the nearest is 'GGUF'")
        chat.line("a GGUF")
        chat.until("You said: a gee guff")
        self.assertEqual(Answers.asked[-1][-1]["content"], "a gee guff")

    def test_a_terminal_that_is_gone_ends_the_program(self):
        """Without the session that SIGHUP would come with, and with SIGHUP ignored."""
        for ignored in (False, True):
            master, slave = pty.openpty()
            environment = {**os.environ, "TERM": "xterm-256color", "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder}
            program = subprocess.Popen([given.puna, "chat", "--url", self.url, "-c", "8192"], stdin=slave, stdout=slave, stderr=slave,
                                       env=environment, start_new_session=True,
                                       preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN) if ignored else None)
            os.close(slave)
            seen = b""
            while b"puna" not in seen.replace(b"puna chat", b""):
                seen += os.read(master, 4096)
            time.sleep(0.2)
            os.close(master)
            try:
                self.assertIn(program.wait(timeout=SECONDS), (-signal.SIGHUP, 128 + signal.SIGHUP))
            finally:
                program.kill()

    def test_a_pipe_gets_the_answers_and_no_escapes(self):
        environment = {**os.environ, "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder, "XDG_STATE_HOME": self.folder}
        done = subprocess.run([given.puna, "chat", "--url", self.url, "-c", "8192"], capture_output=True, timeout=SECONDS, env=environment,
                              input=b"make a plan\n\nlook:\\\n```\nx\n```\n/context\n/undo 5\n/nonsense\n/quit\nnever\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode(), f"{MARKDOWN}\nYou said: look:\n```\nx\n```\n")
        self.assertNotIn(b"\x1b", done.stdout + done.stderr)
        for said in (b"context ", b"there are 2 turns to take back", b"no such command: /nonsense"):
            self.assertIn(said, done.stderr)
        self.assertEqual(len(Answers.asked), 2)


def main():
    global given
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("puna")
    parser.add_argument("--pictures")
    parser.add_argument("tests", nargs="*")
    given = parser.parse_args()
    given.puna = str(Path(given.puna).resolve())
    if shutil.which("tmux") is None:
        print("skipped: there is no tmux here")
        return SKIPPED
    return 0 if unittest.main(argv=[sys.argv[0], "-v", *given.tests], exit=False).result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
