"""Wording of stocks, timers, units, phone numbers and events. Lines after `--` are held out."""

from .wording import parts

STOCKS = parts("""
?what is the stock price of {t}
?what's the stock price of {t}
?what is the price of {t} stock
?what is the price of a {t} share
?what is the price of {t} shares
?what is the share price of {t}
?what is the stock {t} worth
?what is the value of {t} stock
?what is the current stock price of {t}
?what is {t} stock trading at
?what does {t} stock cost
?what does a share of {t} cost
?what do {t} shares cost
?how much is {t} stock
?how much is a share of {t}
?how much is one share of {t}
?how much are {t} shares
?how much does {t} stock cost
?how much does a share of {t} cost
?how expensive is {t}
?how expensive is {t} stock
?how expensive are {t} shares
?how are {t} shares doing
?how is {t} stock doing
?where does the stock {t} stand
!check the stock {t}
!check the stock price of {t}
!check the price of {t} shares
!check how {t} stock is doing
!get the stock price of {t}
!get the share price of {t}
!get a quote for {t}
!look up the share price of {t}
!look up the stock {t}
!look up the stock price of {t}
!find the price of {t} shares
!find the stock price of {t}
!find out what {t} stock costs
!find out how much a share of {t} is
!see what {t} stock costs
!tell me the stock price of {t}
!tell me what {t} shares cost
!quote the stock {t}
=the stock price of {t}
=the current stock price of {t}
=the share price of {t}
=the price of {t} stock
=the price of one share of {t}
=a quote for {t} stock
=a stock quote for {t}
=the value of {t} shares
=the market price of {t}
={t} stock price
--
!find out how {t} shares are doing
?where is {t} stock trading
!tell me how much {t} stock is
?what is the market value of {t} stock
=the current price of {t} shares
!get the price of one {t} share
?how much is the stock {t} worth
""")

STOCKS_MANY = parts("""
?what are the stock prices of {all}
?what are the share prices of {all}
?what is the stock price of {all}
?how are {all} shares doing
?how much are the stocks {all}
!check the stocks {all}
!check the stock prices of {all}
!look up the stocks {all}
!get the stock prices of {all}
!find the stock prices of {all}
!tell me the stock prices of {all}
=the stock prices of {all}
=the share prices of {all}
=quotes for the stocks {all}
--
?how are the stocks {all} doing
!check the share prices of {all}
!look up the stock prices for {all}
""")

TIMERS = parts("""
!set a timer for {n} minutes
!set a timer for {n} minutes
!set a timer of {n} minutes
!set a timer to {n} minutes
!set the timer to {n} minutes
!set the timer for {n} minutes
!set a {n} minute timer
!set an alarm in {n} minutes
!set an alarm for {n} minutes
!set the clock to {n} minutes
!set up a timer for {n} minutes
!start a {n} minute timer
!start a timer of {n} minutes
!start a timer for {n} minutes
!start the timer for {n} minutes
!start a countdown of {n} minutes
!start a {n} minute countdown
!start counting {n} minutes
!count down {n} minutes
!count {n} minutes
!remind me in {n} minutes
!remind me after {n} minutes
!ring in {n} minutes
!ring after {n} minutes
!beep after {n} minutes
!beep in {n} minutes
!call me in {n} minutes
!wake me up in {n} minutes
!wake me in {n} minutes
!wake me up after {n} minutes
!let me know in {n} minutes
!let me know when {n} minutes are over
!tell me when {n} minutes are over
!tell me when {n} minutes have passed
!give me a shout after {n} minutes
!measure {n} minutes
!time {n} minutes
!run a timer for {n} minutes
!make a timer of {n} minutes
?can I have a timer for {n} minutes
?can you ring in {n} minutes
=a timer for {n} minutes
=a timer of {n} minutes
=a {n} minute timer
=a {n} minute countdown
=a countdown of {n} minutes
=an alarm in {n} minutes
=an alarm after {n} minutes
--
!count down {n} minutes and ring
!set an alarm after {n} minutes
!let me know after {n} minutes
!run a countdown of {n} minutes
!call me when {n} minutes have passed
=a countdown for {n} minutes
!start an alarm for {n} minutes
""")

CONVERSIONS = parts("""
!convert {n} {u} to {v}
!convert {n} {u} to {v}
!convert {n} {u} into {v}
!convert from {u} to {v}: {n}
!convert this to {v}: {n} {u}
!change {n} {u} to {v}
!change {n} {u} into {v}
!turn {n} {u} into {v}
!turn {n} {u} to {v}
!put {n} {u} into {v}
!express {n} {u} in {v}
!give {n} {u} in {v}
!give me {n} {u} in {v}
!write {n} {u} in {v}
!compute {n} {u} in {v}
!calculate {n} {u} in {v}
!work out {n} {u} in {v}
!tell me {n} {u} in {v}
!tell me how many {v} {n} {u} are
!tell me how much {n} {u} is in {v}
!find out how many {v} {n} {u} are
!check how many {v} {n} {u} are
?how many {v} are {n} {u}
?how many {v} are in {n} {u}
?how many {v} are there in {n} {u}
?how many {v} is {n} {u}
?how many {v} do {n} {u} make
?how many {v} make {n} {u}
?how many {v} do I get for {n} {u}
?how many {v} does {n} {u} give
?how much is {n} {u} in {v}
?how much are {n} {u} in {v}
?how much is that in {v}: {n} {u}
?what is {n} {u} in {v}
?what's {n} {u} in {v}
?what are {n} {u} in {v}
?what do {n} {u} make in {v}
?how do I write {n} {u} in {v}
=the value of {n} {u} in {v}
=the number of {v} in {n} {u}
=the {v} for {n} {u}
={n} {u} in {v}
={n} {u} to {v}
--
!work out how many {v} {n} {u} make
?what is the value of {n} {u} in {v}
!find out how much {n} {u} is in {v}
!change this to {v}: {n} {u}
=the number of {v} for {n} {u}
?what do I get for {n} {u} in {v}
!put this into {v}: {n} {u}
""")

