"""The skill of current_time: the time, the day or the date, here or in a time zone."""

import datetime

from .builtin_tools import CURRENT_TIME, variants
from .skills import Skill
from .time_wording import DATES, DAYS, TIMES, TIMES_MANY

_WHAT = {"time": TIMES, "day": DAYS, "date": DATES}


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
    TIMES_MANY)
