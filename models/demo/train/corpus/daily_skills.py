"""More skills of tools that people often add: stocks, timers, units, contacts, events."""

from .skills import Argument, Skill, forms
from .wording import parts

STOCK = Skill("stock", forms(
    "get_stock_price stock_price stock quote", ("Get the price of a stock.", "Current stock price."),
    ("symbol symbol ticker", "string")),
    lambda d: {"t": "".join(d.pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(d.between(2, 5)))},
    parts("""
?what is the stock price of {t}
?what is the price of {t} stock
?how much is {t} stock
?how much is a share of {t}
!check the stock {t}
!get the stock price of {t}
=the stock price of {t}
=the share price of {t}
=a quote for {t} stock
?what does {t} stock cost
?how expensive is {t}
?where does the stock {t} stand
!look up the share price of {t}
!find the price of {t} shares
!see what {t} costs
=the value of {t} shares
=the market price of {t}
--
?how are {t} shares doing
?what is {t} trading at
"""), lambda s: [s["t"]], lambda d, s: f"{d.between(1, 999)}.{d.between(10, 99)}",
    lambda s, r: (f"{s['t']} costs {r}.", [r], s["t"], r), parts("""
?what are the stock prices of {all}
=the stock prices of {all}
!check the stocks {all}
--
?how are {all} shares doing
"""))

TIMER = Skill("timer", forms(
    "set_timer start_timer timer", ("Set a timer.", "Start a countdown."), Argument("minutes", "integer")),
    lambda d: {"n": d.between(1, 180)}, parts("""
!set a timer for {n} minutes
!start a {n} minute timer
!start a timer of {n} minutes
!count down {n} minutes
!remind me in {n} minutes
!ring in {n} minutes
=a timer for {n} minutes
=a {n} minute countdown
=an alarm in {n} minutes
!set the clock to {n} minutes
!beep after {n} minutes
!call me in {n} minutes
!let me know when {n} minutes are over
!measure {n} minutes
!start counting {n} minutes
--
!wake me up in {n} minutes
!give me a shout after {n} minutes
"""), lambda s: [s["n"]], lambda d, s: d.pick(("ok", "timer started", "done")),
    lambda s, r: (f"The timer is set for {s['n']} minutes.", [str(s["n"])], str(s["n"]), r))

_UNITS = (("km", "miles"), ("miles", "km"), ("kg", "pounds"), ("euros", "dollars"),
          ("meters", "feet"), ("liters", "gallons"), ("inches", "cm"))


def _draw_units(d):
    source, target = d.pick(_UNITS)
    return {"n": d.number(4), "u": source, "v": target}


CONVERT = Skill("convert", forms(
    "convert convert_units unit_convert", ("Convert a value between units.", "Convert units."),
    Argument("value", "number"), Argument("source"), Argument("target")),
    _draw_units, parts("""
!convert {n} {u} to {v}
!convert {n} {u} into {v}
!change {n} {u} to {v}
?how many {v} are {n} {u}
?how much is {n} {u} in {v}
?what is {n} {u} in {v}
=the value of {n} {u} in {v}
=the number of {v} in {n} {u}
=the {v} for {n} {u}
?what are {n} {u} in {v}
?how do I write {n} {u} in {v}
!tell me {n} {u} in {v}
!express {n} {u} in {v}
!compute {n} {u} in {v}
--
!turn {n} {u} into {v}
?how many {v} do {n} {u} make
"""), lambda s: [s["n"], s["u"], s["v"]], lambda d, s: d.decimal(),
    lambda s, r: (f"{s['n']} {s['u']} are {r} {s['v']}.", [r], f"{s['n']} {s['u']}", r))

CONTACT = Skill("contact", forms(
    "find_contact get_contact contact_info phone_book", ("Find a person's phone number.",
                                                         "Look up a contact."),
    ("name name person", "string")),
    lambda d: {"p": d.full_name() if d.chance(0.6) else d.entity("first")}, parts("""
?what is the phone number of {p}
?what is {p}'s phone number
?how can I reach {p}
?how do I call {p}
!look up the number of {p}
!find the contact {p}
!find the phone number of {p}
=the phone number of {p}
=the contact of {p}
=the number to call {p}
=the telephone of {p}
=the phone entry for {p}
?what number do I call for {p}
?do you have the number of {p}
?under which number is {p}
!get the phone number of {p}
!tell me how to reach {p}
!search my phone book for {p}
--
?where can I ring {p}
=contact details for {p}
?which number does {p} have
"""), lambda s: [s["p"]],
    lambda d, s: "+" + str(d.between(1, 99)) + " " + str(d.between(100, 999)) + " " + str(d.number()),
    lambda s, r: (f"The number of {s['p']} is {r}.", [r], s["p"], r), parts("""
=the phone numbers of {all}
!look up the numbers of {all}
--
=contact details for {all}
"""))

EVENT = Skill("event", forms(
    "add_event create_event add_to_calendar calendar_add",
    ("Add an event to the calendar.", "Put an event in the calendar."),
    ("title title event", "string"), ("date date day", "string")),
    lambda d: {"e": d.entity("phrase"), "d": d.date() if d.chance(0.5) else d.entity("weekday")},
    parts("""
!add "{e}" to my calendar on {d}
!put "{e}" in the calendar for {d}
!create an event "{e}" on {d}
!schedule "{e}" for {d}
!plan "{e}" on {d}
!mark "{e}" on {d} in my calendar
=a calendar entry "{e}" on {d}
=an appointment "{e}" on {d}
!add an event on {d}: "{e}"
!note in my calendar on {d}: "{e}"
!save the date {d} for "{e}"
!enter "{e}" on {d}
!make a calendar event "{e}" for {d}
!set up "{e}" on {d}
--
!book "{e}" in for {d}
!reserve {d} for "{e}"
!block {d} for "{e}"
"""), lambda s: [s["e"], s["d"]], lambda d, s: d.pick(("ok", "added", "done")),
    lambda s, r: (f"I added it for {s['d']}.", [s["d"]], s["e"], r))
