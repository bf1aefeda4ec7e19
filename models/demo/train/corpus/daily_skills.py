"""More skills of tools that people often add: stocks, timers, units, contacts, events."""

import string

from .daily_wording import (CONTACTS, CONTACTS_MANY, CONVERSIONS, EVENTS, STOCKS, STOCKS_MANY,
                            TIMERS)
from .skills import Argument, Skill, forms

STOCK = Skill("stock", forms(
    "get_stock_price stock_price stock quote", ("Get the price of a stock.", "Current stock price."),
    ("symbol symbol ticker", "string")),
    lambda d: {"t": d.letters(2, 5, string.ascii_uppercase)},
    STOCKS, lambda s: [s["t"]], lambda d, s: f"{d.between(1, 999)}.{d.between(10, 99)}",
    lambda s, r: (f"{s['t']} costs {r}.", [r], s["t"], r), STOCKS_MANY)

TIMER = Skill("timer", forms(
    "set_timer start_timer timer", ("Set a timer.", "Start a countdown."), Argument("minutes", "integer")),
    lambda d: {"n": d.between(1, 180)}, TIMERS, lambda s: [s["n"]],
    lambda d, s: d.pick(("ok", "timer started", "done")),
    lambda s, r: (f"The timer is set for {s['n']} minutes.", [str(s["n"])], str(s["n"]), r))

_UNITS = (("km", "miles"), ("miles", "km"), ("kg", "pounds"), ("euros", "dollars"),
          ("meters", "feet"), ("liters", "gallons"), ("inches", "cm"))


def _draw_units(d):
    source, target = d.pick(_UNITS)
    return {"n": d.number(4), "u": source, "v": target}


CONVERT = Skill("convert", forms(
    "convert convert_units unit_convert", ("Convert a value between units.", "Convert units."),
    Argument("value", "number"), Argument("source"), Argument("target")),
    _draw_units, CONVERSIONS, lambda s: [s["n"], s["u"], s["v"]], lambda d, s: d.decimal(),
    lambda s, r: (f"{s['n']} {s['u']} are {r} {s['v']}.", [r], f"{s['n']} {s['u']}", r))

CONTACT = Skill("contact", forms(
    "find_contact get_contact contact_info phone_book", ("Find a person's phone number.",
                                                         "Look up a contact."),
    ("name name person", "string")),
    lambda d: {"p": d.full_name() if d.chance(0.6) else d.entity("first")}, CONTACTS,
    lambda s: [s["p"]],
    lambda d, s: "+" + str(d.between(1, 99)) + " " + str(d.between(100, 999)) + " " + str(d.number()),
    lambda s, r: (f"The number of {s['p']} is {r}.", [r], s["p"], r), CONTACTS_MANY)

EVENT = Skill("event", forms(
    "add_event create_event add_to_calendar calendar_add",
    ("Add an event to the calendar.", "Put an event in the calendar."),
    ("title title event", "string"), ("date date day", "string")),
    lambda d: {"e": d.entity("phrase"), "d": d.date() if d.chance(0.5) else d.entity("weekday")},
    EVENTS, lambda s: [s["e"], s["d"]], lambda d, s: d.pick(("ok", "added", "done")),
    lambda s, r: (f"I added it for {s['d']}.", [s["d"]], s["e"], r))
