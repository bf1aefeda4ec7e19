"""Wording of weather, web search, mail and translation. Lines after `--` are held out."""

from .wording import parts

WEATHERS = parts("""
?what is the weather in {c}
?what is the weather in {c}
?what is the weather in {c} today
?what is the weather in {c} now
?what's the weather in {c}
?what is the weather like in {c}
?what's the weather like in {c}
?what is the weather for {c}
?what weather do they have in {c}
?what weather can I expect in {c}
?what will the weather be in {c}
?how is the weather in {c}
?how is the weather in {c} today
?how's the weather in {c}
?how is the weather over in {c}
?is it raining in {c}
?is it raining in {c} now
?is it sunny in {c}
?is it cold in {c}
?is it cold in {c} today
?is it warm in {c}
?is it warm in {c} today
?is it hot in {c}
?is it windy in {c}
?is it snowing in {c}
?is there snow in {c}
?is there rain in {c}
?is the sun shining in {c}
?will it rain in {c}
?do I need a coat in {c}
?do I need an umbrella in {c}
?will I get wet in {c}
?how warm is it in {c}
?how warm is it in {c} today
?how hot is it in {c}
?how cold is it in {c}
?how cold is it in {c} now
?how many degrees is it in {c}
?how does the sky look in {c}
?what is the temperature in {c}
?what is the temperature in {c} now
?what's the temperature in {c}
?what is it like outside in {c}
?what does the weather report say for {c}
!check the weather in {c}
!check the weather for {c}
!check the temperature in {c}
!check how warm it is in {c}
!check if it is raining in {c}
!look up the weather for {c}
!look up the weather in {c}
!look up the temperature in {c}
!tell me the weather in {c}
!tell me how the weather is in {c}
!tell me how warm it is in {c}
!tell me the temperature in {c}
!get the weather for {c}
!get the weather in {c}
!get the weather report for {c}
!find out how the weather is in {c}
!find out the weather in {c}
!find out how cold it is in {c}
!report the weather of {c}
!report the weather in {c}
!see what the weather in {c} is
!see how the weather is in {c}
=the weather in {c}
=the weather in {c} today
=the weather in {c} now
=the weather for {c}
=the temperature in {c}
=the temperature in {c} today
=the forecast for {c}
=the weather forecast for {c}
=a weather report for {c}
=the weather report for {c}
=the weather today in {c}
=the current weather in {c}
=the conditions in {c}
=weather news from {c}
={c} weather
--
!find out if it is raining in {c}
?is it cold outside in {c}
!look up how many degrees it is in {c}
?what does the sky look like in {c}
=the current temperature in {c}
!tell me if I need an umbrella in {c}
?how is the weather outside in {c}
!get the forecast for {c} and tell me
?will it be sunny in {c} today
""")

WEATHERS_MANY = parts("""
?what is the weather in {all}
?what is the weather like in {all}
?what's the weather in {all}
?how is the weather in {all}
?how is the weather today in {all}
?how warm is it in {all}
?what is the temperature in {all}
?what weather can I expect in {all}
!check the weather in {all}
!check the weather for {all}
!look up the weather in {all}
!look up the weather for {all}
!tell me the weather in {all}
!get the weather for {all}
!get the weather in {all}
!compare the weather in {all}
!find out how the weather is in {all}
=the weather in {all}
=the weather for {all}
=the weather today in {all}
=the forecast for {all}
=weather news from {all}
=the temperature in {all}
--
!tell me how warm it is in {all}
!find out what the weather is like in {all}
!compare the temperature in {all}
?how is the weather for today in {all}
""")

SEARCHES = parts("""
!search the web for {q}
!search the web for {q}
!search the internet for {q}
!search the net for {q}
!search for {q}
!search for {q} on the web
!search for {q} online
!search for web pages about {q}
!search for information about {q}
!search online: {q}
!search online for {q}
!search {q}
!look up {q}
!look up {q} online
!look up {q} on the web
!look up {q} on the internet
!look for {q} on the web
!look for {q} online
!look for information on {q}
!find information about {q}
!find information on {q}
!find web pages about {q}
!find pages about {q} on the web
!find something on the internet about {q}
!find articles about {q}
!find out more about {q}
!find out about {q} on the web
!find facts about {q} online
!google {q}
!google {q} for me
!do a web search for {q}
!do a web search: {q}
!do a search for {q}
!make a web search for {q}
!run a search for {q}
!run a web search for {q}
!run a web search on {q}
!check the internet for {q}
!check the web for {q}
!check online for {q}
!browse the web for {q}
!browse the internet for {q}
!use the web to find {q}
!use the internet to look up {q}
!hunt the web for {q}
!dig up some facts on {q}
!get some information about {q} from the web
!get facts about {q} online
!see what the web says about {q}
?where can I read about {q} online
?what does the web say about {q}
?what does the internet say about {q}
?what does the internet know about {q}
?what can you find online about {q}
?what can you find on the web about {q}
?what information is there online about {q}
?can you find something about {q} online
=web results for {q}
=search results for {q}
=search results for "{q}"
=information about {q}
=information on {q}
=some information about {q}
=facts about {q}
=facts on {q}
=some facts about {q}
=news about {q}
=the latest news about {q}
=articles on {q}
=articles about {q}
=web pages about {q}
=pages on {q}
=anything on the web about {q}
=something about {q} from the internet
--
!search the web for news about {q}
?can you find articles on {q} on the internet
!use the web to find out more about {q}
?where can I find information about {q} online
!check what the internet says about {q}
!look for pages about {q} on the net
!get the latest information about {q} online
=something from the web about {q}
!run a search online for {q}
""")

