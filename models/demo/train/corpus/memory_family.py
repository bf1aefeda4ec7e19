"""Facts told some turns earlier: recall, updates, other people's facts, and facts not told."""

from .dialogue import Dialogue, must, offer, says, system_turn, user
from .talk import small_talk
from .wording import fill, parts

MY_NAME = (parts("""
My name is {v}.
I am {v}.
I'm {v}.
Call me {v}.
You can call me {v}.
Hello, my name is {v}.
Hi, I am {v}.
Please remember that my name is {v}.
My friends call me {v}.
--
People know me as {v}.
The name to remember is {v}.
Everybody calls me {v}.
"""), parts("""
What is my name?
What's my name?
Do you know my name?
Who am I?
Tell me my name.
How did I say I am called?
Can you say my name?
Do you remember my name?
My name is what?
--
What am I called?
Do you still know who I am?
Remind me of my name.
"""), "Your name is {v}.")
MY_CITY = (parts("""
I live in {v}.
My home is in {v}.
I am from {v}.
I moved to {v}.
My flat is in {v}.
I have lived in {v} for years.
We live in {v}.
Home for me is {v}.
--
You find me in {v}.
I settled in {v} long ago.
My house stands in {v}.
"""), parts("""
Where do I live?
Which city do I live in?
In which city do I live?
What city am I in?
Where is my home?
Tell me where I live.
Do you remember where I live?
What is my city?
--
Where can people visit me at home?
In what place is my home?
Do you know my city?
"""), "You live in {v}.")
MY_JOB = (parts("""
I work as a {v}.
My job is {v}.
I am a {v} by trade.
I earn my money as a {v}.
I work as a {v} these days.
For work I am a {v}.
--
My profession is {v}.
They hired me as a {v}.
I make a living as a {v}.
"""), parts("""
What is my job?
What do I do for work?
What do I work as?
Tell me my job.
What is my work?
Do you know my job?
Which job do I have?
--
What is my profession?
How do I earn my living?
"""), "You work as a {v}.")
MY_CODE = (parts("""
My code is {v}.
Remember the code {v}.
The secret code is {v}.
The code is {v}.
Keep this code: {v}
Here is a code for you: {v}
Please remember this code: {v}
Note the code {v}.
--
I give you the code {v}.
The password code reads {v}.
Store the code {v} in your head.
"""), parts("""
What is my code?
What is the code?
Which code did I give you?
Tell me the code.
What was the code?
Do you remember the code?
What's the secret code?
The code, please?
--
Could you repeat the code?
Which code was it?
I forgot the code. What was it?
"""), "The code is {v}.")
MY_THING = (parts("""
My {k} is {v}.
Note that my {k} is {v}.
Remember: my {k} is {v}.
Please remember that my {k} is {v}.
By the way, my {k} is {v}.
You should know that my {k} is {v}.
Remember this: my {k} is {v}.
{v} is my {k}.
As for my {k}, it is {v}.
--
Keep in mind that my {k} is {v}.
Let me tell you my {k}: {v}.
For your notes, my {k} is {v}.
"""), parts("""
What is my {k}?
What's my {k}?
Tell me my {k}.
Do you know my {k}?
Do you remember my {k}?
What did I say about my {k}?
What did I say my {k} is?
My {k} is what?
Which {k} did I tell you?
Can you tell me my {k}?
--
Remind me of my {k}.
I forgot my {k}. What is it?
What was my {k} again?
"""), "Your {k} is {v}.")
THEIR_THING = (parts("""
{p}'s {k} is {v}.
The {k} of {p} is {v}.
Note that {p}'s {k} is {v}.
Remember that the {k} of {p} is {v}.
{p} told me that the {k} is {v}.
For {p} the {k} is {v}.
{p} has the {k} {v}.
--
Keep in mind that {p}'s {k} is {v}.
As to {p}, the {k} is {v}.
Write down {v} as the {k} of {p}.
"""), parts("""
What is {p}'s {k}?
What is the {k} of {p}?
Tell me {p}'s {k}.
Tell me the {k} of {p}.
Do you know the {k} of {p}?
Do you remember {p}'s {k}?
What did I say about the {k} of {p}?
Which {k} does {p} have?
--
Remind me of {p}'s {k}.
I forgot the {k} of {p}. What is it?
And {p}'s {k} was what?
"""), "{p}'s {k} is {v}.")
CHANGES = parts("""
Actually, my {k} is {v} now.
My {k} has changed, it is {v} now.
Correction: my {k} is {v}.
I was wrong, my {k} is {v}.
Update: my {k} is now {v}.
No, sorry, my {k} is {v}.
My {k} is {v} from now on.
Wait, my {k} is {v}.
Change my {k} to {v}.
--
Forget the old one, my {k} is {v}.
I changed my mind, my {k} is {v}.
Make that {v} for my {k}.
""")
KEYS = ("lucky number", "favorite food", "best friend", "hobby", "team", "car", "favorite animal",
        "street", "favorite color", "phone number", "birthday", "dog", "cat", "password", "age",
        "shoe size", "boss", "school", "seat", "room", "favorite book", "train", "wifi key",
        "brother", "sister", "bank", "doctor", "favorite song", "locker", "flight")
HELD_KEYS = ("neighbor", "favorite movie", "gym", "badge number", "cousin", "meeting room")
NOTED = "OK, I will remember that."
NOT_TOLD = "You did not tell me."


def _value(dice):
    return dice.pick((dice.code, lambda: dice.entity("first"), lambda: dice.entity("animal"),
                      lambda: str(dice.number()), lambda: dice.entity("food"), dice.word,
                      lambda: dice.entity("color"), lambda: dice.words(2, 3), dice.full_name))()


def _key(dice):
    if dice.chance(0.25):
        return dice.word()
    return dice.pick(HELD_KEYS if dice.split != "train" and dice.chance(0.6) else KEYS)


def _facts(dice, count):
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


def _told(dice, facts):
    """The turns in which the facts are told, with other talk between them."""
    out = []
    for kind, slots in facts:
        if out and dice.chance(0.15):  # two facts in one message
            out[-2]["content"] += " " + fill(dice, dice.part(kind[0]), slots)
            continue
        out += [user(fill(dice, dice.part(kind[0]), slots)), says(_noted(kind, slots))]
        while dice.chance(0.25):
            question, answer = small_talk(dice)
            out += [user(question), says(answer)]
    return out


def memory(dice):
    """Asks for one of several facts told before."""
    count = dice.weighted([(1, 2), (2, 3), (3, 4), (4, 2), (6, 1), (10, 0.3), (20, 0.2)])
    facts = _facts(dice, count + 1)
    missing, facts = facts[0], facts[1:]
    head = system_turn(dice, 0.5)
    told = _told(dice, facts)
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
    tools = offer(dice, [], []) if dice.chance(0.35) else []
    messages = head + told + [user(question), says(answer)]
    wanted = must(answer.rstrip(".")) if answer == NOT_TOLD else must(str(asked[1]["v"]))
    return Dialogue("memory", messages, len(messages) - 1, wanted, tools)
