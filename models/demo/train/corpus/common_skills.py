"""Skills of tools that people often add: weather, search, mail, notes and the like."""

import json

from .daily_skills import CONTACT, CONVERT, EVENT, STOCK, TIMER
from .skills import Skill, forms
from .wording import parts


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
    lambda d: {"c": d.entity("city")}, parts("""
?what is the weather in {c}
?how is the weather in {c}
?how is the weather in {c} today
?what's the weather like in {c}
?is it raining in {c}
?is it cold in {c}
?is it warm in {c} today
?do I need a coat in {c}
?how warm is it in {c}
?what is the temperature in {c}
?will I get wet in {c}
!check the weather in {c}
!look up the weather for {c}
!tell me the weather in {c}
=the weather in {c}
=the weather for {c}
=the temperature in {c}
=the forecast for {c}
=a weather report for {c}
=the weather today in {c}
=the conditions in {c}
?is there snow in {c}
?is it windy in {c}
?how hot is it in {c}
?how cold is it in {c} now
?what is it like outside in {c}
!get the weather for {c}
!find out how the weather is in {c}
!report the weather of {c}
--
?do I need an umbrella in {c}
?is the sun shining in {c}
?how does the sky look in {c}
!see what the weather in {c} is
=weather news from {c}
?what weather can I expect in {c}
"""), lambda s: [s["c"]], _weather, _conclude_weather, parts("""
?what is the weather in {all}
!check the weather in {all}
=the weather in {all}
?how is the weather in {all}
!compare the weather in {all}
--
?what weather can I expect in {all}
=weather news from {all}
"""))


def _found(dice, s):
    return dice.pick((f"{s['q'].capitalize()}: {dice.words(3, 7)}.", f"{dice.words(4, 9).capitalize()}.",
                      f"Top result: {dice.words(3, 6)}."))


SEARCH = Skill("search", forms(
    "web_search search search_web find_online lookup",
    ("Search the web.", "Search the internet.", "Look up facts on the web."),
    ("query query q text", "string")),
    lambda d: {"q": d.entity("topic") if d.chance(0.7) else d.words(1, 3)}, parts("""
!search the web for {q}
!search for {q}
!look up {q}
!look up {q} online
!find information about {q}
!find web pages about {q}
!google {q}
!do a web search for {q}
!search online: {q}
!find something on the internet about {q}
=web results for {q}
=information about {q}
=facts about {q}
=search results for "{q}"
=news about {q}
=articles on {q}
=anything on the web about {q}
!check the internet for {q}
!browse the web for {q}
!use the web to find {q}
!run a search for {q}
?where can I read about {q} online
?what does the web say about {q}
?what can you find online about {q}
--
?what does the internet know about {q}
!dig up some facts on {q}
!hunt the web for {q}
=pages on {q}
"""), lambda s: [s["q"]], _found, lambda s, r: (f"I found this: {r}", [r], s["q"], r), parts("""
!search the web for {all}
!look up {all}
=information about {all}
--
=pages on {all}
"""))


def _draw_mail(d):
    to = d.email() if d.chance(0.5) else d.entity("first")
    return {"to": to, "m": d.entity("phrase")}


MAIL = Skill("mail", forms(
    "send_email send_mail send_message mail", ("Send an email.", "Send a message to a person."),
    ("to to recipient", "string"), ("text body message", "string")), _draw_mail, parts("""
!send "{m}" to {to}
!email "{m}" to {to}
!email {to}: "{m}"
!write to {to}: "{m}"
!send {to} the message "{m}"
!tell {to} "{m}"
!write an email to {to} saying "{m}"
!mail {to} the text "{m}"
!send a message to {to} that says "{m}"
!let {to} know: "{m}"
!write {to} a message: "{m}"
!send an email with "{m}" to {to}
!send a mail to {to}, text "{m}"
!message {to}: "{m}"
!contact {to} and say "{m}"
!give {to} the message "{m}"
=a message to {to}: "{m}"
=an email to {to} with the text "{m}"
--
!drop {to} a line: "{m}"
!pass "{m}" on to {to}
!inform {to}: "{m}"
"""), lambda s: [s["to"], s["m"]], lambda d, s: d.pick(("sent", "ok", "delivered", "message sent")),
    lambda s, r: (f"I sent the message to {s['to']}.", [s["to"]], s["to"], r))

WRITE = Skill("write", forms(
    "write_file save_file create_file save_text",
    ("Write text to a file.", "Save content to a file.", "Create a file with the given text."),
    ("path path file filename", "string"), ("content content text data", "string")),
    lambda d: {"f": d.path(), "m": d.entity("phrase")}, parts("""
!write "{m}" to {f}
!write "{m}" into {f}
!save "{m}" in {f}
!save "{m}" to the file {f}
!store "{m}" in {f}
!put "{m}" into {f}
!create a file {f} with the text "{m}"
!create {f} containing "{m}"
!make a file {f} that says "{m}"
!note "{m}" in the file {f}
!write a file {f}: "{m}"
!save a file called {f} with the content "{m}"
!add a file {f} with "{m}" in it
!keep "{m}" in a file named {f}
!type "{m}" into {f}
!record "{m}" in {f}
=a file {f} with the text "{m}"
=a new file {f} that contains "{m}"
--
!leave "{m}" in {f}
!fill {f} with "{m}"
!make {f} say "{m}"
"""), lambda s: [s["f"], s["m"]],
    lambda d, s: d.pick(("ok", "done", "saved", f"wrote {len(s['m'])} bytes")),
    lambda s, r: (f"I wrote the file {s['f']}.", [s["f"]], s["f"], r))

DELETE = Skill("delete", forms(
    "delete_file remove_file rm", ("Delete a file.", "Remove a file."), ("path path file", "string")),
    lambda d: {"f": d.path()}, parts("""
!delete {f}
!delete the file {f}
!remove {f}
!remove the file {f}
!get rid of {f}
!throw away the file {f}
!erase {f}
!clean up {f}
!drop the file {f}
!take {f} off the disk
!destroy the file {f}
!clear away {f}
=the file {f} deleted
=the file {f} gone
?why not delete {f}
--
!make {f} go away
!wipe {f} from the disk
"""), lambda s: [s["f"]], lambda d, s: d.pick(("ok", "deleted", "done")),
    lambda s, r: (f"I deleted {s['f']}.", [s["f"]], s["f"], r))

TRANSLATE = Skill("translate", forms(
    "translate translate_text", ("Translate a text.", "Translate text to a language."),
    ("text text phrase", "string"), ("language language target", "string")),
    lambda d: {"m": d.entity("phrase"), "l": d.entity("language")}, parts("""
!translate "{m}" to {l}
!translate "{m}" into {l}
!say "{m}" in {l}
?how do you say "{m}" in {l}
?what is "{m}" in {l}
?what does "{m}" mean in {l}
=a {l} translation of "{m}"
=the {l} words for "{m}"
=the phrase "{m}" in {l}
!change "{m}" to {l}
!write "{m}" in {l}
!give the {l} version of "{m}"
?how would people say "{m}" in {l}
?what are the {l} words for "{m}"
!express "{m}" in {l}
--
!put "{m}" into {l}
?what would "{m}" be in {l}
!turn "{m}" into {l}
"""), lambda s: [s["m"], s["l"]], lambda d, s: d.words(2, 4),
    lambda s, r: (f"In {s['l']}: {r}", [r], s["m"], r))

COMMON_SKILLS = (WEATHER, SEARCH, MAIL, WRITE, DELETE, TRANSLATE, STOCK, TIMER, CONVERT, CONTACT,
                 EVENT)
