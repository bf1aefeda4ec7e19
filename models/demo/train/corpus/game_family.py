"""Decisions of agents in scenarios: one action as JSON that fits the agent's persona and what it sees.

Each character decides by a few plain rules over what the prompt shows, so that there is something to learn: numbers are
mostly copied from the prompt or from its rules, and small choices (which partner, which text) are left to chance.
"""

from dataclasses import dataclass

from . import game_prompt as prompt
from .dialogue import Dialogue, says, system, user
from .game_wording import ARGUMENTS, PERSONAS, POSTS, PRODUCT, TRICKS
from .render import as_json
from .wording import fill

TYPES = ("llm", "honest", "opportunistic", "deceptive", "adversarial", "cautious", "reciprocator", "random")
PRODUCT_SHARE = 0.5  # of training personas that are the product's own
OPEN_SHARE = 0.15    # of prompts without a persona
MEMORY_MAX = 10


@dataclass
class Decided:
    """One question: the user's message without its head, and the action."""

    memory: list
    view: list
    action: dict


def act(action, **members):
    return {"action": action, **members}


def _persona(dice):
    """(character, text)"""
    if dice.chance(OPEN_SHARE):
        return "open", ""
    character = dice.pick(tuple(PERSONAS))
    if dice.split == "train" and dice.chance(PRODUCT_SHARE):
        return character, PRODUCT[character]
    return character, fill(dice, dice.part(PERSONAS[character]), {})


def _name(dice):
    kind = "llm" if dice.chance(0.6) else dice.pick(TYPES)
    if dice.chance(0.2):
        return dice.entity("first").lower()
    return f"{kind}_{dice.between(1, 60)}"


def _names(dice, count):
    """Mostly as the product numbers them: the agents behind one's own."""
    if dice.chance(0.6):
        first = dice.between(1, 50)
        return [f"llm_{first + i}" for i in range(count)]
    return list(dict.fromkeys(_name(dice) for _ in range(count)))


def _moment(dice, step=None):
    steps = dice.pick((1, 2, 3, 4, 5, 5, 8, 10, 10, 20))
    epochs = dice.pick((1, 1, 2, 3, 5, 10, 20))
    return prompt.Moment(dice.between(1, epochs), epochs, steps if step == "last" else dice.between(1, steps), steps)


def _others_text(dice):
    lines = TRICKS if dice.chance(0.15) else POSTS[dice.pick(tuple(POSTS))]
    return prompt.said(dice.part(lines))


def _some_lines(dice, draw):
    """Nothing, or what happened in the last steps."""
    count = dice.weighted([(0, 3), (1, 4), (2, 3), (4, 2), (MEMORY_MAX, 1)])
    return [draw() for _ in range(count)]


# -- public goods ----------------------------------------------------------------------------------------------------