CONTACTS = parts("""
?what is the phone number of {p}
?what's the phone number of {p}
?what is the number of {p}
?what is {p}'s phone number
?what's {p}'s number
?what is {p}'s number
?which number does {p} have
?which phone number does {p} have
?which number do I call for {p}
?what number do I call for {p}
?what number does {p} have
?what number do I need to call {p}
?how can I reach {p}
?how can I call {p}
?how do I reach {p} by phone
?how do I call {p}
?where can I call {p}
?where can I ring {p}
?do you have the number of {p}
?do you have the phone number of {p}
?do you know the phone number of {p}
?do you know {p}'s number
?under which number is {p}
?under which number can I reach {p}
!look up the number of {p}
!look up the phone number of {p}
!look up {p} in my phone book
!look up {p}'s phone number
!find the contact {p}
!find the phone number of {p}
!find the number of {p}
!find {p} in my phone book
!find {p}'s number
!find out the phone number of {p}
!get the phone number of {p}
!get the number of {p}
!get {p}'s phone number
!tell me how to reach {p}
!tell me the phone number of {p}
!tell me {p}'s number
!search my phone book for {p}
!check my phone book for {p}
!check the phone number of {p}
=the phone number of {p}
=the number of {p}
=the contact of {p}
=the contact {p}
=the number to call {p}
=the telephone of {p}
=the telephone number of {p}
=the phone entry for {p}
={p}'s phone number
={p}'s number
=the phone number for {p}
--
!tell me which number {p} has
?what is the telephone number of {p}
!search my phone book for {p}'s number
=the phone book entry for {p}
?where can I reach {p} by phone
!find out how I can call {p}
!look up the contact {p}
""")

CONTACTS_MANY = parts("""
?what are the phone numbers of {all}
?what are the numbers of {all}
?which phone numbers do {all} have
!look up the numbers of {all}
!look up the phone numbers of {all}
!find the phone numbers of {all}
!find the numbers of {all}
!get the phone numbers of {all}
!tell me the phone numbers of {all}
=the phone numbers of {all}
=the numbers of {all}
=the phone numbers for {all}
--
?which numbers do {all} have
!look up the phone numbers for {all}
!tell me the numbers of {all}
""")

EVENTS = parts("""
!add "{e}" to my calendar on {d}
!add "{e}" to my calendar for {d}
!add "{e}" to the calendar on {d}
!add "{e}" on {d}
!add an event on {d}: "{e}"
!add an event "{e}" on {d}
!add an event for {d}: "{e}"
!add the event "{e}" to my calendar for {d}
!put "{e}" in the calendar for {d}
!put "{e}" in my calendar on {d}
!put "{e}" on my calendar for {d}
!put an event "{e}" in the calendar on {d}
!put this in my calendar on {d}: "{e}"
!create an event "{e}" on {d}
!create an event on {d}: "{e}"
!create a calendar event "{e}" on {d}
!create an appointment "{e}" for {d}
!schedule "{e}" for {d}
!schedule "{e}" on {d}
!schedule an event "{e}" for {d}
!plan "{e}" on {d}
!plan "{e}" for {d}
!plan an event on {d}: "{e}"
!mark "{e}" on {d} in my calendar
!mark {d} in my calendar: "{e}"
!mark {d} for "{e}"
!note in my calendar on {d}: "{e}"
!note "{e}" in the calendar for {d}
!save the date {d} for "{e}"
!save {d} for "{e}"
!keep {d} free for "{e}"
!enter "{e}" on {d}
!enter "{e}" in my calendar on {d}
!make a calendar event "{e}" for {d}
!make a calendar entry for {d}: "{e}"
!make an appointment "{e}" on {d}
!set up "{e}" on {d}
!set up an event "{e}" for {d}
!book "{e}" in for {d}
!book "{e}" on {d}
!book {d} for "{e}"
!block {d} for "{e}"
!reserve {d} for "{e}"
=a calendar entry "{e}" on {d}
=a calendar entry for {d}: "{e}"
=an appointment "{e}" on {d}
=an appointment on {d}: "{e}"
=an event "{e}" on {d}
=an event on {d}: "{e}"
="{e}" in my calendar on {d}
--
!set up an appointment on {d}: "{e}"
!book an event for {d}: "{e}"
!enter this on {d}: "{e}"
!create a calendar entry on {d} for "{e}"
=a calendar event "{e}" for {d}
!keep "{e}" in my calendar for {d}
!block {d} in the calendar for "{e}"
""")
