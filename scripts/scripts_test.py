#!/usr/bin/env python3
"""The checks must notice what they are for: each test makes a small tree, damages it, and expects the complaint."""
import importlib.machinery
import importlib.util
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
SOUND = {
    "ARCHITECTURE.md": "| rank | room | purpose | may use |\n|---|---|---|---|\n| 0 | `base` | b | std |\n"
                       "| 1 | `engine` | e | base |\n| 1 | `chat` | c | base |\n| 2 | `model` | m | engine chat net base |\n"
                       "| 5 | `cli` | all | all |\n",
    "CMakeLists.txt": "puna_room(base LIBS puna::json)\npuna_room(engine USES base LIBS puna::llama)\n"
                      "puna_room(chat USES base)\npuna_room(model  USES engine chat base)\n"
                      "puna_room(cli    USES model chat engine base LIBS puna::cli11)\n",
    "include/puna/base.h": "#pragma once\n#include <string>\n",
    "include/puna/engine.h": '#pragma once\n#include "puna/base.h"\n',
    "src/base/json.cpp": "#include <nlohmann/json.hpp>\n",
    "src/engine/llama_backend.cpp": '#include <llama.h>\n#include "puna/engine.h"\n// printf("only a comment")\n',
    "src/cli/main.cpp": '#include <iostream>\n#include "puna/engine.h"\n#include "cli/options.h"\n',
    "src/cli/options.h": "#pragma once\n",
    "examples/first.cpp": "int main() {}\n",
    "README.md": "# Puna\n\n<!-- examples/first.cpp -->\n```cpp\nint main() {}\n```\n\nsee [rooms](ARCHITECTURE.md), [up](#puna)\n",
}


def run(script, damage):
    """(exit status, output) of a check on the sound tree with some files replaced."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**SOUND, **damage}.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([sys.executable, SCRIPTS / script, folder], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


class Checks(unittest.TestCase):
    def refused(self, script, damage, complaint):
        status, output = run(script, damage)
        self.assertEqual(status, 1, output)
        self.assertIn(complaint, output)

    def test_a_sound_tree_passes_every_check(self):
        for script in ("check_layers", "check_sizes", "check_readme"):
            status, output = run(script, {})
            self.assertEqual(status, 0, output)

    def test_layers_a_room_may_not_use_a_room_of_its_rank(self):
        self.refused("check_layers", {"src/engine/a.cpp": '#include "puna/chat.h"\n'}, "engine may not use chat")

    def test_layers_a_door_may_not_use_a_higher_room(self):
        self.refused("check_layers", {"include/puna/base.h": '#include "puna/engine.h"\n'}, "base may not use engine")

    def test_layers_another_rooms_inside_is_closed_even_to_rooms_above(self):
        self.refused("check_layers", {"src/model/a.cpp": '#include "engine/scheduler.h"\n'}, "not a front door")

    def test_layers_a_foreign_library_stays_in_its_room(self):
        self.refused("check_layers", {"src/engine/scheduler.cpp": "#include <llama.h>\n"}, "llama.h may be included by")
        self.refused("check_layers", {"src/model/a.cpp": "#include <nlohmann/json.hpp>\n"}, "nlohmann/json.hpp")

    def test_layers_nothing_prints_exits_or_reads_the_environment_below_cli(self):
        for line in ("std::cout << 1;", 'printf("x");', 'getenv("HOME");', "std::exit(1);", "#include <iostream>"):
            self.refused("check_layers", {"src/chat/a.cpp": line + "\n"}, "below cli")

    def test_layers_cmake_and_the_table_say_the_same(self):
        self.refused("check_layers", {"CMakeLists.txt": SOUND["CMakeLists.txt"].replace("chat USES base", "chat USES base engine")},
                     "chat USES ['base', 'engine']")
        self.refused("check_layers", {"CMakeLists.txt": SOUND["CMakeLists.txt"].replace("USES model chat", "USES chat")}, "cli USES")

    def test_layers_a_folder_without_a_room_is_refused(self):
        self.refused("check_layers", {"src/utils/a.cpp": "\n"}, "no room")

    def test_sizes_a_file_over_the_wall_and_a_long_door_are_refused(self):
        self.refused("check_sizes", {"src/chat/a.cpp": "\n" * 601}, "600 is the wall")
        self.refused("check_sizes", {"include/puna/chat.h": "\n" * 201}, "at most 200")

    def test_sizes_a_long_function_is_a_warning(self):
        body = "  int deep(int a,\n           int b) const {\n" + "    ++a;\n" * 70 + "  }\n"
        status, output = run("check_sizes", {"src/chat/a.cpp": "class A {\n" + body + "};\n"})
        self.assertEqual(status, 0)
        self.assertIn("warning: src/chat/a.cpp:2: a function of 73 lines", output)

    def test_readme_a_block_that_differs_from_its_example_is_refused(self):
        self.refused("check_readme", {"examples/first.cpp": "int main() { return 1; }\n"}, "differs from examples/first.cpp")

    def test_readme_a_block_without_an_example_is_refused(self):
        self.refused("check_readme", {"README.md": "```cpp\nint x;\n```\n"}, "a C++ block without")

    def test_readme_a_dead_link_is_refused(self):
        self.refused("check_readme", {"README.md": "[gone](docs/gone.md)\n"}, "leads nowhere")
        self.refused("check_readme", {"README.md": "[gone](ARCHITECTURE.md#gone)\n"}, "no such heading")


class Tidy(unittest.TestCase):
    def setUp(self):
        loader = importlib.machinery.SourceFileLoader("check_tidy", str(SCRIPTS / "check_tidy"))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_tidy", loader))
        loader.exec_module(module)
        self.units_for = module.units_for

    def test_a_changed_header_stands_for_one_unit_and_for_its_own_before_others(self):
        own, other, third, header = Path("b/trace.cpp"), Path("a/agent.cpp"), Path("c/x.cpp"), Path("i/trace.h")
        units = {other: {other, header}, own: {own, header}, third: {third}}
        self.assertEqual(self.units_for({header}, units), {own})
        self.assertEqual(self.units_for({header}, {other: units[other], third: units[third]}), {other})
        self.assertEqual(self.units_for({header, other}, units), {other})
        self.assertEqual(self.units_for({third}, units), {third})
        self.assertEqual(self.units_for({Path("i/unused.h")}, units), set())


class Summary(unittest.TestCase):
    XML = """<testsuite><testcase name="a" status="run"/>
      <testcase name="b" status="notrun"><skipped message="x"/><system-out>[ RUN      ] b
