"""Facts told some turns earlier: recall, updates, other people's facts, and facts not told."""

from .dialogue import Dialogue, must, offer, says, system_turn, user
from .fact_wording import CHANGES, THEIR_THING
from .memory_wording import MY_CITY, MY_CODE, MY_JOB, MY_NAME, MY_THING
from .talk import KINDS, small_talk
from .wording import fill

KEYS = ("lucky number", "favorite food", "best friend", "hobby", "team", "car", "favorite animal",
        "street", "favorite color", "phone number", "birthday", "dog", "cat", "password", "age",
        "shoe size", "boss", "school", "seat", "room", "favorite book", "train", "wifi key",
        "brother", "sister", "bank", "favorite city", "lucky day", "favorite game", "favorite drink",
        "home town", "middle name", "bike", "office", "laptop", "user name", "order number",
        "customer number", "favorite sport", "teacher", "phone", "house number", "pet",
        "doctor", "favorite song", "locker", "flight")
HELD_KEYS = ("neighbor", "favorite movie", "gym", "badge number", "cousin", "meeting room")
NOTED = "OK, I will remember that."
NOT_TOLD = "You did not tell me."


def _value(dice):
    return dice.pick((dice.code, lambda: dice.entity("first"), lambda: dice.entity("animal"),
                      lambda: str(dice.number()), lambda: dice.entity("food"), dice.thing,
                      lambda: dice.entity("color"), dice.things, dice.full_name))()


def _key(dice):
    if dice.chance(0.25):
        return dice.word()
    return dice.pick(HELD_KEYS if dice.split != "train" and dice.chance(0.6) else KEYS)


def facts_of(dice, count):
    """(wording, slots) of `count` facts that do not contradict each other."""
    out, taken = [], set()
    while len(out) < count:
        kind = dice.pick((MY_NAME, MY_CITY, MY_JOB, MY_CODE, MY_THING, MY_THING, MY_THING,
                          THEIR_THING, THEIR_THING))
        v = {id(MY_NAME): lambda: dice.entity("first"), id(MY_CITY): lambda: dice.entity("city"),
             id(MY_JOB): lambda: dice.entity("job"), id(MY_CODE): dice.code}.get(
                 id(kind), lambda: _value(dice))()
        slots = {"v": v, "k": _key(dice), "p": dice.entity("first")}
        about = (id(kind), slots["k"] if kind in (MY_THING, THEIR_THING) else "",
                 slots["p"] if kind is THEIR_THING else "")
        if about not in taken:
            taken.add(about)
            out.append((kind, slots))
    return out


def _noted(kind, slots):
    return f"Nice to meet you, {slots['v']}!" if kind is MY_NAME else NOTED


def told_in_turns(dice, facts):
    """The turns in which the facts are told, with other talk between them."""
    out = []
    for kind, slots in facts:
        if out and dice.chance(0.15):  # two facts in one message
            out[-2]["content"] += " " + fill(dice, dice.part(kind[0]), slots)
            continue
        out += [user(fill(dice, dice.part(kind[0]), slots)), says(_noted(kind, slots))]
        while dice.chance(0.25):
            question, answer = small_talk(dice, KINDS[1:])  # nobody tells another name
            out += [user(question), says(answer)]
    return out


def memory(dice):
    """Asks for one of several facts told before."""
    count = dice.weighted([(1, 2), (2, 3), (3, 4), (4, 2), (6, 1), (10, 0.3), (20, 0.2)])
    facts = facts_of(dice, count + 1)
    missing, facts = facts[0], facts[1:]
    head = system_turn(dice, 0.5)
    told = told_in_turns(dice, facts)
    changeable = [f for f in facts if f[0] is MY_THING]
    if changeable and dice.chance(0.3):
        kind, slots = dice.pick(changeable)
        slots["v"] = _value(dice)
        told += [user(fill(dice, dice.part(CHANGES), slots)), says(NOTED)]
        asked = (kind, slots)
    else:
        asked = dice.pick(facts)
    dice.forget_held()
    if dice.chance(0.14):
        question, answer = fill(dice, dice.part(missing[0][1]), missing[1]), NOT_TOLD
    else:
        question = fill(dice, dice.part(asked[0][1]), asked[1])
        answer = fill(dice, asked[0][2], asked[1])
    tools = offer(dice, [], [], avoid=["search"]) if dice.chance(0.35) else []
    messages = head + told + [user(question), says(answer)]
    wanted = must(answer.rstrip(".")) if answer == NOT_TOLD else must(str(asked[1]["v"]))
    return Dialogue("memory", messages, len(messages) - 1, wanted, tools)
