#!/usr/bin/env python3
"""Runs the code of generated code-agent dialogues: every observation and answer must be what Python says.

  test_code_family.py [COUNT]
"""

import contextlib
import io
import json
import random
import re
import sys
import unittest

from corpus import code_family
from corpus.code_prompt import IMPORTS, RULES, code_call, identifier, signature
from corpus.dice import Dice
from corpus.skills import Argument, Tool

COUNT = 300
BLOCK = re.compile(r"Thought: [^\n]+\n<code>\n(.*)\n</code>", re.S)
SIZE = re.compile(r"The (length|height|top speed) of (?:the |an? )?(.+?) is (\d+) (?:m|km/h)\.")


class Interpreter:
    """Runs steps as the product would; tools say what the dialogue claims that they say."""

    def __init__(self, observation):
        self.claimed, self.answer, self.called = observation, None, []
        self.names = {}

    def tool(self, name):
        def called(*positional, **given):
            self.called.append((name, given))
            return self.claimed if len(self.called) == 1 else ""
        return called

    def run(self, code, functions):
        out = io.StringIO()
        self.names.update({f: self.tool(f) for f in functions})
        self.names["final_answer"] = lambda value: setattr(self, "answer", value)
        try:
            with contextlib.redirect_stdout(out):
                exec(compile(code, "step", "exec"), self.names)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return out.getvalue().strip("\n")


def functions_of(dialogue):
    return re.findall(r"^def (\w+)\(", dialogue.messages[0]["content"], re.M)


def steps_of(dialogue):
    """(code, observation or None) of every assistant turn."""
    said = [m["content"] for m in dialogue.messages[dialogue.start:]]
    return [(BLOCK.fullmatch(s).group(1), said[i + 1].removeprefix("Observation:\n") if i + 1 < len(said) else None)
            for i, s in enumerate(said) if i % 2 == 0]


def drawn(kind, seed, split="train"):
    return kind(Dice(random.Random(f"{kind.__name__}/{seed}"), split, False))


class CodeFamily(unittest.TestCase):
    count = COUNT

    def each(self, *kinds):
        for kind in kinds:
            for seed in range(self.count):
                with self.subTest(kind=kind.__name__, seed=seed):
                    yield drawn(kind, seed)

    def test_every_reply_is_a_thought_and_one_block(self):
        for dialogue in self.each(*(k for k, _ in code_family.KINDS)):
            roles = [m["role"] for m in dialogue.messages]
            self.assertEqual(roles, ["system"] + ["user", "assistant"] * ((len(roles) - 1) // 2))
            for code, _ in steps_of(dialogue):
                compile(code, "step", "exec")

    def test_python_says_what_the_observations_say(self):
        for dialogue in self.each(*(k for k, _ in code_family.KINDS)):
            for code, observation in steps_of(dialogue):
                machine = Interpreter(observation)
                said = machine.run(code, functions_of(dialogue))
                if observation is None:
                    continue
                if observation.startswith("ToolError"):
                    self.assertIn(observation.split("line 1: ")[1], code)
                elif machine.called:
                    self.assertTrue({n for n, _ in machine.called} <= set(functions_of(dialogue)))
                else:
                    self.assertEqual(said, observation.split("\nline 1: ")[0])

    def test_the_last_step_answers_and_no_other_does(self):
        for dialogue in self.each(*(k for k, _ in code_family.KINDS)):
            *others, (last, nothing) = steps_of(dialogue)
            self.assertIsNone(nothing)
            self.assertTrue(all("final_answer" not in code for code, _ in others))
            machine = Interpreter("")
            machine.run(last, functions_of(dialogue))
            self.assertIsNotNone(machine.answer)
            self.assertIn(dialogue.final["all"][0], last)

    def test_numbers_come_from_the_search_and_the_answer_from_the_computation(self):
        for dialogue in self.each(code_family.search_compute, code_family.search_again, code_family.wrong_name):
            steps = steps_of(dialogue)
            found = {name.lower(): value for _, o in steps if o for _, name, value in SIZE.findall(o)}
            computed, answer = steps[-2], steps[-1][0]
            wanted = {n.lower() for n in re.findall(r'query="([^"]+?) (?:length|height|top speed)"', steps[0][0])}
            self.assertTrue(wanted, steps[0][0])
            for name in wanted:
                self.assertIn(found[name], re.findall(r"\d+", computed[0]))
            self.assertIn(computed[1], answer)

    def test_code_after_an_error_differs_from_the_code_that_failed(self):
        for dialogue in self.each(code_family.search_again, code_family.wrong_name):
            codes = [code for code, _ in steps_of(dialogue)]
            self.assertEqual(len(set(codes)), len(codes))

    def test_wrong_code_is_never_learnt(self):
        for dialogue in self.each(code_family.wrong_name):
            learnt = [m["content"] for m in dialogue.messages if m["role"] == "assistant" and m["learn"]]
            self.assertEqual(len(learnt), 3)
            name = re.search(r"NameError: name '(\w+)'", json.dumps(dialogue.messages)).group(1)
            self.assertFalse(any(name in BLOCK.fullmatch(t).group(1).split() for t in learnt))


class Prompt(unittest.TestCase):
    def test_a_signature_has_types_defaults_and_description(self):
        tool = Tool("get-price", "Get a price.", (Argument("unit", required=False), Argument("count", "integer")))
        self.assertEqual(signature(tool, ("count: how many",)),
                         'def get_price(count: int, unit: str = None) -> str:\n    """Get a price.\n    count: how many"""')
        self.assertEqual(identifier("a.b-c d"), "a_b_c_d")

    def test_an_argument_may_have_any_name(self):
        self.assertEqual(code_call(Tool("set_it", "Set it.", ()), tool="a", name=2), 'set_it(tool="a", name=2)')

    def test_modules_exist_and_the_example_runs(self):
        for name in IMPORTS:
            __import__(name)
        machine = Interpreter("")
        self.assertEqual(machine.run(re.search(r"<code>\n(.*)\n</code>", RULES).group(1), []), "42")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        CodeFamily.count = int(sys.argv.pop(1))
    unittest.main(verbosity=0)
