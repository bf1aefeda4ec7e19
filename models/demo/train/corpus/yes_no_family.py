"""Questions answered by yes or no, from what the message says."""

from .dialogue import Dialogue, offer, says, system, system_turn, user
from .wording import fill, parts

ASKED = parts("""
{q}
{q}
{q} Answer yes or no.
{q} (yes/no)
{q} Yes or no?
Answer yes or no: {q}
{q} Just say yes or no.
{q} Reply with yes or no.
Yes or no: {q}
{q} One word: yes or no.
--
{q} I only want a yes or a no.
Decide with yes or no. {q}
{q} A simple yes or no will do.
""")
BIGGER = parts("""
Is {a} greater than {b}?
Is {a} larger than {b}?
Is {a} bigger than {b}?
Is {a} more than {b}?
Is the number {a} above {b}?
Is {a} higher than {b}?
{a} > {b}?
--
Does {a} exceed {b}?
Would you say {a} is greater than {b}?
""")
SMALLER = parts("""
Is {a} less than {b}?
Is {a} smaller than {b}?
Is {a} lower than {b}?
Is the number {a} below {b}?
Is {a} under {b}?
{a} < {b}?
--
Does {a} stay below {b}?
Would you say {a} is smaller than {b}?
""")
MEMBER = parts("""
The list is: {l}. Is {a} in the list?
Here is a list: {l}. Does it contain {a}?
My list: {l}. Is {a} on it?
Does the list {l} contain {a}?
Is {a} one of these: {l}?
Is {a} among {l}?
Names: {l}. Is {a} there?
We have {l}. Do we have {a}?
I bought {l}. Did I buy {a}?
These are here: {l}. Is {a} here?
--
Given {l}, do you see {a} in it?
The box holds {l}. Does it hold {a}?
Can you spot {a} in this list: {l}?
""")
STATED = parts("""
{p} has the {k} {v}. Is the {k} of {p} {a}?
The {k} of {p} is {v}. Is the {k} {a}?
{p}'s {k} is {v}. Is {p}'s {k} {a}?
I know that the {k} of {p} is {v}. Is it {a}?
{p}: {k} {v}. Does {p} have the {k} {a}?
Note: the {k} of {p} is {v}. Is {a} the {k} of {p}?
--
It is said that {p}'s {k} is {v}. Would the {k} be {a}?
If the {k} of {p} is {v}, is it true that it is {a}?
""")
SAME = parts("""
Are "{v}" and "{a}" the same?
Is "{v}" equal to "{a}"?
Is "{v}" the same as "{a}"?
Do "{v}" and "{a}" match?
Are these two equal: {v} and {a}?
--
Is there no difference between "{v}" and "{a}"?
Compare "{v}" with "{a}". Are they identical?
""")
EVEN = parts("""
Is {a} even?
Is {a} an even number?
Is the number {a} even?
Can {a} be divided by two?
--
Would you call {a} an even number?
Is {a} divisible by 2?
""")
ODD = parts("""
Is {a} odd?
Is {a} an odd number?
Is the number {a} odd?
--
Would you call {a} an odd number?
Does {a} count as odd?
""")
EXISTS = parts("""
These files exist: {l}. Is there a file {a}?
Files: {l}. Does {a} exist?
The folder has {l}. Is {a} in it?
--
On disk there are {l}. Is {a} one of the files?
""")
ONLY = ("Answer only yes or no.", "Reply with yes or no.", "You answer questions with yes or no.",
        "Say yes or no, nothing else.")


def _compare(dice):
    digits = dice.pick((1, 2, 2, 3, 3, 4))
    a = dice.between(1, 10 ** digits - 1)
    b = dice.between(1, 10 ** dice.pick((digits, digits, digits, 4)) - 1)
    if a == b:
        b += 1
    bigger = dice.chance(0.5)
    return dice.part(BIGGER if bigger else SMALLER), {"a": a, "b": b}, (a > b) == bigger


def _member(dice):
    draw = dice.pick((dice.word, lambda: dice.entity("first"), lambda: dice.entity("item"),
                      lambda: str(dice.number(3)), dice.code, dice.file_name))
    things = list(dict.fromkeys(draw() for _ in range(dice.weighted(
        [(2, 2), (3, 4), (4, 3), (5, 3), (7, 2), (12, 1)]))))
    inside = dice.chance(0.5)
    other = draw()
    a = dice.pick(things) if inside else other
    return dice.part(MEMBER if dice.chance(0.8) else EXISTS), {"l": ", ".join(things), "a": a}, \
        a in things


def _stated(dice):
    draw = dice.pick((dice.word, lambda: dice.entity("color"), lambda: str(dice.number()), dice.code,
                      lambda: dice.entity("city"), lambda: dice.entity("food")))
    v = draw()
    a = v if dice.chance(0.5) else draw()
    slots = {"p": dice.entity("first"), "k": dice.entity("attr"), "v": v, "a": a}
    return dice.part(STATED), slots, v == a


def _same(dice):
    v = dice.pick((dice.word, dice.code, lambda: str(dice.number()), lambda: dice.words(2, 3)))()
    a = v
    if dice.chance(0.5):
        a = dice.pick((dice.word, dice.code, lambda: str(dice.number()), lambda: dice.words(2, 3)))()
    return dice.part(SAME), {"v": v, "a": a}, v == a


def _parity(dice):
    a, even = dice.number(), dice.chance(0.5)
    return dice.part(EVEN if even else ODD), {"a": a}, (a % 2 == 0) == even


def yes_no(dice):
    """One question; the reply is the single word yes or no."""
    head = system_turn(dice, 0.3)
    dice.forget_held()
    template, slots, truth = dice.weighted(
        [(_compare, 3), (_member, 5), (_stated, 4), (_same, 2), (_parity, 2)])(dice)
    asked = dice.part(ASKED)
    if asked == "{q}" or dice.chance(0.2):
        head = [system(dice.pick(ONLY))]
    text = fill(dice, asked.replace("{q}", template), slots)
    answer = "yes" if truth else "no"
    tools = offer(dice, [], []) if dice.chance(0.3) else []
    messages = head + [user(text), says(answer)]
    return Dialogue("yes_no", messages, len(messages) - 1, {"equals": answer}, tools)
