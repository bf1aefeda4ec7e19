"""Wording of code agents' tasks. {a} animal, {p} place, {o} another, {u} unit, {k} number, {what} length or height.

Lines after `--` are held out.
"""

from .wording import parts

CROSSINGS = parts("""
?how many {u} does {a} need to run through {p}
?how many {u} does {a} at top speed need for {p}
?how many {u} would it take for {a} at full speed to run through {p}
?how many {u} would {a} need to run along {p}
?how many {u} does it take {a} to run from one end of {p} to the other
?how long in {u} does {a} need to cross {p}
?how long would {a} take to cross {p}, in {u}
?how fast can {a} cross {p}, in {u}
?in how many {u} can {a} run through {p}
!find out how many {u} {a} needs to cross {p}
!find out how long in {u} {a} would run through {p}
!tell me how many {u} {a} needs for {p} at full speed
!compute how many {u} it would take {a} to run along {p}
!work out the time in {u} that {a} needs to cross {p}
=the time in {u} that {a} needs to run through {p}
=the time in {u} for {a} to cross {p} at top speed
=the number of {u} that {a} at full speed needs for {p}
--
?how many {u} would it take {a} to cross {p} at full speed
?how long in {u} would {a} need to run through {p}
!find out in how many {u} {a} can run along {p}
=the number of {u} that {a} needs to run from one end of {p} to the other
""")

WAYS = parts("""
?how far does {a} run in {k} minutes
?how far can {a} run in {k} minutes at top speed
?how many meters does {a} run in {k} minutes
?how many meters would {a} get in {k} minutes at full speed
!find out how far {a} gets in {k} minutes
!tell me how many meters {a} can run in {k} minutes
!compute how far {a} would run in {k} minutes
=the way in meters that {a} can run in {k} minutes
=the meters that {a} runs in {k} minutes at full speed
--
?how far would {a} get in {k} minutes
?how many meters can {a} run in {k} minutes at full speed
=the way that {a} runs in {k} minutes, in meters
""")

# The operator that the code needs stands behind the bar.
PAIRS = parts("""
?how many times the {what} of {o} is the {what} of {p}|/
?how many times can the {what} of {o} go into the {what} of {p}|/
!divide the {what} of {p} by the {what} of {o}|/
!compute the {what} of {p} divided by the {what} of {o}|/
=the {what} of {p} divided by that of {o}|/
?what is the {what} of {p} minus the {what} of {o}|-
?what is the difference between the {what} of {p} and that of {o}|-
!subtract the {what} of {o} from the {what} of {p}|-
=the {what} of {p} minus that of {o}|-
=the difference between the {what} of {p} and the {what} of {o}|-
?what is the total {what} of {p} and {o}|+
?what do you get for the {what} of {p} plus the {what} of {o}|+
!add the {what} of {p} and the {what} of {o}|+
!find the total {what} of {p} and {o}|+
=the sum of the {what} of {p} and the {what} of {o}|+
=the {what} of {p} and {o} together|+
--
?what is the {what} of {p} divided by that of {o}|/
!compute the {what} of {p} minus that of {o}|-
?what is the sum of the {what} of {p} and that of {o}|+
=the total {what} of {p} and {o}|+
""")

# A line of a text on a place or an animal that says nothing of its size.
FILLERS = parts("""
It was built in {@num}.
It opened in {@num}.
It stands in {@city}.
Known to every {@job} in {@city}.
It is {@color}.
It lives on {@food}.
{@first} wrote a book about it.
It likes {@topic}.
One of {@num} in the world.
""")
