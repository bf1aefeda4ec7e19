"""Tools nobody has seen: composed of a verb, a noun and arguments, often of made-up words.

Only the words that request and tool share can tell which tool is meant, so these teach
the model to read the tool list instead of remembering it.
"""

from .entities import ENTITIES
from .made_wording import (ACTIONS, LOOKUPS, PAIRS, PLURAL_ACTIONS, PLURAL_LOOKUPS,
                           SETTINGS)
from .skills import Argument, Skill, Tool
from .wording import plural

ATTRIBUTES, VERBS = (frozenset(sum(ENTITIES[kind], ())) for kind in ("attr", "verb"))


def _camel(*words):
    return words[0] + "".join(w.capitalize() for w in words[1:])


def _joined(dice, *words):
    """A tool name from words, in one of the usual styles."""
    flat = [w for word in words for w in word.split()]
    style = dice.between(0, 9)
    return "_".join(flat) if style < 7 else _camel(*flat) if style < 9 else "-".join(flat)


def _thing(dice):
    """A value that names something: code, word, name or several words."""
    return dice.weighted([(dice.code, 4), (dice.thing, 3), (lambda: dice.entity("first"), 1),
                          (dice.full_name, 1), (lambda: dice.entity("city"), 1),
                          (lambda: str(dice.number()), 2), (lambda: f'"{dice.things()}"', 1),
                          (lambda: f'"{dice.entity("phrase")}"', 1)])()


def _bare(value):
    return value.strip('"') if isinstance(value, str) else value


def _result(dice, measured=False):
    if measured:
        unit = dice.pick(("kg", "m", "C", "km", "euros", "years"))
        return dice.pick((str(dice.number()), dice.decimal(), f"{dice.number()} {unit}"))
    return dice.pick((str(dice.number()), dice.thing(), dice.code(), dice.things(),
                      dice.entity("color"), dice.entity("city"), dice.full_name(), dice.date()))


def _skill(job, tool, cores, values, draw, observe, conclude, plural=None):
    return Skill(job, lambda dice: tool, draw, cores, values, observe, conclude, plural)


def made_lookup(dice, noun=None, word=None):
    noun, attr = noun or dice.entity("noun"), word or dice.entity("attr")
    param = dice.entity("param", made=False)
    name = dice.weighted([(_joined(dice, "get", noun, attr), 5), (_joined(dice, noun, attr), 5),
                          (_joined(dice, attr, "of", noun), 3),
                          (_joined(dice, "lookup", noun, attr), 3),
                          (_joined(dice, "find", noun, attr), 2),
                          (_joined(dice, dice.word(), dice.word()), 1)])
    description = dice.pick((f"Get the {attr} of a {noun}.", f"The {attr} of a {noun}.",
                             f"Look up the {attr} of a {noun} by {param}.",
                             f"Returns the {noun}'s {attr}."))
    arguments = [Argument(dice.pick((noun, param, param, f"{noun}_{param}")).replace(" ", "_"))]
    if dice.chance(0.12):
        arguments.append(Argument(dice.pick(("limit", "unit", "lang")), required=False))

    def draw(d):
        return {"n": noun, "ns": plural(noun), "a": attr, "v": _thing(d)}

    def conclude(s, r):
        v = _bare(s["v"])
        return f"The {attr} of {v} is {r}.", [r], v, r
    return _skill(f"{noun}/{attr}", Tool(name, description, tuple(arguments)), LOOKUPS,
                  lambda s: [_bare(s["v"])], draw, lambda d, s: _result(d, d.chance(0.2)), conclude,
                  PLURAL_LOOKUPS)


