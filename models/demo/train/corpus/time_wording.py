"""Wording of asking for the time, the day and the date. Lines after `--` are held out."""

from .wording import parts

TIMES = parts("""
?what time is it{z}
?what time is it{z}
?what time is it{z} now
?what time is it{z} right now
?what time is it now{z}
?what time do we have{z}
?what time do you have{z}
?what time have we got{z}
?what is the time{z}
?what is the time now{z}
?what's the time{z}
?what's the time{z} now
?what is the current time{z}
?what is the exact time{z}
?what is the local time{z}
?what does the clock say{z}
?how late is it{z}
?how late is it{z} now
?do you have the time{z}
?do you know the time{z}
?do you know what time it is{z}
?can you tell what time it is{z}
?which time is it{z}
?which hour is it{z}
?what hour is it{z}
!tell me the time{z}
!tell me the current time{z}
!tell me what time it is{z}
!tell me how late it is{z}
!tell the time{z}
!check the time{z}
!check what time it is{z}
!check the clock{z}
!check how late it is{z}
!look at the clock{z}
!look up the time{z}
!look up the current time{z}
!read the clock{z}
!say what time it is{z}
!say the time{z}
!find out the time{z}
!find out what time it is{z}
!get the time{z}
!get the current time{z}
!see what time it is{z}
!show the time{z}
!give me the time{z}
=the time{z}
=the time now{z}
=the time right now{z}
=the current time{z}
=the exact time{z}
=the local time{z}
=the clock time{z}
=the hour{z}
--
!look at the clock and tell me the time{z}
!find out how late it is{z}
?do you know how late it is{z}
?can you tell the time{z}
!check the local time{z}
=the exact time right now{z}
?what does the clock say now{z}
!see how late it is{z}
""")

DAYS = parts("""
?what day is it{z}
?what day is it today{z}
?what day is it now{z}
?what day is today{z}
?what day of the week is it{z}
?what day do we have{z}
?what day do we have today{z}
?what is the day today{z}
?what is the day of the week{z}
?what is today's weekday{z}
?what weekday is it{z}
?what weekday is it today{z}
?which day is it{z}
?which day is it today{z}
?which day is today{z}
?which day of the week is it{z}
?which day do we have{z}
?which weekday is it{z}
?do you know what day it is{z}
?is it Monday today or which day is it{z}
!tell me the day{z}
!tell me the day of the week{z}
!tell me what day it is{z}
!tell me the weekday{z}
!check the day of the week{z}
!check the weekday{z}
!check what day it is{z}
!find out what day it is{z}
!find out the weekday{z}
!say what day it is{z}
!look up the day of the week{z}
=the day of the week{z}
=the day of the week today{z}
=the weekday{z}
=the weekday today{z}
=today's weekday{z}
=the day today{z}
--
?which day of the week do we have{z}
!tell me what weekday it is{z}
!find out which day of the week it is{z}
?do you know which day it is{z}
!check which weekday it is today{z}
=today's day of the week{z}
""")

DATES = parts("""
?what is the date{z}
?what is the date today{z}
?what is the date now{z}
?what's the date{z}
?what's the date today{z}
?what's today's date{z}
?what is today's date{z}
?what is the current date{z}
?what is the calendar date{z}
?what date is it{z}
?what date is it today{z}
?what date is today{z}
?what date do we have{z}
?what date do we have today{z}
?which date is it{z}
?which date is it today{z}
?which date do we have{z}
?which date is today{z}
?do you know the date{z}
?do you know what date it is{z}
!tell me the date{z}
!tell me the date today{z}
!tell me today's date{z}
!tell me the current date{z}
!tell me what date it is{z}
!check the date{z}
!check today's date{z}
!check what date it is{z}
!look up the date{z}
!look up today's date{z}
!find out the date{z}
!find out what date it is{z}
!get the date{z}
!get today's date{z}
!say the date{z}
!say what date it is{z}
!look at the calendar for the date{z}
=the date{z}
=the date today{z}
=the date of today{z}
=the current date{z}
=today's date{z}
=the calendar date{z}
=the date now{z}
--
?do you know today's date{z}
!find out which date we have{z}
!look up what date it is{z}
?which date is it now{z}
!look at the calendar and tell me the date{z}
=the current calendar date{z}
!say what date we have today{z}
""")

TIMES_MANY = parts("""
?what time is it in {all}
?what time is it now in {all}
?what is the time in {all}
?what's the time in {all}
?what are the times in {all}
?what is the current time in {all}
?how late is it in {all}
?which hour is it in {all}
!tell me the time in {all}
!tell me what time it is in {all}
!tell me the current time in {all}
!check the time in {all}
!check the clock in {all}
!check what time it is in {all}
!look up the time in {all}
!find out the time in {all}
!get the time in {all}
=the time in {all}
=the times in {all}
=the time now in {all}
=the current time in {all}
=the local time in {all}
=the clock time in {all}
--
!find out what time it is in {all}
!check how late it is in {all}
?what are the local times in {all}
!look up the current time in {all}
""")
