#!/usr/bin/env python3
"""How many of an animal's and a place's questions end right, through `puna run --code` itself.

  code_eval.py PUNA [--questions 100] [--seed 1] [--facts ../../../data/facts] [--model FILE] [--jsonl FILE] [--show N]

Names come from the facts that Puna searches, and none of them was trained on; six of ten questions have wording that
was never trained on. Each question is asked twice: with the facts as they are, and with every number of theirs
replaced at random, where an answer is right only if it follows the numbers. The bar is 90 of 100 in both.
Exit status: 0 met, 1 missed.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "train"))

from corpus.code_family import SECONDS  # noqa: E402
from corpus.code_wording import CROSSINGS  # noqa: E402
from corpus.dice import Dice  # noqa: E402
from corpus.entities import ENTITIES  # noqa: E402
from corpus.wording import say  # noqa: E402

BAR = 0.9
FACT = re.compile(r"^The (top speed|length) of (.+?) is (\d+) (km/h|m)\.", re.M)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
TRAINED = set(ENTITIES["animal"][0])


def facts_of(folder):
    """{what: {name as in the text: number}} of the facts, without names that were trained on."""
    found = {"top speed": {}, "length": {}}
    for file in sorted(folder.glob("*.md")):
        for what, name, number, _ in FACT.findall(file.read_text(encoding="utf-8")):
            if re.sub(r"^(an?|the) ", "", name) not in TRAINED:
                found[what][name] = int(number)
    return found


def write_random(folder, target, rng):
    """A copy of the facts in which every size is another number of as many digits."""
    def other(match):
        digits = len(match.group(3))
        number = rng.randint(10 ** (digits - 1), 10 ** digits - 1)
        return f"The {match.group(1)} of {match.group(2)} is {number} {match.group(4)}."
    for file in folder.glob("*.md"):
        text = re.sub(r"^The (top speed|length|height) of (.+?) is (\d+) (km/h|m)\.", other,
                      file.read_text(encoding="utf-8"), flags=re.M)
        (target / file.name).write_text(text, encoding="utf-8")


def questions(facts, count, seed):
    """(text, animal, place, unit, whether its wording is held out)."""
    rng = random.Random(f"code/{seed}")
    made = []
    while len(made) < count:
        wish = len(made) % 10 < 6
        dice = Dice(rng, "heldout", wish)
        animal, place = dice.pick(sorted(facts["top speed"])), dice.pick(sorted(facts["length"]))
        unit = dice.pick(("seconds", "seconds", "seconds", "minutes"))
        text = say(dice, CROSSINGS, {"a": animal, "p": place, "u": unit})
        if dice.drew_held == wish:
            made.append((text, animal, place, unit, wish))
    return made


def ask(options, facts, text):
    """(answer, events) of one run."""
    command = [options.puna, "run", "--code", "--jsonl", "--facts", str(facts), "--no-agents-md", "--no-skills",
               *(("-m", options.model) if options.model else ()), text]
    ran = subprocess.run(command, capture_output=True, text=True)
    events = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    ends = [e for e in events if e.get("type") == "run.ended"]
    if not ends:
        sys.exit(f"no run was ended: {ran.stderr.strip()}")
    return ends[-1].get("answer", ""), events


def is_right(answer, wanted):
    numbers = NUMBER.findall(answer)
    return bool(numbers) and abs(float(numbers[-1]) - wanted) <= 0.0051


def score(options, folder, asked, name, record):
    facts, right, held = facts_of(folder), 0, [0, 0]
    shown = 0
    for text, animal, place, unit, is_held in asked:
        speed, length = facts["top speed"][animal], facts["length"][place]
        wanted = round(length / (speed * 1000 / 3600) / SECONDS[unit], 2)
        answer, events = ask(options, folder, text)
        good = is_right(answer, wanted)
        right += good
        held[is_held] += good
        if record:
            record.write(json.dumps({"facts": name, "question": text, "wanted": wanted, "answer": answer, "right": good},
                                    ensure_ascii=False) + "\n")
        if not good and shown < options.show:
            shown += 1
            replies = [e.get("raw") for e in events if e.get("type") == "reply.ready"]
            print("---", text, "| wanted", wanted, "| answer", answer, *replies, sep="\n", file=sys.stderr)
    known = [q[4] for q in asked]
    print(f"{name:16s} {right} of {len(asked)} right; held-out wording {held[1]} of {sum(known)}, "
          f"trained wording {held[0]} of {len(known) - sum(known)}", flush=True)
    return right / len(asked)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("puna")
    p.add_argument("--questions", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--facts", type=pathlib.Path, default=HERE.parents[2] / "data" / "facts")
    p.add_argument("--model", help="default: the bundled demo model")
    p.add_argument("--jsonl", help="also write each question's result to this file")
    p.add_argument("--show", type=int, default=0, help="failures to print in full")
    options = p.parse_args()
    asked = questions(facts_of(options.facts), options.questions, options.seed)
    record = open(options.jsonl, "w", encoding="utf-8") if options.jsonl else None
    with tempfile.TemporaryDirectory() as other:
        write_random(options.facts, pathlib.Path(other), random.Random(f"numbers/{options.seed}"))
        shares = [score(options, options.facts, asked, "facts", record),
                  score(options, pathlib.Path(other), asked, "random numbers", record)]
    met = min(shares) >= BAR
    print(f"code-eval: {'met' if met else 'missed'}: {shares[0]:.1%} with the facts, {shares[1]:.1%} with random "
          f"numbers; bar {BAR:.0%}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
