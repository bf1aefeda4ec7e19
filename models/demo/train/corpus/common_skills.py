"""Skills of tools that people often add: weather, search, mail, notes and the like."""

import json

from .common_wording import (MAILS, SEARCHES, SEARCHES_MANY, TRANSLATIONS, WEATHERS,
                             WEATHERS_MANY)
from .daily_skills import CONTACT, CONVERT, EVENT, STOCK, TIMER
from .skills import Skill, forms
from .store_wording import DELETIONS, WRITINGS


def _weather(dice, s):
    degrees, sky = dice.between(-15, 40), dice.entity("weather")
    return dice.pick((f"{sky}, {degrees} C", f"{degrees} degrees, {sky}", f"{degrees} C and {sky}",
                      json.dumps({"temp_c": degrees, "sky": sky}),
                      json.dumps({"city": s["c"], "temperature": degrees, "condition": sky})))


def _conclude_weather(s, r):
    if r.startswith("{"):
        data = json.loads(r)
        degrees = data.get("temp_c", data.get("temperature"))
        sky = data.get("sky", data.get("condition"))
    else:
        bits = r.replace(" degrees", "").replace(" C and", ",").replace(" C", "").split(", ")
        sky, degrees = sorted(bits, key=lambda b: b.lstrip("-").isdigit())
    return (f"It is {degrees} degrees and {sky} in {s['c']}.", [str(degrees), str(sky)], s["c"],
            f"{degrees} degrees, {sky}")


WEATHER = Skill("weather", forms(
    "get_weather weather weather_report current_weather forecast",
    ("Get the weather for a city.", "Current weather in a city.", "Weather of a place."),
    ("city city location place", "string")),
    lambda d: {"c": d.entity("city")}, WEATHERS, lambda s: [s["c"]], _weather,
    _conclude_weather, WEATHERS_MANY)


def _found(dice, s):
    """One short line, as a search engine might show it."""
    return dice.pick((f"{s['q'].capitalize()}: {dice.entity('phrase')}.",
                      f"{s['q'].capitalize()}, by {dice.full_name()}.",
                      f"{dice.full_name()} wrote about {s['q']} in {dice.between(1950, 2024)}.",
                      f"{s['q'].capitalize()} in {dice.entity('city')}.",
                      f"Top result: {dice.things()}."))


SEARCH = Skill("search", forms(
    "web_search search search_web find_online lookup",
    ("Search the web.", "Search the internet.", "Look up facts on the web."),
    ("query query q text", "string")),
    lambda d: {"q": d.entity("topic") if d.chance(0.8) else d.things()}, SEARCHES,
    lambda s: [s["q"]], _found, lambda s, r: (f"I found this: {r}", [r], s["q"], r), SEARCHES_MANY)


def _draw_mail(d):
    to = d.email() if d.chance(0.5) else d.entity("first")
    return {"to": to, "m": d.entity("phrase")}


MAIL = Skill("mail", forms(
    "send_email send_mail send_message mail", ("Send an email.", "Send a message to a person."),
    ("to to recipient", "string"), ("text body message", "string")), _draw_mail, MAILS,
    lambda s: [s["to"], s["m"]], lambda d, s: d.pick(("sent", "ok", "delivered", "message sent")),
    lambda s, r: (f"I sent the message to {s['to']}.", [s["to"]], s["to"], r))

WRITE = Skill("write", forms(
    "write_file save_file create_file save_text",
    ("Write text to a file.", "Save content to a file.", "Create a file with the given text."),
    ("path path file filename", "string"), ("content content text data", "string")),
    lambda d: {"f": d.path(), "m": d.entity("phrase")}, WRITINGS, lambda s: [s["f"], s["m"]],
    lambda d, s: d.pick(("ok", "done", "saved", f"wrote {len(s['m'])} bytes")),
    lambda s, r: (f"I wrote the file {s['f']}.", [s["f"]], s["f"], r))

DELETE = Skill("delete", forms(
    "delete_file remove_file rm", ("Delete a file.", "Remove a file."), ("path path file", "string")),
    lambda d: {"f": d.path()}, DELETIONS, lambda s: [s["f"]],
    lambda d, s: d.pick(("ok", "deleted", "done")),
    lambda s, r: (f"I deleted {s['f']}.", [s["f"]], s["f"], r))

TRANSLATE = Skill("translate", forms(
    "translate translate_text", ("Translate a text.", "Translate text to a language."),
    ("text text phrase", "string"), ("language language target", "string")),
    lambda d: {"m": d.entity("phrase"), "l": d.entity("language")}, TRANSLATIONS,
    lambda s: [s["m"], s["l"]], lambda d, s: d.words(1, 2),
    lambda s, r: (f"In {s['l']}: {r}", [r], s["m"], r))

COMMON_SKILLS = (WEATHER, SEARCH, MAIL, WRITE, DELETE, TRANSLATE, STOCK, TIMER, CONVERT, CONTACT,
                 EVENT)
