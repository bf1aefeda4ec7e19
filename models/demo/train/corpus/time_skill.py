"""The skill of current_time: the time, the day or the date, here or in a time zone."""

import datetime

from .builtin_tools import CURRENT_TIME, variants
from .skills import Skill
from .wording import parts

_WHAT = {
    "time": parts("""
?what time is it{z}
?what time is it{z} now
?what time is it{z} right now
?what is the time{z}
?what's the time{z}
?how late is it{z}
!tell me the time{z}
!check the time{z}
!check the clock{z}
!look at the clock{z}
!say what time it is{z}
=the time{z}
=the current time{z}
=the exact time{z}
=the local time{z}
--
?which hour is it{z}
?do you have the time{z}
!read the clock{z}
=the clock time{z}
?how late have we got{z}
"""),
    "day": parts("""
?what day is it{z}
?what day is it today{z}
?which day is it{z}
?which day of the week is it{z}
!tell me the day{z}
!check the day of the week{z}
=the day of the week{z}
=the weekday{z}
?is it Monday today or which day is it{z}
--
?what weekday is it{z}
?which day do we have today{z}
=today's weekday{z}
"""),
    "date": parts("""
?what is the date{z}
?what is the date today{z}
?what's today's date{z}
?which date is it{z}
?what date do we have{z}
!tell me the date{z}
!check the date{z}
=the date{z}
=the current date{z}
=today's date{z}
--
?what is the calendar date{z}
=the date of today{z}
?which date is today{z}
!look up the date{z}
""")}


def _draw_time(dice):
    zone, said = None, ""
    if dice.chance(0.5):
        zone = dice.entity("zone") if dice.chance(0.6) else dice.entity("city")
        said = dice.pick((" in {}", " in {}", " for {}", " in the zone {}", " in timezone {}",
                          " over in {}")).format(zone)
    what = dice.pick(("time", "time", "time", "day", "date"))
    return {"z": said, "zone": zone, "what": what, "cores": _WHAT[what]}


def stamp(dice, zone="UTC"):
    """An observation of current_time."""
    day = datetime.datetime(2023, 1, 1) + datetime.timedelta(
        seconds=dice.between(0, 7 * 365 * 86400))
    return f"{day:%Y-%m-%d %H:%M:%S} {zone}, {day:%A}"


def _conclude_time(s, r):
    date, clock, rest = r.split(" ", 2)
    where = f" in {s['zone']}" if s["zone"] else ""
    label = s["zone"] or "here"
    if s["what"] == "day":
        day = rest.split(", ")[-1]
        return f"It is {day}{where}.", [day], label, day
    if s["what"] == "date":
        return f"It is {date}{where}.", [date], label, date
    return f"It is {clock}{where}.", [clock], label, clock


TIME = Skill(
    "time",
    variants(CURRENT_TIME, ("get_time", "clock", "time_now", "now"),
          ("Get the current time.", "The date and time now.", "What time it is."),
          ("timezone", "zone", "tz")),
    _draw_time, _WHAT["time"], lambda s: [s["zone"]],
    lambda dice, s: stamp(dice, s["zone"] or "UTC"), _conclude_time,
    parts("""
?what time is it in {all}
=the time in {all}
!tell me the time in {all}
!check the time in {all}
?how late is it in {all}
=the current time in {all}
--
?which hour is it in {all}
=the clock time in {all}
"""))
