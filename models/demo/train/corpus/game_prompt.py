"""What an agent of a scenario is asked, exactly as the product writes it (src/sim/prompt.h and the worlds beside it).

test_game_prompt.py holds the two together. A world here is its rules, its actions, and lines that it shows; what an
agent then does is game_family.py's.
"""

from dataclasses import dataclass

from .render import as_json

EFFORTS = ("full", "half", "none")
SIDES = ("red", "blue")
NOOP = {"action": "noop"}
TEXT_BYTES = 50
TEXT = "TEXT"


def choice(*values):
    return "|".join(as_json(v) for v in values)


@dataclass(frozen=True)
class World:
    name: str
    rules: str
    actions: tuple  # (name, ((member, values), ...), what)


def public_goods(endowment, multiplier, agents):
    return World("public_goods", f"Each step every agent gets {endowment} points. The pot is multiplied by "
                 f"{multiplier:g} and shared by all {agents} agents.",
                 (("give", (("amount", f"0..{endowment}"),), "put points into the pot, keep the rest"),))


def market(price_max):
    prices = (("price", f"1..{price_max}"),)
    return World("market", "Buyers bid and sellers ask for one unit each step. Trades happen at one price between bids "
                 "and asks. A buyer wins value less price, a seller wins price less cost.",
                 (("bid", prices, "offer to buy one unit for at most this price"),
                  ("ask", prices, "offer to sell one unit for at least this price")))


def debate(truth):
    """`truth`: of 100 hints, how many are right."""
    return World("debate", f"One side is right: red or blue. Your hint is right in {truth} of 100 cases. All argue, "
                 "then all vote. Everybody wins if most vote for the right side.",
                 (("argue", (("side", choice(*SIDES)), ("text", TEXT)), "say which side is right, and why"),
                  ("vote", (("side", choice(*SIDES)),), "vote, in the last step")))


SWARM = World(
    "swarm", "Agents post, vote, propose work to each other and take tasks. Effort full is good work, half is poor, "
    "none harms. Good work raises your reputation, and others accept you by it.",
    (("post", (("text", TEXT),), "say something to all"),
     ("reply", (("post", choice("ID")), ("text", TEXT)), "answer a post"),
     ("vote", (("post", choice("ID")), ("vote", choice("up", "down"))), "vote on a post"),
     ("propose", (("to", choice("NAME")), ("effort", choice(*EFFORTS)), ("offer", "0..5")),
      "offer work to an agent, and points for taking it"),
     ("accept", (("proposal", choice("ID")),), "take a proposal"),
     ("reject", (("proposal", choice("ID")),), "refuse a proposal"),
     ("claim", (("task", choice("ID")),), "take a task"),
     ("submit", (("task", choice("ID")), ("effort", choice(*EFFORTS))), "hand in your task")))


def system_text(world, persona=""):
    lines = [world.rules, "Actions:"]
    for name, members, what in world.actions + (("noop", (), "do nothing"),):
        shown = "".join(f', "{member}": {values}' for member, values in members)
        lines.append(f'- {{"action": "{name}"{shown}}} {what}')
    lines.append("Answer with one action as JSON.")
    return "\n".join(lines + ([persona] if persona else []))


@dataclass(frozen=True)
class Moment:
    epoch: int  # from 1, as all of these
    epochs: int
    step: int
    steps: int


def user_text(name, memory, moment, view):
    lines = [f"You are {name}."]
    if memory:
        lines += ["You remember:"] + [f"- {event}" for event in memory]
    lines.append(f"Epoch {moment.epoch} of {moment.epochs}, step {moment.step} of {moment.steps}.")
    lines += ["Now:"] + [f"- {line}" for line in view]
    return "\n".join(lines + ["Your action:"])


def said(text):
    """Another agent's text as it may stand in a prompt."""
    plain = "".join(c for c in text if c not in '#`<>|*[]{}"\\')
    return '"' + " ".join(plain.split())[:TEXT_BYTES].rstrip() + '"'