SEARCHES_MANY = parts("""
!search the web for {all}
!search the internet for {all}
!search for {all}
!search online for {all}
!look up {all}
!look up {all} online
!find information about {all}
!find web pages about {all}
!google {all}
!check the web for {all}
!do a web search for {all}
=information about {all}
=information on {all}
=facts about {all}
=web results for {all}
=search results for {all}
=news about {all}
=pages on {all}
--
!search for information about {all}
!look up facts about {all} online
=web pages on {all}
!find news about {all} on the internet
""")

MAILS = parts("""
!send "{m}" to {to}
!send "{m}" to {to} by mail
!send an email to {to}: "{m}"
!send an email to {to} saying "{m}"
!send an email to {to} with the text "{m}"
!send an email with "{m}" to {to}
!send a mail to {to}: "{m}"
!send a mail to {to}, text "{m}"
!send a mail with the words "{m}" to {to}
!send a message to {to}: "{m}"
!send a message to {to} that says "{m}"
!send the message "{m}" to {to}
!send {to} "{m}"
!send {to} the message "{m}"
!send {to} the text "{m}"
!send {to} an email: "{m}"
!send {to} an email that says "{m}"
!send {to} a message: "{m}"
!send {to} a message saying "{m}"
!send this to {to}: "{m}"
!email "{m}" to {to}
!email {to}: "{m}"
!email {to} the text "{m}"
!email {to} and say "{m}"
!mail "{m}" to {to}
!mail {to}: "{m}"
!mail {to} the text "{m}"
!mail {to} the words "{m}"
!write to {to}: "{m}"
!write {to}: "{m}"
!write {to} "{m}"
!write {to} a message: "{m}"
!write {to} an email: "{m}"
!write an email to {to} saying "{m}"
!write an email to {to}: "{m}"
!write a mail to {to} that says "{m}"
!write a message to {to}: "{m}"
!write to {to} that "{m}"
!tell {to} "{m}"
!tell {to}: "{m}"
!tell {to} this: "{m}"
!let {to} know: "{m}"
!let {to} know that "{m}"
!inform {to}: "{m}"
!message {to}: "{m}"
!message {to} "{m}"
!contact {to} and say "{m}"
!contact {to} and write "{m}"
!give {to} the message "{m}"
!give {to} this message: "{m}"
!drop {to} a line: "{m}"
!pass "{m}" on to {to}
!pass this message on to {to}: "{m}"
=a message to {to}: "{m}"
=a message to {to} that says "{m}"
=a mail to {to} saying "{m}"
=an email to {to}: "{m}"
=an email to {to} with the text "{m}"
--
!write a mail with the text "{m}" to {to}
!let {to} know this: "{m}"
!contact {to} by mail and say "{m}"
!email {to} a message that says "{m}"
!pass the words "{m}" on to {to}
!send a line to {to}: "{m}"
=an email to {to} that says "{m}"
!give {to} this text: "{m}"
""")

TRANSLATIONS = parts("""
!translate "{m}" to {l}
!translate "{m}" to {l}
!translate "{m}" into {l}
!translate "{m}" into {l}
!translate the text "{m}" to {l}
!translate the text "{m}" into {l}
!translate the words "{m}" to {l}
!translate the phrase "{m}" into {l}
!translate this to {l}: "{m}"
!translate this into {l}: "{m}"
!translate to {l}: "{m}"
!translate into {l}: "{m}"
!say "{m}" in {l}
!say this in {l}: "{m}"
!write "{m}" in {l}
!write this in {l}: "{m}"
!give the {l} version of "{m}"
!give me "{m}" in {l}
!give me the {l} translation of "{m}"
!give me the {l} words for "{m}"
!change "{m}" to {l}
!express "{m}" in {l}
!put "{m}" into {l}
!put this into {l}: "{m}"
!turn "{m}" into {l}
!turn the text "{m}" into {l}
!find the {l} translation of "{m}"
!find the {l} words for "{m}"
!tell me what "{m}" is in {l}
!tell me how to say "{m}" in {l}
?how do you say "{m}" in {l}
?how do I say "{m}" in {l}
?how do I write "{m}" in {l}
?how do they say "{m}" in {l}
?how can I say "{m}" in {l}
?how would people say "{m}" in {l}
?how would you say "{m}" in {l}
?how is "{m}" said in {l}
?what is "{m}" in {l}
?what's "{m}" in {l}
?what is the {l} for "{m}"
?what is the {l} translation of "{m}"
?what does "{m}" mean in {l}
?what would "{m}" be in {l}
?what are the {l} words for "{m}"
?what is the {l} version of "{m}"
=a {l} translation of "{m}"
=the {l} translation of "{m}"
=the {l} words for "{m}"
=the {l} version of "{m}"
=the {l} for "{m}"
=the phrase "{m}" in {l}
=the text "{m}" in {l}
="{m}" in {l}
--
!tell me the {l} words for "{m}"
?how do people write "{m}" in {l}
!turn this phrase into {l}: "{m}"
?what is the phrase "{m}" in {l}
=a translation of "{m}" into {l}
!express this text in {l}: "{m}"
!find out how you say "{m}" in {l}
?can you say "{m}" in {l}
""")
