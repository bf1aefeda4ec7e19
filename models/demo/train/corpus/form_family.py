"""Training-only: what somebody says, and the form it is asked for in the words of the product.

`Agent::ask<T>()` puts "Answer as JSON with name, age and city." behind a task, or asks for
"Give this answer as JSON with ..." behind an answer (src/agent/observations.cpp); the keys are the
fields of a program's own types.
"""

import re

from .dialogue import Dialogue, must, says, system_turn, user
from .render import as_json
from .wording import fill, parts

# What is told of somebody: {n} name, {a} age, {j} job, {c} city, {o} where they work.
PEOPLE = parts("""
{n} is a {a}-year-old {j}.
{n} is a {a}-year-old {j} from {c}.
{n} is a {a}-year-old {j} in {c}.
{n} is a {a}-year-old {j} who lives in {c}.
{n} is a {a}-year-old {j} working at {o} in {c}.
{n} is a {a}-year-old {j} working for {o}.
{n} is a {a}-year-old {j} at {o} in {c}.
{n}, {a}, is a {j}.
{n}, {a}, is a {j} in {c}.
{n}, {a}, works as a {j} at {o} in {c}.
{n} ({a}) works as a {j} in {c}.
{n} is {a} years old and works as a {j} at {o}.
{n} is {a} years old, lives in {c} and works as a {j}.
{n} works as a {j} for {o} and is {a} years old.
{n} of {c}, aged {a}, is a {j}.
{n} from {c} is {a} and a {j}.
At {a}, {n} works as a {j} in {c}.
The {a}-year-old {j} {n} lives in {c}.
The {j} {n}, {a} years old, comes from {c}.
In {c} lives {n}, a {j} of {a} years.
My friend {n} is a {j}. {n} is {a} and lives in {c}.
Our new {j} is {n}, {a} years old, from {c}.
I am {n}, a {a}-year-old {j} from {c}.
My name is {n}, I am {a} and I work as a {j} in {c}.
A {a}-year-old {j} called {n} works at {o} in {c}.
""")
PLACES = parts("""
a {w} company
a {w} shop
a small {w} company
a large {w} company
a {w} startup
the {w} office
the {w} school
a {w} firm
{w}
""")
# What is told of a thing: {i} thing, {p} price, {q} quantity, {k} color, {n} buyer.
THINGS = parts("""
{n} bought {q} {i} for {p} euros.
{n} ordered {q} {i} at {p} dollars each.
{n} wants {q} {k} {i}, and pays {p}.
The order of {n}: {q} {i}, {k}, {p} euros.
{q} {k} {i} were sold to {n} for {p} dollars.
We sent {q} {i} to {n}. The price was {p}.
There are {q} {k} {i} in the shop, {p} euros each, and {n} takes all.
For {p} euros {n} got {q} {i} in {k}.
A {k} {i} costs {p} dollars; {n} needs {q} of them.
{n} has paid {p} for {q} {k} {i}.
""")
KEYS = {"n": ("name", "full_name", "person", "who"), "a": ("age", "years", "age_years"),
        "j": ("job", "occupation", "profession", "work", "role"),
        "c": ("city", "town", "home", "place", "location"),
        "i": ("item", "product", "thing", "goods"), "p": ("price", "cost", "amount"),
        "q": ("quantity", "count", "number", "how_many"), "k": ("color",)}
BUYERS = {"n": ("buyer", "customer", "name", "client")}


def _person(dice):
    job = dice.entity("job") if dice.chance(0.75) else \
        f"{dice.entity(dice.pick(('noun', 'item', 'attr')))} {dice.entity('job')}"
    where = fill(dice, dice.part(PLACES), {"w": dice.thing()})
    slots = {"n": dice.full_name() if dice.chance(0.8) else dice.entity("first"),
             "a": dice.between(1, 99), "j": job, "c": dice.entity("city"), "o": where}
    return slots, fill(dice, dice.part(PEOPLE), slots), KEYS


def _thing(dice):
    slots = {"n": dice.full_name() if dice.chance(0.4) else dice.entity("first"),
             "i": dice.entity("item"), "q": dice.between(2, 400), "k": dice.entity("color"),
             "p": dice.pick((dice.number(3), dice.between(100, 9999) / 100))}
    return slots, fill(dice, dice.part(THINGS), slots), KEYS | BUYERS


def _asked(keys):
    """The names of keys as src/agent/observations.cpp joins them."""
    return keys[0] if len(keys) == 1 else ", ".join(keys[:-1]) + " and " + keys[-1]


def form(dice):
    """The told slots, in any order and under any of their names."""
    slots, text, names = dice.pick((_person, _person, _thing))(dice)
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    told = [k for k, v in slots.items() if k in names and str(v) in text]
    told = dice.some(told, dice.between(min(2, len(told)), len(told)))
    found = {dice.pick(names[k]): slots[k] for k in told}
    messages = system_turn(dice, 0.4)
    asks = f"as JSON with {_asked(list(found))}."
    if dice.chance(0.3):  # an answer that was given before, in the model's own words
        messages += [user(dice.pick(("Who is it?", "What do we know?", "Tell me what is known.",
                                     "What did they say?", "Sum it up."))), says(text, learn=False),
                     user(f"Give this answer {asks}")]
    else:
        messages += [user(f"{text}\n\nAnswer {asks}")]
    messages.append(says(as_json(found)))
    return Dialogue("form", messages, len(messages) - 1, must())