/x/y.cpp:3: Skipped
no model
in the folder

[  SKIPPED ] b (0 ms)</system-out></testcase>%s</testsuite>"""

    def summary(self, more):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
            file.write(self.XML % more)
            file.flush()
            return subprocess.run([sys.executable, SCRIPTS / "test_summary", file.name], capture_output=True, text=True)

    def test_a_skip_is_counted_with_its_reason(self):
        done = self.summary("")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "skipped: no model in the folder\n    b\n1 passed, 0 failed, 1 skipped\n")

    def test_a_program_says_why_it_was_skipped_and_one_that_does_not_fails(self):
        skip = '<testcase name="%s" status="notrun"><skipped message="x"/><system-out>one line\n%s\n</system-out></testcase>'
        done = self.summary(skip % ("d", "skipped: there is no tmux"))
        self.assertEqual(done.returncode, 0)
        self.assertIn("skipped: there is no tmux\n    d\n1 passed, 0 failed, 2 skipped\n", done.stdout)
        done = self.summary(skip % ("d", "nothing of the kind"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("skipped: no reason given\n    d\n", done.stdout)

    def test_a_failure_is_named_and_fails(self):
        done = self.summary('<testcase name="c" status="fail"><failure message=""/></testcase>')
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed: c\n1 passed, 1 failed, 1 skipped\n", done.stdout)


class Picture(unittest.TestCase):
    def picture(self, screen):
        return subprocess.run([sys.executable, SCRIPTS / "terminal_picture"], check=True, capture_output=True, text=True,
                              input=screen).stdout

    def test_text_stays_text_with_its_styles(self):
        drawn = self.picture("plain \x1b[1;36ma <b>\x1b[0m &\n\x1b[38;5;196mred\x1b[39m\n\n")
        root = xml.etree.ElementTree.fromstring(drawn)
        texts = [(text.text, text.get("font-weight"), text.get("fill")) for text in root.iter("{http://www.w3.org/2000/svg}text")]
        self.assertEqual(texts, [("plain ", None, None), ("a <b>", "bold", "#56b6c2"), (" &", None, None), ("red", None, "#ff0000")])

    def test_nothing_of_a_terminals_own_is_left(self):
        self.assertNotRegex(self.picture("\x1b[7m\x1b(Ba\x07b\x1b[0m"), r"[\x00-\x08\x0e-\x1f]")


if __name__ == "__main__":
    unittest.main()
