"""Two or three calls, each needing the result of the one before."""

from .builtin import CALCULATE, LIST, READ, computed, file_text, listing, record_text
from .common_skills import MAIL, SEARCH, WRITE
from .dialogue import Dialogue, call, calls, must, observation, offer, says, system_turn, user
from .made_skills import made_action, made_lookup
from .wording import parts, say

LIST_READ = parts("""
!find the {t} file in {d} and read it
!look in {d} for the {t} file and read it
!look for the {t} file in {d} and tell me what it says
!list {d} and read the {t} file
!search {d} for the {t} file and show its text
!go to the folder {d} and open the {t} file
!check the folder {d}, then read the {t} file
?what does the {t} file in {d} say
?what is in the {t} file in the folder {d}
=the text of the {t} file in {d}
=the contents of the {t} file, it is somewhere in {d}
--
!see whether {d} has a {t} file and read it
?what did I write in the {t} file of folder {d}
!open whichever file in {d} is about {t}
""")
ONLY_READ = parts("""
!read the only file in {d}
!read the one file in {d}
!open the single file in {d}
!list {d} and read the file you find
?what does the only file in {d} say
=the text of the only file in {d}
!look into {d} and read what is there
--
!see what is in {d} and open that file
?what does the one file inside {d} tell
""")
READ_SUM = parts("""
!read {f} and multiply the {a} by {k}|*
!take the {a} from {f} and multiply it by {k}|*
?what is {k} times the {a} in {f}|*
!read {f} and add {k} to the {a}|+
?what is the {a} in {f} plus {k}|+
!read {f} and divide the {a} by {k}|/
?what is the {a} in {f} divided by {k}|/
!read {f} and subtract {k} from the {a}|-
?what is the {a} in {f} minus {k}|-
=the {a} in {f} times {k}|*
=the {a} of {f} multiplied by {k}|*
!look up the {a} in {f} and multiply it with {k}|*
!open {f}, find the {a} and add {k}|+
--
!go to {f}, get the {a} and multiply by {k}|*
?how much is the {a} in {f} if you add {k}|+
!open {f} and see what the {a} times {k} is|*
!find the {a} in {f} and take away {k}|-
""")
LIST_SUM = parts("""
!find the {t} file in {d}, read it and multiply the {a} by {k}
!look in {d} for the {t} file and multiply its {a} by {k}
?what is {k} times the {a} in the {t} file in {d}
=the {a} in the {t} file of {d} times {k}
!list {d}, open the {t} file and multiply the {a} by {k}
--
!go to {d}, look for the {t} file and compute {k} times its {a}
?what do I get if I multiply the {a} from the {t} file in {d} by {k}
""")
POINTER = parts("""
!read {f}, then read the file it names
!read {f} and then the file it names
!open {f} and follow it to the next file
!read {f} and open the file mentioned there
!read the file that {f} names
!look into {f}, it names another file, read that too
?what does the file named in {f} say
=the text of the file that {f} names
=the text of the file mentioned in {f}
--
!start with {f} and read where it leads
?what is in the file that {f} talks about
!follow the hint in {f}
""")
LOOKUP_ACT = parts("""
!get the {a} of the {n} {v} and {b} the {m} with it
!find the {a} of the {n} {v} and {b} the {m} with it
!find the {a} of the {n} {v}, then {b} the {m} with that
!look up the {a} of {n} {v} and use it to {b} the {m}
!{b} the {m} with the {a} of the {n} {v}
!{b} the {m} using the {a} of {n} {v}
!use the {a} of the {n} {v} to {b} the {m}
--
!take the {a} of the {n} {v} and {b} the {m} with this
!see what {a} the {n} {v} has and {b} the {m} with it
""")
SEARCH_SUM = parts("""
!search the web for the {a} of {c} and multiply it by {k}
!look up the {a} of {c} and multiply it by {k}
!find the {a} of {c} and multiply it by {k}
!find the {a} of {c} on the web and calculate {k} times that
?what is the {a} of {c} times {k}
?what is {k} times the {a} of {c}
=the {a} of {c} multiplied by {k}
--
!google the {a} of {c} and tell me {k} times that
?how much is the {a} of {c} multiplied by {k}
""")
READ_MAIL = parts("""
!read {f} and send the text to {to}
!read {f} and mail it to {to}
!send the text of {f} to {to}
!mail the contents of {f} to {to}
!email {to} what {f} says
!open {f} and send what it says to {to}
!tell {to} what is in {f}
--
!let {to} know what {f} says
!forward the words in {f} to {to}
""")
LOOKUP_WRITE = parts("""
!save the {a} of the {n} {v} in {f}
!write the {a} of the {n} {v} to {f}
!get the {a} of the {n} {v} and write it to {f}
!find the {a} of {n} {v} and save it in {f}
!put the {a} of the {n} {v} into the file {f}
!look up the {a} of {n} {v} and store it in {f}
--
!find out the {a} of {n} {v} and note it in {f}
!leave the {a} of the {n} {v} in {f}
""")


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
    names = [n for n in listing(dice, 1, 7)]
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
    return [rd, ca], ["read", "calculator"], parts(core), {"f": f, "a": attr, "k": k}, steps, \
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
                      f"{dice.words(1, 4)}\nread {g}", f"Look at {g} for the rest."))
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
                       f"{dice.words(2, 5).capitalize()}. The {attr} of {c} is {value}."))
    steps = [(_first_argument(se, f"{attr} of {c}"), found), (_first_argument(ca, expression), result)]
    return [se, ca], ["search", "calculator"], SEARCH_SUM, {"a": attr, "c": c, "k": k}, steps, \
        f"{expression} = {result}", [result]


def _read_mail(dice):
    rd, use = READ.forms(dice), MAIL.use(dice)
    f, text = dice.path(), dice.pick((dice.entity("phrase"), dice.words(2, 6)))
    to = use.slots["to"]
    mail = call(use.tool, **dict(zip([a.name for a in use.tool.arguments], (to, text))))
    steps = [(_first_argument(rd, f), text), (mail, use.result)]
    return [rd, use.tool], ["read", "mail"], READ_MAIL, {"f": f, "to": to}, steps, use.answer, [to]


def _lookup_write(dice):
    first, use = made_lookup(dice), WRITE.use(dice)
    a, f = first.use(dice), use.slots["f"]
    write = call(use.tool, **dict(zip([x.name for x in use.tool.arguments], (f, a.result))))
    result = dice.pick(("ok", "done", "saved"))
    return [a.tool, use.tool], [first.job, "write"], LOOKUP_WRITE, dict(a.slots, f=f), \
        [(a.call(), a.result), (write, result)], f"I wrote the file {f}.", [f]


KINDS = ((_list_read, 5), (_read_sum, 5), (_list_sum, 3), (_pointer, 3), (_lookup_act, 4),
         (_search_sum, 3), (_read_mail, 3), (_lookup_write, 3))


def chain(dice):
    """One of the kinds above, among other tools."""
    head = system_turn(dice)
    dice.forget_held()
    tools, jobs, cores, slots, steps, answer, wanted = dice.weighted(KINDS)(dice)
    messages = head + [user(say(dice, cores, slots))] + _turns(steps, answer)
    return Dialogue("chain", messages, len(head) + 1, must(*wanted), offer(dice, tools, jobs))
