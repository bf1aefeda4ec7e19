#!/usr/bin/env python3
"""Holds dialogues of games to the product: what they show is what it asks, what they answer is what it allows.

  test_game_family.py PUNA_PROGRAM [COUNT]
"""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

from corpus import game_family
from corpus import game_prompt as prompt
from corpus.dice import Dice
from corpus.game_wording import ARGUMENTS, PERSONAS, POSTS, PRODUCT, TRICKS

COUNT = 400
PUNA = None
WORLDS = ("swarm", "public_goods", "market", "debate")
TEXT_MAX = 60
SCENARIO = """scenario_id: asked
world: %s
agents:
  - {type: llm, count: 2, llm: {provider: llama_cpp, model: puna-demo, temperature: 0.8, persona: honest}}
  - {type: llm, llm: {provider: llama_cpp, model: puna-demo, temperature: 0.8, persona: strategic}}
  - {type: llm, llm: {provider: llama_cpp, model: puna-demo, temperature: 0.8, persona: adversarial}}
  - {type: llm, llm: {provider: llama_cpp, model: puna-demo, temperature: 0.8}}
  - {type: honest, count: 3}
  - {type: random, count: 3}
simulation: {n_epochs: 2, steps_per_epoch: 4, seed: 8}
"""


def drawn(count, split="train", held=False):
    for seed in range(count):
        yield game_family.game(Dice(random.Random(f"game/{seed}"), split, held))


def exchanges(dialogue):
    """(system, user, action) of every decision."""
    rest = dialogue.messages[1:]
    for asked, said in zip(rest[::2], rest[1::2]):
        yield dialogue.messages[0]["content"], asked["content"], json.loads(said["content"])


def offered(system):
    """{action: [(member, values)]} of a system message."""
    found = {}
    for name, members in re.findall(r'^- \{"action": "(\w+)"(.*?)\} ', system, re.M):
        found[name] = re.findall(r', "(\w+)": ((?:"[^"]*"\|?)+|\d+\.\.\d+|TEXT)', members)
    return found


def form(line):
    """A line without its numbers, names and others' words."""
    line = re.sub(r'"[^"]*"', "Q", line)
    line = re.sub(r"\b(?:%s)_\d+\b" % "|".join(game_family.TYPES), "X", line)
    line = re.sub(r"-?\d+", "N", line)
    line = re.sub(r"(?:X, )+X", "X", line)
    return re.sub(r"(?:tN, )+tN", "tN", line)


class GameFamily(unittest.TestCase):
    def test_every_decision_is_an_action_of_its_prompt(self):
        for dialogue in drawn(COUNT):
            for system, asked, action in exchanges(dialogue):
                with self.subTest(asked=asked, action=action):
                    members = dict(offered(system)[action["action"]])
                    self.assertEqual(list(action)[1:], list(members))
                    for name, values in members.items():
                        if ".." in values:
                            low, high = map(int, values.split(".."))
                            self.assertTrue(low <= action[name] <= high)
                        elif values == "TEXT":
                            self.assertLessEqual(len(action[name]), TEXT_MAX)
                        elif values not in ('"ID"', '"NAME"'):
                            self.assertIn(json.dumps(action[name]), values.split("|"))
                        else:
                            self.assertRegex(asked, r"(?<!\w)%s(?!\w)" % re.escape(action[name]))

    def test_half_of_the_decisions_do_something(self):
        actions = [action["action"] for dialogue in drawn(COUNT) for *_, action in exchanges(dialogue)]
        self.assertLess(actions.count("noop"), len(actions) / 10)

    def test_a_persona_decides(self):
        """Of what honest and adversarial agents do, none is the other's, where there is a choice."""
        honest, adversarial = [], []
        for dialogue in drawn(4 * COUNT):
            for system, _, action in exchanges(dialogue):
                kept = honest if PRODUCT["honest"] in system else adversarial if PRODUCT["adversarial"] in system else None
                if kept is not None:
                    kept.append((action, system))
        gives = [[a["amount"] for a, _ in kept if a["action"] == "give"] for kept in (honest, adversarial)]
        self.assertGreater(min(map(len, gives)), 20)
        self.assertTrue(all(gives[0]))
        self.assertLess(sum(gives[1]), sum(gives[0]) / 10)
        efforts = [{a["effort"] for a, _ in kept if "effort" in a} for kept in (honest, adversarial)]
        self.assertEqual(efforts, [{"full"}, {"none"}])
        votes = [{a["vote"] for a, _ in kept if "vote" in a} for kept in (honest, adversarial)]
        self.assertEqual(votes, [{"up"}, {"down"}])

    def test_texts_are_short_enough_for_their_members(self):
        for lines in [*POSTS.values(), ARGUMENTS, TRICKS]:
            for line in lines.train + lines.held:
                self.assertLessEqual(len(line), TEXT_MAX - 4, line)

    def test_held_out_personas_are_in_no_training_dialogue(self):
        held = {line for lines in PERSONAS.values() for line in lines.held if "{" not in line}
        systems = "\n".join(d.messages[0]["content"] for d in drawn(COUNT))
        self.assertFalse([line for line in held if line in systems])


class Product(unittest.TestCase):
    """What `puna sim run --audit` kept, beside what the family makes."""

    @classmethod
    def setUpClass(cls):
        cls.forms = {form(line) for dialogue in drawn(6 * COUNT) for _, asked, _ in exchanges(dialogue)
                     for line in asked.split("\n")}

    def asked(self, world):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "s.yaml")
            file.write_text(SCENARIO % world)
            subprocess.run([PUNA, "sim", "run", str(file), "--quiet", "--audit", "--prompt-audit-include-system",
                            "--out", folder + "/out"], check=True)
            return [json.loads(line) for line in pathlib.Path(folder, "out/asked_prompts.jsonl").read_text().splitlines()]

    def test_prompts_are_the_familys_to_the_letter(self):
        of = {"swarm": prompt.SWARM, "public_goods": prompt.public_goods(20, 1.6, 11), "market": prompt.market(100),
              "debate": prompt.debate(70)}
        personas = {"llm_1": "honest", "llm_2": "honest", "llm_3": "strategic", "llm_4": "adversarial", "llm_5": "open"}
        for world in WORLDS:
            lines = self.asked(world)
            self.assertEqual(len(lines), 40)
            for line in lines:
                asked = line["user_prompt"]
                persona = PRODUCT.get(personas.get(line["agent_id"]), "")
                self.assertEqual(line["system_prompt"], prompt.system_text(of[world], persona))
                for shown in asked.split("\n"):
                    self.assertIn(form(shown), self.forms, f"{world}: {shown}")
                memory = asked.split("You remember:\n")[1].split("\nEpoch ")[0].split("\n") if "You remember:" in asked else []
                moment = prompt.Moment(*map(int, re.search(r"^Epoch (\d+) of (\d+), step (\d+) of (\d+)\.$", asked, re.M).groups()))
                view = asked.split("\nNow:\n")[1].removesuffix("\nYour action:").split("\n")
                self.assertEqual(asked, prompt.user_text(line["agent_id"], [m[2:] for m in memory], moment, [v[2:] for v in view]))


if __name__ == "__main__":
    PUNA = sys.argv.pop(1)
    if len(sys.argv) > 1:
        COUNT = int(sys.argv.pop(1))
    unittest.main(verbosity=0)
