"""Structured extraction: the message names the keys, the reply is one JSON object."""

from .dialogue import Dialogue, says, system, system_turn, user
from .extract_tasks import TASKS
from .extract_wording import NAMED, OTHER, SAYINGS
from .render import as_json
from .wording import fill


def _draw(dice, key):
    return {"name": dice.full_name, "age": lambda: dice.between(1, 99),
            "city": lambda: dice.entity("city"), "job": lambda: dice.entity("job"),
            "price": lambda: dice.pick((dice.number(4), dice.between(100, 99999) / 100)),
            "date": dice.date, "email": dice.email,
            "phone": lambda: f"{dice.between(100, 999)}-{dice.between(1000, 9999)}",
            "color": lambda: dice.entity("color"), "quantity": lambda: dice.number(3),
            "product": lambda: dice.entity("item")}.get(key, lambda: dice.pick((
                dice.thing, lambda: dice.number(), dice.code, dice.things,
                lambda: dice.entity("city"), lambda: dice.entity("first"), dice.date))())()


def _typed(value):
    """A value of digits only is a number; everything else is text."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _record(dice):
    """Keys and values, and the text that tells them in some order."""
    known = list(SAYINGS)
    count = dice.weighted([(1, 1), (2, 4), (3, 5), (4, 3), (5, 2), (7, 1)])
    keys = []
    while len(keys) < count:
        key = dice.pick(known) if dice.chance(0.55) else \
            dice.pick((lambda: dice.entity("attr"), dice.word, lambda: dice.entity("noun")))()
        if key not in keys:
            keys.append(key)
    record = {k: _draw(dice, k) for k in keys}
    order = dice.some(keys, len(keys))
    style = dice.between(0, 9)
    if style < 2:
        text = "\n" + "\n".join(f"{k}: {record[k]}" for k in order) + "\n"
    elif style < 3:
        text = ", ".join(f"{k}={record[k]}" for k in order) + "."
    elif style < 6 and "name" in record:
        rest = [fill(dice, dice.part(SAYINGS.get(k, OTHER)), {"k": k, "v": record[k]})
                for k in order if k != "name"]
        text = fill(dice, dice.part(NAMED), {"n": record["name"], "r": ", ".join(rest)}) \
            if rest else f"{record['name']}."
    else:
        told = [fill(dice, dice.part(SAYINGS.get(k, OTHER)), {"k": k, "v": record[k]})
                for k in order]
        joint = dice.pick((", ", "; ", ". "))
        told = [t[:1].upper() + t[1:] if (joint == ". " or i == 0) and t[0] != str(record[order[i]])[0]
                else t for i, t in enumerate(told)]
        text = joint.join(told) + "."
    return {k: _typed(v) for k, v in record.items()}, text


def _schema(record):
    kinds = {str: "string", int: "integer", float: "number"}
    return {"type": "object", "properties": {k: {"type": kinds[type(v)]} for k, v in record.items()},
            "required": list(record), "additionalProperties": False}


def _spoken(dice, keys):
    shown = [f'"{k}"' for k in keys] if dice.chance(0.2) else list(keys)
    if len(shown) == 1:
        return shown[0]
    return ", ".join(shown[:-1]) + dice.pick((" and ", ", ", " and ")) + shown[-1]


def extract(dice):
    """The wanted keys may be fewer than the text tells, and in another order."""
    head = system_turn(dice, 0.3)
    dice.forget_held()
    record, text = _record(dice)
    wanted = dice.some(list(record), dice.between(1, len(record)))
    found = {k: record[k] for k in wanted}
    asked = fill(dice, dice.part(TASKS), {"k": _spoken(dice, wanted), "t": text}).strip()
    if dice.chance(0.25):
        head = [system(dice.pick(("Reply with JSON only.", "You extract data as JSON.",
                                  "Answer with one JSON object.")))]
    messages = head + [user(asked), says(as_json(found))]
    return Dialogue("extract", messages, len(messages) - 1, {"json": found}, [], _schema(found))
