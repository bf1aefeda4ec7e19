"""Structured extraction: the message names the keys, the reply is one JSON object."""

from .dialogue import Dialogue, says, system, system_turn, user
from .render import as_json
from .wording import fill, parts

TASKS = parts("""
Extract {k} as JSON: {t}
Extract {k} from this text: {t}
Extract {k} from the text. {t}
Give me JSON with {k}: {t}
Return JSON with the keys {k}. Text: {t}
Return a JSON object with {k} for this text: {t}
Turn this into JSON with {k}: {t}
Read the text and return {k} as JSON. {t}
Make JSON with {k} from: {t}
JSON with {k}, please: {t}
Text: {t} Extract {k}.
Text: {t} Give me {k} as JSON.
"{t}" Extract {k} as JSON.
{t} Extract {k} from this.
{t} Return {k} as JSON.
{t} Give me {k} in JSON.
From the following, take {k}: {t}
Fill in {k}: {t}
Find {k} in this text: {t}
Which {k} does this text give? {t}
Get {k} out of this: {t}
Keys: {k}. Text: {t}
Fields: {k}. {t}
Write a JSON object with the fields {k}. {t}
I need {k} as JSON. {t}
--
Pull {k} out of this note: {t}
Here is a message: {t} Build JSON with {k}.
Convert to JSON, keys {k}: {t}
Collect {k} from the note. {t}
Parse this into {k}: {t}
{t} What I need is JSON holding {k}.
Please hand me an object with {k}. Source: {t}
""")
# How a record says one attribute. {s} is its subject, {v} the value.
SAYINGS = {
    "name": parts("""
the name is {v}
name: {v}
the name of the person is {v}
{v} is the name
called {v}
--
they go by {v}
known as {v}
"""),
    "age": parts("""
{v} years old
age: {v}
the age is {v}
aged {v}
{v} years of age
--
turned {v} this year
at the age of {v}
"""),
    "city": parts("""
lives in {v}
city: {v}
the city is {v}
from {v}
home is {v}
located in {v}
--
settled in {v}
the home town is {v}
based in {v}
"""),
    "job": parts("""
works as a {v}
job: {v}
the job is {v}
is a {v} by trade
employed as a {v}
--
earns money as a {v}
hired as a {v}
"""),
    "price": parts("""
costs {v} euros
price: {v}
the price is {v}
sold for {v} dollars
for {v} euros
--
worth {v} euros
you pay {v} dollars
"""),
    "date": parts("""
on {v}
date: {v}
the date is {v}
dated {v}
takes place on {v}
--
happens on {v}
set for {v}
"""),
    "email": parts("""
email: {v}
mail address {v}
write to {v}
reachable at {v}
the email is {v}
--
answers mail at {v}
send mail to {v}
"""),
    "phone": parts("""
phone: {v}
call {v}
the phone number is {v}
phone number {v}
reachable under {v}
--
ring {v}
the telephone is {v}
"""),
    "color": parts("""
color: {v}
the color is {v}
painted {v}
in {v}
{v} in color
--
comes in {v}
of {v} color
"""),
    "quantity": parts("""
quantity: {v}
{v} pieces
{v} of them
the quantity is {v}
a total of {v}
--
{v} units
{v} in number
"""),
    "product": parts("""
product: {v}
the product is {v}
an order for {v}
item: {v}
wants {v}
--
asks for {v}
buys {v}
""")}
OTHER = parts("""
{k}: {v}
the {k} is {v}
{k} {v}
its {k} is {v}
with the {k} {v}
a {k} of {v}
{k} = {v}
{v} is the {k}
--
the {k} reads {v}
{v} as {k}
for {k} we have {v}
""")
NAMED = parts("""
{n}, {r}.
{n} ({r}).
{n}: {r}.
Here is {n}: {r}.
This is {n}, {r}.
Meet {n}, {r}.
We talked to {n}, {r}.
--
Say hello to {n}, {r}.
A note on {n}: {r}.
""")


def _draw(dice, key):
    return {"name": dice.full_name, "age": lambda: dice.between(1, 99),
            "city": lambda: dice.entity("city"), "job": lambda: dice.entity("job"),
            "price": lambda: dice.pick((dice.number(4), dice.between(100, 99999) / 100)),
            "date": dice.date, "email": dice.email,
            "phone": lambda: f"{dice.between(100, 999)}-{dice.between(1000, 9999)}",
            "color": lambda: dice.entity("color"), "quantity": lambda: dice.number(3),
            "product": lambda: dice.entity("item")}.get(key, lambda: dice.pick((
                dice.word, lambda: dice.number(), dice.code, lambda: dice.words(2, 3),
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