def _given(character, dice, endowment, mean):
    half = endowment // 2
    seen = half if mean is None else int(mean)
    if character == "honest":
        return endowment
    if character == "adversarial":
        return 0 if dice.chance(0.9) else dice.between(0, max(1, endowment // 10))
    if character == "strategic":  # its part where the others give theirs
        return min(half, seen) if dice.chance(0.8) else seen // 2
    return dice.weighted([(seen, 6), (half, 3), (endowment, 1)])


def _goods(dice):
    endowment = dice.pick((20, 20, 20, 10, 10, 5, 50, 100, dice.between(4, 200)))
    agents = dice.between(2, 60)
    world = prompt.public_goods(endowment, dice.pick((1.6, 1.6, 1.2, 1.5, 2, 3, 0.8)), agents)

    def decide(character, moment):
        def event():
            given, mean = dice.between(0, endowment), dice.rng.uniform(0, endowment)
            return (f"You gave {given}, the average was {mean:.1f}, "
                    f"you have {endowment - given + mean * 1.6:.1f} points more.")
        memory = [] if moment.epoch == moment.step == 1 else _some_lines(dice, event)
        mean = dice.rng.uniform(0, endowment) if memory or dice.chance(0.5) else None
        view = ["First step." if mean is None else f"Last step the agents gave {mean:.1f} on average."]
        return Decided(memory, view, act("give", amount=_given(character, dice, endowment, mean)))
    return world, decide


# -- market ----------------------------------------------------------------------------------------------------------


def _price(character, dice, worth, last, price_max, buys):
    if character == "adversarial":
        return 1 if buys else price_max
    wins = last and (last < worth if buys else last > worth)
    if character == "strategic":
        fifth = worth // 5
        return last if wins else max(1, worth - fifth) if buys else min(price_max, worth + fifth)
    if character == "open" and wins and dice.chance(0.4):
        return last
    return worth


def _market(dice):
    price_max = dice.pick((100, 100, 100, 50, 20, 1000, dice.between(10, 500)))
    world = prompt.market(price_max)

    def decide(character, _):
        buys, worth = dice.chance(0.5), dice.between(1, price_max)
        last = dice.between(1, price_max) if dice.chance(0.75) else 0

        def event():
            price, won = dice.between(1, price_max), dice.between(-5, price_max)
            return dice.pick((f"You bought for {price} and won {won}.", f"You sold for {price} and won {won}.",
                              "Your bid found no seller.", "Your ask found no buyer."))
        view = [f"You are a buyer. The unit is worth {worth} to you." if buys
                else f"You are a seller. The unit costs you {worth}.",
                f"The last price was {last}." if last else "No trade yet."]
        price = _price(character, dice, worth, last, price_max, buys)
        return Decided(_some_lines(dice, event), view, act("bid" if buys else "ask", price=price))
    return world, decide


# -- debate ----------------------------------------------------------------------------------------------------------


def _side(character, hint, counts, votes):
    other = prompt.SIDES[1 - prompt.SIDES.index(hint)]
    most = hint if counts[0] == counts[1] else prompt.SIDES[counts[0] < counts[1]]
    if character == "adversarial":
        return other
    return most if votes or character == "strategic" else hint


def _debate(dice):
    world = prompt.debate(dice.pick((70, 70, 60, 80, 90, dice.between(50, 100))))

    def decide(character, moment):
        votes, hint = moment.step == moment.steps, dice.pick(prompt.SIDES)
        counts = (dice.between(0, 9), dice.between(0, 9)) if votes or moment.step > 1 else (0, 0)

        def event():
            side = dice.pick(prompt.SIDES)
            if dice.chance(0.1):
                return f"The right side was {side}. Most {dice.pick(('were', 'were not'))} right."
            text = dice.part(TRICKS) if dice.chance(0.1) else dice.part(ARGUMENTS).replace("{s}", side)
            return f"{_name(dice)} argued for {side}: {prompt.said(text)}"
        memory = _some_lines(dice, event) if sum(counts) else []
        view = [f"Your hint: {hint}.", f"So far {counts[0]} argued for red, {counts[1]} for blue.",
                "Now vote." if votes else "Now argue."]
        side = _side(character, hint, counts, votes)
        if votes:
            return Decided(memory, view, act("vote", side=side))
        return Decided(memory, view, act("argue", side=side, text=dice.part(ARGUMENTS).replace("{s}", side)))
    return world, decide


# -- the interaction world -------------------------------------------------------------------------------------------


def _effort(character, dice):
    if character == "strategic":
        return "half" if dice.chance(0.7) else "full"
    return {"honest": "full", "adversarial": "none"}.get(character) or dice.weighted([("full", 7), ("half", 3)])


def _takes(character, reputation, offer):
    if character == "strategic":
        return offer > 0 or reputation > 0.1
    return character == "adversarial" or reputation >= -0.2


# propose, claim, post, reply, vote, noop
HABITS = {"honest": (30, 40, 10, 6, 10, 4), "strategic": (40, 35, 8, 4, 5, 8), "adversarial": (60, 15, 8, 6, 8, 3),
          "open": (30, 35, 12, 6, 10, 7)}


def _begun(character, dice, posts, partners, tasks):
    """What an agent does that has nothing to answer or to hand in."""
    words = POSTS["honest" if character == "open" else character]
    weights = HABITS[character]
    kind = dice.weighted(list(zip(("propose", "claim", "post", "reply", "vote", "noop"), weights)))
    if kind == "propose" and partners:
        offer = {"honest": dice.pick((1, 1, 2)), "adversarial": dice.pick((0, 3))}.get(character, dice.pick((0, 1, 1)))
        return act(kind, to=dice.pick(partners), effort=_effort(character, dice), offer=offer)
    if kind == "claim" and tasks:
        return act(kind, task=dice.pick(tasks))
    if kind == "reply" and posts:
        return act(kind, post=dice.pick(posts), text=dice.part(words))
    if kind == "vote" and posts:
        return act(kind, post=dice.pick(posts), vote="down" if character == "adversarial" else "up")
    return prompt.NOOP if kind == "noop" else act("post", text=dice.part(words))


def _swarm_event(dice):
    who = _name(dice)
    return dice.pick((
        f"{who} accepted your proposal.", f"{who} rejected your proposal.",
        f"The work of {who} was {dice.pick(('good', 'poor', 'harmful'))}.",
        f"Your task t{dice.between(1, 90)} was {dice.pick(('accepted', 'accepted', 'rejected'))}.",
        f"Task t{dice.between(1, 90)} was taken by another.",
        f"{who} replied to p{dice.between(1, 40)}: {_others_text(dice)}"))


def _ids(dice, letter, most):
    """Some ids in order, close together."""
    first = dice.between(1, 60)
    return [f"{letter}{first + i}" for i in sorted(dice.some(range(most + 3), dice.between(0, most)))]


def _swarm(dice):
    def decide(character, _):
        posts, tasks = _ids(dice, "p", 5), _ids(dice, "t", 5)
        proposals = _ids(dice, "i", 3) if dice.chance(0.4) else []
        partners = _names(dice, dice.between(1, 8))
        view = [f"Your reputation: {dice.rng.uniform(-1, 1):.2f}."]
        view += [f"Post {p} by {_name(dice)}, {dice.between(-3, 5)} votes: {_others_text(dice)}" for p in posts]
        offers = [(p, round(dice.rng.uniform(-1, 1), 2), dice.between(0, 5)) for p in proposals]
        view += [f"Proposal {p} from {_name(dice)} (reputation {r:.2f}), offers {o}." for p, r, o in offers]
        own = f"t{dice.between(1, 90)}" if dice.chance(0.25) else None
        if own:
            view.append(f"Your task: {own}.")
        view += [f"Free tasks: {', '.join(tasks) or 'none'}.", f"Agents: {', '.join(partners)}."]
        if offers:
            p, reputation, offer = offers[0]
            action = act("accept" if _takes(character, reputation, offer) else "reject", proposal=p)
        elif own:
            action = act("submit", task=own, effort=_effort(character, dice))
        else:
            action = _begun(character, dice, posts, partners, tasks)
        return Decided(_some_lines(dice, lambda: _swarm_event(dice)), view, action)
    return prompt.SWARM, decide


WORLDS = ((_swarm, 4), (_goods, 3), (_market, 2.5), (_debate, 2.5))


def game(dice):
    """One decision in evaluation; in training sometimes several, one after the other, for the price of one head."""
    world, decide = dice.weighted(WORLDS)(dice)
    character, persona = _persona(dice)
    messages = [system(prompt.system_text(world, persona))]
    for _ in range(dice.weighted([(1, 4), (2, 2), (3, 2), (5, 2)]) if dice.split == "train" else 1):
        moment = _moment(dice, "last" if world.name == "debate" and dice.chance(0.4) else None)
        decided = decide(character, moment)
        name = _name(dice)
        messages += [user(prompt.user_text(name, decided.memory, moment, decided.view)), says(as_json(decided.action))]
    return Dialogue("game", messages, 2, {"json": decided.action})
