"""Two or three calls, each needing the result of the one before."""

from .builtin import CALCULATE, LIST, READ, computed, file_text, listing, record_text
from .chain_wording import LIST_READ, LIST_SUM, ONLY_READ, POINTER, READ_SUM
from .common_skills import MAIL, SEARCH, WRITE
from .dialogue import Dialogue, call, calls, must, observation, offer, says, system_turn, user
from .file_skills import ENTRIES_MAX
from .made_skills import made_action, made_lookup
from .step_wording import LIST_MAIL, LOOKUP_ACT, LOOKUP_WRITE, READ_MAIL, SEARCH_SUM
from .wording import Parts, say


def _turns(steps, answer):
    """Messages of (call, result) steps and the answer."""
    out = []
    for one, result in steps:
        out += [calls(one), observation(result)]
    return out + [says(answer)]


def _first_argument(tool, value):
    return call(tool, **{tool.arguments[0].name: value})


def _under(folder, name):
    return f"{folder.rstrip('/')}/{name}"


def _pick_file(dice):
    """A listing and one file in it that its first word tells apart."""
    names = listing(dice, 1, ENTRIES_MAX - 1)
    topic = dice.entity("stem")
    names = [n for n in names if topic not in n]
    name = f"{topic}{dice.pick(('', '', '_' + dice.word(), '-' + str(dice.number(4))))}." \
           f"{dice.entity('suffix')}"
    return topic, name, "\n".join(sorted(names + [name]))


def _list_read(dice):
    ls, rd = LIST.forms(dice), READ.forms(dice)
    d = dice.folder()
    topic, name, shown = _pick_file(dice)
    cores = LIST_READ
    if dice.chance(0.25):
        name, cores = dice.file_name(), ONLY_READ
        shown = name
    text, path = file_text(dice), _under(d, name)
    steps = [(_first_argument(ls, d), shown), (_first_argument(rd, path), text)]
    return [ls, rd], ["list", "read"], cores, {"d": d, "t": topic}, steps, f"{path} says: {text}", \
        text.split("\n")


def _sum(dice, value, op="*"):
    k = dice.number(3)
    expression = f"{value} {op} {k}"
    return k, expression, computed(expression)


def _read_sum(dice):
    rd, ca = READ.forms(dice), CALCULATE.forms(dice)
    f, attr, value = dice.path(), dice.entity("attr"), dice.number()
    line = dice.part(READ_SUM)
    core, op = line.rsplit("|", 1)
    k, expression, result = _sum(dice, value, op)
    steps = [(_first_argument(rd, f), record_text(dice, attr, value)),
             (_first_argument(ca, expression), result)]
    return [rd, ca], ["read", "calculator"], Parts((core,)), {"f": f, "a": attr, "k": k}, steps, \
        f"{expression} = {result}", [result]


def _list_sum(dice):
    ls, rd, ca = LIST.forms(dice), READ.forms(dice), CALCULATE.forms(dice)
    d, attr, value = dice.folder(), dice.entity("attr"), dice.number()
    topic, name, shown = _pick_file(dice)
    k, expression, result = _sum(dice, value)
    steps = [(_first_argument(ls, d), shown),
             (_first_argument(rd, _under(d, name)), record_text(dice, attr, value)),
             (_first_argument(ca, expression), result)]
    return [ls, rd, ca], ["list", "read", "calculator"], LIST_SUM, \
        {"d": d, "t": topic, "a": attr, "k": k}, steps, f"{expression} = {result}", [result]


def _pointer(dice):
    rd = READ.forms(dice)
    f, g, text = dice.path(), dice.path(), file_text(dice)
    hint = dice.pick((f"See {g}", f"see {g}", f"The text is in {g}.", f"next: {g}", g,
                      f"{dice.things()}\nread {g}", f"Look at {g} for the rest."))
    steps = [(_first_argument(rd, f), hint), (_first_argument(rd, g), text)]
    return [rd], ["read"], POINTER, {"f": f}, steps, f"{g} says: {text}", text.split("\n")


