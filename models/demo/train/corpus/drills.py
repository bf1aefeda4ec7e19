"""Training-only drills: copying and looking up made-up things, in short and long texts."""

from .dialogue import Dialogue, call, calls, must, observation, says, system_turn, user
from .builtin import READ, long_text
from .file_skills import LINES_MAX
from .render import as_json
from .skills import Argument, Tool
from .talk import REPEAT
from .wording import fill, parts

ASKS = parts("""
What's {k}?
Show me {k}.
What does {k} say?
What is the value of {k}?
Look up {k}.
Find {k}.
Read {k}.
I need {k}.
Can you tell me {k}?
What is {k}?
Tell me {k}.
{k}?
The value of {k}?
Give me {k}.
Which value has {k}?
""")


def _table(dice, count):
    keys = list(dict.fromkeys(dice.word() for _ in range(count)))
    return {k: dice.value() for k in keys}


def _ends(messages, tools=()):
    return Dialogue("drill", messages, len(messages) - 1, must(), list(tools))


def echo(dice):
    v = dice.pick((dice.value, lambda: " ".join(dice.thing() for _ in range(dice.between(2, 6))),
                   lambda: ", ".join(dice.value() for _ in range(dice.between(2, 8)))))()
    return _ends([user(fill(dice, dice.part(REPEAT), {"v": v})), says(v)])


def look_up(dice):
    """One value of a table written in one of several ways."""
    table = _table(dice, dice.between(2, 12))
    key = dice.pick(list(table))
    mark = dice.pick((": ", " = ", " is ", " - "))
    text = as_json(table) if dice.chance(0.3) else \
        dice.pick(("\n", ", ", "; ")).join(f"{k}{mark}{v}" for k, v in table.items())
    ask = fill(dice, dice.part(ASKS), {"k": key})
    text = f"{ask}\n{text}" if dice.chance(0.4) else f"{text}\n{ask}"
    return _ends([user(text), says(table[key])])


def pick_keys(dice):
    """Some keys of a table, as JSON."""
    table = _table(dice, dice.between(2, 6))
    keys = dice.some(list(table), dice.between(1, len(table)))
    lines = dice.pick(("\n", ", ")).join(f"{k}: {v}" for k, v in table.items())
    text = f"JSON with {', '.join(keys)}: {lines}" if dice.chance(0.5) else \
        f"{lines}\nJSON with {', '.join(keys)}"
    return _ends([user(text), says(as_json({k: table[k] for k in keys}))])


def direct_call(dice):
    """A call spelled out in words: which tool, which argument, which value."""
    tools = []
    for _ in range(dice.between(1, 5)):
        arguments = tuple(Argument(a) for a in dict.fromkeys(
            dice.word() for _ in range(dice.between(1, 3))))
        tools.append(Tool(f"{dice.word()}_{dice.word()}", dice.words(2, 5).capitalize() + ".",
                          arguments))
    tool = dice.pick(tools)
    given = {a.name: dice.value() for a in tool.arguments}
    said = dice.pick((", ", " and ")).join(f"{k} {v}" for k, v in given.items())
    text = dice.pick((f"Call {tool.name} with {said}", f"Use {tool.name}: {said}",
                      f"{tool.name} {said}", f"Run {tool.name} for {said}"))
    return _ends([user(text), calls(call(tool, **given))], tools)


def long_file(dice):
    """A file of some lines, and a question about one of them."""
    tool = READ.forms(dice)
    use = READ.use(dice, tool)
    who, what = dice.full_name(), dice.entity("phrase")
    lines = long_text(dice, LINES_MAX - 1).split("\n")
    lines.insert(dice.between(0, len(lines)), f"{who}: {what}")
    ask = dice.pick((f"Read {use.slots['f']} and tell me the line of {who}.",
                     f"What does {who} say in {use.slots['f']}?",
                     f"In {use.slots['f']}, what stands after {who}?"))
    return _ends(system_turn(dice) + [user(ask), calls(use), observation("\n".join(lines)),
                                      says(f"{who}: {what}")], [tool])


def respell(dice):
    """Words from running text into JSON, back, or under a folder.

    The tokenizer splits a word differently after a space, a quote and a slash, so copying
    between them must be learnt for every token; here nearly every token is such a copy.
    """
    drawn = [dice.pick((dice.word, dice.word, dice.file_name, dice.code, dice.path, dice.folder,
                        lambda: dice.entity("first"), lambda: str(dice.number()),
                        lambda: f"{dice.word()}_{dice.word()}"))()
             for _ in range(dice.between(3, 20))]
    kind = dice.between(0, 9)
    if kind < 6:
        text = dice.pick(("JSON list: ", "As JSON: ", "List: ")) + \
            dice.pick((" ", " ", ", ", "\n", " and ")).join(drawn)
        return _ends([user(text), says(as_json(drawn))])
    if kind < 8:
        return _ends([user(f"Plain: {as_json(drawn)}"), says(", ".join(drawn))])
    folder = dice.folder().rstrip("/")
    names = [d for d in drawn if "/" not in d]
    return _ends([user(f"Under {folder}: " + " ".join(names)),
                  says(as_json([f"{folder}/{n}" for n in names]))])


KINDS = ((echo, 3), (look_up, 5), (pick_keys, 3), (direct_call, 5), (long_file, 0.7), (respell, 14))


def drill(dice):
    return dice.weighted(KINDS)(dice)