def made_action(dice, noun=None, word=None):
    verb, noun = word or dice.entity("verb"), noun or dice.entity("noun")
    param = dice.entity("param", made=False)
    name = dice.weighted([(_joined(dice, verb, noun), 5), (_joined(dice, noun, verb), 2),
                          (dice.word() + "_tool", 0.4)])
    description = dice.pick((f"{verb.capitalize()} a {noun}.", f"Use this to {verb} a {noun}.",
                             f"{verb.capitalize()} the {noun} with this {param}.",
                             f"Can {verb} any {noun}."))
    arguments = (Argument(dice.pick((noun, param, param))),)

    def draw(d):
        return {"n": noun, "ns": plural(noun), "b": verb, "p": param, "v": _thing(d)}

    def observe(d, s):
        return d.pick(("ok", "done", _result(d), _result(d), f"{noun} {d.thing()}"))

    def conclude(s, r):
        v = _bare(s["v"])
        return f"Done with {v}: {r}", [r], v, r
    return _skill(f"{noun}/{verb}", Tool(name, description, arguments), ACTIONS,
                  lambda s: [_bare(s["v"])], draw, observe, conclude, PLURAL_ACTIONS)


def made_pair(dice, noun=None, word=None):
    """An action with a second argument: text, whole number or a choice."""
    verb, noun = word or dice.entity("verb"), noun or dice.entity("noun")
    first, second = dice.some(("id", "code", "title", "target", "count", "level", "place", "name",
                               "color", "size", "zone", "speed", "label", "amount", "owner"), 2)
    kind = dice.pick(("string", "integer", "choice"))
    choices = tuple(dict.fromkeys(dice.word() for _ in range(dice.between(2, 4))))
    argument = Argument(second, "integer" if kind == "integer" else "string",
                        True, choices if kind == "choice" else ())
    tool = Tool(_joined(dice, verb, noun), dice.pick((
        f"{verb.capitalize()} a {noun} with a {second}.", f"{verb.capitalize()} a {noun}.",
        f"Use this to {verb} the {noun}.")), (Argument(first), argument))

    def draw(d):
        w = d.number(4) if kind == "integer" else d.pick(choices) if kind == "choice" else _thing(d)
        return {"n": noun, "b": verb, "p": first, "q": second, "v": _thing(d), "w": w}

    def conclude(s, r):
        return f"Done with {_bare(s['v'])}: {r}", [r], _bare(s["v"]), r
    return _skill(f"{noun}/{verb}", tool, PAIRS, lambda s: [_bare(s["v"]), _bare(s["w"])], draw,
                  lambda d, s: d.pick(("ok", "done", _result(d))), conclude)


def made_setting(dice, noun=None, word=None):
    noun, attr = noun or dice.entity("noun"), word or dice.entity("attr")
    number = dice.chance(0.5)
    tool = Tool(_joined(dice, "set", noun, attr), dice.pick((
        f"Set the {attr} of a {noun}.", f"Change the {attr} of a {noun}.")),
        (Argument(dice.pick((noun, "id", "name"))),
         Argument(dice.pick((attr, "value", "level")), "integer" if number else "string")))

    def draw(d):
        return {"n": noun, "a": attr, "v": _thing(d), "w": d.number(4) if number else _thing(d)}

    def conclude(s, r):
        return f"Done with {_bare(s['v'])}: {r}", [r], _bare(s["v"]), r
    return _skill(f"{noun}/{attr}", tool, SETTINGS, lambda s: [_bare(s["v"]), _bare(s["w"])], draw,
                  lambda d, s: d.pick(("ok", "done", f"set to {_bare(s['w'])}")), conclude)


def made(dice, noun=None, word=None):
    """Any made-up skill, on request about a given noun or with a given verb or attribute."""
    kinds = [(made_lookup, 4), (made_setting, 1)] if word in ATTRIBUTES else \
        [(made_action, 4), (made_pair, 2)]
    if word is None or word not in ATTRIBUTES | VERBS:
        kinds = [(made_lookup, 4), (made_action, 4), (made_pair, 2), (made_setting, 1)]
    return dice.weighted(kinds)(dice, noun, word)
