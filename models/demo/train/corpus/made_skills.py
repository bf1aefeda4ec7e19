"""Tools nobody has seen: composed of a verb, a noun and arguments, often of made-up words.

Only the words that request and tool share can tell which tool is meant, so these teach
the model to read the tool list instead of remembering it.
"""

from .skills import Argument, Skill, Tool
from .wording import parts


def _camel(*words):
    return words[0] + "".join(w.capitalize() for w in words[1:])


def _joined(dice, *words):
    """A tool name from words, in one of the usual styles."""
    flat = [w for word in words for w in word.split()]
    style = dice.between(0, 9)
    return "_".join(flat) if style < 7 else _camel(*flat) if style < 9 else "-".join(flat)


LOOKUPS = parts("""
?what is the {a} of the {n} {v}
?what is the {a} of {n} {v}
?what {a} does the {n} {v} have
?which {a} has the {n} {v}
?do you know the {a} of the {n} {v}
!find the {a} of the {n} {v}
!look up the {a} of {n} {v}
!check the {a} of the {n} {v}
!get the {a} of {n} {v}
!tell me the {a} of the {n} {v}
!find out the {a} of the {n} {v}
=the {a} of the {n} {v}
=the {a} of {n} {v}
=the {n} {a} for {v}
=the {a} for {n} {v}
--
?how about the {a} of the {n} {v}
!see what {a} the {n} {v} has
=whatever {a} the {n} {v} has
?can you see the {a} for the {n} {v}
""")

ACTIONS = parts("""
!{b} the {n} {v}
!{b} {n} {v}
!{b} a {n} called {v}
!{b} the {n} with {p} {v}
!{b} the {n} with the {p} {v}
!{b} the {n} whose {p} is {v}
!{b} {n} number {v}
!{b} that {n}: {v}
!{b} our {n} {v}
=to {b} the {n} {v}
?who can {b} the {n} {v}
?why don't you {b} the {n} {v}
--
!{b} my {n} {v}
!{b} the {n} known as {v}
?shall we {b} the {n} {v}
!quickly {b} the {n} {v}
""")

PAIRS = parts("""
!{b} the {n} {v} with {q} {w}
!{b} the {n} {v} and use {q} {w}
!{b} {n} {v}, {q} {w}
!{b} the {n} {v} with the {q} {w}
!with {q} {w}, {b} the {n} {v}
!{b} the {n} {v} ({q}: {w})
!{b} a {n} with {p} {v} and {q} {w}
!{b} the {n} with {p} {v} and {q} {w}
!{b} the {n} {v} using {q} {w}
!{b} the {n} {v}, the {q} is {w}
--
!{b} the {n} {v} at {q} {w}
!{b} the {n} {v}; {q} shall be {w}
!{b} my {n} {v} by {q} {w}
""")

SETTINGS = parts("""
!set the {a} of the {n} {v} to {w}
!set the {a} of {n} {v} to {w}
!change the {a} of the {n} {v} to {w}
!make the {a} of the {n} {v} {w}
!give the {n} {v} the {a} {w}
!put the {a} of {n} {v} at {w}
!update the {n} {v}: {a} {w}
=the {a} of the {n} {v} set to {w}
--
!turn the {a} of the {n} {v} to {w}
!adjust the {a} of {n} {v} to {w}
!bring the {a} of the {n} {v} to {w}
""")

PLURAL_LOOKUPS = parts("""
?what is the {a} of the {n}s {all}
=the {a} of {n}s {all}
!find the {a} of the {n}s {all}
!get the {a} of the {n}s {all}
=the {a} of the {n}s {all}
--
!see what {a} the {n}s {all} have
?can you see the {a} for {all}
""")
PLURAL_ACTIONS = parts("""
!{b} the {n}s {all}
!{b} {all}, all of them {n}s
!{b} these {n}s: {all}
!{b} {n}s {all}
--
!{b} my {n}s {all}
!{b} the {n}s known as {all}
""")


def _thing(dice):
    """A value that names something: code, word, name or several words."""
    return dice.weighted([(dice.code, 4), (dice.word, 3), (lambda: dice.entity("first"), 1),
                          (dice.full_name, 1), (lambda: dice.entity("city"), 1),
                          (lambda: str(dice.number()), 2), (lambda: f'"{dice.words(2, 3)}"', 2)])()


def _bare(value):
    return value.strip('"') if isinstance(value, str) else value


def _result(dice, measured=False):
    if measured:
        unit = dice.pick(("kg", "m", "C", "km", "euros", "years"))
        return dice.pick((str(dice.number()), dice.decimal(), f"{dice.number()} {unit}"))
    return dice.pick((str(dice.number()), dice.word(), dice.code(), dice.words(1, 3),
                      dice.entity("color"), dice.entity("city"), dice.full_name(), dice.date()))


def _skill(job, tool, cores, values, draw, observe, conclude, plural=None):
    return Skill(job, lambda dice: tool, draw, cores, values, observe, conclude, plural)


def made_lookup(dice, noun=None, word=None):
    noun, attr = noun or dice.entity("noun"), word or dice.entity("attr")
    param = dice.entity("param", made=False)
    name = dice.pick((_joined(dice, "get", noun, attr), _joined(dice, noun, attr),
                      _joined(dice, attr, "of", noun), _joined(dice, "lookup", noun, attr),
                      _joined(dice, dice.word(), dice.word())))
    description = dice.pick((f"Get the {attr} of a {noun}.", f"The {attr} of a {noun}.",
                             f"Look up the {attr} of a {noun} by {param}.",
                             f"Returns the {noun}'s {attr}."))
    arguments = [Argument(dice.pick((noun, param, param, f"{noun}_{param}")).replace(" ", "_"))]
    if dice.chance(0.12):
        arguments.append(Argument(dice.pick(("limit", "unit", "lang")), required=False))

    def draw(d):
        return {"n": noun, "a": attr, "v": _thing(d)}

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
                          (dice.word() + "_tool", 1)])
    description = dice.pick((f"{verb.capitalize()} a {noun}.", f"Use this to {verb} a {noun}.",
                             f"{verb.capitalize()} the {noun} with this {param}.",
                             f"Can {verb} any {noun}."))
    arguments = (Argument(dice.pick((noun, param, param))),)

    def draw(d):
        return {"n": noun, "b": verb, "p": param, "v": _thing(d)}

    def observe(d, s):
        return d.pick(("ok", "done", _result(d), _result(d), f"{noun} {d.word()}"))

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
    return dice.weighted([(made_lookup, 4), (made_action, 4), (made_pair, 2),
                          (made_setting, 1)])(dice, noun, word)