def _lookup_act(dice):
    first, second = made_lookup(dice), made_action(dice)
    if first.job.split("/")[0] == second.job.split("/")[0]:
        return _lookup_act(dice)
    a, b = first.use(dice), second.use(dice)
    if a.tool.name == b.tool.name:
        return _lookup_act(dice)
    slots = dict(a.slots, b=b.slots["b"], m=b.slots["n"])
    steps = [(a.call(), a.result), (_first_argument(b.tool, a.result), b.result)]
    return [a.tool, b.tool], [first.job, second.job], LOOKUP_ACT, slots, steps, \
        f"Done with {a.result}: {b.result}", [b.result]


def _search_sum(dice):
    se, ca = SEARCH.forms(dice), CALCULATE.forms(dice)
    attr, c, value = dice.entity("attr"), dice.entity("city"), dice.number()
    k, expression, result = _sum(dice, value)
    found = dice.pick((f"The {attr} of {c} is {value}.", f"{c} has a {attr} of {value}.",
                       f"{c}: {attr} {value}, {dice.entity('attr')} {dice.number()}.",
                       f"{dice.entity('phrase').capitalize()}. The {attr} of {c} is {value}."))
    steps = [(_first_argument(se, f"{attr} of {c}"), found), (_first_argument(ca, expression), result)]
    return [se, ca], ["search", "calculator"], SEARCH_SUM, {"a": attr, "c": c, "k": k}, steps, \
        f"{expression} = {result}", [result]


def _read_mail(dice):
    rd, use = READ.forms(dice), MAIL.use(dice)
    f, text = dice.path(), dice.entity("phrase")
    to = use.slots["to"]
    mail = call(use.tool, **dict(zip([a.name for a in use.tool.arguments], (to, text))))
    steps = [(_first_argument(rd, f), text), (mail, use.result)]
    return [rd, use.tool], ["read", "mail"], READ_MAIL, {"f": f, "to": to}, steps, use.answer, [to]


def _list_mail(dice):
    ls, rd, use = LIST.forms(dice), READ.forms(dice), MAIL.use(dice)
    d, to, text = dice.folder(), use.slots["to"], dice.entity("phrase")
    topic, name, shown = _pick_file(dice)
    mail = call(use.tool, **dict(zip([a.name for a in use.tool.arguments], (to, text))))
    steps = [(_first_argument(ls, d), shown), (_first_argument(rd, _under(d, name)), text),
             (mail, use.result)]
    return [ls, rd, use.tool], ["list", "read", "mail"], LIST_MAIL, \
        {"d": d, "t": topic, "to": to}, steps, use.answer, [to]


def _lookup_write(dice):
    first, use = made_lookup(dice), WRITE.use(dice)
    a, f = first.use(dice), use.slots["f"]
    write = call(use.tool, **dict(zip([x.name for x in use.tool.arguments], (f, a.result))))
    result = dice.pick(("ok", "done", "saved"))
    return [a.tool, use.tool], [first.job, "write"], LOOKUP_WRITE, dict(a.slots, f=f), \
        [(a.call(), a.result), (write, result)], f"I wrote the file {f}.", [f]


# Three steps in a fifth of the dialogues, else two.
KINDS = ((_list_read, 5), (_read_sum, 5), (_pointer, 3), (_lookup_act, 4), (_search_sum, 3),
         (_read_mail, 3), (_lookup_write, 3), (_list_sum, 4), (_list_mail, 2.5))


def chain(dice):
    """One of the kinds above, among other tools."""
    head = system_turn(dice)
    dice.forget_held()
    tools, jobs, cores, slots, steps, answer, wanted = dice.weighted(KINDS)(dice)
    messages = head + [user(say(dice, cores, slots))] + _turns(steps, answer)
    return Dialogue("chain", messages, len(head) + 1, must(*wanted), offer(dice, tools, jobs))
