"""Families about one turn of tool use: tool_call, tool_answer and parallel."""

from .builtin import CALCULATE
from .dialogue import (Dialogue, calls, must, observation, offer, pick_skill, says, system_turn,
                       user)
from .file_skills import HERE
from .past import earlier
from .wording import fill, parts, say


def _one_use(dice):
    skill = pick_skill(dice)
    use = skill.use(dice)
    tools = offer(dice, [use.tool], [skill.job])
    return skill, use, tools


def tool_call(dice):
    """One request, one call, one answer."""
    skill, use, tools = _one_use(dice)
    head = system_turn(dice) + earlier(dice, skill, use.tool)
    dice.forget_held()
    messages = head + [user(skill.request(dice, use)), calls(use), observation(use.result)]
    start = len(head) + 1
    if use.result.startswith("error: "):
        failure = use.result[len("error: "):]
        return Dialogue("tool_call", messages + [says(f"Sorry, that failed: {failure}")], start,
                        must(failure), tools)
    return Dialogue("tool_call", messages + [says(use.answer)], start, must(*use.must), tools)


def tool_answer(dice):
    """The same, from the observation on."""
    dialogue = tool_call(dice)
    dialogue.family = "tool_answer"
    dialogue.start += 2
    return dialogue


JOINTS = parts("""
{a}, {b} and {c}
{a}, {b} and {c}
{a}, {b} and {c}
{a}, {b}, and {c}
{a}, {b}, {c}
{a}, {b}, {c}
{a} and {b} and {c}
{a}, {b} and also {c}
{a}, {b} as well as {c}
{a}, also {b} and {c}
{a}, then {b} and {c}
{a}, then {b}, then {c}
first {a}, then {b}, then {c}
first {a}, then {b} and {c}
first {a}, then {b}, and {c} at last
--
first {a}, {b}, then also {c}
{a}, then {b} and also {c}
first {a} and then {b} and {c}
{a} and {b} as well as {c}
""")
PAIRED = parts("""
{a} and {b}
{a} and {b}
{a} and {b}
{a} and {b}
{a} and also {b}
{a} as well as {b}
{a}, {b}
{a}, and {b}
{a}, and also {b}
{a}, also {b}
{a} & {b}
both {a} and {b}
{a} and then {b}
{a}, then {b}
first {a}, then {b}
first {a} and then {b}
{a} and after that {b}
{a} and {b} as well
--
both {a} and also {b}
first {a}, and after that {b}
{a}, and then also {b}
""")
ALSO = parts("""
{s}
{s}
Also: {s}
Also, {s}
And also: {s}
And: {s}
And then: {s}
And after that: {s}
Then: {s}
Then also: {s}
Besides, {s}
Besides: {s}
After that: {s}
At the same time: {s}
Two: {s}
Next: {s}
And next: {s}
Second: {s}
Another thing: {s}
One more: {s}
One more thing: {s}
And one more thing: {s}
I also have this: {s}
I also need this: {s}
I need one more thing: {s}
And this: {s}
And this too: {s}
And please also this: {s}
In addition: {s}
On top of that: {s}
--
And in addition: {s}
And besides that: {s}
Also this, please: {s}
And at the same time: {s}
I have one more thing: {s}
Next, I also need this: {s}
""")
# How many calls a turn has, in both splits.
COUNTS = ((2, 65), (3, 25), (4, 10))
SUM_MAX = 9  # characters of an expression beside others


def _listed(dice, labels):
    if len(labels) == 2:
        return fill(dice, dice.part(PAIRED), dict(zip("ab", labels)))
    text = fill(dice, dice.part(JOINTS), dict(zip("abc", (labels[0], ", ".join(labels[1:-1]),
                                                          labels[-1]))))
    return text


def _long_sum(use):
    """Whether a sum is too long, or too wordy, to stand beside others."""
    said = use.slots.get("e", "")
    return use.skill is CALCULATE and (len(use.slots["expression"]) > SUM_MAX or " and " in said
                                       or len(said) > 2 * SUM_MAX or said.startswith("the "))


def _with_plural(dice):
    while True:
        skill = pick_skill(dice)
        if skill.plural:
            return skill, skill.forms(dice)


def same_tool(dice, choice=None):
    """Several values for one tool: of `choice`, a (skill, tool) with a plural, or None if it has too few values."""
    skill, tool = choice or _with_plural(dice)
    uses = []
    wanted = dice.weighted(COUNTS)
    for _ in range(40):
        use = skill.use(dice, tool)
        odd = use.slots.get("zone", "") is None or use.slots.get("what", "time") != "time" \
            or use.result.startswith("error") or use.result.count("\n") > 4 \
            or use.slots.get("d") == HERE or _long_sum(use)
        if not odd and use.arguments not in [u.arguments for u in uses]:
            uses.append(use)
        if len(uses) == wanted:
            break
    if len(uses) < 2:
        return None if choice else same_tool(dice)
    said = [str(next(u.slots[k] for k in ("e", "zone", "d", "f", "v", "c", "q", "t", "p")
                     if k in u.slots)) for u in uses]
    slots = dict(uses[0].slots, all=_listed(dice, said))
    answer = "\n".join(f"{u.label}: {u.short}" for u in uses)
    return uses, say(dice, skill.plural, slots), answer, [skill.job]


def several_tools(dice, choices=()):
    """Different tools in one message, none needing another's result: of these (skill, tool), or None if too few suit."""
    uses, texts, jobs = [], [], []
    wanted = dice.weighted(COUNTS)
    for _ in range(40):
        if len(uses) == wanted:
            break
        skill, tool = dice.pick(choices) if choices else (pick_skill(dice), None)
        use = skill.use(dice, tool)
        if skill.job in jobs or any(use.tool.name == u.tool.name for u in uses) \
                or use.result.startswith("error") or _long_sum(use):
            continue
        text = skill.request(dice, use, plain=True)
        if texts:
            text = dice.part(ALSO).replace("{s}", text)
        uses.append(use)
        texts.append(text)
        jobs.append(skill.job)
    if len(uses) < 2:
        return None if choices else several_tools(dice)
    return uses, " ".join(texts), "\n".join(u.answer for u in uses), jobs


def parallel(dice):
    """Two to four calls in one turn."""
    head = system_turn(dice)
    dice.forget_held()
    uses, text, answer, jobs = (same_tool if dice.chance(0.65) else several_tools)(dice)
    tools = list({u.tool.name: u.tool for u in uses}.values())
    messages = head + [user(text), calls(*uses)] + [observation(u.result) for u in uses]
    wanted = [m for u in uses for m in u.must]
    return Dialogue("parallel", messages + [says(answer)], len(head) + 1, must(*wanted),
                    offer(dice, tools, jobs))
